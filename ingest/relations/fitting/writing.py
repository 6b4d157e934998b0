"""The fitted weights as model.toml, which can be read."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ingest.relations.codebook import TOPICS
from ingest.relations.fitting.design import FIRST_STANCE, STANCES, Array, Design
from ingest.relations.fitting.training import Fitted
from ingest.relations.model import Heads, Linear
from ingest.relations.sentence_network import OUTPUTS

Figures = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What is chosen beside the fits, for brief pieces or for others. Log-odds, but for the
    calibration: a fitted log-odds times `stretch` plus `shift` is one that can be believed."""

    settled_below: float
    relevant: float
    primary: float
    topics: float
    stretch: tuple[float, float]  # of relevant, of primary
    shift: tuple[float, float]


def heads(
    data: Design, fits: Sequence[Fitted], first: Array, settings: Settings, *, brief: bool
) -> Heads:
    """The mean of the fits' weights on the features' own scale, for brief pieces or for others.

    `first` are the weights of the first step: the intercept, then as `Fitted.values` has them.
    """
    every = [_linears(data, fit, brief) for fit in fits]
    mean = {
        output: Linear(
            float(np.mean([linears[output].intercept for linears in every])),
            {
                name: float(np.mean([linears[output].weights[name] for linears in every]))
                for name in every[0][output].weights
            },
        )
        for output in map(str, OUTPUTS)
    }
    count = len(data.value_names)
    both = first[1 : count + 1] + (first[count + 1 : -1] if brief else 0.0)
    return Heads(
        first=Linear(
            float(first[0] + (first[-1] if brief else 0.0)),
            dict(zip(data.value_names, map(float, both), strict=True)),
        ),
        settled_below=settings.settled_below,
        relevant=_calibrated(mean["relevant"], settings.stretch[0], settings.shift[0]),
        primary=_calibrated(mean["primary"], settings.stretch[1], settings.shift[1]),
        topics={topic: mean[topic] for topic in TOPICS},
        stances={stance: mean[stance] for stance in STANCES},
        relevant_threshold=settings.relevant,
        primary_threshold=settings.primary,
        topics_threshold=settings.topics,
        stretch=settings.stretch,
    )


def _calibrated(linear: Linear, stretch: float, shift: float) -> Linear:
    weights = {name: stretch * weight for name, weight in linear.weights.items()}
    return Linear(stretch * linear.intercept + shift, weights)


def _linears(data: Design, fit: Fitted, brief: bool) -> dict[str, Linear]:
    count = len(data.value_names)
    both = fit.values[:, :count] + (fit.values[:, count : 2 * count] if brief else 0.0)
    intercepts = fit.intercepts + (fit.values[:, -1] if brief else 0.0)
    found = {}
    for number, output in enumerate(map(str, OUTPUTS)):
        named = dict(zip(data.value_names, map(float, both[number]), strict=True))
        intercept = float(intercepts[number])
        if number >= FIRST_STANCE:
            row = fit.tones[number - FIRST_STANCE]
            named |= dict(zip(data.tone_names, map(float, row), strict=True))
            intercept += float(fit.tone_intercepts[number - FIRST_STANCE])
        elif number >= 2:
            row = fit.topics[number - 2]
            named |= dict(zip(data.topic_names, map(float, row), strict=True))
        found[output] = Linear(intercept, named)
    return found


def model_toml(
    long: Heads,
    brief: Heads,
    files: Iterable[Path],
    versions: Mapping[str, str],
    recipe: Mapping[str, object],
    figures: Figures,
    curves: Mapping[str, Sequence[tuple[float, float, int]]],
) -> str:
    lines = [
        "# Written by `make fit-tagger`; do not edit by hand. docs/tagger.md says how to read it.",
        "",
        "[fitted]",
        f"on = {datetime.now(UTC).date()}",
        *(f'{name} = "{version}"' for name, version in versions.items()),
        "",
        "[fitted.recipe]",
        *(f"{name} = {value!r}" for name, value in recipe.items()),
        "",
    ]
    for file in files:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines += ["[[fitted.data]]", f'name = "{file.name}"', f'sha256 = "{digest}"', ""]
    lines += ["# Each source judged by a fit that has seen none of its family.", "[scores]"]
    for name, part in figures.items():
        inside = ", ".join(f"{key} = {_number(value)}" for key, value in part.items())
        lines.append(f'"{name}" = {{ {inside} }}')
    lines += ["", "# [mean score, share that is relevant, pieces] by tenths of the score."]
    lines += ["[calibration]"]
    for name, curve in curves.items():
        rows = [f"    [{mean:.3f}, {share:.3f}, {count}]," for mean, share, count in curve]
        lines += [f'"{name}" = [', *rows, "]"]
    lines.append("")
    for name, part_heads in (("long", long), ("brief", brief)):
        lines += _heads(name, part_heads)
    return "\n".join(lines)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _heads(name: str, heads: Heads) -> list[str]:
    lines = [
        f"[{name}.thresholds]  # log-odds",
        f"settled_below = {heads.settled_below:.3f}",
        f"relevant = {heads.relevant_threshold:.3f}",
        f"primary = {heads.primary_threshold:.3f}",
        f"topics = {heads.topics_threshold:.3f}",
        "",
        f"[{name}.stretch]  # of what sentences give",
        f"relevant = {heads.stretch[0]:.4f}",
        f"primary = {heads.stretch[1]:.4f}",
        "",
    ]
    tables = {"first": heads.first, "relevant": heads.relevant, "primary": heads.primary}
    tables |= {f"topics.{topic}": linear for topic, linear in heads.topics.items()}
    tables |= {f"stances.{stance}": linear for stance, linear in heads.stances.items()}
    for table, linear in tables.items():
        weights = ", ".join(f"{key} = {value:.4f}" for key, value in linear.weights.items())
        lines += [f"[{name}.{table}]", f"intercept = {linear.intercept:.4f}"]
        lines += [f"weights = {{ {weights} }}", ""]
    return lines
