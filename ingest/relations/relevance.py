"""How much of a text is about dealings between the two sides: the features of relevance."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log1p
from typing import NamedTuple

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

Place = tuple[Sentence, Match]


class Measure(NamedTuple):
    """A feature's value, and the matches that it was read from."""

    value: float
    matches: Sequence[Place] = ()


def relevance_features(dealings: Dealings) -> dict[str, Measure]:
    reading, found = dealings.reading, dealings.found
    sentences, both = reading.sentences, dealings.sentences
    title = [s for s in sentences if s.field == "title"]
    us, china = _of(sentences, "us"), _of(sentences, "china")
    taiwan, frames = _of(sentences, "taiwan"), _of(sentences, "frames")
    sides = _sides(both)
    named = [d for d in found if d.named]
    close = [d for d in named if d.gap <= CLOSE]
    lead = [d for d in found if d.sentence.field == "text" and d.sentence.start < LEAD_LENGTH]
    words = [(d.sentence, word) for d in found for word in d.words]
    pairs = [] if found else dealings.pairs
    us_weight = _weight(us) + len(frames)
    china_weight = _weight(china) + len(frames)
    return {
        "both-sides": Measure(_best(found), sides),
        "both-sides-often": Measure(log_count(sum(d.strength for d in found)), sides),
        "both-sides-close": Measure(_best(close), _sides([d.sentence for d in close])),
        "both-sides-share": Measure(_share(found, reading), sides),
        "both-sides-in-turn": Measure(
            max((pair.strength for pair in pairs), default=0.0),
            _sides([s for pair in pairs for s in (pair.first, pair.second)]),
        ),
        "dealing-word": Measure(_best(d for d in found if d.words), words),
        "title-both": Measure(
            _best(d for d in found if d.sentence.field == "title"), _sides(title)
        ),
        "title-china": _strongest(title, "china", "frames"),
        "title-us": _strongest(title, "us", "frames"),
        "title-third": _any(title, "third"),
        "title-genre": _any(title, "genres"),
        "lead-both": Measure(_best(lead), _sides([d.sentence for d in lead])),
        "us-often": Measure(log_count(us_weight), us),
        "china-often": Measure(log_count(china_weight), china),
        "lesser-side-often": Measure(
            log_count(min(us_weight, china_weight + _weight(taiwan))),
            us if len(us) < len(china) else china,
        ),
        "crowd": Measure(
            sum(min(CROWD, len({m.entry.id for m in s.third})) for s in both) / max(1, len(both)),
            _of(both, "third"),
        ),
        "listed": Measure(
            sum(_is_listed(reading, d.sentence) for d in named) / max(1, len(named)),
            _of([d.sentence for d in named], "third"),
        ),
        "voiced-often": Measure(log_count(len(found) - len(named)), sides),
        "taiwan-and-us": Measure(float(any(s.us and s.taiwan for s in sentences)), taiwan),
        "length": Measure(log1p(len(reading.text))),
    }


def log_count(count: float) -> float:
    return log1p(min(count, MOST))


def _best(dealings: Iterable[Dealing]) -> float:
    return max((dealing.strength for dealing in dealings), default=0.0)


def _share(dealings: Iterable[Dealing], reading: Reading) -> float:
    length = len(reading.title) + len(reading.text)
    covered = sum(d.strength * (d.sentence.end - d.sentence.start) for d in dealings)
    return covered / length if length else 0.0


def _weight(places: Iterable[Place]) -> float:
    return sum(match.entry.weight for _, match in places)


def _sides(sentences: Iterable[Sentence]) -> list[Place]:
    return _of(sentences, "frames", "us", "china", "taiwan")


def _of(sentences: Iterable[Sentence], *kinds: str) -> list[Place]:
    return [(s, match) for s in sentences for kind in kinds for match in getattr(s, kind)]


def _strongest(sentences: Sequence[Sentence], *kinds: str) -> Measure:
    places = _of(sentences, *kinds)
    return Measure(strength([match for _, match in places]), places)


def _any(sentences: Sequence[Sentence], kind: str) -> Measure:
    places = _of(sentences, kind)
    return Measure(float(bool(places)), places)


def _is_listed(reading: Reading, sentence: Sentence) -> bool:
    """Whether one of the two sides stands in a list with a third country."""
    if not sentence.third:
        return False
    names = sorted((*sentence.us, *sentence.china, *sentence.third), key=lambda match: match.start)
    for left, right in pairwise(names):
        if (left.entry.side is Side.THIRD) != (right.entry.side is Side.THIRD):
            joint = reading.between(sentence, left, right)
            if len(joint) <= _LONGEST_JOINT and _JOINT.fullmatch(joint):
                return True
    return False
