"""What the tagger says of a text: plain data, and its JSON shape."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from ingest.relations.codebook import Relevance, Stance
from ingest.relations.reading import Field
from ingest.relations.vocabulary import Side


@dataclass(frozen=True, slots=True)
class Topic:
    id: str
    score: float  # probability, 0 to 1


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something of a side. `role` is the office held on the article's date, None where
    none is known; `first_offset` counts in `first_field`."""

    id: str
    name: str
    side: Side
    kind: str
    role: str | None
    count: int
    first_field: Field
    first_offset: int


class Evidence(NamedTuple):
    """`text` stands at `start`–`end` of the title or the text and speaks under `rule`; `weight`
    is what it adds to the score's log-odds (0 where it speaks only for a topic or the stance). A
    rule that looks at the whole piece has no span: start = end = 0."""

    field: Field
    start: int
    end: int
    text: str
    rule: str
    side: Side | None
    topic: str | None
    weight: float


class Reason(NamedTuple):
    """One line of the reckoning: a feature's value, what it adds to the log-odds of being
    relevant and of being primary."""

    rule: str
    value: float
    to_relevant: float
    to_primary: float


@dataclass(frozen=True, slots=True)
class Tagging:
    """`score` is the probability that the piece is relevant: its log-odds are `intercept` plus
    the sum of the evidence's weights. `primary` is the probability that the relations are a main
    subject, with `primary_intercept` and the reckoning's `to_primary` likewise."""

    relevance: Relevance
    score: float
    primary: float
    intercept: float
    primary_intercept: float
    topics: tuple[Topic, ...]
    stance: Stance | None
    actors: tuple[Actor, ...]
    evidence: tuple[Evidence, ...]
    reckoning: tuple[Reason, ...]
    language: str | None
    tagger_version: str
    lexicon_version: str


def to_json(tagging: Tagging, id: str) -> dict[str, Any]:
    """The record that `transpacific tag --jsonl` prints: plain JSON values only."""
    return {
        "id": id,
        "relevance": str(tagging.relevance),
        "score": round(tagging.score, 4),
        "topics": [topic.id for topic in tagging.topics],
        "actors": [asdict(actor) | {"side": str(actor.side)} for actor in tagging.actors],
        "stance": str(tagging.stance) if tagging.stance else None,
        "language": tagging.language,
        "evidence": [
            item._asdict()
            | {"side": str(item.side) if item.side else None, "weight": round(item.weight, 4)}
            for item in tagging.evidence
        ],
        "tagger": tagging.tagger_version,
        "lexicon": tagging.lexicon_version,
    }
