"""Whether two texts are copies of one text, and so one story.

Copies are reprints as outlets make them: edited, abridged, extended, brought up to date, under
another title, with a dateline before and menus after. Texts in the same words are two stories where
they are one form filled in twice (letters, notices, schedules, readouts, bulletins), where a later
piece repeats paragraphs of an earlier one, and where two reports quote the same words. How much
wording is shared cannot tell these apart; where it stands, what was exchanged, whether the titles
speak of the same and when both came out can. `likeness` finds these, `rule` weighs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ingest.duplicates import rule
from ingest.duplicates.differing_facts import Exchange
from ingest.duplicates.likeness import Likeness, Printing, likeness
from ingest.duplicates.titles import Titles

__all__ = ["DUPLICATES_VERSION", "WINDOW", "Printing", "Verdict", "decide"]

# The version of the rules: raise it whenever `decide`, what it weighs and by which weights, or the
# choice among candidates (store/stories/near_duplicates.py) can come to another answer for the same
# two texts. Articles that older rules have placed are then found by `reprocess --from dedupe
# --outdated`.
DUPLICATES_VERSION = 2

# Near copies are looked for among texts first seen within this time of each other: a cross-post
# may take weeks, and what returns after a quarter is mostly the next of a series.
WINDOW = timedelta(days=90)

# Below this, whatever else is known, they are not one text.
LEAST_ALIGNED = 0.2

TOLD_EXCHANGES = 3
_TITLES_TOLD = {
    Titles.SAME: ", under the same title",
    Titles.NEAR: ", under nearly the same title",
    Titles.SERIES: ", and the titles differ in what they name",
    Titles.OTHER: ", under another title",
    Titles.MISSING: "",
}
_AGAINST = {
    "covers": "the other has much more of its own",
    "quoted": "the other has much more of its own",
    "scattered": "in another order",
    "own passage": "beside a passage of its own",
    "apart": "they are {days:.0f} days apart",
    "series": "the titles differ in what they name",
    "subjects": "the titles speak of different things",
    "title not told": "not what the title of the other tells",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether they are copies, and why: one plain sentence without its full stop."""

    copy: bool
    because: str


def decide(new: Printing, old: Printing) -> Verdict:
    """Whether two printings are of one story."""
    found = likeness(new, old)
    if found is None:
        return Verdict(False, "there is too little text to compare")
    shared = f"{found.aligned:.0%} of the wording of one stands in the other"
    if found.aligned < LEAST_ALIGNED:
        return Verdict(False, f"only {shared}")
    if found.form >= rule.FORM:
        return Verdict(False, f"one form with other facts: {_told(found.facts)}")
    if rule.score(found) <= 0:
        but = _against(found)
        return Verdict(False, f"{shared}, but {but}" if but else f"only {shared}")
    return Verdict(True, shared + _TITLES_TOLD[found.titles])


def _against(found: Likeness) -> str:
    name = rule.against(found)
    if name == "form":
        return f"with other facts: {_told(found.facts)}"
    return _AGAINST.get(name, "").format(days=found.days or 0)


def _told(facts: Sequence[Exchange]) -> str:
    return "; ".join(
        f"{fact.ours} / {fact.theirs}" for fact in list(dict.fromkeys(facts))[:TOLD_EXCHANGES]
    )
