"""When to poll a feed next: a decision from what is known when a poll has ended.

A feed is asked about twice as often as it publishes, less and less while it is silent, never sooner
than the publisher asks for (within reason), and after failures at growing intervals, but always
again: nothing here ever gives a feed up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from statistics import median

# Wires publish several times an hour, and feeds hold 10 to 50 items: at two minutes none rolls over
# unseen. A feed that publishes weekly is still seen within a day.
SHORTEST = timedelta(minutes=2)
LONGEST = timedelta(hours=24)
# For a feed of which nothing is known yet: half of the hour that feed readers commonly take.
UNKNOWN = timedelta(minutes=30)
# Asked at half the usual gap, an item waits a quarter of the gap on average.
SHARE_OF_GAP = 0.5
# The rhythm of now, not of last month: about what a feed holds.
RECENT_ENTRIES = 20
# Of the silence since the newest entry: after a night of 8 hours every hour, after a week daily.
SHARE_OF_SILENCE = 1 / 8
# Without dates the interval itself follows what polls find.
FASTER, SLOWER = 0.5, 1.5
# ttl and sy:update* mostly hold the software's default (60 minutes, hourly), and some say a week.
# A hint is followed up to here, so that none silences a feed.
LONGEST_HINT = timedelta(hours=1)
# Most failures are over within minutes; the wait doubles from here with each further one.
FIRST_RETRY = timedelta(minutes=5)
# The longest that an interval is remembered or a bound is taken for: more is an error.
LONGEST_EVER = timedelta(days=366)
# Retry-After is an order, even beyond the longest interval, but not to go away for good.
LONGEST_RETRY_AFTER = timedelta(hours=48)
# Four whole answers a day of a feed that brings nothing, and no news are later than that.
ASK_ANEW = timedelta(hours=6)
# Either way, so that feeds that were added together drift apart.
JITTER = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and the longest interval between two polls of a feed."""

    shortest: timedelta = SHORTEST
    longest: timedelta = LONGEST


@dataclass(frozen=True, slots=True)
class PollFacts:
    """What is known when a poll has ended; datetimes are aware.

    `interval` is the one after the last poll that succeeded, `published` the times of recent
    entries in any order, `rolled_over` that this poll shares no entry with the last one, `failures`
    how many polls in a row have failed, this one included. `fresh_for` (by the caching headers),
    `ttl`, `update_period` and `retry_after` are the publisher's hints.
    """

    now: datetime
    succeeded: bool
    interval: timedelta | None = None
    published: tuple[datetime, ...] = ()
    new_entries: int = 0
    rolled_over: bool = False
    failures: int = 0
    fresh_for: timedelta | None = None
    ttl: timedelta | None = None
    update_period: timedelta | None = None
    retry_after: timedelta | None = None


def next_interval(facts: PollFacts, bounds: Bounds = Bounds()) -> timedelta:
    """How long to wait until the next poll, without jitter.

    Within `bounds` and `LONGEST_EVER`, unless Retry-After asks for more (up to
    `LONGEST_RETRY_AFTER`).
    """
    interval = max(_rhythm(facts), _hinted(facts)) if facts.succeeded else _backoff(facts.failures)
    within = min(max(interval, bounds.shortest), bounds.longest, LONGEST_EVER)
    return max(within, _ordered(facts))


def next_poll(facts: PollFacts, bounds: Bounds, jitter: float) -> datetime:
    """When to poll next. `jitter` in [0, 1) moves it by up to a tenth either way.

    But not out of the bounds, and to no time at which Retry-After is not over.
    """
    interval, ordered = next_interval(facts, bounds), _ordered(facts)
    sooner = min(max(interval * (1 - JITTER), bounds.shortest, ordered), interval)
    later = interval * (1 + JITTER)
    if ordered < interval:
        later = max(min(later, bounds.longest), interval)
    return facts.now + sooner + (later - sooner) * jitter


def asks_anew(
    read_at: datetime | None, polled_at: datetime | None, now: datetime, *, offset: timedelta
) -> bool:
    """Whether a poll asks for the feed as if nothing of it were known, to see a frozen validator.

    Some servers answer 304 for ever. A feed that has brought nothing for `ASK_ANEW` is asked so in
    the first poll of each such span; `offset` moves the spans, so that feeds do not ask together.
    """
    if read_at is None or polled_at is None or now - read_at < ASK_ANEW:
        return False
    return _span(polled_at + offset) != _span(now + offset)


def _span(at: datetime) -> int:
    return int(at.timestamp() // ASK_ANEW.total_seconds())


# --- what a poll tells ---------------------------------------------------------------------------


def _rhythm(facts: PollFacts) -> timedelta:
    last = min(max(facts.interval or UNKNOWN, timedelta(0)), LONGEST_EVER)
    times = sorted({time for time in facts.published if time <= facts.now})[-RECENT_ENTRIES:]
    if len(times) < 2:
        # No dates, or one for all of them, which is the time at which the feed was made.
        rhythm = last * (FASTER if facts.new_entries else SLOWER) if facts.interval else last
    else:
        gap = median((later - earlier).total_seconds() for earlier, later in pairwise(times))
        rhythm = max(
            timedelta(seconds=gap * SHARE_OF_GAP), (facts.now - times[-1]) * SHARE_OF_SILENCE
        )
    return min(rhythm, last * FASTER) if facts.rolled_over else rhythm


def _hinted(facts: PollFacts) -> timedelta:
    hints = [facts.fresh_for]
    if not facts.rolled_over:
        # What the feed says of its own pace is refuted where entries were missed at that pace.
        hints += [facts.ttl, facts.update_period]
    return min(max((hint for hint in hints if hint), default=timedelta(0)), LONGEST_HINT)


def _backoff(failures: int) -> timedelta:
    # 2 ** 10 times five minutes are days, beyond any bound.
    return FIRST_RETRY * int(2 ** min(max(failures - 1, 0), 10))


def _ordered(facts: PollFacts) -> timedelta:
    return min(max(facts.retry_after or timedelta(0), timedelta(0)), LONGEST_RETRY_AFTER)


# --- what the headers say ------------------------------------------------------------------------


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait that a Retry-After field asks for (RFC 9110, 10.2.3), None where it is unreadable.

    A date that is over asks for none.
    """
    if value is None:
        return None
    seconds = _delta_seconds(value)
    if seconds is not None:
        return seconds
    at = _http_date(value)
    return None if at is None else max(at - now, timedelta(0))


def cache_lifetime(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """For how much longer a response is fresh (RFC 9111, 4.2), None where it does not say.

    `headers` with lower-case names. max-age before Expires minus Date; what Age says is over is
    taken off. s-maxage is for shared caches, which we are not.
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-store" in directives or "no-cache" in directives:
        return None
    lifetime = _delta_seconds(directives.get("max-age", ""))
    if lifetime is None and "expires" in headers:
        expires = _http_date(headers["expires"])
        # An invalid date, "0" most of all, means: already expired (RFC 9111, 5.3).
        generated = _http_date(headers.get("date", "")) or now
        lifetime = expires - generated if expires else timedelta(0)
    if lifetime is None:
        return None
    age = _delta_seconds(headers.get("age", "")) or timedelta(0)
    return max(lifetime - age, timedelta(0))


def _directives(cache_control: str) -> dict[str, str]:
    directives: dict[str, str] = {}
    for directive in cache_control.split(","):
        name, _, value = directive.partition("=")
        directives.setdefault(name.strip().lower(), value.strip().strip('"'))
    return directives


def _delta_seconds(value: str) -> timedelta | None:
    value = value.strip()
    if not (value.isascii() and value.isdigit()):
        return None
    # 2 ** 31 stands for "for ever" (RFC 9111, 1.2.2).
    return timedelta(seconds=min(int(value[:20]), 2**31))


def _http_date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None
