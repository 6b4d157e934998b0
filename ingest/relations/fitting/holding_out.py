"""Which sources are held out together: no piece is judged by a fit that knows its source."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ingest.relations.fitting.labelled import Labelled

FOLDS = 4


def folds(pieces: Sequence[Labelled]) -> list[int]:
    """A fold for each piece: families of sources whole, spread so that pieces, relevant ones and
    languages come out even."""
    sizes: dict[str, Any] = {}
    for piece in pieces:
        part = sizes.setdefault(piece.family, np.zeros(4))
        long = not piece.set.startswith("headlines")
        part += [long, not long, 3.0 * (piece.relevance > 0), 2.0 * piece.chinese]
    whole = np.maximum(1.0, np.sum(list(sizes.values()), axis=0))
    filled = np.zeros((FOLDS, 4))
    of: dict[str, int] = {}
    for family in sorted(sizes, key=lambda f: (-sizes[f].sum(), f)):
        cost = (((filled + sizes[family]) / whole) ** 2).sum(1) - ((filled / whole) ** 2).sum(1)
        of[family] = int(cost.argmin())
        filled[of[family]] += sizes[family]
    return [of[piece.family] for piece in pieces]
