"""What tells texts that may be copies of each other: an exact hash, and keys of its wording.

Copies that differ only in typography (case, width, quotes, dashes, line breaks, the spaces an
editor puts between Chinese and Latin) hash alike; a changed word or number does not.

Texts that share much of their wording share at least one key: whether they are copies is then
decided by reading both (decide.py).
"""

import hashlib
import re
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from heapq import nlargest

from rensa import RMinHash

from ingest.text.length import LETTERS_PER_HAN, letters_worth
from ingest.text.shingles import normal_form, normalised, remaining, wording

__all__ = [
    "ALGORITHM_VERSION",
    "STANDALONE_CHARS",
    "Fingerprint",
    "fingerprint",
    "normalised",
    "revision_hash",
    "text_hash",
]

# Raise it whenever `normalised`, `text_hash` or the keys change, by us or by a new version of
# rensa's signatures: stored ones of another version are not comparable.
ALGORITHM_VERSION = 2

# A text worth fewer letters than this does not stand for a story by itself: captions,
# one-line summaries, "watch the video above" and teasers of paywalls recur under different
# headlines. Some 50 English words or 100 Chinese characters; complete wire items are longer.
STANDALONE_CHARS = 300

# 32 keys of 4 values each: of two texts that share half of their shingles 87 % share a key, of
# those that share a tenth 0.3 %.
BANDS = 32
ROWS = 4
_SEED = 1
_SIGNATURE = struct.Struct(f"<{BANDS * ROWS}I")

# Besides, keys of whole sentences, by which an excerpt is found in a text many times as long: of
# the first long ones, since abridging begins at the end, and of the longest, which outlets seldom
# touch and no page repeats. Of so many letters, since shorter ones are anybody's.
FIRST_SENTENCES = 4
LONGEST_SENTENCES = 8
SENTENCE_LETTERS = 90
MOST_LETTERS = 200_000
_SENTENCE_END = re.compile(r"[.!?。！？；\n]+")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The exact hash of the whole text, 32 bytes, and its keys, signed 64-bit numbers.

    Two texts that may be copies share at least one key; a text too short to stand for a story
    has none.
    """

    text_hash: bytes
    keys: tuple[int, ...]


def fingerprint(title: str, text: str, *, without: Collection[str] = ()) -> Fingerprint:
    """The fingerprint of a text.

    `without` are normalised paragraphs that the source prints on every page: they have no part in
    the keys.
    """
    rest = remaining(text, without)
    if len(rest) < STANDALONE_CHARS and letters_worth(rest) < STANDALONE_CHARS:
        return Fingerprint(text_hash(title, text), ())
    return Fingerprint(text_hash(title, text), (*_bands(rest), *_sentences(rest)))


def _bands(text: str) -> tuple[int, ...]:
    sketch = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    sketch.update(wording(text).shingles)
    signature = _SIGNATURE.pack(*sketch.digest())
    size = len(signature) // BANDS
    return tuple(
        _key(band.to_bytes() + signature[band * size : (band + 1) * size]) for band in range(BANDS)
    )


def _sentences(text: str) -> Iterator[int]:
    long = [
        sentence
        for sentence in _SENTENCE_END.split(text[:MOST_LETTERS])
        if len(sentence) >= SENTENCE_LETTERS // LETTERS_PER_HAN and _is_long(sentence)
    ]
    chosen = [*long[:FIRST_SENTENCES], *nlargest(LONGEST_SENTENCES, long, key=len)]
    return map(_key, dict.fromkeys(normalised(sentence).encode() for sentence in chosen))


def _is_long(sentence: str) -> bool:
    return len(sentence) >= SENTENCE_LETTERS or letters_worth(sentence) >= SENTENCE_LETTERS


def _key(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little", signed=True)


def text_hash(title: str, text: str) -> bytes:
    """The 32 bytes that equal texts share: SHA-256 of the normalised text.

    A text too short to stand for a story alone is hashed together with its title. An article
    with neither has nothing to compare; its hash is that of the empty string.
    """
    body = normal_form(text)
    if letters_worth(body) < STANDALONE_CHARS:
        body = f"{normalised(title)}\n{body}"
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).digest()


def revision_hash(title: str, text: str) -> bytes:
    """32 bytes that tell one revision of an article from the next.

    They change with the title or the text as it is printed, but not with white space in the text.
    """
    return hashlib.sha256(f"{title}\0{' '.join(text.split())}".encode()).digest()
