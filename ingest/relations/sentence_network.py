"""What each sentence of a piece gives to each of its labels: a small network over word pieces.

A token is its piece's vector (Google's multilingual sentence encoder knows them; see
docs/tagger.md) and its marks. Two layers look at its neighbours; the strongest and the mean of a
sentence's tokens, with the sentence's context, give the sentence a score for every output. A piece
takes of each sentence the more, the more relevant it looks, so that the piece's log-odds are a sum
over sentences. Several networks, fitted alike from other beginnings, are averaged.

Weights are stored in 16 bits and vectors in 8; both, and what one layer hands to the next, are
multiples of a power of two. Sums of their products are exact in 64-bit floats in whatever order
they are taken, so that labels do not depend on the machine, its threads or the batch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingest.relations.codebook import TOPICS, Stance
from ingest.relations.sentence_marks import Floats, MarkedPiece
from ingest.relations.wordpieces import WordPieces

NETWORK_FILE = Path(__file__).parent / "network.npz"

# What a network has outputs for, in this order.
OUTPUTS = ("relevant", "primary", *TOPICS, *Stance)

WEIGHT_STEP = 2.0**-12
VECTOR_STEP = 2.0**-5
# What layers hand on is rounded to this: a thousand times finer than any weight can tell.
STEP = 2.0**-14

# Rows of nothing between two sentences, so that no token sees another sentence's: the second
# layer looks two tokens far.
GAP = 2

_VARIANCE_FLOOR = 1e-5  # as torch's LayerNorm has it
_EMPTY_SENTENCE = -30.0


@dataclass(frozen=True, slots=True)
class SentenceNetwork:
    """Safe to share between threads, and between processes after a fork."""

    wordpieces: WordPieces
    vectors: np.ndarray[Any, np.dtype[np.int8]]  # a row a piece
    members: Sequence[Mapping[str, Floats]]

    def give(self, piece: MarkedPiece) -> Floats:
        """What each of the piece's sentences adds to each of OUTPUTS, in log-odds: (sentences,
        outputs)."""
        count = len(piece.sentences)
        if not count:
            return np.zeros((0, len(OUTPUTS)))
        tokens = _with_gaps(piece)
        vectors = self.vectors[tokens.pieces].astype(np.float64) * VECTOR_STEP
        given = np.zeros((count, len(OUTPUTS)))
        for weights in self.members:
            given += _give(weights, vectors, tokens, piece.context)
        return _rounded(given / len(self.members))


@dataclass(frozen=True, slots=True)
class _Tokens:
    pieces: np.ndarray[Any, np.dtype[np.int64]]
    marks: Floats
    present: Floats  # 1 for a token, 0 in the gaps: (rows, 1)
    starts: np.ndarray[Any, np.dtype[np.int64]]  # of each sentence
    lengths: Floats  # (sentences, 1)


def _with_gaps(piece: MarkedPiece) -> _Tokens:
    lengths = piece.lengths
    count, total = len(lengths), int(lengths.sum())
    shift = np.repeat(np.arange(count) * GAP, lengths)
    places = np.arange(total) + shift
    rows = total + count * GAP
    pieces = np.zeros(rows, dtype=np.int64)
    pieces[places] = piece.pieces
    marks = np.zeros((rows, piece.marks.shape[1]))
    marks[places] = piece.marks
    present = np.zeros((rows, 1))
    present[places] = 1.0
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]) + np.arange(count) * GAP
    return _Tokens(pieces, marks, present, starts, lengths[:, None].astype(np.float64))


def _give(
    weights: Mapping[str, Floats], vectors: Floats, tokens: _Tokens, context: Floats
) -> Floats:
    w = weights
    near = vectors @ w["into"] + tokens.marks @ w["marks"] + w["into_bias"]
    near = _rounded(np.maximum(near, 0.0)) * tokens.present
    wide = _around(near, 1) @ w["first"] + w["first_bias"]
    near = (_rounded(np.maximum(wide, 0.0)) + near) * tokens.present
    wide = _around(near, 2) @ w["second"] + w["second_bias"]
    near = _rounded(np.maximum(wide, 0.0)) + near
    mean = near.sum(1, keepdims=True) / near.shape[1]
    near = near - _rounded(mean)
    spread = np.sqrt((near * near).sum(1, keepdims=True) / near.shape[1] + _VARIANCE_FLOOR)
    near = _rounded(_rounded(near / spread) * w["norm"] + w["norm_bias"])
    # The gaps stand behind each sentence and take part in neither.
    strongest = np.maximum.reduceat(
        np.where(tokens.present > 0.0, near, _EMPTY_SENTENCE), tokens.starts, axis=0
    )
    typical = np.add.reduceat(near * tokens.present, tokens.starts, axis=0) / tokens.lengths
    context = _rounded(context)
    seen = np.hstack([strongest, _rounded(typical), context])
    hidden = _rounded(np.maximum(seen @ w["hidden"] + w["hidden_bias"], 0.0))
    scores = _rounded(hidden @ w["scores"] + context @ w["context"] + w["scores_bias"])
    attention = _rounded(w["by_relevance"] * scores[:, :1] + w["by_score"] * scores)
    shares = _rounded(np.exp(attention - attention.max(0)))
    shares = _rounded(shares / shares.sum(0)) + _rounded(w["evenly"] / len(scores))
    return np.asarray(shares * scores)


def _around(rows: Floats, reach: int) -> Floats:
    """Each row between those `reach` before and behind it."""
    nothing = np.zeros((reach, rows.shape[1]))
    before = np.vstack([nothing, rows[:-reach]])
    behind = np.vstack([rows[reach:], nothing])
    return np.hstack([before, rows, behind])


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.rint(values * (1.0 / STEP)) * STEP)


def load_network(file: Path = NETWORK_FILE) -> SentenceNetwork:
    with np.load(file, allow_pickle=False) as content:
        spellings = bytes(content["pieces"]).decode().split("\n")
        names = json.loads(bytes(content["names"]).decode())
        members = [
            {name: content[f"{number}.{name}"] * WEIGHT_STEP for name in names}
            for number in range(int(content["members"]))
        ]
        vectors = content["vectors"]
    return SentenceNetwork(WordPieces(spellings), vectors, members)


def save_network(
    file: Path,
    spellings: Sequence[str],
    vectors: np.ndarray[Any, np.dtype[np.int8]],
    members: Sequence[Mapping[str, Floats]],
) -> None:
    """Write a network; weights are rounded to what 16 bits hold. Raises ValueError for a weight
    that is too large for them."""
    names = list(members[0])
    arrays: dict[str, Any] = {
        "pieces": np.frombuffer("\n".join(spellings).encode(), dtype=np.uint8),
        "names": np.frombuffer(json.dumps(names).encode(), dtype=np.uint8),
        "members": np.array(len(members)),
        "vectors": vectors,
    }
    for number, weights in enumerate(members):
        for name, values in weights.items():
            steps = np.rint(values / WEIGHT_STEP)
            if np.abs(steps).max(initial=0.0) > np.iinfo(np.int16).max:
                raise ValueError(f"{name}: a weight is beyond 16 bits")
            arrays[f"{number}.{name}"] = steps.astype(np.int16)
    np.savez_compressed(file, **arrays)
