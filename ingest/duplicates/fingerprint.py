"""What tells texts that may be copies of each other: an exact hash, and keys of its wording.

Copies that differ only in typography (case, width, quotes, dashes, line breaks, the spaces an
editor puts between Chinese and Latin) hash alike; a changed word or number does not.

Texts that share much of their wording, a sentence, or a title share at least one key: whether they
are copies is then decided by reading both (decide.py).
"""

import hashlib
import re
import struct
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from operator import add

from rensa import RMinHash

from ingest.duplicates.titles import bare_forms
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

# Raise it whenever `normalised`, `text_hash` or the keys change: stored ones of another version are
# not comparable. (Version 2 had 32 keys of MinHash bands where 3 has samples and titles; its
# hashes and the keys of its sentences are the same.)
ALGORITHM_VERSION = 3

# A text worth fewer letters than this does not stand for a story by itself: captions,
# one-line summaries, "watch the video above" and teasers of paywalls recur under different
# headlines. Some 50 English words or 100 Chinese characters; complete wire items are longer.
STANDALONE_CHARS = 300

# A sample of the runs of words, each of two shingles one after the other: by each of so many
# orders, by chance, the first (MinHash). Of texts that share a tenth of all their runs 81 % share a
# sample, of those that share a quarter 99 %. Bands of several, which need twice as many keys, lose
# half of the copies that were abridged to a third.
SAMPLES = 16
_APART = 3
_SEED = 1
_SAMPLE = struct.Struct("<BI")
# Besides, the title, without what outlets put before and after it: one headline over two wordings
# of one report. A shorter one may be anybody's.
TITLE_LETTERS = 24

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
    keys = [*_titles(title), *_samples(rest), *_sentences(rest)]
    return Fingerprint(text_hash(title, text), tuple(dict.fromkeys(keys)))


def _titles(title: str) -> Iterable[int]:
    forms = (form for form in bare_forms(title) if letters_worth(form) >= TITLE_LETTERS)
    return [_key(f"title\0{form}".encode("utf-8", "surrogatepass")) for form in sorted(forms)]


def _samples(text: str) -> Iterable[int]:
    shingles = wording(text).shingles
    runs = list(map(add, shingles, shingles[_APART:]))
    if not runs:
        return []
    sketch = RMinHash(num_perm=SAMPLES, seed=_SEED)
    sketch.update(runs)
    return [_key(_SAMPLE.pack(*sample)) for sample in enumerate(sketch.digest())]


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
