"""The words by which a text is indexed and searched: the same on both databases.

Words are case-folded, NFKC, and without punctuation. A script that puts no spaces between its
words is written as its pairs of neighbours, and the last character alone: 大豆价 is 大豆, 豆价,
价. So two characters are found wherever they stand together, a longer run as consecutive pairs,
and one character as the beginning of a pair.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ingest.text.shingles import normalised

# A longer run of letters is no word; a PostgreSQL lexeme ends at 2 kB.
WORD_CHARACTERS = 64

# Beside Han and kana `normalised` leaves no space.
_HAN_AND_KANA = (
    "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
# With the sign that makes a vowel long, and the scripts of South-East Asia.
_UNSPACED = f"{_HAN_AND_KANA}\u30fc\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# What `normalised` keeps beside words: an amount is found with its currency or without.
_CURRENCY = "$¢-¥֏؋߾߿৲৳৻૱௹฿៛₠-⃏꠸﷼𑿝-𑿠𞋿𞲰"
_PART = re.compile(f"[{_UNSPACED}]+|[^\\s{_UNSPACED}{_CURRENCY}]+")
_RUN = re.compile(f"[{_UNSPACED}]")
_GLUED = re.compile(f"[{_HAN_AND_KANA}]")
_ASCII_WORD = re.compile("[A-Za-z0-9]+")
# A character with the marks and joiners that belong to it.
_CLUSTER = re.compile(
    ".[\u0300-\u036f\u0483-\u0489\u064b-\u065f\u093c\u09bc\u0d3e\u1161-\u11ff\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u200b-\u200f\u2060\u20d0-\u20f0\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
    "\uff9e\uff9f\u00ad]*",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A word and where it stands in the text as printed.

    `first_end` is where the first character of a pair ends.
    """

    word: str
    start: int
    end: int
    first_end: int


def is_run(part: str) -> bool:
    """Whether this begins in a script without spaces."""
    return _RUN.match(part) is not None


def words(text: str) -> list[str]:
    """The words of a text in order."""
    plain = normalised(text)
    if plain.isascii():
        found = plain.replace("$", " ").split() if "$" in plain else plain.split()
        longest = max(map(len, found), default=0)
        return found if longest <= WORD_CHARACTERS else [word[:WORD_CHARACTERS] for word in found]
    return [word for part in _PART.findall(plain) for word in _indexed(part)]


def phrase(text: str) -> tuple[tuple[str, ...], bool]:
    """The words that a text which holds this one has in a row, and whether the last may go on.

    A run that ends the phrase may go on in the text; one before another word may not.
    """
    parts = _PART.findall(normalised(text))
    if not parts:
        return (), False
    *before, last = parts
    row = [word for part in before for word in _indexed(part)]
    if not is_run(last):
        return (*row, last[:WORD_CHARACTERS]), False
    if len(last) == 1:
        return (*row, last), True
    return (*row, *_indexed(last)[:-1]), False


def _indexed(part: str) -> list[str]:
    """A word or a run as it is indexed."""
    if is_run(part):
        return [part[start : start + 2] for start in range(len(part))]
    return [part[:WORD_CHARACTERS]]


def placed_words(text: str) -> Iterator[Placed]:
    """The words of a text in order, with their places: for what is shown, ten times slower."""
    if text.isascii():
        for match in _ASCII_WORD.finditer(text):
            word = match[0].lower()[:WORD_CHARACTERS]
            yield Placed(word, match.start(), match.end(), match.end())
        return
    plain, places = _folded(text)
    for match in _PART.finditer(plain):
        part, first = match[0], match.start()
        if is_run(part):
            for at in range(len(part)):
                start, first_end = places[first + at]
                end = places[first + min(at + 1, len(part) - 1)][1]
                yield Placed(part[at : at + 2], start, end, first_end)
        else:
            end = places[match.end() - 1][1]
            yield Placed(part[:WORD_CHARACTERS], places[first][0], end, end)


def _folded(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The normalised text, and for each of its characters where it comes from."""
    plain: list[str] = []
    places: list[tuple[int, int]] = []
    space = False
    for match in _CLUSTER.finditer(text):
        folded = _folded_cluster(match[0])
        if folded == " ":
            space = True
            continue
        for char in folded:
            if space and plain and not (_GLUED.match(char) or _GLUED.match(plain[-1])):
                plain.append(" ")
                places.append(match.span())
            space = False
            plain.append(char)
            places.append(match.span())
    return "".join(plain), places


@lru_cache(maxsize=20_000)
def _folded_cluster(cluster: str) -> str:
    """A character normalised: a space for what parts words, nothing for what stands within one."""
    inside_word = unicodedata.category(cluster[0]) == "Cf"
    return normalised(cluster) or ("" if inside_word else " ")


def as_printed(row: Iterable[str]) -> list[str]:
    """A row of words as it was before: the pairs of a run put together again."""
    parts: list[str] = []
    pairs = False  # whether a run is being put together
    for word in row:
        if not is_run(word):
            parts.append(word)
            pairs = False
        elif not pairs:
            parts.append(word)
            pairs = len(word) == 2
        else:
            parts[-1] += word[1:]
            pairs = len(word) == 2
    return parts
