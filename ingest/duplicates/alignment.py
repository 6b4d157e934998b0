"""Two texts laid side by side: what stands in both, in order, and what differs between."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.text.shingles import FIRST_UNSPACED, SHINGLE_WORDS, Wording, shingle_at

# Runs of equal words are measured in strides that double, then halve: comparing slices is far
# faster than comparing words one by one.
_STRIDE = 4
_LONGEST_STRIDE = 64


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands in one text where the other has something else; either side may be empty."""

    ours: Sequence[str]
    theirs: Sequence[str]
    after: int  # how many words both texts have in common before it


@dataclass(frozen=True, slots=True)
class Alignment:
    """The differences of two texts, in their order; how many words stand in both in one order
    (`aligned`), and how many in whatever order (`found`, never fewer)."""

    edits: list[Edit]
    aligned: int
    found: int


@dataclass(frozen=True, slots=True)
class _Run:
    """So many words that are the same in both texts, from these places on."""

    ours: int
    theirs: int
    length: int


def align(ours: Wording, theirs: list[str]) -> Alignment:
    """Lay the words of a text beside one whose wording is known.

    Long runs of equal words are laid side by side first, and shorter ones between them; a
    paragraph that has moved shows as one left out and one put in. Time is nearly linear, and a
    copy takes a tenth of what another text of its length takes.
    """
    a, b = ours.words, theirs
    runs = _runs(ours, b)
    edits: list[Edit] = []
    same = i = j = 0
    for run in [*_grown(_in_order(runs), a, b), _Run(len(a), len(b), 0)]:
        if i < run.ours or j < run.theirs:
            edits.append(Edit(a[i : run.ours], b[j : run.theirs], same))
        i, j = run.ours + run.length, run.theirs + run.length
        same += run.length
    return Alignment(edits, same, max(same, sum(run.length for run in runs)))


def _runs(ours: Wording, b: list[str]) -> list[_Run]:
    """The runs of words that stand in both texts, as they come in theirs: each of a shingle at
    least."""
    a, find = ours.words, ours.places.get
    runs: list[_Run] = []
    apart = 0  # of the run before: ours less theirs
    j, end = 0, len(b) - SHINGLE_WORDS + 1
    while j < end:
        word = b[j]
        i = find(word + b[j + 1] + b[j + 2] if word < FIRST_UNSPACED else shingle_at(b, j))
        if i is None:
            j += 1
            continue
        # A shingle that recurs is known by its first place: rather go on where the last run was.
        beside = j + apart
        if i != beside and a[beside : beside + SHINGLE_WORDS] == b[j : j + SHINGLE_WORDS]:
            i = beside
        length = _common(a, i, b, j)
        runs.append(_Run(i, j, length))
        apart = i - j
        j += length
    return runs


def _common(a: list[str], i: int, b: list[str], j: int) -> int:
    """How many words are the same in both from these places on."""
    most = min(len(a) - i, len(b) - j)
    length, stride, grows = 0, _STRIDE, True
    while stride:
        to = length + stride
        if to <= most and a[i + length : i + to] == b[j + length : j + to]:
            length = to
            if grows:
                stride = min(2 * stride, _LONGEST_STRIDE)
                continue
        else:
            grows = False
        stride //= 2
    return length


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


def _grown(runs: list[_Run], a: list[str], b: list[str]) -> list[_Run]:
    """The runs with the equal words at their ends that are too few for a shingle, or recur."""
    grown: list[_Run] = []
    floor_a = floor_b = 0
    for run, following in pairwise([*runs, _Run(len(a), len(b), 0)]):
        i, j = run.ours, run.theirs
        while i > floor_a and j > floor_b and a[i - 1] == b[j - 1]:
            i, j = i - 1, j - 1
        end_a, end_b = run.ours + run.length, run.theirs + run.length
        while end_a < following.ours and end_b < following.theirs and a[end_a] == b[end_b]:
            end_a, end_b = end_a + 1, end_b + 1
        grown.append(_Run(i, j, end_a - i))
        floor_a, floor_b = end_a, end_b
    return grown
