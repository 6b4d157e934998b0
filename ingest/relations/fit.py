"""Fit the model's weights to labelled pieces and write them, with the scores they had, to model.toml.

    python -m ingest.relations.fit --data DIR [--write]

DIR holds `*_dev.jsonl` with a labelled record a line (id, title, text, relevance 0/1/2, topics, stance)
and, for a sample that was drawn by strata, `NAME_strata.json` (id -> stratum, pop), by which its
figures are re-weighted to what a reader of the whole stream would see. Every figure is of five-fold
cross-validation: no record is judged by weights that have seen it.

Needs numpy and nothing else; the service itself needs neither numpy nor this file.
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ingest.relations.features import (
    Dealings,
    find_dealings,
    relevance_features,
    stance_features,
    topic_features,
)
from ingest.relations.matching import Matcher
from ingest.relations.model import MODEL_FILE
from ingest.relations.reading import read
from ingest.relations.tagger import TAGGER_VERSION
from ingest.relations.vocabulary import TOPICS, Lexicon, load_lexicon

FOLDS = 5
# Ridge penalties on standardised features: the strongest that cost no accuracy in cross-validation, since
# what some 560 records cannot tell should stay near nothing.
RELEVANT_RIDGE = 3.0
PRIMARY_RIDGE = 6.0
TOPICS_RIDGE = 3.0
STANCE_RIDGE = 6.0
# What sets one topic apart from the others is learnt from few records each: held harder.
TOPIC_INTERCEPT_RIDGE = 10.0

NEWTON_STEPS = 50
NEWTON_ENOUGH = 1e-8  # a step that moves no weight by more is the last

STANCES = ("cooperation", "conflict", "mixed", "neutral")
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    source: str  # the data set's name
    weight: float  # how many pieces of the whole stream it stands for
    chinese: bool
    relevance: int
    topics: frozenset[str]
    stance: str | None
    dealings: Dealings


@dataclass(frozen=True, slots=True)
class Penalty:
    ridge: float
    extra: Mapping[str, float] = field(default_factory=dict)  # prefix of names -> their own ridge

    def of(self, name: str) -> float:
        return next((r for prefix, r in self.extra.items() if name.startswith(prefix)), self.ridge)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A logistic regression on raw (not standardised) features."""

    intercept: float
    weights: Mapping[str, float]

    def log_odds(self, values: Mapping[str, float]) -> float:
        return self.intercept + sum(self.weights.get(k, 0.0) * v for k, v in values.items())


def load(folder: Path, lexicon: Lexicon) -> list[Record]:
    matcher = Matcher(lexicon)
    records = []
    for file in sorted(folder.glob("*_dev.jsonl")):
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
        weights = _stream_weights(rows, file.with_name(f"{file.stem}_strata.json"))
        for row, weight in zip(rows, weights, strict=True):
            title, text = row["title"] or "", row["text"] or ""
            reading = read(title, text, matcher)
            records.append(
                Record(
                    row["id"],
                    file.stem,
                    weight,
                    sum("\u4e00" <= c <= "\u9fff" for c in title + text) > 0.2 * len(title + text),
                    row["relevance"],
                    frozenset(row["topics"]),
                    row["stance"],
                    find_dealings(reading),
                )
            )
    return records


def _stream_weights(rows: Sequence[Mapping[str, Any]], strata: Path) -> list[float]:
    if not strata.exists():
        return [1.0] * len(rows)
    of = json.loads(strata.read_text("utf-8"))
    drawn = Counter(of[row["id"]]["stratum"] for row in rows)
    return [of[row["id"]]["pop"] / drawn[of[row["id"]]["stratum"]] for row in rows]


def logistic(
    rows: Sequence[Mapping[str, float]], yes: Sequence[bool], penalty: Penalty
) -> Fitted:
    """Ridge-penalised logistic regression by Newton's method, weights on the features' own scale.

    The penalty acts on standardised features, so that it does not depend on their units; features named
    in `penalty.extra` are held down harder. The intercept is free.
    """
    names = sorted({name for row in rows for name in row})
    matrix = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    mean, deviation = matrix.mean(0), matrix.std(0)
    deviation[deviation == 0] = 1.0
    design = np.hstack([np.ones((len(rows), 1)), (matrix - mean) / deviation])
    ridge = np.diag([0.0, *(penalty.of(name) for name in names)])
    target = np.array(yes, dtype=float)
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (chance - target) + ridge @ weights
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), gradient)
        weights -= step
        if float(np.abs(step).max()) < NEWTON_ENOUGH:
            break
    raw = weights[1:] / deviation
    return Fitted(
        float(weights[0] - raw @ mean), dict(zip(names, map(float, raw), strict=True))
    )


def fit_topics(records: Sequence[Record]) -> tuple[Fitted, dict[str, float]]:
    """Weights that the topics share, and an intercept for each topic, in one regression."""
    rows, yes = [], []
    for record in records:
        for topic, values in topic_features(record.dealings).items():
            rows.append(values | {f"is {topic}": 1.0})
            yes.append(topic in record.topics)
    fitted = logistic(rows, yes, Penalty(TOPICS_RIDGE, {"is ": TOPIC_INTERCEPT_RIDGE}))
    shared = {name: w for name, w in fitted.weights.items() if not name.startswith("is ")}
    return Fitted(fitted.intercept, shared), {
        topic: fitted.weights.get(f"is {topic}", 0.0) for topic in TOPICS
    }


def fit_stances(records: Sequence[Record]) -> dict[str, Fitted]:
    """Each stance against the rest."""
    rows = [stance_features(record.dealings) for record in records]
    return {
        stance: logistic(rows, [r.stance == stance for r in records], Penalty(STANCE_RIDGE))
        for stance in STANCES
    }


def predict_topics(record: Record, shared: Fitted, own: Mapping[str, float]) -> dict[str, float]:
    features = topic_features(record.dealings)
    return {t: sigmoid(shared.log_odds(values) + own[t]) for t, values in features.items()}


def sigmoid(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


@dataclass(slots=True)
class Judged:
    """What cross-validation said of a record."""

    record: Record
    score: float = 0.0
    primary: float = 0.0
    topics: Mapping[str, float] | None = None
    stance: str | None = None


def cross_validate(records: Sequence[Record], seed: int = 0) -> list[Judged]:
    judged = [Judged(record) for record in records]
    values = [_values(record) for record in records]
    fold = _folds(records, seed)
    for number in range(FOLDS):
        train = [i for i in range(len(records)) if fold[i] != number]
        test = [i for i in range(len(records)) if fold[i] == number]
        seen = [records[i] for i in train]
        seen_values = [values[i] for i in train]
        relevant = logistic(seen_values, [r.relevance > 0 for r in seen], Penalty(RELEVANT_RIDGE))
        primary = logistic(seen_values, [r.relevance == 2 for r in seen], Penalty(PRIMARY_RIDGE))
        about = [r for r in seen if r.relevance]
        shared, own = fit_topics(about)
        stances = fit_stances(about)
        for i in test:
            item = judged[i]
            item.score = sigmoid(relevant.log_odds(values[i]))
            item.primary = sigmoid(primary.log_odds(values[i]))
            item.topics = predict_topics(records[i], shared, own)
            features = stance_features(records[i].dealings)
            item.stance = max(stances, key=lambda s: stances[s].log_odds(features))
    return judged


def _folds(records: Sequence[Record], seed: int) -> list[int]:
    """A fold for each record; each data set and relevance is spread evenly."""
    order = list(np.random.default_rng(seed).permutation(len(records)))
    order.sort(key=lambda i: (records[i].source, records[i].relevance))
    fold = [0] * len(records)
    for place, i in enumerate(order):
        fold[i] = place % FOLDS
    return fold


def _values(record: Record) -> dict[str, float]:
    return {k: m.value for k, m in relevance_features(record.dealings).items()}


# --- Scores -----------------------------------------------------------------------------------------


def f1(judged: Iterable[Judged], gold: Callable[[Record], bool], said: Callable[[Judged], bool]) -> float:
    hit = wrong = missed = 0.0
    for item in judged:
        yes, say = gold(item.record), said(item)
        hit += item.record.weight * (yes and say)
        wrong += item.record.weight * (say and not yes)
        missed += item.record.weight * (yes and not say)
    return 2 * hit / (2 * hit + wrong + missed) if hit else 0.0


def topics_f1(judged: Iterable[Judged], threshold: float) -> float:
    hit = wrong = missed = 0
    for item in judged:
        if item.record.relevance:
            said = chosen_topics(item.topics or {}, threshold)
            hit += len(said & item.record.topics)
            wrong += len(said - item.record.topics)
            missed += len(item.record.topics - said)
    return 2 * hit / (2 * hit + wrong + missed) if hit else 0.0


def chosen_topics(scores: Mapping[str, float], threshold: float) -> frozenset[str]:
    chosen = frozenset(t for t, score in scores.items() if score >= threshold)
    return chosen or frozenset(sorted(scores, key=lambda t: -scores[t])[:1])


def scores(judged: Sequence[Judged], thresholds: Mapping[str, float]) -> dict[str, float]:
    relevant = [j for j in judged if j.record.relevance]
    return {
        "relevant_f1": f1(
            judged, lambda r: r.relevance > 0, lambda j: j.score >= thresholds["relevant"]
        ),
        "primary_f1": f1(
            judged,
            lambda r: r.relevance == 2,
            lambda j: j.score >= thresholds["relevant"] and j.primary >= thresholds["primary"],
        ),
        "topics_f1": topics_f1(judged, thresholds["topics"]),
        "stance_accuracy": sum(j.stance == j.record.stance for j in relevant) / len(relevant),
    }


def report(judged: Sequence[Judged], thresholds: Mapping[str, float]) -> dict[str, dict[str, float]]:
    sources = sorted({j.record.source for j in judged})
    parts = {source: [j for j in judged if j.record.source == source] for source in sources}
    for source in sources:
        chinese = [j for j in parts[source] if j.record.chinese]
        if chinese:
            parts[f"{source} in Chinese"] = chinese
            parts[f"{source} in English"] = [j for j in parts[source] if not j.record.chinese]
    return {name: scores(part, thresholds) for name, part in parts.items()}


def calibration(judged: Sequence[Judged], bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean score, share relevant, records) for each tenth of the scores' range."""
    curve = []
    for low in range(bins):
        inside = [j for j in judged if low <= j.score * bins < low + 1 + (low == bins - 1)]
        if inside:
            mean = sum(j.score for j in inside) / len(inside)
            share = sum(j.record.relevance > 0 for j in inside) / len(inside)
            curve.append((mean, share, len(inside)))
    return curve


# --- The file ---------------------------------------------------------------------------------------


def model_toml(
    records: Sequence[Record],
    folder: Path,
    lexicon: Lexicon,
    cv: Mapping[str, Mapping[str, float]],
    curve: Iterable[tuple[float, float, int]],
    thresholds: Mapping[str, float],
) -> str:
    values = [_values(record) for record in records]
    about = [r for r in records if r.relevance]
    relevant = logistic(values, [r.relevance > 0 for r in records], Penalty(RELEVANT_RIDGE))
    primary = logistic(values, [r.relevance == 2 for r in records], Penalty(PRIMARY_RIDGE))
    shared, own = fit_topics(about)
    lines = [
        "# Written by `python -m ingest.relations.fit --write`; do not edit by hand.",
        "# A piece's log-odds are the intercept plus the sum of weight times feature.",
        "",
        "[fitted]",
        f'on = {datetime.now(UTC).date()}',
        f'tagger = "{TAGGER_VERSION}"',
        f'lexicon = "{lexicon.version}"',
        "",
    ]
    for file in sorted(folder.glob("*_dev.jsonl")):
        lines += [
            "[[fitted.data]]",
            f'name = "{file.name}"',
            f'sha256 = "{hashlib.sha256(file.read_bytes()).hexdigest()}"',
            f"records = {sum(r.source == file.stem for r in records)}",
            "",
        ]
    lines += ["# Five-fold cross-validated; a sample by strata is re-weighted to its stream.", "[scores]"]
    for name, figures in cv.items():
        told = ", ".join(f"{key} = {value:.3f}" for key, value in figures.items())
        lines.append(f'"{name}" = {{ {told} }}')
    lines += ["", "# [mean score, share that is relevant, records] of each tenth of the scores' range."]
    lines += ["[calibration]", "curve = ["]
    lines += [f"    [{mean:.3f}, {share:.3f}, {count}]," for mean, share, count in curve]
    lines += ["]", ""]
    lines += _linear("relevant", relevant, thresholds["relevant"])
    lines += _linear("primary", primary, thresholds["primary"])
    lines += _linear("topics", shared, thresholds["topics"])
    lines += ["[topics.intercepts]", *(f"{t} = {own[t]:.3f}" for t in TOPICS), ""]
    for stance, fitted in fit_stances(about).items():
        lines += _linear(f"stances.{stance}", fitted, None)
    return "\n".join(lines)


def _linear(name: str, fitted: Fitted, threshold: float | None) -> list[str]:
    head = [f"[{name}]", f"intercept = {fitted.intercept:.4f}"]
    if threshold is not None:
        head.append(f"threshold = {threshold:.3f}")
    weights = [f"{key} = {value:.4f}" for key, value in fitted.weights.items()]
    return [*head, "", f"[{name}.weights]", *weights, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help=f"write {MODEL_FILE.name}")
    arguments = parser.parse_args()
    lexicon = load_lexicon()
    records = load(arguments.data, lexicon)
    thresholds = {"relevant": 0.5, "primary": 0.5, "topics": 0.4}
    judged = cross_validate(records)
    figures = report(judged, thresholds)
    for name, part in figures.items():
        print(f"{name:28s}", "  ".join(f"{key} {value:.3f}" for key, value in part.items()))
    curve = calibration(judged)
    for mean, share, count in curve:
        print(f"scored {mean:.2f}: {share:.2f} relevant ({count} records)")
    if arguments.write:
        MODEL_FILE.write_text(model_toml(records, arguments.data, lexicon, figures, curve, thresholds), "utf-8")


if __name__ == "__main__":
    main()
