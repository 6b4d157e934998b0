"""Whether two texts are copies of one text, and so one story.

Copies are reprints as outlets make them: edited, abridged, extended, under another title, with a
dateline before and menus after. Texts in the same words are two stories where they are one form
filled in twice (letters, notices, schedules, readouts, bulletins): other facts stand in the same
places. How much wording is shared cannot tell one from the other; what was exchanged can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.duplicates.alignment import Edit, edits
from ingest.duplicates.differing_facts import Exchange, Kind, Side, exchanged
from ingest.duplicates.titles import Titles, related
from ingest.text.shingles import remaining, wording

# The version of the rules: raise it whenever `decide`, the titles or facts that it goes by, or the
# choice among candidates (store/stories/near_duplicates.py) can come to another answer for the same
# two texts. Articles that older rules have placed are then found by `reprocess --from dedupe
# --outdated`.
DUPLICATES_VERSION = 1

# Near copies are looked for among texts first seen within this time of each other: a cross-post
# may take weeks, and what returns after a quarter is mostly the next of a series.
WINDOW = timedelta(days=90)

# The thresholds below were set on pairs judged by reading, of some eighty kinds of copies and of
# different stories, and tried on perturbed texts of other kinds.

# How much of all their shingles two texts have in common at least, where nothing else is known:
# edited agency copies have .57 and more, articles that only share quotes .54 and less.
SHARED = 0.55
# At least, where there is reason to doubt: few shingles are shared in all (SHORT), or the titles
# have nothing to do with each other.
SHARED_DOUBTED = 0.7
SHORT = 150
# At least, where they seem pieces of a series, or were published longer apart than FAR.
SHARED_SERIES = 0.8
FAR = timedelta(days=30)

# An abridged copy: this much of it stands in the other ...
CONTAINED = 0.9
# ... and is this much of the other; less where the titles are alike or both begin alike, since
# articles that quote a statement in full put their own words first.
ABRIDGED = 0.55
ABRIDGED_ALIKE = 0.25
BEGINNING_WORDS = 30

# What each exchanged fact weighs, and from what sum on they make another story. Outlets exchange a
# name by their style and correct a number or a date; no copy that was read had more than one such
# and a half. A year is hardly ever edited, and always changed in what is issued every year.
WEIGHTS = {Kind.YEAR: 2.0, Kind.DATE: 1.0, Kind.NAME: 1.0, Kind.NUMBER: 0.5}
EXCHANGED = {
    Titles.SAME: 2.0,
    Titles.NEAR: 2.0,
    Titles.MISSING: 2.0,
    Titles.OTHER: 1.0,
    Titles.SERIES: 0.5,
}
TOLD_EXCHANGES = 3
_TITLES_TOLD = {
    Titles.SAME: ", under the same title",
    Titles.NEAR: ", under nearly the same title",
    Titles.SERIES: ", and the titles differ in what they name",
    Titles.OTHER: ", under another title",
    Titles.MISSING: "",
}


@dataclass(frozen=True, slots=True)
class Printing:
    """A text as a source printed it; `without` as in `fingerprint`. The source is not weighed."""

    title: str
    text: str
    published: datetime | None = None
    source: str | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether they are copies, and why: one plain sentence without its full stop."""

    copy: bool
    because: str


def decide(new: Printing, old: Printing) -> Verdict:
    """Whether two printings are of one story."""
    ours, theirs = _side(new), _side(old)
    a, b = ours.wording.places, theirs.wording.places
    if not a or not b:
        return Verdict(False, "there is too little text to compare")
    shared = len(a.keys() & b.keys())
    contained = shared / min(len(a), len(b))
    told = f"{contained:.0%} of the wording of one stands in the other"
    titles = related(new.title, ours, old.title, theirs)
    alike = shared / (len(a) + len(b) - shared) >= _least(titles, shared, _are_far(new, old))
    if not alike and contained < CONTAINED:
        though = _TITLES_TOLD[titles] if titles is Titles.SERIES else ""
        return Verdict(False, f"only {told}{though}")
    differences = edits(ours.wording, theirs.wording)
    if not alike and not _is_abridged(shared / max(len(a), len(b)), titles, differences):
        return Verdict(False, f"{told}, which has much more of its own")
    facts = exchanged(differences, ours, theirs)
    if _weight(facts) >= EXCHANGED[titles]:
        return Verdict(False, f"one form with other facts: {_told(facts)}")
    return Verdict(True, told + _TITLES_TOLD[titles])


def _side(printing: Printing) -> Side:
    text = remaining(printing.text, printing.without)
    return Side(text, wording(text))


def _are_far(new: Printing, old: Printing) -> bool:
    return (
        new.published is not None
        and old.published is not None
        and abs(new.published - old.published) > FAR
    )


def _least(titles: Titles, shared: int, far: bool) -> float:
    if far or titles is Titles.SERIES:
        return SHARED_SERIES
    if titles is Titles.OTHER or shared < SHORT:
        return SHARED_DOUBTED
    return SHARED


def _is_abridged(covered: float, titles: Titles, differences: Sequence[Edit]) -> bool:
    if titles is Titles.SERIES:
        return False
    first = differences[0]
    if titles in (Titles.SAME, Titles.NEAR) or first.after > BEGINNING_WORDS:
        return covered >= ABRIDGED_ALIKE
    return covered >= ABRIDGED


def _weight(facts: Sequence[Exchange]) -> float:
    # A name that is exchanged everywhere is what the text is about; a date or a number that recurs
    # is one date or number.
    names = [fact for fact in facts if fact.kind is Kind.NAME]
    others = {fact for fact in facts if fact.kind is not Kind.NAME}
    return sum(WEIGHTS[fact.kind] for fact in [*names, *others])


def _told(facts: Sequence[Exchange]) -> str:
    return "; ".join(
        f"{fact.ours} / {fact.theirs}" for fact in list(dict.fromkeys(facts))[:TOLD_EXCHANGES]
    )
