"""In what two texts are alike, and in what not: the features that `decide` weighs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from ingest.duplicates.alignment import align
from ingest.duplicates.differing_facts import Exchange, Kind, Side, exchanged
from ingest.duplicates.titles import Titles, in_common, related, subjects, told
from ingest.text.shingles import SHINGLE_WORDS, Wording, first_words, remaining, wording

# What each exchanged fact weighs. Outlets exchange a name by their style and correct a number or
# a date; a year is hardly ever edited, and always changed in what is issued every year.
FACTS = {Kind.YEAR: 2.0, Kind.DATE: 1.0, Kind.NAME: 1.0, Kind.NUMBER: 0.5}

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Printing:
    """A text as a source printed it; `without` as in `fingerprint`.

    `published` and `source` are weighed where both printings have them.
    """

    title: str
    text: str
    published: datetime | None = None
    source: str | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two printings have in common. Shares are of words, from 0 to 1."""

    aligned: float  # of the shorter text: what stands in the longer, in the same order
    covers: float  # of the longer text: the same words
    scattered: float  # of the shorter: what stands in the longer, but in another order
    passage: float  # of the shorter: the longest passage that the longer has something else for
    edits: int  # places in which they differ
    facts: tuple[Exchange, ...]
    form: float  # how much they look like one form filled in twice, as `form` tells
    titles: Titles
    subjects: float | None  # of the shorter title's subjects: what the other title has too
    told: float | None  # of the longer text's title's subjects: what the shorter text speaks of
    kept: float | None  # of the same subjects: what the longer text speaks of
    letters: int  # of the shorter text, roughly
    days: float | None  # between their dates
    same_source: bool | None


def form(facts: Sequence[Exchange], edits: int) -> float:
    """How much two texts look like one form filled in twice, from 0 to 2.5.

    A name that is exchanged everywhere is what the text is about; a date or a number that recurs is
    one date or number. They count where little else differs: among many edits some are by chance.
    """
    names = [fact for fact in facts if fact.kind is Kind.NAME]
    others = {fact for fact in facts if fact.kind is not Kind.NAME}
    weight = sum(FACTS[fact.kind] for fact in [*names, *others])
    rate = weight / (edits + 1)
    return max(0.0, min(weight, 3.0) - 0.5) * min(1.0, max(0.0, 4 * rate - 0.2))


def likeness(new: Printing, old: Printing) -> Likeness | None:
    """Compare two printings; None where one has too little text."""
    ours = _known(new.text, new.without)
    text = remaining(old.text, old.without)
    theirs = Side(text, first_words(text))
    if not ours.wording.shingles or len(theirs.words) < SHINGLE_WORDS:
        return None
    alignment = align(ours.wording, theirs.words)
    edits = alignment.edits
    facts = tuple(exchanged(edits, ours.side, theirs))
    is_shorter = len(ours.side.words) <= len(theirs.words)
    sides = (ours.side, theirs) if is_shorter else (theirs, ours.side)
    shorter, longer = (len(side.words) for side in sides)
    passage = max((len(edit.ours if is_shorter else edit.theirs) for edit in edits), default=0)
    our_subjects, their_subjects = subjects(new.title), subjects(old.title)
    return Likeness(
        aligned=alignment.aligned / shorter,
        covers=alignment.aligned / longer,
        scattered=min(1.0, alignment.found / shorter) - alignment.aligned / shorter,
        passage=passage / shorter,
        edits=len(edits),
        facts=facts,
        form=form(facts, len(edits)),
        titles=related(new.title, ours.side, old.title, theirs),
        subjects=in_common(our_subjects, their_subjects),
        told=told(their_subjects if is_shorter else our_subjects, sides[0]),
        kept=told(their_subjects if is_shorter else our_subjects, sides[1]),
        letters=sides[0].letters,
        days=_days(new.published, old.published),
        same_source=new.source == old.source if new.source and old.source else None,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """A text that is compared with several others."""

    wording: Wording
    side: Side


@lru_cache(maxsize=2)
def _known(text: str, without: frozenset[str]) -> _Known:
    text = remaining(text, without)
    found = wording(text)
    return _Known(found, Side(text, found.words))


def _days(one: datetime | None, other: datetime | None) -> float | None:
    return None if one is None or other is None else abs(one - other) / _DAY
