"""How the titles of two texts are related."""

import re
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from ingest.duplicates.differing_facts import Side, numbered, one_name
from ingest.text.shingles import is_character, words_of

# Of two titles in one frame at least this much is the same; of two wordings of one title more.
FRAME = 0.5
NEAR = 0.6

# A name in a frame has no more words; what is read of a title has no more letters.
EXCHANGED_WORDS = 8
MOST_LETTERS = 500

# What outlets put before a title ("Commentary:", "(Wire)", "UPDATE 1-") or after (" - The Herald").
_BEFORE = re.compile(r"(?:[(\[【（][^)\]】）]{1,30}[)\]】）]|[^:：|]{1,25}[:：|]|[A-Z]+ \d+-)\s*")
_AFTER = re.compile(r"\s[-–—|]\s[^-–—|]{1,40}$")


# Words of a title that tell nothing of what it is about.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a about after an and are as at be been but by for from had has have how in into is it its "
        "new no not of off on or our out over says than that the their they this to up us was were "
        "what when who why will with you your",
    )
)
FEW_SUBJECTS = 3
# Words from this length on are looked for without their last letter: tariffs, tariff.
_STEM_LETTERS = 4


class Titles(StrEnum):
    """SERIES: one frame, in which each names what only its own text is about, or its own turn."""

    SAME = "same"
    NEAR = "near"
    SERIES = "series"
    OTHER = "other"
    MISSING = "missing"


def related(our_title: str, ours: Side, their_title: str, theirs: Side) -> Titles:
    """How the titles of two texts are related."""
    our_title, their_title = our_title[:MOST_LETTERS], their_title[:MOST_LETTERS]
    our_forms, their_forms = bare_forms(our_title), bare_forms(their_title)
    if not our_forms or not their_forms:
        return Titles.MISSING
    if our_forms & their_forms:
        return Titles.SAME
    left, right = words_of(our_title), words_of(their_title)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    alike = matcher.ratio()
    if alike < FRAME:
        return Titles.OTHER
    swaps = [
        (left[i:i_end], right[j:j_end])
        for kind, i, i_end, j, j_end in matcher.get_opcodes()
        if kind == "replace" and max(i_end - i, j_end - j) <= EXCHANGED_WORDS
    ]
    if any(_distinguishes(swap, ours, theirs) for swap in swaps):
        return Titles.SERIES
    return Titles.NEAR if alike >= NEAR else Titles.OTHER


@lru_cache(maxsize=64)
def bare_forms(title: str) -> frozenset[str]:
    """The title as it stands, and without what may have been added to it; normalised."""
    title = title.strip()
    bare = _AFTER.sub("", title)
    before = _BEFORE.match(bare)
    forms = {title, bare, bare[before.end() :] if before else bare}
    return frozenset(" ".join(words_of(form)) for form in forms) - {""}


@lru_cache(maxsize=64)
def subjects(title: str) -> frozenset[str]:
    """The words of a title that tell what it is about: pairs of characters where its script has no
    spaces."""
    words = words_of(title[:MOST_LETTERS])
    pairs = (
        f"{one} {other}"
        for one, other in pairwise(words)
        if is_character(one) and is_character(other)
    )
    return frozenset(pairs).union(
        word for word in words if word not in _EMPTY and not is_character(word)
    )


def in_common(one: frozenset[str], other: frozenset[str]) -> float | None:
    """How much of the shorter title's subjects the other has too; None where one has none."""
    least = min(len(one), len(other))
    return len(one & other) / least if least else None


def told(title: frozenset[str], side: Side) -> float | None:
    """How much of a title's subjects a text speaks of; None where it has too few to tell."""
    if len(title) < FEW_SUBJECTS:
        return None
    return sum(map(side.spaced.__contains__, map(_stem, title))) / len(title)


def _stem(word: str) -> str:
    return word[:-1] if len(word) >= _STEM_LETTERS and word.isascii() else word


def _distinguishes(swap: tuple[list[str], list[str]], ours: Side, theirs: Side) -> bool:
    left, right = swap
    if all(map(numbered, swap)):
        return True
    one, other = " ".join(left), " ".join(right)
    return (
        not one_name(left, right)
        and f" {one} " in ours.spaced
        and f" {other} " in theirs.spaced
        and f" {one} " not in theirs.spaced
        and f" {other} " not in ours.spaced
    )
