"""The weights: linear models in a file that can be read, and what they decide from features.

`model.toml` is written by `python -m ingest.relations.fit`, which tells there what data it saw
and how the model did on data that it had not seen.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any

from ingest.relations.codebook import TOPICS

MODEL_FILE = Path(__file__).parent / "model.toml"

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Linear:
    """intercept + sum of weight times value: the log-odds of a yes, called from `threshold` on."""

    intercept: float
    weights: Mapping[str, float]
    threshold: float = 0.5  # a probability

    def log_odds(self, values: Values) -> float:
        weights = self.weights
        return self.intercept + sum([weights.get(name, 0.0) * v for name, v in values.items() if v])

    def probability(self, values: Values) -> float:
        return probability(self.log_odds(values))


@dataclass(frozen=True, slots=True)
class Model:
    relevant: Linear
    primary: Linear
    topics: Mapping[str, Linear]
    stances: Mapping[str, Linear]  # the greatest sum is said; the differences are log-odds

    def choose_topics(self, features: Mapping[str, Values]) -> list[tuple[str, float]]:
        """Topics with their probabilities, likeliest first; a relevant piece is about something, so
        the first stands in any case."""
        scored = [
            (topic, self.topics[topic].probability(values)) for topic, values in features.items()
        ]
        scored.sort(key=lambda pair: (-pair[1], TOPICS.index(pair[0])))
        return [
            (topic, chance)
            for rank, (topic, chance) in enumerate(scored)
            if not rank or chance >= self.topics[topic].threshold
        ]

    def choose_stance(self, values: Values) -> str:
        return max(self.stances, key=lambda stance: self.stances[stance].log_odds(values))


def probability(log_odds: float) -> float:
    if log_odds < -700.0:  # exp would overflow
        return 0.0
    return 1.0 / (1.0 + exp(-log_odds))


def load_model(file: Path = MODEL_FILE) -> Model:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Model(
        relevant=_linear(content["relevant"]),
        primary=_linear(content["primary"]),
        topics={topic: _linear(table) for topic, table in content["topics"].items()},
        stances={stance: _linear(table) for stance, table in content["stances"].items()},
    )


def _linear(table: Mapping[str, Any]) -> Linear:
    return Linear(table["intercept"], table["weights"], table.get("threshold", 0.5))
