"""Fit the rule of ingest/duplicates/rule.py to judged pairs, and measure it on families held out.

    python -m tests.bench.duplicates --set PAIRS DOCS [--set PAIRS DOCS ...]

PAIRS: {"a", "b", "label": "copy" | "different", "family" or "kind"} a line, by the ids of DOCS:
{"id", "title", "text", "date", "source"}. A family is what two sources have in common ("x~y"); it
is held out together with every family of either source. Prints the weights, then how the rule does
on families that it was not fitted to, for each set: with the shipped kind of threshold, chosen on
half of the families and measured on the other half, many times over; and the weakest families.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from admin.lab.dedupe import to_printing
from ingest.duplicates import rule
from ingest.duplicates.fingerprint import fingerprint
from ingest.duplicates.likeness import likeness

RIDGE = 1.0
STEPS = 30
SPLITS = 200
ASKED = 0.96  # precision
UNSURE = 0.5  # what a pair counts that its reader held for a coin toss


@dataclass(frozen=True, slots=True)
class Pair:
    """A judged pair: its features; whether it is a copy, may be one by rule, and has a key."""

    set: int
    family: str
    kind: str
    values: dict[str, float]
    copy: bool
    possible: bool  # one key in common, and not one form
    weight: float

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(self.family.split("~"))


def load(number: int, pairs: Path, docs: Path) -> list[Pair]:
    """The pairs of one set."""
    records = {record["id"]: record for record in _lines(docs)}
    judged = _lines(pairs)
    sizes = Counter((_family(pair), pair["label"]) for pair in judged)
    found = []
    for pair in judged:
        one, other = (to_printing(records[pair[side]]) for side in "ab")
        like = likeness(other, one)
        if like is None:
            continue
        keys = [set(fingerprint(each.title, each.text).keys) for each in (one, other)]
        found.append(
            Pair(
                number,
                _family(pair),
                pair.get("kind", ""),
                rule.features(like),
                pair["label"] == "copy",
                bool(keys[0] & keys[1]) and like.form < rule.FORM,
                sizes[_family(pair), pair["label"]] ** -0.25
                * (UNSURE if pair.get("sure") == 1 else 1.0),
            )
        )
    return found


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _family(pair: dict[str, Any]) -> str:
    return str(pair.get("family") or pair["kind"])


def fit(pairs: Sequence[Pair]) -> tuple[float, dict[str, float]]:
    """Intercept and weights: logistic regression by Newton's method, a ridge on what is
    standardised, each pair counted by the size of its family."""
    names = list(pairs[0].values)
    raw = np.array([[pair.values[name] for name in names] for pair in pairs])
    mean, deviation = raw.mean(0), raw.std(0) + 1e-9
    design = np.hstack([np.ones((len(pairs), 1)), (raw - mean) / deviation])
    target = np.array([pair.copy for pair in pairs], dtype=float)
    counts = np.array([pair.weight for pair in pairs])
    ridge = np.diag([1e-9] + [RIDGE] * len(names))
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (counts * (chance - target)) + ridge @ weights
        curvature = (design * (counts * chance * (1 - chance))[:, None]).T @ design + ridge
        weights -= np.linalg.solve(curvature, gradient)
    own = weights[1:] / deviation
    intercept = float(weights[0] - own @ mean)
    return intercept, dict(zip(names, map(float, own), strict=True))


def held_out(pairs: Sequence[Pair]) -> list[float]:
    """The score of each pair by a fit that saw no pair of either of its sources."""
    fits: dict[frozenset[str], tuple[float, dict[str, float]]] = {}
    scores = []
    for pair in pairs:
        if pair.sources not in fits:
            others = [other for other in pairs if not other.sources & pair.sources]
            fits[pair.sources] = fit(others)
        intercept, weights = fits[pair.sources]
        score = intercept + sum(weights[name] * value for name, value in pair.values.items())
        scores.append(score if pair.possible else float("-inf"))
    return scores


def measure(pairs: Sequence[tuple[Pair, float]], threshold: float) -> tuple[float, float]:
    """Precision and recall, a family counting by the square root of its pairs."""
    sizes = Counter((pair.family, pair.copy) for pair, _ in pairs)
    right = wrong = missed = 0.0
    for pair, score in pairs:
        counts = sizes[pair.family, pair.copy] ** -0.5
        if score > threshold:
            right, wrong = right + counts * pair.copy, wrong + counts * (not pair.copy)
        elif pair.copy:
            missed += counts
    return right / (right + wrong or 1), right / (right + missed or 1)


def choose(pairs: Sequence[tuple[Pair, float]]) -> float:
    """The least threshold from which on precision is as asked."""
    chosen = 3.0
    for step in range(300, -100, -5):
        precision, _ = measure(pairs, step / 100)
        if precision < ASKED:
            break
        chosen = step / 100
    return chosen


def rotated(pairs: Sequence[tuple[Pair, float]]) -> dict[str, list[float]]:
    """Threshold chosen on half of the families, precision and recall on the others: the median,
    and the bounds of nine in ten splits."""
    dice = random.Random(1)
    families = sorted({pair.family for pair, _ in pairs})
    figures = []
    for _ in range(SPLITS):
        chosen = set(dice.sample(families, len(families) // 2))
        half = [each for each in pairs if each[0].family in chosen]
        rest = [each for each in pairs if each[0].family not in chosen]
        figures.append((*measure(rest, threshold := choose(half)), threshold))
    return {
        name: [round(float(np.percentile(values, at)), 3) for at in (5, 50, 95)]
        for name, values in zip(("precision", "recall", "threshold"), zip(*figures, strict=True),
                                strict=True)
    }  # fmt: skip


def intervals(pairs: Sequence[tuple[Pair, float]], threshold: float) -> dict[str, list[float]]:
    """95 % of what families drawn anew give, at this threshold."""
    dice = random.Random(2)
    of_family: dict[str, list[tuple[Pair, float]]] = {}
    for each in pairs:
        of_family.setdefault(each[0].family, []).append(each)
    families = sorted(of_family)
    drawn = []
    for _ in range(1000):
        sample = [each for name in dice.choices(families, k=len(families)) for each in
                  of_family[name]]  # fmt: skip
        drawn.append(measure(sample, threshold))
    return {
        name: [round(float(np.percentile(values, at)), 3) for at in (2.5, 97.5)]
        for name, values in zip(("precision", "recall"), zip(*drawn, strict=True), strict=True)
    }


def main() -> None:
    """Print what was fitted, and the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", nargs=2, type=Path, action="append", required=True)
    parser.add_argument("--errors", action="store_true", help="the pairs that are judged wrongly")
    arguments = parser.parse_args()
    sets = [load(number, *paths) for number, paths in enumerate(arguments.set)]
    pairs = [pair for each in sets for pair in each]
    intercept, weights = fit(pairs)
    print(json.dumps({"intercept": round(intercept, 2)} | {
        name: round(weight, 2) for name, weight in weights.items()
    }, indent=1))  # fmt: skip
    scored = list(zip(pairs, held_out(pairs), strict=True))
    for number, (path, _) in enumerate(arguments.set):
        own = [each for each in scored if each[0].set == number]
        print(json.dumps({"set": path.name, "pairs": len(own), "halves": rotated(own)}))
        for threshold in (rule.THRESHOLD, 0.0, 0.25, 0.5, 0.75):
            precision, recall = (round(figure, 3) for figure in measure(own, threshold))
            print(json.dumps({"threshold": threshold, "precision": precision, "recall": recall}
                             | {"95 %": intervals(own, threshold)}))  # fmt: skip
        wrong = Counter(
            (pair.family, "missed" if pair.copy else "joined")
            for pair, score in own if (score > rule.THRESHOLD) is not pair.copy
        )  # fmt: skip
        print(json.dumps({" ".join(key): times for key, times in wrong.most_common(12)}))
        if arguments.errors:
            for pair, score in sorted(own, key=lambda each: each[1]):
                if (score > rule.THRESHOLD) is not pair.copy:
                    print(f"{score:6.2f} {'missed' if pair.copy else 'joined'} {pair.family}: "
                          f"{pair.kind}")  # fmt: skip


if __name__ == "__main__":
    main()
