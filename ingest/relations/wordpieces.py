"""Texts as word pieces: the longest known pieces from left to right, with their places."""

from collections.abc import Sequence
from functools import cache

from ahocorasick_rs import AhoCorasick, MatchKind

from ingest.text.scripts import simplified_letters

# Marks where a word begins, as SentencePiece does it.
WORD_START = "\u2581"

_SPACES = "\t\n\r \u00a0\u2007\u2009\u202f\u3000"
_PLAIN = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"',
    "–": "-", "—": "-", "‐": "-", "‑": "-",
}  # fmt: skip
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_FULL_WIDTH_OFFSET = 0xFEE0


@cache
def _letters() -> dict[int, str]:
    """What stands for a character in a piece: one Chinese script, plain quotes, half-width."""
    return (
        dict(simplified_letters())
        | {code: chr(code - _FULL_WIDTH_OFFSET) for code in _FULL_WIDTH}
        | {ord(space): WORD_START for space in _SPACES}
        | {ord(mark): plain for mark, plain in _PLAIN.items()}
    )


def spelt(text: str) -> str:
    """`text` in the spelling of pieces; every character keeps its place."""
    return text.translate(_letters())


class WordPieces:
    """Finds pieces; safe to share between threads."""

    def __init__(self, spellings: Sequence[str]) -> None:
        self._automaton = AhoCorasick(
            list(spellings), matchkind=MatchKind.LeftmostLongest, store_patterns=False
        )

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """(piece, start, end) in order; what no piece spells is left out. `end` may be `start`
        where a piece is nothing but the start of a word."""
        found = self._automaton.find_matches_as_indexes(WORD_START + spelt(text))
        return [(piece, max(0, start - 1), end - 1) for piece, start, end in found]
