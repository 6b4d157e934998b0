"""How the titles of two texts are related."""

import re
from difflib import SequenceMatcher
from enum import StrEnum

from ingest.duplicates.differing_facts import Side, numbered, one_spelling
from ingest.text.shingles import words_of

# Of two titles in one frame at least this much is the same; of two wordings of one title more.
FRAME = 0.5
NEAR = 0.6

# A name in a frame has no more words; what is read of a title has no more letters.
EXCHANGED_WORDS = 8
MOST_LETTERS = 500

# What outlets put before a title ("Commentary:", "(Wire)", "UPDATE 1-") or after (" - The Herald").
_BEFORE = re.compile(r"(?:[(\[【（][^)\]】）]{1,30}[)\]】）]|[^:：|]{1,25}[:：|]|[A-Z]+ \d+-)\s*")
_AFTER = re.compile(r"\s[-–—|]\s[^-–—|]{1,40}$")


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
    left, right = words_of(our_title), words_of(their_title)
    if not left or not right:
        return Titles.MISSING
    if _forms(our_title) & _forms(their_title):
        return Titles.SAME
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


def _forms(title: str) -> set[str]:
    """The title as it stands, and without what may have been added to it."""
    title = title.strip()
    bare = _AFTER.sub("", title)
    before = _BEFORE.match(bare)
    forms = {title, bare, bare[before.end() :] if before else bare}
    return {" ".join(words_of(form)) for form in forms} - {""}


def _distinguishes(swap: tuple[list[str], list[str]], ours: Side, theirs: Side) -> bool:
    left, right = swap
    if all(map(numbered, swap)):
        return True
    one, other = " ".join(left), " ".join(right)
    our_text, their_text = (" ".join(side.wording.words) for side in (ours, theirs))
    return (
        not one_spelling(one, other)
        and one in our_text
        and other in their_text
        and one not in their_text
        and other not in our_text
    )
