"""From a reading to numbers: what in a text speaks for dealings between the two sides, and how much."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log1p
from typing import NamedTuple

from ingest.relations.matching import Match
from ingest.relations.reading import Reading, Sentence
from ingest.relations.vocabulary import Polarity, Side

# The lead of a news text: what a reader sees before deciding to go on.
LEAD_LENGTH = 300
# Names of the two sides within this many characters of each other are about one thing.
CLOSE = 60
# Counts beyond this tell no more.
MOST = 20
# What joins the members of a list.
_JOINT = re.compile(r"\s*(?:,|、|和|与|與|及|,?\s(?:and|or)\s|&|,\s(?:and|or)\s)\s*(?:the\s)?")
# So many countries in one sentence are a list.
CROWD = 4
# A government that speaks without naming itself is nearly as good as named.
VOICE_STRENGTH = 0.9
# Neighbours far down in a text belong together half as surely as title and lead do.
DEEP = 0.5
# Tone: words beside a dealing count this much of those in it, words of the title so much more, and
# terms of topics that are seldom friendly this much of a word of conflict.
BESIDE = 0.3
TITLE_TONE = 3.0
GRIM_TONE = 0.6
_GRIM = frozenset(
    {"military", "human-rights", "espionage-cyber", "hong-kong", "sanctions", "taiwan"}
)
# A word of easing within this many characters turns a burden into a relief.
EASING_BEFORE = 45
_BURDENS = frozenset({"tariff", "ban", "sanction", "export-control", "blacklist", "trade-war"})
# Kinds of neutral words that describe and compare.
_PLAIN = frozenset({"competition", "data", "comparison", "dependence", "holding"})
# Kinds of words that alone tell of no dealing.
_NO_DEALING = _PLAIN | {"easing"}
# How the dealings stand in the piece.
_STANDING = (
    "both-sides-share",
    "both-sides-often",
    "title-both",
    "title-us",
    "title-china",
    "title-genre",
    "crowd",
    "voiced-often",
)


class Measure(NamedTuple):
    """A feature's value, and the matches that it was read from."""

    value: float
    matches: Sequence[tuple[Sentence, Match]] = ()


@dataclass(frozen=True, slots=True)
class Dealing:
    """A sentence, or two in a row, that hold both sides. `strength` is that of the weaker side's
    strongest name, 0 to 1."""

    sentence: Sentence
    strength: float
    named: bool  # both sides are named in words; otherwise one is the speaker
    gap: int  # characters between the nearest names of the two sides
    words: Sequence[Match]  # words for what is done


@dataclass(frozen=True, slots=True)
class Dealings:
    reading: Reading
    dealings: Sequence[Dealing]
    pairs: Sequence[tuple[Sentence, Sentence, float]]  # neighbours that hold both sides together

    @property
    def both(self) -> list[Sentence]:
        return [dealing.sentence for dealing in self.dealings]


def find_dealings(reading: Reading) -> Dealings:
    dealings, pairs = [], []
    before: Sentence | None = None
    us_before = china_before = 0.0
    for sentence in reading.sentences:
        us, china = _strength(sentence.us), _strength(sentence.china)
        if sentence.taiwan:
            china = max(china, _strength(_states(sentence.taiwan)))
        named = max(min(us, china), _strength(sentence.frames))
        voiced = 0.0
        if reading.voice is Side.US:
            voiced = min(VOICE_STRENGTH, china)
        elif reading.voice is Side.CHINA:
            voiced = min(VOICE_STRENGTH, us)
        strength = max(named, voiced)
        if strength:
            words = [m for m in sentence.relations if m.entry.kind not in _NO_DEALING]
            dealings.append(
                Dealing(sentence, strength, named >= voiced, gap(sentence) if named else 0, words)
            )
            us = china = 0.0
        elif before is not None and _neighbours(before, sentence):
            together = min(max(us, us_before), max(china, china_before))
            if before.field == "text" and before.start >= LEAD_LENGTH:
                together *= DEEP
            if together:
                pairs.append((before, sentence, together))
        before, us_before, china_before = sentence, us, china
    return Dealings(reading, dealings, pairs)


def _states(names: Sequence[Match]) -> list[Match]:
    """The names less those of companies: Taiwan's firms trade with everyone."""
    return [match for match in names if match.entry.kind != "company"]


def _is_listed(reading: Reading, sentence: Sentence) -> bool:
    """Whether one of the two sides stands in a list with a third country."""
    names = sorted((*sentence.us, *sentence.china, *sentence.third), key=lambda match: match.start)
    for left, right in pairwise(names):
        if (left.entry.side is Side.THIRD) != (right.entry.side is Side.THIRD):
            joint = reading.between(sentence, left, right)
            if len(joint) < 12 and _JOINT.fullmatch(joint):
                return True
    return False


def _neighbours(first: Sentence, second: Sentence) -> bool:
    if first.field == second.field:
        return second.number - first.number == 1
    return second.number == 0


def _strength(names: Sequence[Match]) -> float:
    """How surely the strongest of the names means its state, 0 to 1."""
    return min(1.0, max([match.entry.weight for match in names])) if names else 0.0


def relevance_features(dealings: Dealings) -> dict[str, Measure]:
    reading, found = dealings.reading, dealings.dealings
    sentences = reading.sentences
    us = [(s, m) for s in sentences for m in s.us]
    china = [(s, m) for s in sentences for m in s.china]
    taiwan = [(s, m) for s in sentences for m in s.taiwan]
    frames = [(s, m) for s in sentences for m in s.frames]
    title = [s for s in sentences if s.field == "title"]
    both = dealings.both
    sides = _sides(both)
    named = [d for d in found if d.named]
    worded = [d for d in found if d.words]
    words = [(d.sentence, m) for d in found for m in d.words]
    close = [d for d in named if d.gap <= CLOSE]
    lead = [d for d in found if d.sentence.field == "text" and d.sentence.start < LEAD_LENGTH]
    pairs = [s for first, second, _ in dealings.pairs for s in (first, second)]
    in_title = [d for d in found if d.sentence.field == "title"]
    length = max(1, len(reading.title) + len(reading.text))
    n_us = sum(m.entry.weight for _, m in us) + len(frames)
    n_china = sum(m.entry.weight for _, m in china) + len(frames)
    n_other = n_china + sum(m.entry.weight for _, m in taiwan)
    return {
        "both-sides": Measure(_best(found), sides),
        "both-sides-often": Measure(_log(sum(d.strength for d in found)), sides),
        "both-sides-close": Measure(_best(close), _sides([d.sentence for d in close])),
        "both-sides-share": Measure(
            sum(d.strength * (d.sentence.end - d.sentence.start) for d in found) / length, sides
        ),
        "both-sides-in-turn": Measure(
            0.0 if found else max((p[2] for p in dealings.pairs), default=0.0), _sides(pairs)
        ),
        "dealing-word": Measure(_best(worded), words),
        "title-both": Measure(_best(in_title), _sides(title)),
        "title-china": Measure(
            max((_strength(s.china + s.frames) for s in title), default=0.0),
            _of(title, "china", "frames"),
        ),
        "title-us": Measure(
            max((_strength(s.us + s.frames) for s in title), default=0.0), _of(title, "us", "frames")
        ),
        "title-third": Measure(float(any(s.third for s in title)), _of(title, "third")),
        "title-genre": Measure(float(any(s.genres for s in title)), _of(title, "genres")),
        "lead-both": Measure(_best(lead), _sides([d.sentence for d in lead])),
        "us-often": Measure(_log(n_us), us),
        "china-often": Measure(_log(n_china), china),
        "lesser-side-often": Measure(_log(min(n_us, n_other)), us if len(us) < len(china) else china),
        "crowd": Measure(
            sum(min(CROWD, len({m.entry.id for m in s.third})) for s in both) / max(1, len(both)),
            _of(both, "third"),
        ),
        "listed": Measure(
            sum(_is_listed(reading, d.sentence) for d in named) / max(1, len(named)),
            _of([d.sentence for d in named], "third"),
        ),
        "voiced-often": Measure(_log(len(found) - len(named)), sides),
        "taiwan-and-us": Measure(float(any(s.us and s.taiwan for s in sentences)), taiwan),
        "length": Measure(log1p(len(reading.text))),
    }


def _best(dealings: Iterable[Dealing]) -> float:
    return max((dealing.strength for dealing in dealings), default=0.0)


def topic_features(dealings: Dealings) -> dict[str, dict[str, float]]:
    """topic -> feature -> value, for topics of which any term was found."""
    near = _nearness(dealings)
    parts: dict[str, dict[str, float]] = {}
    for sentence in dealings.reading.sentences:
        nearness = near(sentence)
        for topic, weight in _topics_of(sentence, nearness == 0).items():
            part = parts.setdefault(topic, {})
            _add(part, "anywhere", weight)
            if nearness == 0:
                _add(part, "inside", weight)
            elif nearness == 1:
                _add(part, "beside", weight)
            if sentence.field == "title":
                _add(part, "title", weight)
            elif sentence.start < LEAD_LENGTH:
                _add(part, "lead", weight)
    total = sum(part["anywhere"] for part in parts.values()) or 1.0
    total_inside = sum(part.get("inside", 0.0) for part in parts.values()) or 1.0
    return {
        topic: {name: _log(weight) for name, weight in part.items()}
        | {
            "share": part["anywhere"] / total,
            "share-inside": part.get("inside", 0.0) / total_inside,
        }
        for topic, part in parts.items()
    }


def _nearness(dealings: Dealings) -> Callable[[Sentence], int]:
    """How many sentences away the next dealing is: 0 for a dealing itself, at most 2."""
    places = {(s.field, s.number) for s in dealings.both}
    places |= {(s.field, s.number) for first, second, _ in dealings.pairs for s in (first, second)}

    def near(sentence: Sentence) -> int:
        field, number = sentence.field, sentence.number
        if (field, number) in places:
            return 0
        if (field, number - 1) in places or (field, number + 1) in places:
            return 1
        return 1 if number == 0 and ("title" if field == "text" else "text", 0) in places else 2

    return near


def _topics_of(sentence: Sentence, dealing: bool) -> dict[str, float]:
    """What a sentence says of topics: its terms, and what names of people and countries imply."""
    found: dict[str, float] = {}
    for match in speaking(sentence):
        for topic in match.entry.topics:
            _add(found, topic, match.entry.weight)
    if sentence.taiwan:
        _add(found, "taiwan", 1.0)
    if dealing and sentence.third:
        _add(found, "third-country", 1.0)
    if _person(sentence.us) and _person(sentence.china):
        _add(found, "diplomacy", 1.0)
    return found


def _person(matches: Iterable[Match]) -> bool:
    return any(match.entry.kind == "person" for match in matches)


def _add(counts: dict[str, float], name: str, weight: float) -> None:
    counts[name] = counts.get(name, 0.0) + weight


def stance_features(dealings: Dealings) -> dict[str, float]:
    """What the words in and beside the dealings say of their tone, and how the dealings stand in the
    piece (those told in passing are seldom told with much colour)."""
    near = _nearness(dealings)
    good = bad = plain = 0.0
    for sentence in dealings.reading.sentences:
        nearness = near(sentence)
        if nearness == 2:
            continue
        place = 1.0 if nearness == 0 else BESIDE
        if sentence.field == "title":
            place *= TITLE_TONE
        for match in sentence.relations:
            entry = match.entry
            if entry.polarity is Polarity.COOPERATION or _is_eased(match, sentence):
                good += place * entry.weight
            elif entry.polarity is Polarity.CONFLICT:
                bad += place * entry.weight
            elif entry.kind in _PLAIN:
                plain += place
        for match in sentence.topics:
            if not _GRIM.isdisjoint(match.entry.topics):
                bad += place * GRIM_TONE
    relevance = relevance_features(dealings)
    return {
        "cooperation": log1p(good),
        "conflict": log1p(bad),
        "balance": (bad - good) / (bad + good + 1.0),
        "both-tones": log1p(min(good, bad)),
        "any-tone": log1p(good + bad),
        "plain-words": log1p(plain),
    } | {name: relevance[name].value for name in _STANDING}


def _is_eased(match: Match, sentence: Sentence) -> bool:
    """Whether a burden (tariff, ban …) is named where it is cut, lifted or put off."""
    if match.entry.kind not in _BURDENS:
        return False
    return any(
        other.entry.kind == "easing"
        and other.end - EASING_BEFORE < match.start < other.start + EASING_BEFORE
        for other in sentence.relations
    )


def speaking(sentence: Sentence) -> Iterable[Match]:
    for matches in (
        sentence.topics,
        sentence.relations,
        sentence.frames,
        sentence.us,
        sentence.china,
        sentence.third,
    ):
        yield from matches


def gap(sentence: Sentence) -> int:
    """Characters between the nearest names of the two sides; 0 for a frame."""
    if sentence.frames:
        return 0
    marks = sorted(
        [(m.start, m.end, "us") for m in sentence.us]
        + [(m.start, m.end, "other") for m in (*sentence.china, *sentence.taiwan)]
    )
    return min(
        (right[0] - left[1] for left, right in pairwise(marks) if left[2] != right[2]), default=0
    )


def _log(count: float) -> float:
    return log1p(min(count, MOST))


def _sides(sentences: Iterable[Sentence]) -> list[tuple[Sentence, Match]]:
    return _of(sentences, "frames", "us", "china", "taiwan")


def _of(sentences: Iterable[Sentence], *kinds: str) -> list[tuple[Sentence, Match]]:
    return [(s, match) for s in sentences for kind in kinds for match in getattr(s, kind)]
