"""When a page is looked at again."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.crawl_policy.feed_schedule import LONGEST_RETRY_AFTER
from ingest.crawl_policy.refetch import (
    DEFAULT,
    FIRST_RETRY,
    LONGEST_FRESH,
    MOST_REFETCHES,
    OFF,
    REFETCH_ATTEMPTS,
    RefetchFacts,
    Schedule,
    next_refetch,
    next_try,
    parse_schedule,
)

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
USUAL = (HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR)


@pytest.mark.parametrize(
    ("written", "schedule"),
    [
        (DEFAULT, USUAL),
        ("off", OFF),
        (" OFF ", OFF),
        ("90s", (timedelta(seconds=90),)),
        ("30m, 2H , 1d", (HOUR / 2, 2 * HOUR, 24 * HOUR)),
        ("366d", (timedelta(days=366),)),
    ],
)
def test_a_schedule_is_read(written: str, schedule: Schedule) -> None:
    assert parse_schedule(written) == schedule


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "'' is no time"),
        ("1h,,6h", "'' is no time"),
        ("1h;6h", "'1h;6h' is no time"),
        ("3600", "'3600' is no time"),
        ("-1h", "'-1h' is no time"),
        ("1.5h", "'1.5h' is no time"),
        ("1w", "'1w' is no time"),
        ("١h", "'١h' is no time"),
        ("0s", "the times do not grow"),
        ("6h,1h", "the times do not grow"),
        ("1h,60m", "the times do not grow"),
        ("367d", "the times do not grow"),
        ("99999999d", "the times do not grow"),
        (
            ",".join(f"{hour}h" for hour in range(1, MOST_REFETCHES + 2)),
            "there are more than 24 times",
        ),
    ],
)
def test_what_is_no_schedule_is_refused_and_it_is_said_how_to_write_one(
    written: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=r"as in 1h,6h,24h,3d .* or off") as refused:
        parse_schedule(written)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("schedule", "facts", "wait"),
    [
        # From the first fetch on, the distances of the schedule, from refetch to refetch.
        (USUAL, RefetchFacts(0), 1 * HOUR),
        (USUAL, RefetchFacts(1), 5 * HOUR),
        (USUAL, RefetchFacts(2), 18 * HOUR),
        (USUAL, RefetchFacts(3), 48 * HOUR),
        (USUAL, RefetchFacts(4), None),
        # The setting has become shorter, or none is wanted.
        (USUAL[:2], RefetchFacts(3), None),
        (OFF, RefetchFacts(0), None),
        # An article that is being edited is looked at again as soon as last time.
        (USUAL, RefetchFacts(1, edited=True), 1 * HOUR),
        (USUAL, RefetchFacts(2, edited=True), 5 * HOUR),
        (USUAL, RefetchFacts(4, edited=True), None),
        (USUAL, RefetchFacts(0, edited=True), 1 * HOUR),
        ((5 * HOUR, 6 * HOUR), RefetchFacts(1, edited=True), 1 * HOUR),  # and never later
        # What is fresh by its own word is not asked for, within reason.
        (USUAL, RefetchFacts(0, fresh_for=timedelta(minutes=5)), 1 * HOUR),
        (USUAL, RefetchFacts(0, fresh_for=2 * HOUR), 2 * HOUR),
        (USUAL, RefetchFacts(0, fresh_for=timedelta(days=365)), LONGEST_FRESH),
        (USUAL, RefetchFacts(3, fresh_for=timedelta(days=365)), 48 * HOUR),
        (USUAL, RefetchFacts(1, fresh_for=3 * HOUR, edited=True), 3 * HOUR),
        (USUAL, RefetchFacts(4, fresh_for=3 * HOUR), None),
    ],
)
def test_the_next_look_comes_when_the_schedule_and_the_answer_say(
    schedule: Schedule, facts: RefetchFacts, wait: timedelta | None
) -> None:
    assert next_refetch(schedule, facts, now=NOW) == (None if wait is None else NOW + wait)


@pytest.mark.parametrize(
    ("attempts", "retry_after", "wait"),
    [
        (1, None, FIRST_RETRY),
        (2, None, 4 * FIRST_RETRY),
        (1, timedelta(seconds=1), FIRST_RETRY),
        (1, 3 * HOUR, 3 * HOUR),
        (1, timedelta(days=365), LONGEST_RETRY_AFTER),
        (REFETCH_ATTEMPTS, None, None),
        (REFETCH_ATTEMPTS + 5, 3 * HOUR, None),
    ],
)
def test_a_look_that_met_a_passing_fault_is_repeated_and_then_given_up(
    attempts: int, retry_after: timedelta | None, wait: timedelta | None
) -> None:
    then = next_try(attempts, retry_after=retry_after, now=NOW)
    assert then == (None if wait is None else NOW + wait)
