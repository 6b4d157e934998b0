"""What the dealings are about: the features of topics."""

from collections.abc import Iterable, Iterator

from ingest.relations.dealings import LEAD_LENGTH, Dealings
from ingest.relations.matching import Match
from ingest.relations.reading import Sentence
from ingest.relations.relevance import log_count
from ingest.relations.vocabulary import STRONG_TERM


def topic_features(dealings: Dealings) -> dict[str, dict[str, float]]:
    """topic -> feature -> value, for every topic that anything was found of.

    All topics have the same features, so that what one of them teaches the others know.
    """
    nearness = dealings.nearness
    found: dict[str, dict[str, float]] = {}
    decided: set[str] = set()
    for sentence in dealings.reading.sentences:
        distance = nearness.of(sentence)
        places = ["anywhere"]
        if distance < 2:
            places.append("beside" if distance else "inside")
        if sentence.field == "title":
            places.append("title")
        elif sentence.start < LEAD_LENGTH:
            places.append("lead")
        for topic, weight in _topics_of(sentence, distance == 0).items():
            parts = found.setdefault(topic, {})
            for place in places:
                parts[place] = parts.get(place, 0.0) + weight
            if distance == 0 and weight >= STRONG_TERM:
                decided.add(topic)
    everywhere = [parts["anywhere"] for parts in found.values()]
    inside = [parts.get("inside", 0.0) for parts in found.values()]
    most, most_inside, all_inside = (
        max(everywhere, default=1.0),
        max(inside, default=0.0),
        sum(inside),
    )
    return {
        topic: {name: log_count(weight) for name, weight in parts.items()}
        | {
            "decided": float(topic in decided),
            "of-the-most": parts["anywhere"] / most,
            "of-the-most-inside": parts.get("inside", 0.0) / (most_inside or 1.0),
            "share-inside": parts.get("inside", 0.0) / (all_inside or 1.0),
        }
        for topic, parts in found.items()
    }


def speaking_for(topic: str, dealings: Dealings) -> Iterator[tuple[Sentence, Match]]:
    """The matches that speak for `topic`, in order."""
    for sentence in dealings.reading.sentences:
        for match in _speaking(sentence):
            if topic in match.entry.topics:
                yield sentence, match


def _topics_of(sentence: Sentence, is_dealing: bool) -> dict[str, float]:
    """What a sentence says of topics: by its terms, and by whom and which country it names."""
    found: dict[str, float] = {}
    for match in _speaking(sentence):
        entry = match.entry
        for topic in entry.topics:
            found[topic] = found.get(topic, 0.0) + entry.weight
    if sentence.taiwan:
        found["taiwan"] = found.get("taiwan", 0.0) + 1.0
    if is_dealing and sentence.third:
        others = sum([_is_state(match) for match in sentence.third])
        if others:
            found["third-country"] = found.get("third-country", 0.0) + others
    us, china = sentence.us, sentence.china
    if us and china and _names_person(us) and _names_person(china):
        # The leaders or envoys of both in one sentence.
        found["diplomacy"] = found.get("diplomacy", 0.0) + 1.0
    return found


def _speaking(sentence: Sentence) -> Iterable[Match]:
    return (
        sentence.topics
        + sentence.relations
        + sentence.frames
        + sentence.us
        + sentence.china
        + sentence.third
    )


def _is_state(match: Match) -> bool:
    """Whether a third party is a state or speaks for one: a firm, a sea or the WTO does not."""
    return match.entry.kind in ("country", "person")


def _names_person(matches: Iterable[Match]) -> bool:
    return any(match.entry.kind == "person" for match in matches)
