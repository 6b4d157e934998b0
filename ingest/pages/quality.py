"""What a document is worth: an article, too little of one, or a wall that answers with status 200.

`judge` decides from plain facts. A wall needs two things: its words, and too little else to be an
article; so an article about paywalls, or one with a "subscribe" box beside it, stays an article.
The words are in walls.toml.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from ahocorasick_rs import AhoCorasick

from ingest.duplicates.fingerprint import normalised
from ingest.text.length import is_prose, letters_worth, prose_letters

# Lengths are in Latin letters; a Han character is worth three (`letters_worth`).

# Shorter than the articles of 181 hand-checked news pages (the shortest has 369 characters), and
# what trafilatura takes for too little.
SHORT_LETTERS = 250

# A text none of whose lines reaches this is a menu, or a list of names: lines of an article that is
# broken by hand run to 70.
LABEL_LETTERS = 60

# Walls say what they have to say, and name what else there is to read, in fewer letters than this.
WALL_LETTERS = 1_200

# A preview before a paywall runs to a few paragraphs. A text of more than this was given whole,
# even where the page calls itself not free (metered sites do so on every page).
PREVIEW_LETTERS = 2_000

# A longer text still ends in a paywall when its words stand in the very last lines.
TAIL_CHARS = 300

# Cookies are mentioned by every page; a wall of consent speaks of little else.
MIN_CONSENT_PHRASES = 3

# The share of a wall's letters that its kind's words and the address to its reader make up. Of 50
# walls the least had 0.15; of 46 articles the most had 0.07, of ten articles about walls 0.14.
SPEAKS_LIKE = 0.15
# Where there are sentences enough for an article: an article on walls comes near the other figure.
SPEAKS_LIKE_IN_PROSE = 0.2

# A sentence that holds more of a paywall's words than this is an offer, and no news of paywalls.
OFFERS = 0.3
# News before an offer, of which the page gave no more: some two paragraphs. With more of it, an
# offer within the text is one that readers pass by. And how many lines an offer takes.
TEASER_LETTERS = 500
LAST_LINES = 3

# What a reader sees beyond this is not looked at for a wall's words: walls are short pages.
VISIBLE_CHARS = 10_000

# Characters in a text that are a misread encoding's: a damaged byte here and there stays under
# this share, a text read wrongly is far above.
MOJIBAKE_SHARE = 0.05
MIN_MOJIBAKE = 4
# Chinese text has up to 6 % of characters whose GB18030 bytes are UTF-8 by chance (52 articles);
# Chinese in UTF-8 that was read as GB18030 has nothing else.
MISREAD_CHINESE_SHARE = 0.3
_MOJIBAKE_SAMPLE = 2_000

_EAST_ASIAN = re.compile(r"[\u3041-\u30fa\u3400-\u9fff\uac00-\ud7a3]")
_GAP = 24  # what "*" in a phrase stands for, in characters


class Quality(StrEnum):
    """What the text is; OK and SHORT are the article's own, the others are not."""

    OK = "ok"
    SHORT = "short"
    PAYWALL = "paywall"
    BLOCKED = "blocked"
    CONSENT = "consent"
    SOFT_404 = "soft-404"
    MOJIBAKE = "mojibake"


def is_wall(taken_from: str, quality: Quality) -> bool:
    """Whether a text is a wall's, and so nobody's: the same on every page of its site.

    What a feed gives (`taken_from`: "page" or "feed") is always the article's.
    """
    return taken_from == "page" and quality not in (Quality.OK, Quality.SHORT)


# Those that are little but their own words; before a paywall stands news.
_NOTICES = (Quality.BLOCKED, Quality.CONSENT, Quality.SOFT_404)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision rests on."""

    titles: tuple[str, ...]  # the page's own, without the site's name; never the feed's
    text: str  # as extracted
    visible: str = ""  # what a reader sees of the whole page; asked for where `may_be_a_wall`
    marks: frozenset[Quality] = frozenset()  # by `find_marks`; asked for where `is_hardly_prose`
    not_free: bool = False  # JSON-LD says isAccessibleForFree: false
    home_page: bool = False  # the page says that it is the site's home page


def may_be_a_wall(text: str) -> bool:
    """Whether the text is short enough to be a wall, or a preview before one."""
    return letters_worth(text[: PREVIEW_LETTERS + 1]) <= PREVIEW_LETTERS


def is_short(text: str) -> bool:
    """Whether the text is too little to be an article."""
    return letters_worth(text[:SHORT_LETTERS]) < SHORT_LETTERS


def is_hardly_prose(text: str) -> bool:
    """Whether there is less in it that reads as sentences than an article has: a menu, a notice."""
    return prose_letters(text) < SHORT_LETTERS


def find_marks(markup: str) -> frozenset[Quality]:
    """The walls whose names, scripts or addresses stand in the page's markup."""
    lower = markup.lower()
    return frozenset(
        kind for kind, wall in _walls().items() if any(mark in lower for mark in wall.marks)
    )


def judge(facts: Facts) -> Quality:
    """The quality of a document."""
    if _is_mojibake(facts.text):
        return Quality.MOJIBAKE
    letters = letters_worth(facts.text)
    if letters < WALL_LETTERS:
        wall = _short_wall(facts, notice=is_hardly_prose(facts.text))
        if wall is not None:
            return wall
    if facts.home_page:
        return Quality.SOFT_404
    if _is_paywall(facts, letters):
        return Quality.PAYWALL
    if letters < WALL_LETTERS and (wall := _spoken_like(facts)):
        return wall
    if _ends_in_an_offer(facts.text):
        return Quality.PAYWALL
    longest = max(map(letters_worth, facts.text.splitlines()), default=0)
    return Quality.SHORT if letters < SHORT_LETTERS or longest < LABEL_LETTERS else Quality.OK


def _short_wall(facts: Facts, *, notice: bool) -> Quality | None:
    """The wall that a text of no great length is, if it is one: by title, words, then marks."""
    walls = _walls()
    titles = [normalised(title) for title in facts.titles]
    # With hardly a text the words are where the extractor did not look.
    seen = _padded(facts.visible[:VISIBLE_CHARS] if notice else facts.text)
    for kind, wall in walls.items():
        if any(map(wall.is_named, titles)):
            return kind
        if any(map(wall.may_be_named, titles)) and (
            notice or (wall.spoken(seen) and _likeness(seen, kind) >= SPEAKS_LIKE_IN_PROSE)
        ):
            return kind
    for kind in (Quality.BLOCKED, Quality.SOFT_404):
        if notice and walls[kind].spoken(seen):
            return kind
    if len(walls[Quality.CONSENT].spoken(seen)) >= MIN_CONSENT_PHRASES and (
        notice or _likeness(seen, Quality.CONSENT) >= SPEAKS_LIKE_IN_PROSE
    ):
        return Quality.CONSENT
    marked = (kind for kind in (Quality.BLOCKED, Quality.CONSENT) if kind in facts.marks)
    return next(marked, None) if notice else None


def _spoken_like(facts: Facts) -> Quality | None:
    """The wall whose words make up most of a text, where they make up much of it."""
    padded = _padded(" ".join((*facts.titles[:1], facts.text)))
    likeness = {kind: _likeness(padded, kind) for kind in _NOTICES}
    most = max(likeness, key=lambda kind: likeness[kind])
    least = SPEAKS_LIKE if is_hardly_prose(facts.text) else SPEAKS_LIKE_IN_PROSE
    return most if likeness[most] >= least else None


def _is_paywall(facts: Facts, letters: int) -> bool:
    paywall = _walls()[Quality.PAYWALL]
    if letters <= PREVIEW_LETTERS:
        beside = _padded(_beside_the_news(facts))
        return facts.not_free or bool(paywall.spoken(beside))
    return bool(paywall.spoken(_padded(facts.text[-TAIL_CHARS:])))


def _ends_in_an_offer(text: str) -> bool:
    """Whether little news is followed by a line that is made of a paywall's words."""
    lines = text.splitlines()
    offers = [line for line in lines[-LAST_LINES:] if _is_offer(line)]
    return bool(offers) and letters_worth(text) - sum(map(letters_worth, offers)) < TEASER_LETTERS


# The last lines are looked at twice.
@lru_cache(maxsize=256)
def _is_offer(line: str) -> bool:
    return _likeness(_padded(line), Quality.PAYWALL) >= OFFERS


def _beside_the_news(facts: Facts) -> str:
    """What a reader sees, without the paragraphs that only tell of paywalls, if of them at all."""
    visible = facts.visible[:VISIBLE_CHARS]
    notices = []
    for line in facts.text.splitlines():
        if is_prose(line) and not _is_offer(line):
            visible = visible.replace(" ".join(line.split()), " ")
        else:
            notices.append(line)
    return "\n".join((*notices, visible))


# --- the words of walls --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wall:
    titles: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]  # each in the parts between its "*"
    words: AhoCorasick
    beginnings: AhoCorasick  # finds the first parts of the phrases
    marks: tuple[str, ...]

    def is_named(self, title: str) -> bool:
        """Whether a normalised title is just a wall's."""
        return f"{title} " in self.titles or title in self.titles

    def may_be_named(self, title: str) -> bool:
        """Whether a normalised title begins like a wall's; a single word may begin any headline."""
        return any(f"{title} ".startswith(known) for known in self.titles if _is_telling(known))

    def spoken(self, text: str) -> list[tuple[str, ...]]:
        """The phrases that stand in a text made by `_padded`."""
        begun = set(self.beginnings.find_matches_as_strings(text, overlapping=True))
        return [p for p in self.phrases if p[0] in begun and _stands_in(p, text)]


@cache
def _walls() -> Mapping[Quality, _Wall]:
    data = tomllib.loads(files("ingest.pages").joinpath("walls.toml").read_text("utf-8"))
    reader = data.pop("reader")["words"]
    return {Quality(kind): _wall(reader, **said) for kind, said in data.items()}


def _wall(
    reader: list[str],
    *,
    titles: list[str],
    phrases: list[str],
    marks: list[str],
    words: list[str],
) -> _Wall:
    parts = tuple(tuple(map(_phrase, phrase.split("*"))) for phrase in phrases)
    return _Wall(
        titles=tuple(_phrase(title).lstrip() for title in titles),
        phrases=parts,
        words=AhoCorasick(sorted({_phrase(word) for word in (*words, *reader)})),
        beginnings=AhoCorasick([first for first, *_ in parts]),
        marks=tuple(marks),
    )


def _likeness(padded: str, kind: Quality) -> float:
    """The share of a text's letters that are a wall's words, or speak to who reads it."""
    # Words share the spaces between them, so matches overlap.
    matches = _walls()[kind].words.find_matches_as_strings(padded, overlapping=True)
    return sum(letters_worth(word) for word in matches) / max(1, letters_worth(padded))


def _is_telling(title: str) -> bool:
    return " " in title.strip() or not title.isascii()


def _padded(text: str) -> str:
    """The page's text as phrases are compared with it."""
    return f" {normalised(text)} "


def _phrase(text: str) -> str:
    """A phrase, or a part of one: whole words, but for scripts that put no space between them."""
    folded = normalised(text)
    return folded if _EAST_ASIAN.search(folded) else f" {folded} "


def _stands_in(phrase: tuple[str, ...], text: str) -> bool:
    start = text.find(phrase[0])
    while start >= 0:
        # Two parts may share the space between them.
        end = start + len(phrase[0]) - 1
        for part in phrase[1:]:
            found = text.find(part, end, end + _GAP + len(part))
            if found < 0:
                break
            end = found + len(part) - 1
        else:
            return True
        start = text.find(phrase[0], start + 1)
    return False


# --- text in the wrong encoding ------------------------------------------------------------------

# Three bytes of UTF-8, as any Chinese character is; two, as accented Latin and Cyrillic are.
_UTF8_TRIPLE = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
# Pairs of bytes shown as Latin-1: no language writes so many accented letters in a row.
_LATIN_RUN = re.compile(r"[\u00a1-\u00ff]{4,}")
# U+FFFD in UTF-8, read as GBK.
_REPLACED_TWICE = "\u951f\u65a4\u62f7"


def _is_mojibake(text: str) -> bool:
    sample = text[:_MOJIBAKE_SAMPLE]
    if sample.isascii():
        return False
    wrong = max(
        sample.count("\ufffd"),
        len(_REPLACED_TWICE) * sample.count(_REPLACED_TWICE),
        sum(map(len, _LATIN_RUN.findall(sample))),
        _misread(sample, "cp1252", _UTF8),
    )
    return wrong >= max(MIN_MOJIBAKE, MOJIBAKE_SHARE * len(sample)) or _misread(
        sample, "gb18030", _UTF8_TRIPLE
    ) >= MISREAD_CHINESE_SHARE * 2 * len(sample)


def _misread(sample: str, encoding: str, sequence: re.Pattern[bytes]) -> int:
    """How many bytes of the text, written in `encoding`, are UTF-8: by chance few, else all."""
    return sum(map(len, sequence.findall(sample.encode(encoding, "replace"))))
