"""Fit the model's weights to labelled pieces and write them, with the scores they had, to
model.toml.

    python -m ingest.relations.fit --data DIR [--write]

DIR holds `*_dev.jsonl` with a labelled piece a line (id, title, text, relevance 0/1/2, topics,
stance); see scoring.py. Every figure is of five-fold cross-validation, repeated with other folds:
no piece is judged by weights that have seen it.

Needs numpy and nothing else; the service itself uses neither numpy nor this file.
"""

import argparse
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.relations.codebook import TOPICS
from ingest.relations.matching import Matcher
from ingest.relations.model import MODEL_FILE, Linear, Model, Values
from ingest.relations.scoring import Judged, Piece, calibration, judge, load_pieces, report
from ingest.relations.tagger import TAGGER_VERSION
from ingest.relations.vocabulary import load_lexicon

Array = npt.NDArray[np.float64]

FOLDS = 5
REPEATS = 5

# Ridge penalties on standardised features, chosen by cross-validation: what some 560 pieces
# cannot tell should stay near nothing. What sets one topic apart from the others is learnt from
# few pieces each, so it is held harder.
RELEVANT_RIDGE = 5.0
PRIMARY_RIDGE = 10.0
TOPICS_RIDGE = 5.0
TOPIC_OWN_RIDGE = 20.0
STANCE_RIDGE = 15.0

# The penalty draws log-odds towards nothing, so that pieces are scored less sure than they are;
# this brings them back. Chosen by the likelihood of cross-validated scores.
RELEVANT_STRETCH = 1.3

# Probabilities from which on a yes is said. F1 is best a little below one half where pieces are
# unsure.
RELEVANT_THRESHOLD = 0.47
PRIMARY_THRESHOLD = 0.5
TOPICS_THRESHOLD = 0.38

# Each stance by how much of cooperation and of conflict it holds: a mixed piece has the marks of
# both. What a feature says of either is learnt from all stances that hold it; what it says of one
# stance alone is held harder, to one part in KINSHIP of the variance.
STANCES = {
    "cooperation": (1.0, 0.0),
    "conflict": (0.0, 1.0),
    "mixed": (1.0, 1.0),
    "neutral": (0.0, 0.0),
}
KINSHIP = 3.0

NEWTON_STEPS = 50
NEWTON_ENOUGH = 1e-8  # a step that moves no weight by more is the last
_OWN = "of "  # marks what belongs to one topic among the features that topics share
# Features whose weights a topic may have of its own, besides an intercept.
_OWN_WEIGHTS = ("inside", "decided")


@dataclass(frozen=True, slots=True)
class Penalty:
    """A ridge for all features, and others for those whose names begin so."""

    ridge: float
    of_prefix: Mapping[str, float] = field(default_factory=dict)

    def of(self, name: str) -> float:
        ridges = (r for prefix, r in self.of_prefix.items() if name.startswith(prefix))
        return next(ridges, self.ridge)


def logistic(
    rows: Sequence[Values], yes: Sequence[bool], penalty: Penalty, threshold: float = 0.5
) -> Linear:
    """Ridge-penalised logistic regression by Newton's method.

    The penalty acts on standardised features, so that it does not depend on their units; the
    weights are on the features' own scale. The intercept is free.
    """
    names, mean, deviation, design = _standardised(rows)
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
    return Linear(
        intercept=float(weights[0] - raw @ mean),
        weights=dict(zip(names, map(float, raw), strict=True)),
        threshold=threshold,
    )


def softmax(
    rows: Sequence[Values],
    said: Sequence[str],
    classes: Mapping[str, Sequence[float]],
    ridge: float,
) -> dict[str, Linear]:
    """Ridge-penalised multinomial logistic regression by Newton's method: the likeliest class is
    the one with the greatest sum.

    `classes` gives each class's marks. The weights of classes that share a mark are drawn towards
    each other: a feature's weights over the classes have the covariance 1 + KINSHIP * marks *
    marks', in units of 1 / `ridge`.
    """
    names, mean, deviation, design = _standardised(rows)
    marks = np.array(list(classes.values()))
    marks = marks - marks.mean(0)
    count, parts = len(classes), design.shape[1]
    kinship = np.linalg.inv(np.eye(count) + KINSHIP * marks @ marks.T)
    penalty = np.kron(np.diag([0.0] + [ridge] * len(names)), kinship)
    order = list(classes)
    target = np.eye(count)[[order.index(name) for name in said]]
    weights = np.zeros((parts, count))
    for _ in range(NEWTON_STEPS):
        sums = design @ weights
        chance = np.exp(sums - sums.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        gradient = (design.T @ (chance - target)).ravel() + penalty @ weights.ravel()
        spread = chance[:, :, None] * (np.eye(count) - chance[:, None, :])
        curvature = np.einsum("ni,nab,nj->iajb", design, spread, design, optimize=True)
        curvature = curvature.reshape(penalty.shape) + penalty
        # The intercepts are free to rise together, which the small diagonal forbids.
        step = np.linalg.solve(curvature + 1e-6 * np.eye(len(penalty)), gradient)
        weights -= step.reshape(weights.shape)
        if float(np.abs(step).max()) < NEWTON_ENOUGH:
            break
    raw = weights[1:] / deviation[:, None]
    intercepts = weights[0] - mean @ raw
    return {
        name: Linear(
            intercept=float(intercepts[number]),
            weights=dict(zip(names, map(float, raw[:, number]), strict=True)),
        )
        for number, name in enumerate(order)
    }


def _standardised(rows: Sequence[Values]) -> tuple[list[str], Array, Array, Array]:
    """The features' names, means and deviations, and the rows so scaled behind a column of ones."""
    names = sorted({name for row in rows for name in row})
    matrix = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    mean, deviation = matrix.mean(0), matrix.std(0)
    deviation[deviation == 0] = 1.0
    return names, mean, deviation, np.hstack([np.ones((len(rows), 1)), (matrix - mean) / deviation])


def fit_model(pieces: Sequence[Piece]) -> Model:
    values = [piece.relevance_values for piece in pieces]
    about = [piece for piece in pieces if piece.relevance]
    tones = [piece.stance_values for piece in about]
    return Model(
        relevant=stretched(
            logistic(
                values,
                [p.relevance > 0 for p in pieces],
                Penalty(RELEVANT_RIDGE),
                RELEVANT_THRESHOLD,
            ),
            RELEVANT_STRETCH,
        ),
        primary=logistic(
            values, [p.relevance == 2 for p in pieces], Penalty(PRIMARY_RIDGE), PRIMARY_THRESHOLD
        ),
        topics=_fit_topics(about),
        stances=softmax(tones, [p.stance or "" for p in about], STANCES, STANCE_RIDGE),
    )


def stretched(linear: Linear, factor: float) -> Linear:
    """The same model with `factor` times the log-odds: what was one half stays one half."""
    weights = {name: factor * weight for name, weight in linear.weights.items()}
    return replace(linear, intercept=factor * linear.intercept, weights=weights)


def _fit_topics(pieces: Sequence[Piece]) -> dict[str, Linear]:
    """A model for each topic, all in one regression: weights that the topics share, and what each
    adds to the intercept and to a few of them."""
    rows, yes = [], []
    for piece in pieces:
        for topic, values in piece.topic_values.items():
            own = {f"{_OWN}{topic} {name}": values.get(name, 0.0) for name in _OWN_WEIGHTS}
            rows.append({**values, **own, _OWN + topic: 1.0})
            yes.append(topic in piece.topics)
    fitted = logistic(rows, yes, Penalty(TOPICS_RIDGE, {_OWN: TOPIC_OWN_RIDGE}))
    weights = fitted.weights
    shared = {name: weight for name, weight in weights.items() if not name.startswith(_OWN)}
    return {
        topic: Linear(
            fitted.intercept + weights.get(_OWN + topic, 0.0),
            {
                name: weight + weights.get(f"{_OWN}{topic} {name}", 0.0)
                for name, weight in shared.items()
            },
            TOPICS_THRESHOLD,
        )
        for topic in TOPICS
    }


def cross_validate(pieces: Sequence[Piece], seed: int = 0) -> list[Judged]:
    """Each piece as judged by a model that was fitted without its fold."""
    fold = _folds(pieces, seed)
    judged: list[Judged] = []
    for number in range(FOLDS):
        model = fit_model([p for p, f in zip(pieces, fold, strict=True) if f != number])
        judged += [judge(p, model) for p, f in zip(pieces, fold, strict=True) if f == number]
    return judged


def _folds(pieces: Sequence[Piece], seed: int) -> list[int]:
    """A fold for each piece; each data set and relevance is spread evenly over the folds."""
    order = [int(number) for number in np.random.default_rng(seed).permutation(len(pieces))]
    order.sort(key=lambda number: (pieces[number].source, pieces[number].relevance))
    fold = [0] * len(pieces)
    for place, number in enumerate(order):
        fold[number] = place % FOLDS
    return fold


def mean_report(runs: Sequence[Sequence[Judged]]) -> dict[str, dict[str, float]]:
    reports = [report(run) for run in runs]
    return {
        name: {key: sum(r[name][key] for r in reports) / len(reports) for key in figures}
        for name, figures in reports[0].items()
    }


# --- The file -------------------------------------------------------------------------------------


def model_toml(
    model: Model,
    data: Iterable[Path],
    lexicon_version: str,
    figures: Mapping[str, Mapping[str, float]],
    curve: Iterable[tuple[float, float, int]],
) -> str:
    lines = [
        "# Written by `python -m ingest.relations.fit --write`; do not edit by hand.",
        "# Log-odds are the intercept plus the sum of weight times feature.",
        "",
        "[fitted]",
        f"on = {datetime.now(UTC).date()}",
        f'tagger = "{TAGGER_VERSION}"',
        f'lexicon = "{lexicon_version}"',
        "",
    ]
    for file in data:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines += ["[[fitted.data]]", f'name = "{file.name}"', f'sha256 = "{digest}"', ""]
    lines += [f"# Cross-validated: {FOLDS} folds, mean of {REPEATS} runs.", "[scores]"]
    for name, part in figures.items():
        told = ", ".join(f"{key} = {value:.3f}" for key, value in part.items())
        lines.append(f'"{name}" = {{ {told} }}')
    lines += ["", "# [mean score, share that is relevant, judgements] by tenths of the score."]
    lines += ["[calibration]", "curve = ["]
    lines += [f"    [{mean:.3f}, {share:.3f}, {count}]," for mean, share, count in curve]
    lines += ["]", "", *_table("relevant", model.relevant), *_table("primary", model.primary)]
    for topic, linear in model.topics.items():
        lines += _table(f"topics.{topic}", linear)
    for stance, linear in model.stances.items():
        lines += _table(f"stances.{stance}", linear)
    return "\n".join(lines)


def _table(name: str, linear: Linear) -> list[str]:
    weights = [f"{key} = {value:.4f}" for key, value in linear.weights.items()]
    return [
        f"[{name}]",
        f"intercept = {linear.intercept:.4f}",
        f"threshold = {linear.threshold:.3f}",
        "",
        f"[{name}.weights]",
        *weights,
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled pieces")
    parser.add_argument("--write", action="store_true", help=f"write {MODEL_FILE.name}")
    arguments = parser.parse_args()
    lexicon = load_lexicon()
    pieces = load_pieces(arguments.data, Matcher(lexicon))
    runs = [cross_validate(pieces, seed) for seed in range(REPEATS)]
    figures = mean_report(runs)
    curve = calibration([judged for run in runs for judged in run])
    for name, part in figures.items():
        print(f"{name:28s}", "  ".join(f"{key} {value:.3f}" for key, value in part.items()))
    for mean, share, count in curve:
        print(f"scored {mean:.2f}: {share:.2f} relevant ({count} judgements)")
    if arguments.write:
        data = sorted(arguments.data.glob("*_dev.jsonl"))
        text = model_toml(fit_model(pieces), data, lexicon.version, figures, curve)
        MODEL_FILE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
