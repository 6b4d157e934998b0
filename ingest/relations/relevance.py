"""How much of a text is about dealings between the two sides: the features of relevance."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log1p

from ingest.relations.dealings import LEAD_LENGTH, Dealing, Dealings, strength
from ingest.relations.matching import Match
from ingest.relations.reading import Reading, Sentence
from ingest.relations.vocabulary import Side

# Names of the two sides within this many characters of each other are about one thing.
CLOSE = 60
# Counts beyond this tell no more.
MOST = 20
# So many countries in one sentence are a list.
CROWD = 4

# What joins the members of a list, and the longest that it gets.
_JOINT = re.compile(r"\s*(?:,|、|和|与|與|及|,?\s(?:and|or)\s|&|,\s(?:and|or)\s)\s*(?:the\s)?")
_LONGEST_JOINT = 12


def relevance_features(dealings: Dealings) -> dict[str, float]:
    reading, found = dealings.reading, dealings.found
    sentences, both = reading.sentences, dealings.sentences
    title = [s for s in sentences if s.field == "title"]
    named = [d for d in found if d.named]
    close = [d for d in named if d.gap <= CLOSE]
    lead = [d for d in found if d.sentence.field == "text" and d.sentence.start < LEAD_LENGTH]
    pairs = [] if found else dealings.pairs
    topical = [pair for pair in pairs if pair.first.topics or pair.second.topics]
    worded = [d for d in found if d.words]
    frames = sum([len(s.frames) for s in sentences])
    us = frames + _weight([s.us for s in sentences if s.us])
    china = frames + _weight([s.china for s in sentences if s.china])
    taiwan = _weight([s.taiwan for s in sentences if s.taiwan])
    lesser = min(us, china + taiwan)
    return {
        "both-sides": _best(found),
        "both-sides-often": log_count(sum([d.strength for d in found])),
        "both-sides-close": _best(close),
        "both-sides-share": _share(found, reading),
        "both-sides-in-turn": max([pair.strength for pair in pairs], default=0.0),
        "topic-in-turn": max([pair.strength for pair in topical], default=0.0),
        "sides-apart": float(not found),
        "dealing-word": _best(worded),
        "title-both": _best([d for d in found if d.sentence.field == "title"]),
        "title-china": _strongest(title, "china", "frames"),
        "title-us": _strongest(title, "us", "frames"),
        "title-third": float(any(s.third for s in title)),
        "title-genre": float(any(s.genres for s in title)),
        "lead-both": _best(lead),
        "us-often": log_count(us),
        "china-often": log_count(china),
        "lesser-side-often": log_count(lesser),
        "crowd": _crowd(both),
        "listed": sum([_is_listed(reading, d.sentence) for d in named]) / max(1, len(named)),
        "voiced-often": log_count(len(found) - len(named)),
        "taiwan-and-us": float(any(s.us and s.taiwan for s in sentences)),
        "length": log1p(len(reading.text)),
    }


def log_count(count: float) -> float:
    return log1p(min(count, MOST))


def _best(dealings: Iterable[Dealing]) -> float:
    return max([dealing.strength for dealing in dealings], default=0.0)


def _share(dealings: Iterable[Dealing], reading: Reading) -> float:
    length = len(reading.title) + len(reading.text)
    covered = sum(d.strength * (d.sentence.end - d.sentence.start) for d in dealings)
    return covered / length if length else 0.0


def _weight(names: Iterable[Sequence[Match]]) -> float:
    return sum([match.entry.weight for matches in names for match in matches])


def _crowd(sentences: Sequence[Sentence]) -> float:
    """Third countries (and their people and bodies) in a sentence, on average."""
    counts = [min(CROWD, len({match.entry.id for match in s.third})) for s in sentences]
    return sum(counts) / len(counts) if counts else 0.0


def _strongest(sentences: Sequence[Sentence], *places: str) -> float:
    names = [match for s in sentences for place in places for match in getattr(s, place)]
    return strength(names)


def _is_listed(reading: Reading, sentence: Sentence) -> bool:
    """Whether one of the two sides stands in a list with a third country."""
    if not sentence.third:
        return False
    names = sorted(
        (*sentence.us, *sentence.china, *sentence.frames, *sentence.third),
        key=lambda match: match.start,
    )
    for left, right in pairwise(names):
        if (left.entry.side is Side.THIRD) != (right.entry.side is Side.THIRD):
            joint = reading.between(sentence, left, right)
            if len(joint) <= _LONGEST_JOINT and _JOINT.fullmatch(joint):
                return True
    return False
