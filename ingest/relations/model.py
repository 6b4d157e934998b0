"""The model: what a piece as a whole and its sentences say, as sums that can be read.

`model.toml` holds intercepts, thresholds and what the piece's features weigh, for brief pieces
(headlines with a line or two) and for others apart; `network.npz` reads the sentences. Both are
written by `python -m ingest.relations.fitting`, which tells in model.toml what data it saw and how
the model did on sources that it had not seen.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any

from ingest.relations.codebook import TOPICS, Stance
from ingest.relations.sentence_network import OUTPUTS

MODEL_FILE = Path(__file__).parent / "model.toml"

Values = Mapping[str, float]

# Sums are compared with thresholds at this many decimals, beyond what logarithms of two machines
# can differ in.
DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Linear:
    """intercept + sum of weight times value: what the piece as a whole gives to a label's
    log-odds."""

    intercept: float
    weights: Mapping[str, float]

    def log_odds(self, values: Values) -> float:
        weights = self.weights
        return self.intercept + sum([weights.get(name, 0.0) * v for name, v in values.items() if v])


@dataclass(frozen=True, slots=True)
class Heads:
    """The labels of brief pieces or of others. Thresholds are log-odds.

    `first` is a first step, by which most pieces are settled: below `settled_below` a piece is not
    relevant, whatever its sentences say, and they are not read. What sentences give to relevant and
    to primary counts `stretch` times, which makes chances of the log-odds.
    """

    first: Linear
    settled_below: float
    relevant: Linear
    primary: Linear
    topics: Mapping[str, Linear]
    stances: Mapping[str, Linear]  # the greatest sum is said; the differences are log-odds
    relevant_threshold: float
    primary_threshold: float
    topics_threshold: float
    stretch: tuple[float, float]

    def choose_topics(
        self, values: Values, of_topic: Mapping[str, Values], given: Values
    ) -> list[tuple[str, float]]:
        """Topics with their probabilities, likeliest first; a relevant piece is about something, so
        the first stands in any case. `given` is what the sentences give."""
        scored = []
        for topic, linear in self.topics.items():
            own = of_topic.get(topic, {})
            sum_ = linear.log_odds(values) + linear.log_odds(own) - linear.intercept + given[topic]
            scored.append((topic, round(sum_, DECIMALS)))
        scored.sort(key=lambda pair: (-pair[1], TOPICS.index(pair[0])))
        return [
            (topic, probability(log_odds))
            for rank, (topic, log_odds) in enumerate(scored)
            if not rank or log_odds >= self.topics_threshold
        ]

    def choose_stance(self, values: Values, given: Values) -> Stance:
        sums = {
            stance: round(linear.log_odds(values) + given[stance], DECIMALS)
            for stance, linear in self.stances.items()
        }
        return Stance(max(sums, key=lambda stance: sums[stance]))


@dataclass(frozen=True, slots=True)
class Model:
    brief: Heads
    long: Heads

    def heads(self, *, brief: bool) -> Heads:
        return self.brief if brief else self.long


def named_outputs(given: Sequence[float]) -> dict[str, float]:
    """What sentences give, by the name of the output."""
    return dict(zip(map(str, OUTPUTS), map(float, given), strict=True))


def probability(log_odds: float) -> float:
    if log_odds < -700.0:  # exp would overflow
        return 0.0
    return 1.0 / (1.0 + exp(-log_odds))


def load_model(file: Path = MODEL_FILE) -> Model:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Model(brief=_heads(content["brief"]), long=_heads(content["long"]))


def _heads(table: Mapping[str, Any]) -> Heads:
    thresholds = table["thresholds"]
    return Heads(
        first=_linear(table["first"]),
        settled_below=thresholds["settled_below"],
        relevant=_linear(table["relevant"]),
        primary=_linear(table["primary"]),
        topics={topic: _linear(table["topics"][topic]) for topic in TOPICS},
        stances={str(stance): _linear(table["stances"][stance]) for stance in Stance},
        relevant_threshold=thresholds["relevant"],
        primary_threshold=thresholds["primary"],
        topics_threshold=thresholds["topics"],
        stretch=(table["stretch"]["relevant"], table["stretch"]["primary"]),
    )


def _linear(table: Mapping[str, Any]) -> Linear:
    return Linear(table["intercept"], table["weights"])
