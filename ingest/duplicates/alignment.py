"""Two texts laid side by side: what stands in both, in order, and what differs between."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.text.shingles import SHINGLE_WORDS, Wording


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands in one text where the other has something else; either side may be empty."""

    ours: Sequence[str]
    theirs: Sequence[str]
    after: int  # how many words both texts have in common before it


@dataclass(frozen=True, slots=True)
class _Run:
    """So many words that are the same in both texts, from these places on."""

    ours: int
    theirs: int
    length: int


def edits(ours: Wording, theirs: Wording) -> list[Edit]:
    """The differences of two texts, in their order.

    Long runs of equal words are laid side by side first, and shorter ones between them; a
    paragraph that has moved shows as one left out and one put in. Time is nearly linear.
    """
    a, b = ours.words, theirs.words
    found: list[Edit] = []
    same = i = j = 0
    for run in [*_grown(_in_order(_runs(ours, theirs)), a, b), _Run(len(a), len(b), 0)]:
        if i < run.ours or j < run.theirs:
            found.append(Edit(a[i : run.ours], b[j : run.theirs], same))
        i, j = run.ours + run.length, run.theirs + run.length
        same += run.length
    return found


def _runs(ours: Wording, theirs: Wording) -> list[_Run]:
    """The runs of shingles that stand in both texts."""
    find = theirs.places.get
    runs: list[_Run] = []
    begin = expected = -1
    for here, there in enumerate(map(find, ours.shingles)):
        if there == expected and there is not None:
            expected += 1
            continue
        if begin >= 0:
            length = here - begin
            runs.append(_Run(begin, expected - length, length + SHINGLE_WORDS - 1))
        if there is None:
            begin, expected = -1, -1
        else:
            begin, expected = here, there + 1
    if begin >= 0:
        length = len(ours.shingles) - begin
        runs.append(_Run(begin, expected - length, length + SHINGLE_WORDS - 1))
    return runs


def _in_order(runs: list[_Run]) -> list[_Run]:
    """As many of them as come in one order in both texts, the longest first."""
    kept: list[_Run] = []
    starts: list[int] = []
    for run in sorted(runs, key=lambda run: (-run.length, run.ours)):
        at = bisect(starts, run.ours)
        if at and not _precedes(kept[at - 1], run):
            continue
        if at < len(kept) and not _precedes(run, kept[at]):
            continue
        kept.insert(at, run)
        starts.insert(at, run.ours)
    return kept


def _precedes(one: _Run, other: _Run) -> bool:
    return one.ours + one.length <= other.ours and one.theirs + one.length <= other.theirs


def _grown(runs: list[_Run], a: list[str], b: list[str]) -> Iterator[_Run]:
    """The runs with the equal words at their ends that are too few for a shingle, or recur."""
    floor_a = floor_b = 0
    end = _Run(len(a), len(b), 0)
    for run, following in pairwise([*runs, end]):
        i, j = run.ours, run.theirs
        while i > floor_a and j > floor_b and a[i - 1] == b[j - 1]:
            i, j = i - 1, j - 1
        end_a, end_b = run.ours + run.length, run.theirs + run.length
        while end_a < following.ours and end_b < following.theirs and a[end_a] == b[end_b]:
            end_a, end_b = end_a + 1, end_b + 1
        yield _Run(i, j, end_a - i)
        floor_a, floor_b = end_a, end_b
