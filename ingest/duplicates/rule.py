"""The rule by which likeness is weighed: features, weights and threshold.

It is a logistic rule, so that every feature's part in a decision can be told. `python -m
tests.bench.duplicates` fits it to judged pairs and measures it on pairs of sources held out;
docs/duplicates.md has the data, the recipe and the figures.
"""

from collections.abc import Mapping
from math import log, log2

from ingest.duplicates.likeness import Likeness
from ingest.duplicates.titles import Titles

# From this much on, two texts are one form filled in twice, however alike they are.
FORM = 1.25

INTERCEPT = -4.73
WEIGHTS: Mapping[str, float] = {
    "aligned": 3.64,
    "nearly all": 15.6,
    "covers": 3.58,
    "scattered": -7.33,
    "quoted": -13.8,
    "own passage": -3.26,
    "edits": 0.47,
    "form": -6.86,
    "apart": -0.75,
    "long and apart": 0.3,
    "same source and day": 1.01,
    "same title and day": 2.45,
    "series": -3.4,
    "subjects": 0.94,
    "title not told": -3.38,
}
# What the sum must exceed: precision counts for more than recall, since a wrong merge hides news.
THRESHOLD = 0.65

# Where no date is known, two texts count as some days apart.
_UNKNOWN_DAYS = 1.0
_MOST_DAYS = 60
_MOST_EDITS = 15
_NEARLY_ALL = 0.85
_HALF = 0.5
_QUOTED = 0.4


def features(likeness: Likeness) -> dict[str, float]:
    """Likeness in numbers, of which each acts alone and in one direction."""
    days = _UNKNOWN_DAYS if likeness.days is None else min(likeness.days, _MOST_DAYS)
    same_day = likeness.days is not None and likeness.days < 1
    subjects = _HALF if likeness.subjects is None else likeness.subjects
    told = _HALF if likeness.told is None else likeness.told
    kept = _HALF if likeness.kept is None else likeness.kept
    return {
        # A copy keeps the order, and nearly all of what is left of it.
        "aligned": min(likeness.aligned, 0.95),
        "nearly all": max(0.0, likeness.aligned - _NEARLY_ALL),
        "covers": min(likeness.covers, _HALF),
        # Quotes and boilerplate stand elsewhere; a passage of one's own is another piece's.
        "scattered": likeness.scattered,
        # A passage of a long text, under a title that tells of something else, is quoted there.
        "quoted": max(0.0, _QUOTED - likeness.covers) * (1 - subjects),
        "own passage": min(likeness.passage, _HALF),
        # Who edits a text does so in many places; who quotes it, in few.
        "edits": log2(1 + min(likeness.edits, _MOST_EDITS)),
        "form": min(likeness.form, 1.0),
        # What comes later repeats what was known; the longer a text, the less by chance.
        "apart": log2(1 + days),
        "long and apart": log2(1 + days) * max(0.0, log(min(likeness.letters, 8_000)) - 7),
        "same source and day": float(bool(likeness.same_source) and same_day),
        "same title and day": float(same_day and (likeness.titles is Titles.SAME or subjects == 1)),
        "series": float(likeness.titles is Titles.SERIES and not same_day),
        "subjects": subjects,
        # What the title tells, and the longer text with it, the shorter does not speak of.
        "title not told": max(0.0, kept - told),
    }


def score(likeness: Likeness) -> float:
    """The log odds that they are copies, less what is asked for: above zero they are."""
    if likeness.form >= FORM:
        return float("-inf")
    values = features(likeness)
    return INTERCEPT - THRESHOLD + sum(WEIGHTS[name] * values[name] for name in WEIGHTS)


def against(likeness: Likeness) -> str:
    """The feature that speaks most against a copy, by its name in `features`."""
    values = features(likeness)
    best = {"aligned": 0.95, "nearly all": 0.1, "covers": _HALF, "subjects": 1.0, "edits": 4.0}
    return min(WEIGHTS, key=lambda name: WEIGHTS[name] * (values[name] - best.get(name, 0.0)))
