"""A text as copies are told by it: its words in order, and the runs of words that it holds.

A shingle is a run of a few words. Two texts that share most of their shingles share most of their
wording; scripts that put no spaces between words have characters for words.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add

# Words in a shingle: of one or two, unrelated articles on one subject share many; of more, a
# light edit breaks too many of them. A Chinese word is one or two characters.
SHINGLE_WORDS = 3
SHINGLE_CHARACTERS = 5

# What is read of a text. The longest reports are some 20,000 words.
MOST_WORDS = 30_000

# Han, kana, and the scripts of South-East Asia, each character by itself; other words whole, but
# no longer than any real one.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
FIRST_UNSPACED = "\u0e00"  # no word that sorts before it begins with one of them
_CHARACTER = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]{{1,50}}")

_CJK = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_SPACE_BESIDE_CJK = re.compile(f" (?:(?=[{_CJK}])|(?<=[{_CJK}] ))")


# Most of what Latin texts have beyond ASCII, all of which ends a word.
_TYPOGRAPHY = "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u00a0"
_ASCII = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) == "$" else ord(" ")
    for code in range(128)
).ljust(256)


class _Folding(dict[int, str]):
    """A table for `str.translate`, filled as characters are met: what is kept, and as what."""

    def __missing__(self, codepoint: int) -> str:
        char = chr(codepoint)
        category = unicodedata.category(char)
        if category[0] in "LN" or category in ("Mc", "Sc"):
            kept = char  # words, numbers, and the currency an amount is in
        elif category == "Mn":
            # Marks are part of words; variation selectors only choose a glyph.
            kept = "" if 0xFE00 <= codepoint <= 0xFE0F else char
        elif category == "Cf":
            kept = ""  # soft hyphens, joiners: inside a word
        else:
            kept = " "
        self[codepoint] = kept
        return kept


_FOLDING = _Folding()


def normalised(text: str) -> str:
    """Words and numbers, case-folded (NFKC), one space apart; no space beside Han or kana.

    The form is idempotent: normalising it again changes nothing.
    """
    plain = _without_typography(text)
    if plain.isascii():
        return " ".join(_ascii_words(plain))
    # Case folding can undo NFKC and the other way round, and so can a joiner that is taken out
    # from between a letter and its accent; the second pass settles them all.
    for _ in range(2):
        text = _folded(_compatible(_compatible(text).casefold()))
    words = " ".join(text.split())
    return words if words.isascii() else _SPACE_BESIDE_CJK.sub("", _compatible(words))


def _without_typography(text: str) -> str:
    if not text.isascii():
        for mark in _TYPOGRAPHY:  # a third of the time of one expression
            text = text.replace(mark, " ")
    return text


def _ascii_words(text: str) -> list[str]:
    return text.encode().translate(_ASCII).decode().split()


def _folded(text: str) -> str:
    # `translate` is ten times as fast on ASCII alone, which is what most of a Latin text is.
    return _BEYOND_ASCII.sub(lambda run: run[0].translate(_FOLDING), text).translate(_FOLDING)


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a text and, from each but the last few on, the shingle that begins there."""

    words: list[str]
    shingles: list[str]
    places: dict[str, int]  # each distinct shingle, and where it first stands


def paragraphs(text: str) -> Iterator[tuple[str, str]]:
    """The lines that say something, each as it is printed and normalised."""
    for line in text.splitlines():
        plain = normalised(line)
        if plain:
            yield line, plain


def remaining(text: str, without: Collection[str]) -> str:
    """The text but for the paragraphs whose normalised form is among these."""
    if not without:
        return text
    return "\n".join(line for line, plain in paragraphs(text) if plain not in without)


@lru_cache(maxsize=4)
def normal_form(text: str) -> str:
    """`normalised`, kept for a whole text that is hashed and then compared."""
    return normalised(text)


def words_of(text: str) -> list[str]:
    """The words of a text, normalised; single characters where its script has no spaces."""
    return _split(normal_form(text))


def first_words(text: str) -> list[str]:
    """The first `MOST_WORDS` words of a text that is met only once."""
    plain = _without_typography(text)
    words = _ascii_words(plain) if plain.isascii() else _split(normalised(text))
    return words[:MOST_WORDS]


def _split(plain: str) -> list[str]:
    return plain.split() if plain.isascii() else _WORD.findall(plain)


def shingle_at(words: list[str], place: int) -> str:
    """The shingle that begins there: as `wording` has it, for a text that is met only once."""
    word = words[place]
    if is_character(word) and len(words) - place >= SHINGLE_CHARACTERS:
        return "".join(words[place : place + SHINGLE_CHARACTERS])
    return "".join(words[place : place + SHINGLE_WORDS])


# Of a text that is compared with several others, and was fingerprinted just before.
@lru_cache(maxsize=4)
def wording(text: str) -> Wording:
    """The wording of a text, of its first `MOST_WORDS` words."""
    plain = normal_form(text)
    words = _split(plain)[:MOST_WORDS]
    shingles = _runs(words, SHINGLE_WORDS)
    if not plain.isascii():
        longer = _runs(words, SHINGLE_CHARACTERS)
        shingles[: len(longer)] = [
            long if is_character(long[0]) else short
            for short, long in zip(shingles, longer, strict=False)
        ]
    places = dict(zip(reversed(shingles), range(len(shingles) - 1, -1, -1), strict=True))
    return Wording(words, shingles, places)


def _runs(words: list[str], width: int) -> list[str]:
    runs = words
    for ahead in range(1, width):
        runs = list(map(add, runs, words[ahead:]))
    return runs


def is_character(word: str) -> bool:
    """Whether a word is a character of a script that puts no spaces between words."""
    return word > FIRST_UNSPACED and _CHARACTER.match(word) is not None
