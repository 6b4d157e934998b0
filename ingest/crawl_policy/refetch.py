"""When a page that has been read is fetched again, so that no later edit of it is missed.

News is mostly edited within hours and hardly ever after days; so its refetches come at
growing distances and then end. What is edited later shows in the feed, whose entry has changed.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ingest.crawl_policy.feed_schedule import LONGEST_RETRY_AFTER

# The times of the refetches, counted from the first fetch; () for none.
Schedule = tuple[timedelta, ...]

OFF: Schedule = ()
# Most corrections and updates of an article come within its first hour or day, retractions and
# editors' notes within three.
DEFAULT = "1h,6h,24h,3d"
# More refetches than this are a poll of the page, which is not what this is for.
MOST_REFETCHES = 24
LONGEST_WAIT = timedelta(days=366)
# A page is not asked for while it is fresh by its own word; but many sites say a year where they
# mean the pictures.
LONGEST_FRESH = timedelta(hours=24)
# A refetch that met a passing fault is made up for, so that a bad minute does not hide an edit; the
# next one on the schedule comes anyway, so it need not be forced.
REFETCH_ATTEMPTS = 3
FIRST_RETRY = timedelta(minutes=10)
RETRY_FACTOR = 4

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TIME = re.compile(r"([0-9]{1,8})([smhd])")


@dataclass(frozen=True, slots=True)
class RefetchFacts:
    """What is known when a page has been asked for, and answered for good or for bad.

    `refetches` counts them, this one included; `fresh_for` is what the answer
    says of its freshness (Cache-Control, Expires); `edited` that the fetch before brought a new
    revision.
    """

    refetches: int
    fresh_for: timedelta | None = None
    edited: bool = False


def parse_schedule(value: str) -> Schedule:
    """The schedule written as `1h,6h,24h,3d` or `off`. Raises ValueError, which says how."""
    if value.strip().lower() == "off":
        return OFF
    times = tuple(_time(part.strip()) for part in value.split(","))
    ordered = all(earlier < later for earlier, later in pairwise(times))
    if not ordered or not timedelta() < times[0] or times[-1] > LONGEST_WAIT:
        raise _wrong("the times do not grow, from 1s to 366d")
    if len(times) > MOST_REFETCHES:
        raise _wrong(f"there are more than {MOST_REFETCHES} times")
    return times


def next_refetch(schedule: Schedule, facts: RefetchFacts, *, now: datetime) -> datetime | None:
    """When to fetch the page again; None where it has been fetched often enough.

    The distances of the schedule are kept from one refetch to the next, so that what came late (a
    host that was busy, a service that was off) leads to no burst of requests. An article that is
    being edited is fetched again as soon as last time. Only what the answer says of its freshness
    puts it off, by up to `LONGEST_FRESH`.
    """
    if facts.refetches >= len(schedule):
        return None
    wait = _distance(schedule, facts.refetches)
    if facts.edited and facts.refetches > 0:
        wait = min(wait, _distance(schedule, facts.refetches - 1))
    return now + max(wait, min(facts.fresh_for or timedelta(), LONGEST_FRESH))


def next_try(attempts: int, *, retry_after: timedelta | None, now: datetime) -> datetime | None:
    """When to repeat a refetch whose `attempts`-th try (from 1) met a passing fault.

    None where it is given up. Retry-After is not undercut, up to `LONGEST_RETRY_AFTER`.
    """
    if attempts >= REFETCH_ATTEMPTS:
        return None
    wait: timedelta = FIRST_RETRY * RETRY_FACTOR ** (attempts - 1)
    return now + max(wait, min(retry_after or timedelta(), LONGEST_RETRY_AFTER))


def _distance(schedule: Schedule, refetches: int) -> timedelta:
    """From the refetch before, or the first fetch, to the next."""
    before = schedule[refetches - 1] if refetches else timedelta()
    return schedule[refetches] - before


def _time(part: str) -> timedelta:
    written = _TIME.fullmatch(part.lower())
    if written is None:
        raise _wrong(f"{part!r} is no time")
    return timedelta(**{_UNITS[written[2]]: int(written[1])})


def _wrong(why: str) -> ValueError:
    return ValueError(
        f"{why}; write the times after the first fetch, as in {DEFAULT} (s, m, h or d), or off"
    )
