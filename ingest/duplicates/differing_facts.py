"""The facts that one text states where another, alike around it, states others.

A template (a letter, a notice, a schedule, a readout) is told from an edited copy by what has been
put into it: another country, name, date or year.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from typing import Any

from ingest.duplicates.alignment import Edit
from ingest.text.length import letters_worth

# Words that may stand between what both texts have: beyond, a passage was rewritten, and what it
# names stands for nothing in the other.
PLACE_LETTERS = 80

# So many places tell what kind of text it is.
MOST_PLACES = 200

# How alike two spellings of one name are (Dec/December apart): typing errors, transliterations.
SAME_SPELLING = 0.75

# In scripts without capitals a name is known by being exchanged everywhere.
_NAME_CHARACTERS = range(2, 13)

_MONTHS = {
    name: month
    for month, names in enumerate(
        re.findall(
            r"[^,]+",
            "january jan,february feb,march mar,april apr,may,june jun,july jul,august aug,"
            "september sept sep,october oct,november nov,december dec",
        ),
        start=1,
    )
    for name in names.split()
} | {"月": 0}
_COUNTS = frozenset(
    re.findall(
        r"\w+",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "monday tuesday wednesday thursday friday saturday sunday i ii iii iv v vi vii viii ix x",
    )
)
_CHINESE_COUNTS = frozenset("一二三四五六七八九十百千万上下")
_TELLING = _COUNTS.union(_MONTHS, _CHINESE_COUNTS)
_YEAR = re.compile(r"(?:19|20)\d\d")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
# A capital tells a name only within a sentence: not after these, whatever opens between.
_SENTENCE_ENDS = ".!?\n"
_OPENING = " “\"'‘(-"
# Longer words are seldom all in capitals.
ACRONYM_LETTERS = 6
# So many places of a word are looked at.
MOST_READ = 20


class Kind(StrEnum):
    """What sort of fact was exchanged."""

    YEAR = "year"
    DATE = "date"
    NAME = "name"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A fact that stands where the other text has another."""

    kind: Kind
    ours: str
    theirs: str


@dataclass(frozen=True)
class Side:
    """A text as it is printed, for what it names, and its words in order."""

    text: str
    words: list[str]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Its words, each once."""
        return frozenset(self.words)

    @cached_property
    def spaced(self) -> str:
        """Its words with a space before, between and after."""
        return f" {' '.join(self.words)} "

    @cached_property
    def letters(self) -> int:
        """Its length, as `letters_worth` counts."""
        plain = self.spaced
        return len(plain) - 2 if plain.isascii() else letters_worth("".join(self.words))


def exchanged(edits: Iterable[Edit], ours: Side, theirs: Side) -> list[Exchange]:
    """The facts that were exchanged, in the order of the texts, a repeated one each time.

    What differs at the very beginning does not count: datelines and times are the outlets' own.
    """
    places = [
        edit for edit in edits if edit.after and _is_place(edit.ours) and _is_place(edit.theirs)
    ]
    del places[MOST_PLACES:]
    found: list[Exchange] = []
    for place in places:
        if not (_is_plain(place.ours) or _is_plain(place.theirs)):
            dated = _date(place.ours, place.theirs)
            if dated:
                found.append(dated)
            elif _differ(_numbers(place.ours), _numbers(place.theirs)):
                found.append(Exchange(Kind.NUMBER, " ".join(place.ours), " ".join(place.theirs)))
        left = _names(place.ours, ours, theirs)
        right = _names(place.theirs, theirs, ours) if left else []
        if left and right and not one_name(left, right):
            found.append(Exchange(Kind.NAME, " ".join(left), " ".join(right)))
    unspaced = [place for place in places if not "".join(place.ours).isascii()]
    return found + _recurring(unspaced, ours, theirs) if unspaced else found


def _is_plain(words: Sequence[str]) -> bool:
    """Whether these can be no date and no number: as most words are."""
    return all(map(str.isalpha, words)) and _TELLING.isdisjoint(words)


def _is_place(words: Sequence[str]) -> bool:
    return 0 < letters_worth("".join(words)) <= PLACE_LETTERS


def numbered(words: Iterable[str]) -> bool:
    """Whether one of the words tells a piece of a series from the next: an ordinal, a month or
    day, a year. A plain number may as well be a count that was brought up to date."""
    return any(word in _COUNTS or word in _MONTHS or _YEAR.fullmatch(word) for word in words)


def one_spelling(one: str, other: str) -> bool:
    """Whether two words may be one, mistyped, shortened or spelt otherwise."""
    return (
        one.startswith(other)
        or other.startswith(one)
        or SequenceMatcher(None, one, other, autojunk=False).ratio() >= SAME_SPELLING
    )


def one_name(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names may be one: spelt otherwise, or one by its first letters (the EU)."""
    return (
        _initials(one) == "".join(other)
        or _initials(other) == "".join(one)
        or one_spelling(" ".join(one), " ".join(other))
    )


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words)


def _date(ours: Sequence[str], theirs: Sequence[str]) -> Exchange | None:
    left = {word for word in ours if _YEAR.fullmatch(word)}
    right = {word for word in theirs if _YEAR.fullmatch(word)}
    if _differ(left, right):
        return Exchange(Kind.YEAR, min(left), min(right))
    months = _months(ours), _months(theirs)
    days = _numbers(ours) - left, _numbers(theirs) - right
    if all(months) and (_differ(*months) or _differ(*days)):
        return Exchange(Kind.DATE, " ".join(ours), " ".join(theirs))
    return None


def _months(words: Iterable[str]) -> set[int]:
    return {_MONTHS[word] for word in words if word in _MONTHS}


def _differ(ours: set[Any], theirs: set[Any]) -> bool:
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def _numbers(words: Iterable[str]) -> set[str]:
    return {
        _ORDINAL.sub(r"\1", word)
        for word in words
        if word in _COUNTS
        or word in _CHINESE_COUNTS
        or (not word.isalpha() and any(map(str.isdecimal, word)))
    }


def _names(words: Iterable[str], side: Side, other: Side) -> list[str]:
    """Those of the words that are names, and that the other text has nowhere."""
    return [
        word
        for word in words
        if word.isalpha()
        and word not in _MONTHS
        and word not in _COUNTS
        and (
            _is_within_sentence(word.capitalize(), side.text)
            or (len(word) <= ACRONYM_LETTERS and _is_within_sentence(word.upper(), side.text))
        )
        and word not in other.vocabulary
    ]


def _is_within_sentence(word: str, text: str) -> bool:
    """Whether a word stands so in the text, and not at the beginning of a sentence alone."""
    if not word[0].isupper():
        return False
    at = -1
    for _ in range(MOST_READ):
        at = text.find(word, at + 1)
        if at < 0:
            return False
        end = at + len(word)
        before = text[max(0, at - 4) : at]
        last = before.rstrip(_OPENING)[-1:]
        if (
            before[-1:] in _OPENING
            and last
            and last not in _SENTENCE_ENDS
            and not text[end : end + 1].isalnum()
        ):
            return True
    return False


def _recurring(places: Sequence[Edit], ours: Side, theirs: Side) -> list[Exchange]:
    """Names of scripts without capitals: exchanged more than once, and nowhere in the other."""
    swaps = Counter(swap for place in places for swap in _swaps(place))
    again = [swap for swap, times in swaps.items() if times > 1]
    if not again:
        return []
    our_text, their_text = "".join(ours.words), "".join(theirs.words)
    return [
        Exchange(Kind.NAME, *swap)
        for swap in again
        if all(len(side) in _NAME_CHARACTERS and not side.isascii() for side in swap)
        and swap[0] not in their_text
        and swap[1] not in our_text
        for _ in range(swaps[swap])
    ]


def _swaps(place: Edit) -> Iterator[tuple[str, str]]:
    """What was exchanged within a place, where a few characters between stayed."""
    matcher = SequenceMatcher(None, place.ours, place.theirs, autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "replace":
            yield "".join(place.ours[i:i_end]), "".join(place.theirs[j:j_end])
