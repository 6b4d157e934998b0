"""How well pieces are judged: figures with intervals, of any part of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.relations.fitting.design import FIRST_STANCE, STANCES, Array, Design
from ingest.relations.fitting.labelled import MEASURED, Labelled

Mask = npt.NDArray[np.bool_]

# A figure is told of a part with so many relevant pieces, an interval where it can mean something.
FEWEST_RELEVANT = 10
DRAWS = 500
INTERVAL = (2.5, 97.5)

# Thresholds that are tried, in log-odds.
_CANDIDATES = np.arange(-2.0, 1.51, 0.05)
# Where two thresholds do about equally well the one nearest to an even chance is safer.
_SAFETY = 0.002


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of each piece of a design."""

    odds: Array  # (pieces, outputs), log-odds
    relevant: Mask
    primary: Mask
    topics: Mask
    stance: Sequence[str]


def thresholds(data: Design, odds: Array, rows: Mask) -> dict[str, float]:
    """Those that do best on `rows`, in log-odds."""
    relevance = data.relevance[rows]
    part = odds[rows]
    about = relevance > 0
    return {
        "relevant": best_threshold(relevance > 0, part[:, 0]),
        "primary": best_threshold(relevance == 2, part[:, 1]),
        "topics": best_threshold(data.topics[rows][about] > 0, part[about][:, 2:FIRST_STANCE]),
    }


def best_threshold(yes: Mask, log_odds: Array) -> float:
    scored = [(f1(yes, log_odds >= t) - _SAFETY * abs(t), float(t)) for t in _CANDIDATES]
    return round(max(scored)[1], 3)


def say(odds: Array, brief: Mask, of: Mapping[bool, Mapping[str, float]]) -> Said:
    """Labels from log-odds; `of` holds the thresholds of brief pieces and of others."""
    limit = {
        name: np.array([of[bool(b)][name] for b in brief])
        for name in ("relevant", "primary", "topics")
    }
    relevant = odds[:, 0] >= limit["relevant"]
    topics = odds[:, 2:FIRST_STANCE] >= limit["topics"][:, None]
    topics[np.arange(len(odds)), odds[:, 2:FIRST_STANCE].argmax(1)] = True
    stance = [STANCES[number] for number in odds[:, FIRST_STANCE:].argmax(1)]
    return Said(odds, relevant, relevant & (odds[:, 1] >= limit["primary"]), topics, stance)


def f1(yes: Mask, said: Mask, weight: Array | None = None) -> float:
    counts = np.ones(yes.shape) if weight is None else weight
    either = float((counts * yes).sum() + (counts * said).sum())
    return 2 * float((counts * (yes & said)).sum()) / either if either else 0.0


def scores(data: Design, said: Said, rows: Mask) -> dict[str, float]:
    """F1 of relevant and primary over the stream; of relevant pieces topics' micro-F1 and the share
    of right stances."""
    weight = np.array([piece.weight for piece in data.pieces], np.float32)[rows]
    relevance = data.relevance[rows]
    about = rows & (data.relevance > 0)
    toned = map(int, np.flatnonzero(about & (data.stance >= 0)))
    right = [STANCES[data.stance[row]] == said.stance[row] for row in toned]
    return {
        "pieces": int(rows.sum()),
        "relevant_pieces": int(about.sum()),
        "relevant_f1": f1(relevance > 0, said.relevant[rows], weight),
        "primary_f1": f1(relevance == 2, said.primary[rows], weight),
        "topics_f1": f1(data.topics[about] > 0, said.topics[about]),
        "stance_accuracy": float(np.mean(right)) if right else 0.0,
    }


def interval(data: Design, said: Said, rows: Mask, seed: int = 0) -> tuple[float, float]:
    """Of relevant F1: whole sources are drawn anew, and pieces in them."""
    random = np.random.default_rng(seed)
    yes, spoken = data.relevance > 0, said.relevant
    families: dict[str, list[int]] = {}
    for number in map(int, np.flatnonzero(rows)):
        families.setdefault(data.pieces[number].family, []).append(number)
    groups = [np.array(group) for group in families.values()]
    drawn = []
    for _ in range(DRAWS):
        chosen = [groups[n] for n in random.integers(len(groups), size=len(groups))]
        part = np.concatenate(
            [group[random.integers(len(group), size=len(group))] for group in chosen]
        )
        drawn.append(f1(yes[part], spoken[part]))
    low, high = np.percentile(drawn, INTERVAL)
    return float(low), float(high)


def report(data: Design, said: Said) -> dict[str, dict[str, float]]:
    """The figures of every kind of piece, set, language, script, year and source."""
    parts: list[tuple[str, Callable[[Labelled], bool]]] = []
    kinds = {"articles": "articles", "headlines": "headlines"}
    new = [name for name in MEASURED if name[-5] in "23"]
    for kind, start in kinds.items():
        of_kind = [name for name in new if name.startswith(start)]
        parts += [
            (kind, _within(of_kind)),
            (f"{kind} in English", _within(of_kind, chinese=False)),
            (f"{kind} in Chinese", _within(of_kind, chinese=True)),
            (f"{kind} picked by chance", _within(of_kind, pick="chance")),
        ]
    parts += [(name, _within([name])) for name in MEASURED]
    measured = [piece for piece in data.pieces if piece.set in new]
    for kind in kinds:
        of_kind = [name for name in new if name.startswith(kind)]
        for script in sorted({piece.script for piece in measured} - {""}):
            parts.append((f"{kind}, script {script}", _within(of_kind, script=script)))
    for year in sorted({piece.year for piece in measured} - {""}):
        parts.append((f"year {year}", _within(new, year=year)))
    for family in sorted({piece.family for piece in measured}):
        parts.append((f"source {family}", _within(new, family=family)))
    found: dict[str, dict[str, float]] = {}
    for name, belongs in parts:
        rows = np.array([belongs(piece) for piece in data.pieces])
        figures = scores(data, said, rows) if rows.any() else {"relevant_pieces": 0.0}
        if figures["relevant_pieces"] >= FEWEST_RELEVANT:
            if name in kinds or "in " in name or "chance" in name:
                low, high = interval(data, said, rows)
                figures |= {"relevant_f1_low": low, "relevant_f1_high": high}
            found[name] = figures
    return found


def _within(
    sets: Sequence[str], *, chinese: bool | None = None, **fields: str
) -> Callable[[Labelled], bool]:
    def belongs(piece: Labelled) -> bool:
        return (
            piece.set in sets
            and (chinese is None or piece.chinese is chinese)
            and all(getattr(piece, name) == value for name, value in fields.items())
        )

    return belongs


def calibration(chances: Array, yes: Mask, bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean score, share that is relevant, pieces) for each tenth of the scores' range."""
    curve = []
    places = np.minimum(bins - 1, (chances * bins).astype(int))
    for number in range(bins):
        part = places == number
        if part.any():
            curve.append((float(chances[part].mean()), float(yes[part].mean()), int(part.sum())))
    return curve
