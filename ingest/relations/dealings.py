"""Where a text holds both sides: the sentences that every judgement rests on."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ingest.relations.matching import Match
from ingest.relations.reading import Reading, Sentence
from ingest.relations.vocabulary import Side

# The lead of a news text: what a reader sees before deciding to go on.
LEAD_LENGTH = 300
# A government that speaks without naming itself is nearly as good as named.
VOICE_STRENGTH = 0.9
# Neighbours far down in a text belong together half as surely as title and lead do.
DEEP = 0.5

# Kinds of relation words that describe and compare, and those that only colour others: alone they
# tell of no dealing.
EASING = "easing"
_TONE = frozenset(
    {
        "cordiality", "willingness", "joint-work", "togetherness",
        "hard-line", "wrongdoing", "stand-against",
    }
)  # fmt: skip
_NO_DEALING = _TONE | frozenset(
    {
        "competition", "data", "comparison", "dependence", "description", "holding", "explanation",
        EASING,
    }
)  # fmt: skip


class Dealing(NamedTuple):
    """A sentence that holds both sides. `strength` is that of the weaker side's strongest name."""

    sentence: Sentence
    strength: float  # 0 to 1
    named: bool  # both sides are named in words; otherwise one of them is the speaker
    gap: int  # characters between the nearest names of the two sides
    words: Sequence[Match]  # words for what is done


class Pair(NamedTuple):
    """Two sentences in a row of which each names one side."""

    first: Sentence
    second: Sentence
    strength: float


class Nearness:
    """How far sentences are from the dealings."""

    def __init__(self, found: Sequence[Dealing], pairs: Sequence[Pair]) -> None:
        sentences = [dealing.sentence for dealing in found]
        sentences += [s for pair in pairs for s in (pair.first, pair.second)]
        self._places = {(s.field, s.number) for s in sentences}

    def of(self, sentence: Sentence) -> int:
        """0: holds a dealing or half of a pair; 1: stands beside one; 2: further off."""
        places, field, number = self._places, sentence.field, sentence.number
        if (field, number) in places:
            return 0
        if (field, number - 1) in places or (field, number + 1) in places:
            return 1
        other = "title" if field == "text" else "text"
        return 1 if number == 0 and (other, 0) in places else 2


class Dealings(NamedTuple):
    reading: Reading
    found: Sequence[Dealing]
    pairs: Sequence[Pair]
    nearness: Nearness

    @property
    def sentences(self) -> list[Sentence]:
        return [dealing.sentence for dealing in self.found]


def find_dealings(reading: Reading) -> Dealings:
    found: list[Dealing] = []
    pairs: list[Pair] = []
    before: Sentence | None = None
    us_before = china_before = 0.0
    voice = reading.voice
    for sentence in reading.sentences:
        # Most sentences of most texts name neither side: a call less for each counts.
        us = strength(sentence.us) if sentence.us else 0.0
        china = strength(sentence.china) if sentence.china else 0.0
        if sentence.taiwan:
            china = max(china, strength(_states(sentence.taiwan)))
        named = us if us < china else china
        if sentence.frames:
            named = max(named, strength(sentence.frames))
        voiced = _voiced(voice, us, china) if voice else 0.0
        if named or voiced:
            words = [m for m in sentence.relations if m.entry.kind not in _NO_DEALING]
            distance = _gap(sentence) if named else 0
            found.append(Dealing(sentence, max(named, voiced), named >= voiced, distance, words))
            us = china = 0.0
        elif before is not None and (us or china) and are_neighbours(before, sentence):
            together = min(max(us, us_before), max(china, china_before))
            if before.field == "text" and before.start >= LEAD_LENGTH:
                together *= DEEP
            if together:
                pairs.append(Pair(before, sentence, together))
        before, us_before, china_before = sentence, us, china
    return Dealings(reading, found, pairs, Nearness(found, pairs))


def strength(names: Sequence[Match]) -> float:
    """How surely the strongest of the names means its state, 0 to 1."""
    return min(1.0, max([match.entry.weight for match in names])) if names else 0.0


def are_neighbours(first: Sentence, second: Sentence) -> bool:
    """Whether `second` follows `first` at once; the text's beginning follows the title."""
    if first.field == second.field:
        return second.number - first.number == 1
    return second.number == 0


def _voiced(voice: Side | None, us: float, china: float) -> float:
    """How strongly a sentence holds both sides when the speaker's own government counts as one."""
    if voice is Side.US:
        return min(VOICE_STRENGTH, china)
    if voice is Side.CHINA:
        return min(VOICE_STRENGTH, us)
    return 0.0


def _states(names: Sequence[Match]) -> list[Match]:
    """The names less those of companies: Taiwan's firms trade with everyone."""
    return [match for match in names if match.entry.kind != "company"]


def _gap(sentence: Sentence) -> int:
    if sentence.frames:
        return 0
    marks = sorted(
        [(m.start, m.end, "us") for m in sentence.us]
        + [(m.start, m.end, "other") for m in (*sentence.china, *sentence.taiwan)]
    )
    gaps = [right[0] - left[1] for left, right in pairwise(marks) if left[2] != right[2]]
    return min(gaps, default=0)


def within(starts: Sequence[int], place: int, reach: int) -> bool:
    """Whether any of the ascending `starts` is at most `reach` characters from `place`."""
    number = bisect_left(starts, place - reach)
    return number < len(starts) and starts[number] <= place + reach
