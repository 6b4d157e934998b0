"""How walls speak: their titles, their phrases, and the words that make up much of them.

The words are in walls.toml, by kind of wall.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from ahocorasick_rs import AhoCorasick

from ingest.duplicates.fingerprint import normalised
from ingest.text.length import is_prose, letters_worth

# The share of a wall's letters that its kind's words and the address to its reader make up. Of 50
# walls the least had 0.15; of 46 articles the most had 0.07, of ten articles about walls 0.14.
SPEAKS_LIKE = 0.15
# Where there are sentences enough for an article: an article on walls comes near the other figure.
SPEAKS_LIKE_IN_PROSE = 0.2

# News of one sentence reaches that share by a word or two ("U.S. drone missing off China not
# found"). A notice that is one sentence has several of its kind's words and speaks to its reader,
# or it speaks of little else: of 43,000 headlines none does. Where the title is another sentence,
# and no news is told in either, less is enough.
MIN_WORDS = 3
MIN_WORDS_ADDRESSED = 2
SPEAKS_MUCH = 0.4
SPEAKS_UNADDRESSED = 0.3
SPEAKS_BY_ONE_WORD = 0.25
SPEAKS_OF_LITTLE_ELSE = 0.6

# News says in its text what its headline says, in words that no wall has.
MIN_RESTATED = 2
RESTATED_SHARE = 0.4
_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}|[\u3400-\u9fff]")

# Notices have no source.
_REPORTED = re.compile(
    r"\b(?:said|says|told|announced|according to|reported|showed)\b"
    r"|[说說称稱](?=[，,。：:])|表示|报道|報導|報道|指出|宣布|[电電]\s"
    r"|^[A-Z][A-Z .]{3,30}(?:, \w{3,9}\.? \d{1,2})?(?: \([^)]{2,20}\))? ?[-–—]",
    re.MULTILINE,
)
# The country, not the reader's "us".
_COUNTRY = re.compile(r"\bUS\b")
# In these words it asks nobody for anything.
_NO_PLEASE = re.compile(r"[申邀聘提恳懇吁籲呼][请請]|[请請][求愿願辞辭假示教客帖缨纓战戰]")
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


# Those that are little but their own words; before a paywall stands news.
NOTICES = (Quality.BLOCKED, Quality.CONSENT, Quality.SOFT_404)


@dataclass(frozen=True, slots=True)
class Wall:
    """How one kind of wall speaks."""

    titles: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]  # each in the parts between its "*"
    words: AhoCorasick  # of its kind, and those to the reader
    own_words: AhoCorasick
    beginnings: AhoCorasick  # finds the first parts of the phrases
    marks: tuple[str, ...]

    def is_named(self, title: str) -> bool:
        """Whether a normalised title is just a wall's."""
        return f"{title} " in self.titles or title in self.titles

    def may_be_named(self, title: str) -> bool:
        """Whether a normalised title begins like a wall's; a single word may begin any headline."""
        return any(f"{title} ".startswith(known) for known in self.titles if is_telling(known))

    def spoken(self, text: str) -> list[tuple[str, ...]]:
        """The phrases that stand in a text made by `padded`."""
        begun = set(self.beginnings.find_matches_as_strings(text, overlapping=True))
        return [p for p in self.phrases if p[0] in begun and _stands_in(p, text)]


@cache
def walls() -> Mapping[Quality, Wall]:
    """Every kind of wall."""
    data = dict(_data())
    reader = data.pop("reader")["words"]
    return {Quality(kind): _wall(reader, **said) for kind, said in data.items()}


@cache
def _reader() -> AhoCorasick:
    return AhoCorasick(sorted(set(map(_phrase, _data()["reader"]["words"]))))


@cache
def _data() -> Mapping[str, dict[str, list[str]]]:
    return tomllib.loads(files("ingest.pages").joinpath("walls.toml").read_text("utf-8"))


def _wall(
    reader: list[str],
    *,
    titles: list[str],
    phrases: list[str],
    marks: list[str],
    words: list[str],
) -> Wall:
    parts = tuple(tuple(map(_phrase, phrase.split("*"))) for phrase in phrases)
    return Wall(
        titles=tuple(_phrase(title).lstrip() for title in titles),
        phrases=parts,
        words=AhoCorasick(sorted({_phrase(word) for word in (*words, *reader)})),
        own_words=AhoCorasick(sorted(set(map(_phrase, words)) - set(map(_phrase, reader)))),
        beginnings=AhoCorasick([first for first, *_ in parts]),
        marks=tuple(marks),
    )


def likeness(padded: str, kind: Quality) -> float:
    """The share of a text's letters that are a wall's words, or speak to who reads it."""
    # Words share the spaces between them, so matches overlap.
    matches = walls()[kind].words.find_matches_as_strings(padded, overlapping=True)
    return sum(letters_worth(word) for word in matches) / max(1, letters_worth(padded))


def is_notice(kind: Quality, title: str, text: str, seen: str) -> bool:
    """Whether a page with little text is a wall's notice, not news with a word or two of one.

    `seen` is where phrases are looked for, padded: the title and the text, or the whole page.
    """
    if _is_reported(text):
        return False
    wall = walls()[kind]
    said = padded(f"{title}\n{text}")
    words = len(set(wall.own_words.find_matches_as_strings(said, overlapping=True)))
    share = likeness(said, kind)
    addressed = _is_addressed(f"{title}\n{text}")
    if share >= SPEAKS_OF_LITTLE_ELSE and words >= MIN_WORDS_ADDRESSED:
        return True
    spoken = wall.spoken(seen)
    if is_restated(title, text) or not (title or spoken):
        return addressed and words >= MIN_WORDS and share >= SPEAKS_MUCH
    if spoken:
        return addressed or words >= MIN_WORDS_ADDRESSED or seen != said
    if addressed:
        least = SPEAKS_LIKE if words >= MIN_WORDS_ADDRESSED else SPEAKS_BY_ONE_WORD
        return words > 0 and share >= least
    return words > MIN_WORDS and share >= SPEAKS_UNADDRESSED


def is_restated(title: str, text: str) -> bool:
    """Whether a text says again what its title says, in words that no wall has."""
    if normalised(title) == normalised(text):
        return True
    # A page may print its title, a wall's too, as the first line of its text.
    first, _, rest = text.partition("\n")
    told = rest if rest and normalised(first) in normalised(title) else text
    titled, told_words = (set(_CONTENT_WORD.findall(normalised(t))) for t in (title, told))
    titled -= _vocabulary()
    shared = len(titled & told_words)
    return shared >= MIN_RESTATED and shared >= RESTATED_SHARE * len(titled)


def _is_addressed(text: str) -> bool:
    return bool(
        _reader().find_matches_as_strings(padded(_NO_PLEASE.sub(" ", _COUNTRY.sub(" ", text))))
    )


@cache
def _vocabulary() -> frozenset[str]:
    """All that walls say, in single words and characters."""
    said = (" ".join(words) for kind in _data().values() for words in kind.values())
    return frozenset(word for text in said for word in _CONTENT_WORD.findall(normalised(text)))


def tells_news(text: str) -> bool:
    """Whether a sentence of a text speaks of something else than walls, and not to its reader."""
    return any(is_prose(line) and _is_news(line) for line in text.splitlines())


def _is_reported(text: str) -> bool:
    """Whether it has a dateline, or says who said it, and speaks to nobody."""
    return bool(_REPORTED.search(text)) and not _is_addressed(text)


def _is_news(line: str) -> bool:
    said = padded(line)
    return _is_reported(line) or (
        not _is_addressed(line)
        and not any(
            walls()[kind].spoken(said) or likeness(said, kind) >= SPEAKS_MUCH for kind in NOTICES
        )
    )


def is_telling(title: str) -> bool:
    """Whether a wall's title is more than a word that news may begin with."""
    return " " in title.strip() or not title.isascii()


def padded(text: str) -> str:
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
