"""In what tone the dealings are told: the features of stance."""

from collections.abc import Mapping
from math import log1p

from ingest.relations.dealings import EASING, Dealings, within
from ingest.relations.reading import Reading, Sentence
from ingest.relations.relevance import Measure
from ingest.relations.vocabulary import Polarity

# Words beside a dealing count this much of those in it, words of the title so much more.
BESIDE = 0.3
TITLE_TONE = 3.0
# Terms of topics that are seldom friendly count this much of a word of conflict.
GRIM_TONE = 0.6
_GRIM_TOPICS = frozenset(
    {"military", "human-rights", "espionage-cyber", "hong-kong", "sanctions", "taiwan"}
)
# A word of easing within this many characters turns a burden into a relief: cutting China tariffs.
EASING_REACH = 45
_BURDENS = frozenset({"tariff", "ban", "sanction", "export-control", "blacklist", "trade-war"})

# What is told of beside its tone: kinds of words that say give and take, ownership, a quarrel as
# the backdrop, and topics of which one tone is commoner than of others.
_TOLD_KINDS = frozenset({"bargaining", "holding", "trade-war"})
_TOLD_TOPICS = frozenset({"diplomacy", "technology"})

# Features of relevance that tell how the dealings stand in the piece: those told in passing are
# seldom told with much colour.
_STANDING = ("both-sides-share", "both-sides-often", "title-third", "title-genre", "crowd")


def stance_features(dealings: Dealings, relevance: Mapping[str, Measure]) -> dict[str, float]:
    """Features of the stance; `relevance` are the piece's features of relevance."""
    nearness, reading = dealings.nearness, dealings.reading
    good = bad = plain_good = plain_bad = 0.0
    told = dict.fromkeys(sorted(_TOLD_KINDS | _TOLD_TOPICS), 0.0)
    for sentence in reading.sentences:
        distance = nearness.of(sentence)
        if distance < 2:
            place = BESIDE if distance else 1.0
            friendly, hostile = _tones(sentence)
            plain_good += place * friendly
            plain_bad += place * hostile
            _count_told(sentence, place, told)
            if sentence.field == "title":
                place *= TITLE_TONE
            good += place * friendly
            bad += place * hostile
    return {
        "cooperation": log1p(good),
        "conflict": log1p(bad),
        "balance": _balance(good, bad),
        "any-tone": log1p(good + bad),
        "balance-throughout": _balance(plain_good, plain_bad),
        "weaker-tone": log1p(min(plain_good, plain_bad)),
        "brief": float(reading.brief),
        "question": float(_asks(reading)),
        **{f"tells-of-{name}": log1p(count) for name, count in told.items()},
        **{name: relevance[name].value for name in _STANDING},
    }


def _balance(good: float, bad: float) -> float:
    """-1 all friendly to 1 all hostile, near 0 where little is said."""
    return (bad - good) / (bad + good + 1.0)


def _asks(reading: Reading) -> bool:
    return "?" in reading.title or "？" in reading.title


def _count_told(sentence: Sentence, place: float, told: dict[str, float]) -> None:
    for match in sentence.relations:
        if match.entry.kind in _TOLD_KINDS:
            told[match.entry.kind] += place
    for match in (*sentence.topics, *sentence.relations, *sentence.frames):
        for topic in match.entry.topics:
            if topic in _TOLD_TOPICS:
                told[topic] += place


def _tones(sentence: Sentence) -> tuple[float, float]:
    """The weights of a sentence's words of cooperation and of conflict."""
    good = bad = 0.0
    easings = [m.start for m in sentence.relations if m.entry.kind == EASING]
    for match in sentence.relations:
        entry = match.entry
        eased = entry.kind in _BURDENS and within(easings, match.start, EASING_REACH)
        if entry.polarity is Polarity.COOPERATION or eased:
            good += entry.weight
        elif entry.polarity is Polarity.CONFLICT:
            bad += entry.weight
    for match in sentence.topics:
        if not _GRIM_TOPICS.isdisjoint(match.entry.topics):
            bad += GRIM_TONE
    return good, bad
