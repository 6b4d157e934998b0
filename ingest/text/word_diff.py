"""What changed between two revisions of a text, word by word (Chinese and Japanese by character).

`difflib` compares words in time that grows with the square of their number. So the texts are first
pinned together where three words in a row stand exactly once in both (the idea of patience diff),
and `difflib` sees only what lies between two pins. The time is that of reading the texts, plus a
fixed budget for the parts that differ.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# Pairs of words compared for two texts at most: a second or two. What is beyond is shown as
# replaced whole, which it nearly always is.
MOST_PAIRS = 4_000_000
# Between two pins: a rewritten passage of some 700 words. `difflib` is at its worst on repetition.
MOST_PAIRS_AT_ONCE = 500_000
# Words in a row by which two texts are pinned together: three are hardly ever there by chance.
PIN_WORDS = 3

_SINGLE = "\u3041-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_WORD = re.compile(
    rf"(?P<word>[{_SINGLE}]|(?:(?![{_SINGLE}])\w)+(?:[-'’.,](?:(?![{_SINGLE}])\w)+)*|[^\w\s])\s*"
)


class Kind(StrEnum):
    """What became of a stretch of text."""

    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text: in both revisions, in the older alone, or in the newer alone."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class _Text:
    """A text in pieces: what is compared of each, and how it is printed."""

    words: list[str]
    pieces: list[str]  # the word, and the white space after it

    def printed(self, start: int, end: int) -> str:
        return "".join(self.pieces[start:end])


# Where two texts agree: so many words from a place in the older and a place in the newer.
_Match = tuple[int, int, int]


def changes(old: str, new: str) -> tuple[Change, ...]:
    """How `old` became `new`. White space alone is no change; what is equal is as in `new`.

    The stretches that are equal or inserted, put together, are `new` (but for white space before
    its first word).
    """
    before, after = _split(old), _split(new)
    found = list[Change]()
    old_at = new_at = 0
    for i, j, size in [*_matches(before.words, after.words), _end(before, after)]:
        if i > old_at:
            found.append(Change(Kind.DELETE, before.printed(old_at, i)))
        if j > new_at:
            found.append(Change(Kind.INSERT, after.printed(new_at, j)))
        if size:
            found.append(Change(Kind.EQUAL, after.printed(j, j + size)))
        old_at, new_at = i + size, j + size
    return tuple(found)


def word_count(text: str) -> int:
    """The words of a text, each Chinese or Japanese character one; punctuation is none."""
    return sum(word[0].isalnum() for word in _split(text).words)


def _split(text: str) -> _Text:
    words, pieces = list[str](), list[str]()
    for match in _WORD.finditer(text):
        words.append(match["word"])
        pieces.append(match[0])
    return _Text(words, pieces)


def _end(before: _Text, after: _Text) -> _Match:
    return len(before.words), len(after.words), 0


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[_Match]:
    """Where the two agree, in order, none touching the next."""
    start_i = start_j = size = 0
    for i, j, more in _all_matches(old, new):
        if (i, j) == (start_i + size, start_j + size):
            size += more
            continue
        if size:
            yield start_i, start_j, size
        start_i, start_j, size = i, j, more
    if size:
        yield start_i, start_j, size


def _all_matches(old: Sequence[str], new: Sequence[str]) -> Iterator[_Match]:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    yield 0, 0, head
    pairs_left = MOST_PAIRS
    old_at = new_at = head
    pins = _pins(old[head:old_end], new[head:new_end])
    for i, j in [*((i + head, j + head) for i, j in pins), (old_end, new_end)]:
        if i < old_at or j < new_at:
            continue  # within what agrees already
        left, right = old[old_at:i], new[new_at:j]
        pairs = len(left) * len(right)
        if 0 < pairs <= min(pairs_left, MOST_PAIRS_AT_ONCE):
            pairs_left -= pairs
            for a, b, size in SequenceMatcher(None, left, right, False).get_matching_blocks():
                yield old_at + a, new_at + b, size
        same = PIN_WORDS if i < old_end else 0
        yield i, j, same
        old_at, new_at = i + same, j + same
    yield old_end, new_end, tail


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words the two begin with alike."""
    for number, (left, right) in enumerate(zip(old, new, strict=False)):
        if left != right:
            return number
    return min(len(old), len(new))


def _pins(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places at which the same words stand, once in either text, in an order that both have."""
    there = _unique_places(new)
    both = ((i, there.get(words)) for words, i in _unique_places(old).items())
    return _longest_rising([(i, j) for i, j in both if j is not None])


def _unique_places(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    places = dict[tuple[str, ...], int]()
    for place, run in enumerate(zip(*(words[n:] for n in range(PIN_WORDS)), strict=False)):
        places[run] = -1 if run in places else place
    return {run: place for run, place in places.items() if place >= 0}


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most of these pairs, whose first numbers rise, of which the second rise too."""
    lowest, ends = list[int](), list[int]()  # for each length: the lowest end, and whose it is
    before = list[int | None]()
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(lowest, j)
        before.append(ends[length - 1] if length else None)
        lowest[length : length + 1] = [j]
        ends[length : length + 1] = [number]
    rising = list[tuple[int, int]]()
    at = ends[-1] if ends else None
    while at is not None:
        rising.append(pairs[at])
        at = before[at]
    return rising[::-1]
