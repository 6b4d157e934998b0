"""The weights: a linear model in a file that can be read, and what it makes of features.

`model.toml` is written by `python -m ingest.relations.fit`, which tells there what data it saw and how
the model did on data that it had not seen.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any

MODEL_FILE = Path(__file__).parent / "model.toml"


@dataclass(frozen=True, slots=True)
class Linear:
    """intercept + sum of weight times value: log-odds of a yes. `threshold` is the least probability
    that is called a yes."""

    intercept: float
    weights: Mapping[str, float]
    threshold: float = 0.5

    def log_odds(self, values: Mapping[str, float]) -> float:
        weights = self.weights
        return self.intercept + sum(
            [weights[name] * value for name, value in values.items() if value and name in weights]
        )

    def says_yes(self, values: Mapping[str, float]) -> bool:
        return probability(self.log_odds(values)) >= self.threshold


@dataclass(frozen=True, slots=True)
class Model:
    """`topics`: the weights all topics share; `topic_intercepts`: what is added for each of them.
    `stances`: one Linear for each stance, the highest log-odds wins."""

    relevant: Linear
    primary: Linear
    topics: Linear
    topic_intercepts: Mapping[str, float]
    stances: Mapping[str, Linear]


def probability(log_odds: float) -> float:
    if log_odds < -700:  # exp would overflow
        return 0.0
    return 1.0 / (1.0 + exp(-log_odds))


def load_model(file: Path = MODEL_FILE) -> Model:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Model(
        relevant=_linear(content["relevant"]),
        primary=_linear(content["primary"]),
        topics=_linear(content["topics"]),
        topic_intercepts=content["topics"]["intercepts"],
        stances={stance: _linear(table) for stance, table in content["stances"].items()},
    )


def _linear(table: Mapping[str, Any]) -> Linear:
    return Linear(table["intercept"], table["weights"], table.get("threshold", 0.5))
