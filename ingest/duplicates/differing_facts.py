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

from ingest.duplicates.alignment import Edit
from ingest.text.length import letters_worth
from ingest.text.shingles import Wording

# Words that may stand between what both texts have: beyond, a passage was rewritten, and what it
# names stands for nothing in the other.
PLACE_LETTERS = 80

# So many places tell what kind of text it is.
MOST_PLACES = 200

# How alike two spellings of one name are (Dec/December apart): typing errors, transliterations.
SAME_SPELLING = 0.75

# In scripts without capitals a name is known by being exchanged everywhere.
_NAME_CHARACTERS = range(2, 13)

_MONTHS = frozenset(
    re.findall(
        r"\w+",
        "january february march april may june july august september october november december "
        "jan feb mar apr jun jul aug sept sep oct nov dec 月",
    )
)
_COUNTS = frozenset(
    re.findall(
        r"\w+",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "monday tuesday wednesday thursday friday saturday sunday i ii iii iv v vi vii viii ix x",
    )
)
_CHINESE_COUNTS = frozenset("一二三四五六七八九十百千万上下")
_YEAR = re.compile(r"(?:19|20)\d\d")
# A capital tells a name only within a sentence: not after these, whatever opens between.
_SENTENCE_ENDS = ".!?\n"
_OPENING = " “\"'‘(-"
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


@dataclass(frozen=True, slots=True)
class Side:
    """A text, for what it names."""

    text: str
    wording: Wording


def exchanged(edits: Iterable[Edit], ours: Side, theirs: Side) -> list[Exchange]:
    """The facts that were exchanged, in the order of the texts, a repeated one each time."""
    places = [edit for edit in edits if _is_place(edit.ours) and _is_place(edit.theirs)]
    del places[MOST_PLACES:]
    if not places:
        return []
    our_words, their_words = set(ours.wording.words), set(theirs.wording.words)
    found: list[Exchange] = []
    for place in places:
        dated = _date(place.ours, place.theirs)
        if dated:
            found.append(dated)
        elif _differ(_numbers(place.ours), _numbers(place.theirs)):
            found.append(Exchange(Kind.NUMBER, " ".join(place.ours), " ".join(place.theirs)))
        left = _names(place.ours, their_words, ours.text)
        right = _names(place.theirs, our_words, theirs.text) if left else []
        if left and right and not one_spelling(" ".join(left), " ".join(right)):
            found.append(Exchange(Kind.NAME, " ".join(left), " ".join(right)))
    if not ours.text.isascii():
        found += _recurring(places, ours.wording, theirs.wording)
    return found


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


def _date(ours: Sequence[str], theirs: Sequence[str]) -> Exchange | None:
    left = {word for word in ours if _YEAR.fullmatch(word)}
    right = {word for word in theirs if _YEAR.fullmatch(word)}
    if _differ(left, right):
        return Exchange(Kind.YEAR, min(left), min(right))
    months = set(ours) & _MONTHS, set(theirs) & _MONTHS
    days = _numbers(ours) - left, _numbers(theirs) - right
    if all(months) and (_differ(*months) or _differ(*days)):
        return Exchange(Kind.DATE, " ".join(ours), " ".join(theirs))
    return None


def _differ(ours: set[str], theirs: set[str]) -> bool:
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def _numbers(words: Iterable[str]) -> set[str]:
    return {
        word
        for word in words
        if word in _COUNTS
        or word in _CHINESE_COUNTS
        or (not word.isalpha() and any(map(str.isdecimal, word)))
    }


def _names(words: Iterable[str], elsewhere: set[str], text: str) -> list[str]:
    """Those of the words that are names, and that the other text has nowhere."""
    return [
        word
        for word in words
        if word not in elsewhere
        and word.isalpha()
        and word not in _MONTHS
        and word not in _COUNTS
        and any(_is_within_sentence(form, text) for form in {word.capitalize(), word.upper()})
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


def _recurring(places: Sequence[Edit], ours: Wording, theirs: Wording) -> list[Exchange]:
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
