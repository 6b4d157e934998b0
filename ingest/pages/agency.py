"""Which news agency a text credits as where it came from.

A credit stands where newsrooms put it: in a dateline ("BEIJING, Nov. 3 (Xinhua) --"), a byline or
a source line at the head, or at the foot ("© 2026 The Associated Press", "… he said. — AFP").
Elsewhere an agency is only mentioned ("told Reuters"), and one that "contributed to this report"
is not its origin. A credit that names several agencies names none: the outlet made its own text of
them. What is no known form is no credit: a miss leaves a column empty, a mistake misleads.

Only the first and last lines are read, and bounded stretches of them; the agencies and their
names stand in agencies.toml.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain

from ahocorasick_rs import AhoCorasick

# Headline, standfirst, byline, date and dateline fit; the story proper has begun by then.
HEAD_CHARS = 1_000
HEAD_LINES = 8
# A last sentence, a sign-off of five editors, a copyright notice.
TAIL_CHARS = 1_200
TAIL_LINES = 6
# A longer line at the foot is prose, whose end alone matters.
LINE_CHARS = 400
# "By" and two names with their posts; what is longer is a sentence that begins with "By".
BYLINE_CHARS = 160
MAX_AUTHORS = 20
# Another agency named so soon behind a credit shares it.
BESIDE_CHARS = 40

# Words in a dateline or a byline that are not written with a capital.
_PARTICLES = frozenset(
    {"a", "al", "am", "and", "at", "by", "da", "de", "del", "der", "des", "di", "do", "dos", "du"}
    | {"el", "la", "las", "le", "les", "los", "of", "on", "pm", "the", "und", "updated", "y"}
)
# Words for a month as datelines have them, in English, Spanish, French, German, Portuguese.
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|fév|fev|avr|mai|juin|juil|"
    r"aoû|déc|mär|okt|dez|set|out)[^\W\d]{0,7}\.?"
)
_DATE_AT_END = re.compile(
    rf"(?:\b{_MONTH} ?\d{{1,2}}|\b\d{{1,2}} (?:de )?{_MONTH})(?:,? (?:de )?\d{{4}})?[\s,.]*$",
    re.IGNORECASE,
)
_DATE_AT_START = rf"(?:\d{{1,4}}[-/.: ]\d|{_MONTH} ?\d|\d{{1,2}} {_MONTH}|\d{{4}}年)"
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")
_DATELINE = re.compile(
    r"(?P<before>[^()（）\n]{0,100}?)[(（](?P<who>[^()（）\n]{2,50})[)）](?P<after>.{0,3})"
)
_SLASHED = re.compile(r"(?P<before>[^/\n]{1,100}?)/(?P<who>[\w -]{3,20})/(?P<after>.{0,3})")
_DASHED = re.compile(r"\s*[.:：]?\s*[-–—―:：]|[.．]")
_PICTURED = re.compile(r"[摄攝]|撮影|촬영|\bphoto", re.IGNORECASE)

# Chinese, Japanese and Korean labels of a source line. None is a picture's or a chart's (图片来源).
_LABELS = r"(?:文章|信息|消息|新闻|新聞)?(?:来源|來源)|稿源|转载自|轉載自|出典|出处|출처"
_POSTS = r"(?:[A-Z]\w+ ){0,3}(?:[Ss]taff|[Ww]riters?|[Rr]eporters?|[Cc]orrespondents?|[Bb]ureau)"
_SERIES = "Exclusive|Headlines|Commentary|Analysis|Insight|Explainer|Fact Check|Factbox|Interview"


@dataclass(frozen=True, slots=True)
class _Agencies:
    """The agencies by what they are called."""

    by_name: Mapping[str, str]  # as printed, and in capitals
    by_initials: Mapping[str, str]
    places: Mapping[str, frozenset[str]]  # of an agency whose initials others have too
    by_placed: Mapping[str, str]
    signatures: Sequence[tuple[str, re.Pattern[str]]]
    finder: AhoCorasick  # of everything that they are called

    def named(self, name: str) -> str | None:
        """The agency of a name, however it is spaced."""
        return self.by_name.get(" ".join(name.removeprefix("The ").split()))


@dataclass(frozen=True, slots=True)
class _Forms:
    """How a credit is printed. The agency is the group `name` of each."""

    datelines: Sequence[re.Pattern[str]]  # at the head of a line
    inline: re.Pattern[str]  # a dateline behind a caption or a byline on the same line
    placed: re.Pattern[str]
    opening: re.Pattern[str]
    bylines: Sequence[re.Pattern[str]]
    authors: Sequence[re.Pattern[str]]
    sources: Sequence[re.Pattern[str]]
    copyrights: Sequence[re.Pattern[str]]
    ending: re.Pattern[str]
    titles: Sequence[re.Pattern[str]]
    any_name: re.Pattern[str]


def credited_agency(title: str, text: str, authors: Sequence[str] = ()) -> str | None:
    """The id of the agency that a text credits as its origin ("reuters", "xinhua" …), or None.

    `authors` are bylines as the page or the feed gives them, organisations included.
    """
    head = _lines(text[:HEAD_CHARS])[:HEAD_LINES]
    tail = _lines(text[-TAIL_CHARS:])[-TAIL_LINES:]
    found = chain(
        map(_in_dateline, filter(_names_any, head)),
        map(_in_opening, filter(_names_any, head[:1])),
        map(_in_head_line, filter(_names_any, head)),
        (_in_authors(authors), _in_title(title)),
        map(_in_sign_off, reversed(tail)),
        map(_in_foot_line, filter(_names_any, reversed(tail))),
        map(_at_the_end, filter(_names_any, tail[-1:])),
    )
    return next(filter(None, found), None)


def _lines(text: str) -> list[str]:
    return list(filter(None, map(str.strip, text.split("\n"))))


def _names_any(line: str) -> bool:
    """Whether any agency is named at all: mostly not, and this is ten times as quick to find."""
    return bool(_agencies().finder.find_matches_as_indexes(line))


def _in_dateline(line: str) -> str | None:
    """The agency of a dateline in any language: a place, a date, a name in brackets or 电."""
    for form in (_DATELINE, _SLASHED):
        found = form.match(line)
        if found and _is_dateline(found["before"], found["after"]):
            agency = _one_agency(found["who"], found["before"])
            if agency is not None:
                return agency
    forms = _forms()
    if placed := forms.placed.match(line):
        return _agencies().by_placed[placed["name"]]
    return _first(forms.datelines, line) or _first([forms.inline], line)


def _is_dateline(before: str, after: str) -> bool:
    """Whether a name in brackets between these is a dateline's, not a remark in a sentence."""
    words = _WORD.findall(before)
    dated = bool(_DATE_AT_END.search(before))
    if any(word[0].islower() and word.lower() not in _PARTICLES for word in words):
        return dated and len(words) <= 4  # "Pekín, 3 nov (EFE)"
    return dated or not words or before.isupper() or bool(_DASHED.match(after))


def _one_agency(who: str, before: str) -> str | None:
    """The agency in a dateline's brackets; by its initials only behind one of its places."""
    agencies = _agencies()
    name = " ".join(who.split())
    agency = agencies.by_initials.get(name)
    if agency is not None:
        place = before.partition(",")[0].strip().title()
        return agency if place in agencies.places[agency] else None
    # Two agencies (AP/Reuters) are none, and a part that is no agency is a photographer.
    return agencies.named(name)


def _in_opening(line: str) -> str | None:
    """A Chinese text that opens with whose report it is: 据路透社11月3日报道，…"""
    return _first([_forms().opening], line)


def _in_head_line(line: str) -> str | None:
    """The agency of a byline or a source line."""
    byline = _first(_forms().bylines, line) if len(line) <= BYLINE_CHARS else None
    return byline or _first(_forms().sources, line)


def _in_authors(authors: Sequence[str]) -> str | None:
    lines = (" ".join(author[:BYLINE_CHARS].split()) for author in authors[:MAX_AUTHORS])
    found = {_first(_forms().authors, line) for line in lines} - {None}
    return found.pop() if len(found) == 1 else None


def _in_title(title: str) -> str | None:
    return _first(_forms().titles, title.strip())


def _in_sign_off(line: str) -> str | None:
    """The agency that alone ends its texts like this."""
    for agency, signature in _agencies().signatures:
        if signature.search(line[-LINE_CHARS:]):
            return agency
    return None


def _in_foot_line(line: str) -> str | None:
    """The agency of a copyright notice or a source line."""
    return _first([*_forms().copyrights, *_forms().sources], line)


def _at_the_end(line: str) -> str | None:
    """The agency named behind the last sentence: "… he said. — AFP", （新华社）."""
    found = _forms().ending.search(line[-LINE_CHARS:])
    if not found:
        return None
    return _agencies().by_placed.get(found["name"]) or _agencies().named(found["name"])


def _first(forms: Sequence[re.Pattern[str]], line: str) -> str | None:
    """The agency of the first form that the line has, unless it names another one beside it."""
    line = line[:LINE_CHARS]
    for form in forms:
        found = form.search(line)
        if found is None or _PICTURED.search(found[0]):
            continue
        agency = _agencies().named(found["name"])
        beside = line[found.start() : found.end() + BESIDE_CHARS]
        others = {_agencies().named(other) for other in _forms().any_name.findall(beside)}
        if others <= {agency}:
            return agency
    return None


@cache
def _agencies() -> _Agencies:
    data = tomllib.loads(files("ingest.pages").joinpath("agencies.toml").read_text("utf-8"))
    by_name = {form: agency for n, agency in _by(data, "names").items() for form in (n, n.upper())}
    by_initials, by_placed = _by(data, "initials"), _by(data, "placed")
    return _Agencies(
        by_name=by_name,
        by_initials=by_initials,
        places={agency: frozenset(facts.get("places", ())) for agency, facts in data.items()},
        by_placed=by_placed,
        signatures=[(agency, re.compile(s)) for s, agency in _by(data, "signatures").items()],
        finder=AhoCorasick([*by_name, *by_initials, *by_placed]),
    )


def _by(data: Mapping[str, Mapping[str, Sequence[str]]], key: str) -> dict[str, str]:
    return {value: agency for agency, facts in data.items() for value in facts.get(key, ())}


@cache
def _forms() -> _Forms:
    names, placed = list(_agencies().by_name), list(_agencies().by_placed)
    latin = rf"(?<!\w)(?:The )?{_any_of(n for n in names if n.isascii())}(?!\w|[-’']\w)"
    han = _any_of(n for n in names if not n.isascii())
    name = f"(?:{latin}|{han})"
    the = rf"(?P<name>{name})"
    the_han = rf"(?P<name>{han})"
    day = r"[\d一二三四五六七八九十]{1,3}\s*日"
    opened, closed = r"^[\s（(【\[]*", r"[)）】\]]"
    ended = (
        r"(?=\s*(?:$|[|｜,，;；)）\]】.。])|\s+(?:Published|Updated|Posted|Editor|Author|\d"
        r"|作者|编辑|編輯|责任|責任|记者|記者|时间|時間|发布|發布|日期))"
    )
    marked = r"(?:Copyright|COPYRIGHT|©|\([cC]\))[\s©]*(?:\([cC]\)\s*)?"
    apart = r"(?:\s*[,|/·•–—(]\s*|\s+-\s+|\s+for\s+)"
    return _Forms(
        datelines=_compiled(
            # 新华社北京11月3日电, （中央社記者王小明台北3日專電）, 中新网11月3日电
            rf"{opened}[据據]?{the_han}[^，。；]{{0,30}}?{day}(?:[上下]午|晚|凌晨)?"
            r"(?:专|專|综合外?|綜合外?)?[电電讯訊]",
            rf"{opened}[据據]?{the_han}[^，。；]{{0,25}}?[专專快]?[电電讯訊](?=[\s)）】\]：:—–-]|$)",
            # （新华社记者 王小明）, 路透社北京11月3日报道
            rf"{opened}{the_han}[驻駐特\w]{{0,6}}[记記]者[^，。！？]{{0,40}}(?:{closed}|$)",
            rf"{opened}{the_han}[^，。；]{{0,30}}?(?:报道|報導|報道)\s*(?:{closed}|$|[：:—–])",
            # 【新华社权威快报】, [北京 3日 ロイター], 【11月3日 AFP】
            rf"^[【［\[]{the_han}[^】］\]]{{0,14}}[】］\]]",
            rf"^[【［\[](?:[^【】［］\[\]]{{0,30}}[\s　])?{the}[】］\]]",
            # (서울=연합뉴스) …, but not (AP=연합뉴스), which is whose picture it is
            rf"^[(\[](?!{name})[^()\[\]=]{{1,20}}=\s?{the_han}[^()\[\]=]{{0,12}}[)\]]",
        ),
        inline=re.compile(
            r"(?:^|[\s.)])[A-Z][A-Z.'’ -]{2,30}(?:, [A-Z][\w.]{1,12}(?: \d{1,2})?){0,2},? "
            rf"\({the}\) ?(?:--|[-–—])"
        ),
        placed=re.compile(
            rf"^[【（(［\[][^】）)］\]\s]{{1,12}}(?P<name>{_any_of(placed)})[】）)］\]]"
        ),
        opening=re.compile(
            rf"^[据據][^，。\s]{{0,6}}?{the_han}[^，。；]{{0,25}}?"
            r"(?:报道|報導|報道|消息|[电電讯訊])[，,：:称稱]"
        ),
        bylines=_compiled(
            rf"^(?:By|BY|by|Por|Von)\s+(?:\S.{{0,100}}?{apart})?{the}(?:\s+{_POSTS})?"
            r"(?=\)?\s*(?:$|[|,·•–—]|-\s|\s(?:Published|Updated|Posted|\d)))",
            rf"^(?:By|BY|by)\s+(?:[A-Z][\w.'’-]*,?\s+(?:and\s+(?=[A-Z]))?){{0,8}}?(?<!and\s){the}"
            rf"(?:\s+{_POSTS})?\s*$",
            rf"^[Bb]y {the} {_POSTS}\b",
            rf"^{the}\s*[|｜,–—-]?\s*(?:(?:Last )?(?:Updated|Published|Posted)|{_DATE_AT_START})",
            # Alone on its line: in full, since a short name may be the credit of a picture.
            rf"^(?=\S+[ -]|[^\x00-\x7f]{{3}}){the}$",
        ),
        authors=_compiled(
            rf"^(?:[Bb]y\s+)?(?:.{{1,80}}?{apart})?{the}(?:\s+{_POSTS})?\s*\)?$",
            rf"^{the_han}(?:[记記]者)?\W?\w{{0,12}}$",
        ),
        sources=_compiled(
            rf"(?:^|[\s|｜·(（【\[)）】\]\d])(?:{_LABELS})\s*[:：|｜]\s*{the}{ended}",
            rf"^(?:[^|]{{0,60}}\|\s*)?(?:Source|SOURCE|Fuente|Quelle)\s*:\s*{the}{ended}",
        ),
        copyrights=_compiled(
            rf"^.{{0,40}}?{marked}\d{{4}}(?:\s?[-–]\s?\d{{4}})?,?\s+(?:by\s+)?{the}"
            r"(?=\s*(?:$|[.,;|]|All\b|Inc|LLC|Limited|L\.P))",
            rf"^.{{0,40}}?{marked}(?:by\s+)?{the}(?=[\s,]+\d{{4}})",
        ),
        ending=re.compile(
            r"(?:^|[.!?。！？…”\"』」)）\]]\s*)(?:[-–—―]{1,2}\s*)?(?:[（(\[【][据據]?)?"
            rf"(?:The )?(?P<name>{name}|(?<=[（(【]){_any_of(placed)}(?=[)）】]))"
            rf"(?:[^（）()，。]{{0,20}}(?:[电電讯訊]|报道|報導|報道))?{closed}?\s*[.。]?$"
        ),
        titles=_compiled(rf"\|\s*{the}$", rf"^{the} (?:{_SERIES})\b.{{0,12}}?[:：]"),
        any_name=re.compile(name),
    )


def _any_of(names: Iterable[str]) -> str:
    """Any of these words: of two that begin alike, the longer one."""
    longest_first = sorted(names, key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"


def _compiled(*patterns: str) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in patterns]
