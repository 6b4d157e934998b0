"""In what tone the dealings are told: the features of stance."""

from collections.abc import Mapping
from math import log1p

from ingest.relations.dealings import EASING, Dealings, within
from ingest.relations.reading import Sentence
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

# Features of relevance that tell how the dealings stand in the piece: those told in passing are
# seldom told with much colour.
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


def stance_features(dealings: Dealings, relevance: Mapping[str, Measure]) -> dict[str, float]:
    """Features of the stance; `relevance` are the piece's features of relevance."""
    nearness = dealings.nearness
    good = bad = 0.0
    for sentence in dealings.reading.sentences:
        distance = nearness.of(sentence)
        if distance < 2:
            place = BESIDE if distance else 1.0
            if sentence.field == "title":
                place *= TITLE_TONE
            friendly, hostile = _tones(sentence)
            good += place * friendly
            bad += place * hostile
    return {
        "cooperation": log1p(good),
        "conflict": log1p(bad),
        "balance": (bad - good) / (bad + good + 1.0),
        "any-tone": log1p(good + bad),
    } | {name: relevance[name].value for name in _STANDING}


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
