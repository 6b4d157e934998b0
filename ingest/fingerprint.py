"""What makes two copies of a text the same text: the exact hash of its normalised form.

Copies that differ only in typography (case, width, quotes, dashes, line breaks, the spaces an
editor puts between Chinese and Latin) hash alike; a changed word or number does not.
Traditional and simplified Chinese stay apart: converting one into the other changes words.

Near-duplicates (light edits, an added paragraph) belong here too: MinHash bands are to be
computed from `normalised`, in a function beside `text_hash`, under the same ALGORITHM_VERSION.
"""

import hashlib
import re
import unicodedata

from ingest.length import letters_worth

# Raise it whenever `normalised` or `text_hash` changes: stored hashes of another version are not
# comparable.
ALGORITHM_VERSION = 1

# A text worth fewer letters than this does not stand for a story by itself: captions,
# one-line summaries, "watch the video above" and teasers of paywalls recur under different
# headlines. Some 50 English words or 100 Chinese characters; complete wire items are longer.
STANDALONE_CHARS = 300

_CJK = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_SPACE_BESIDE_CJK = re.compile(f" (?:(?=[{_CJK}])|(?<=[{_CJK}] ))")


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
    # Case folding can undo NFKC and the other way round, and so can a joiner that is taken out
    # from between a letter and its accent; the second pass settles them all.
    for _ in range(2):
        text = _folded(_compatible(_compatible(text).casefold()))
        if text.isascii():
            break
    words = " ".join(text.split())
    return words if words.isascii() else _SPACE_BESIDE_CJK.sub("", _compatible(words))


def _folded(text: str) -> str:
    # `translate` is ten times as fast on ASCII alone, which is what most of a Latin text is.
    return _BEYOND_ASCII.sub(lambda run: run[0].translate(_FOLDING), text).translate(_FOLDING)


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def text_hash(title: str, text: str) -> bytes:
    """The 32 bytes that equal texts share: SHA-256 of the normalised text.

    A text too short to stand for a story alone is hashed together with its title. An article
    with neither has nothing to compare; its hash is that of the empty string.
    """
    body = normalised(text)
    if letters_worth(body) < STANDALONE_CHARS:
        body = f"{normalised(title)}\n{body}"
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).digest()


def edition_hash(title: str, text: str) -> bytes:
    """32 bytes that tell one edition of an article from the next.

    They change with the title or the text as it is printed, but not with white space in the text.
    """
    return hashlib.sha256(f"{title}\0{' '.join(text.split())}".encode()).digest()
