"""Names of people out of bylines: "By Jane Roe, Staff Writer and JOHN DOE | Example News"."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ingest.duplicates.fingerprint import normalised
from ingest.pages.known_sources import known_sources
from ingest.text.sanitise import clean_line

# Longer than a person's name; what is longer is a sentence in the byline's place.
MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 6
# A byline that names more is a list of staff.
MAX_NAMES = 20
# What a byline of so many names may run to, with titles and addresses between them.
MAX_BYLINE_CHARS = 1_000

_HAN = "\u3400-\u9fff"
# Taiwan's papers put the whole byline in brackets: 【記者王小明／綜合報導】
_ALL_BRACKETED = re.compile(
    r"^[（(\[【〔〖［](?=[^）)\]】〕〗］]*(?:[记記]者|[编編][译譯]|文[／/|｜]|作者|\b[Bb]y\b))"
    r"([^）)\]】〕〗］]*)[）)\]】〕〗］]"
)
_BRACKETED = re.compile(r"\s*[(（\[【<〔〖［][^)）\]】>〕〗］]*[)）\]】>〕〗］]")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|@\w+")
_OPENING = re.compile(
    r"^\W*(?:(?:view\s+|see\s+|read\s+)?(?:all|more|other|latest|recent)\s+)?(?:(?:story|stories|"
    r"articles?|posts?|news|text|written|reported|reporting|posted|published|words|report|analysis|"
    r"opinion|exclusive|commentary|interview|edited|contributed|submitted|compiled|produced)\s+)?"
    r"(?:by|von|par|por|door)\b[\s:：]*"
    r"|^\W*(?:(?:view|see|read)\s+)?(?:more|all)\s+(?:(?:stories|articles|posts|news)\s+)?from\s+"
    r"|^\W*(?:follow|about|meet|contact|e-?mail|profile of)\s+(?=[A-Z])"
    r"|^\W*(?:authors?|reporters?|writers?|byline|bylines)\s*[:：]\s*",
    re.IGNORECASE,
)
# Where they are, for whom, with what: from here to the next separator nothing is a name.
_WHEREABOUTS = re.compile(
    r"(?:^|\s+)(?:(?:is\s+)?(?:reporting|writing|report(?:s|ed)?)\s+(?:live\s+)?)?"
    r"(?:in|at|for|from|of|on|based\s+in|is)\s+\S.*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s*[,;|｜，、；/／•—–]\s*|\s*(?<![\u3400-\u9fff])·\s*|\s+·\s+"
    r"|\s+(?:and|und|et|y|with)\s+|\s*&\s*|\s+-\s+|(?<=\w{3})\.\s+",
    re.IGNORECASE,
)

# Chinese labels, by what those behind them did: the author's first, an editor's for want of one.
_LABEL = re.compile(
    r"(?P<author>作者|(?:本报|本報|本刊|本台|本网|本網|新华社|新華社|中央社|中新社|央视|央視)?"
    r"(?:特约|特約|驻\w{1,6}|駐\w{1,6})?(?:见习|見習|实习|實習|首席|资深|資深)?[记記]者(?!站)"
    r"|特[约約]撰稿人?|撰文|撰稿|采写|採寫|通[讯訊][员員]|[编編][译譯]|(?<![\u3400-\u9fff])文(?=\s*[|｜/／:：]))"
    r"|(?P<editor>(?:责任|責任|值班|执行|執行)?[编編][辑輯](?!部)|责编|責編|主[编編]|校[对對]|[审審][核校]"
    r"|[监監]制|[监監]製|[来來]源|[图圖]片?(?=\s*[|｜/／:：])|[摄攝]影(?:[记記]者)?|制[图圖]|[设設][计計])"
)
_AFTER_LABEL = re.compile(r"^\s*[|｜/／:：]?\s*")
# 台北3日電, 華盛頓報導, 綜合外電: where it was written from, glued to the name.
_CHINESE_DATELINE = re.compile(
    r"(?:\d{1,2}\s*月)?\s*(?:\d{1,2}\s*日)?\s*(?:[专專综綜][电電合]|即時)?(?:外[电電])?"
    r"(?:[报報][导導道]|[电電讯訊]|整理|摄影|攝影)+.*$"
)
_CHINESE_NAMES = re.compile(rf"^[{_HAN}]{{2,4}}(?:\s+[{_HAN}]{{2,4}})+$")
_CHINESE_NAME = re.compile(rf"^[{_HAN}]{{2,4}}$")
_TRANSCRIBED = re.compile(rf"^[{_HAN}]{{1,8}}(?:[·‧・•][{_HAN}]{{1,8}})+$")

# Words that the name of an organisation, a desk or a post has and that of a person has not.
_NO_NAME = re.compile(
    r"^the\b|\b(?:staff|team|desk|editors?|editorial|newsroom|news|newspaper|agency|agencies|press|"
    r"associated|reuters|afp|ap|upi|bloomberg|xinhua|cnn|bbc|npr|times|post|journal|daily|weekly|"
    r"tribune|herald|gazette|magazine|media|network|tv|television|radio|online|correspondents?|"
    r"reporters?|writers?|contributors?|columnists?|producers?|analysts?|photographers?|"
    r"journalists?|admin|administrator|guest|anonymous|unknown|none|null|author|bureau|office|"
    r"department|ministry|ministries|embassy|committee|council|institute|center|centre|foundation|"
    r"university|college|association|company|corporation|inc|ltd|llc|group|services?|wires?|report|"
    r"com|org|net|subscribe|follow|updated|published|minutes?|ago|read|am|pm|gmt|est|edt|utc|"
    r"of|voice|stories|articles|comments?|profile|today|insider|briefing|review|chronicle|observer|"
    r"broadcasting|channel|studios?|digital|editor-in-chief|director|professor|fellow|special|"
    r"senior|chief|china|taiwan|america|asia|world|global|international|wire)\b"
    r"|通讯社|通訊社|新闻|新聞|日报|日報|晚报|晚報|时报|時報|早报|早報|周刊|週刊|编辑|編輯|记者|記者|电视"
    r"|電視|中国|中國|网站|網站|频道|頻道|社论|社論|综合|綜合|来源|來源|财经|財經|科技|传媒|傳媒|媒体|媒體"
    r"|消息|资讯|資訊|快讯|快訊|头条|頭條|观察|觀察|小编|小編|团队|團隊|工作室|研究|大学|大學|公司|委员"
    r"|委員|外交部|商务部|国防部|使馆|使館|官方|评论|評論|之[声聲音]|在线|在線|体育|體育|军事|軍事|匿名|佚名"
    r"|[部社網网报報號号台臺局院]$",
    re.IGNORECASE,
)
_GENERATIONS = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
# Agencies (PTI), degrees (RDN), a byline's initials (AS).
_ABBREVIATION = re.compile(r"^(?:[A-Z]\.?){1,5}$|^Ph\.?D\.?$|^Esq\.?$")


@dataclass(frozen=True, slots=True)
class _Known:
    places: frozenset[str]  # case-folded
    han_places: re.Pattern[str]
    surnames: frozenset[str]


def clean_authors(bylines: Iterable[str], *, source: Iterable[str] = ()) -> tuple[str, ...]:
    """The people named, each once, in order; organisations, places and job titles left out.

    `source` are the names of the outlet itself, which many pages give as the author. Who edited a
    text stands for its author where no other is named.
    """
    sources = tuple(name.casefold() for name in source)
    names: dict[str, str] = {}
    editors: dict[str, str] = {}
    for byline in bylines:
        for name, is_author in _people(clean_line(byline)):
            folded = name.casefold()
            if not any(known.startswith(folded) for known in sources):
                (names if is_author else editors).setdefault(folded, name)
        if len(names) >= MAX_NAMES:
            break
    return tuple((names or editors).values())[:MAX_NAMES]


def _people(byline: str) -> Iterator[tuple[str, bool]]:
    """The names of a byline, and whether each is an author's."""
    if len(byline) > MAX_BYLINE_CHARS:
        return
    line = _ALL_BRACKETED.sub(r"\1 ", byline)
    line = _ADDRESS.sub(" ", _BRACKETED.sub("", line)).strip()
    labels = list(_LABEL.finditer(line))
    if not labels:
        yield from ((name, True) for name in _names(line))
        return
    before = line[: labels[0].start()]
    yield from ((name, True) for name in _names(before))
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        part = line[label.end() : following.start() if following else len(line)]
        part = _AFTER_LABEL.sub("", part)
        yield from ((name, label["author"] is not None) for name in _names(part))


def _names(line: str) -> list[str]:
    people: list[str] = []
    for part in _BETWEEN.split(_OPENING.sub("", line)):
        name = _WHEREABOUTS.sub("", _OPENING.sub("", part)).strip(" .:：*-'\"“”‘’")
        name = _without_dateline(name)
        if people and part.strip().lower() in _GENERATIONS:
            people[-1] += f" {part.strip()}"
        elif _CHINESE_NAMES.match(name):
            people.extend(filter(_is_name, name.split()))
        elif _is_name(name):
            people.append(_in_mixed_case(name))
    return people


def _without_dateline(name: str) -> str:
    """王小明台北3日電 as 王小明, and 王小明 北京 as well."""
    if name.isascii():
        return name
    bare = _CHINESE_DATELINE.sub("", name).strip()
    place = _known().han_places.search(bare)
    return bare[: place.start()].strip() if place and place.start() >= 2 else bare


def _is_name(name: str) -> bool:
    return (
        1 < len(name) <= MAX_NAME_CHARS
        and len(name.split()) <= MAX_NAME_WORDS
        and _begins_as_a_name(name)
        and not any(map(str.isdigit, name))
        and not _ABBREVIATION.match(name)
        and not _NO_NAME.search(name)
        and name.casefold() not in _known().places
        and normalised(name) not in known_sources()
        and _is_whole(name)
    )


def _begins_as_a_name(name: str) -> bool:
    # "self-promotional" is no name and "jdadmin" an account's; "de Vries" and "王明" are names.
    return name.lower() != name or not any(char.lower() != char.upper() for char in name)


def _is_whole(name: str) -> bool:
    """Whether it is as much as a person's name is: one Latin word is an account, or an outlet."""
    if _CHINESE_NAME.match(name):
        return name[0] in _known().surnames or len(name) == 4
    if _TRANSCRIBED.match(name):
        return True
    return " " in name or not any("a" <= char <= "z" for char in name.lower())


def _in_mixed_case(name: str) -> str:
    """ "ROBERT BURNS" as "Robert Burns": one person is one person however a template shouts."""
    return name.title() if name.isupper() and " " in name else name


@cache
def _known() -> _Known:
    data = tomllib.loads(files("ingest.pages").joinpath("bylines.toml").read_text("utf-8"))
    han = sorted((place for place in data["places"] if not place.isascii()), key=len, reverse=True)
    return _Known(
        places=frozenset(map(str.casefold, data["places"])),
        han_places=re.compile("|".join(han)),
        surnames=frozenset("".join(data["surnames"].split())),
    )
