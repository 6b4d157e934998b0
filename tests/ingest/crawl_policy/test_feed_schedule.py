from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.crawl_policy.feed_schedule import (
    LONGEST_EVER,
    LONGEST_HINT,
    LONGEST_RETRY_AFTER,
    UNKNOWN,
    Bounds,
    PollFacts,
    cache_lifetime,
    next_interval,
    next_poll,
    parse_retry_after,
)

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)
BOUNDS = Bounds()


def minutes(number):
    return timedelta(minutes=number)


def hours(number):
    return timedelta(hours=number)


def every(gap, count=10, newest=timedelta(0)):
    return tuple(NOW - newest - gap * number for number in range(count))


def success(**known):
    return PollFacts(now=NOW, succeeded=True, **known)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # the feed's own rhythm: half of the usual gap
        (success(published=every(minutes(20))), minutes(10)),
        (success(published=every(hours(6))), hours(3)),
        (success(published=every(minutes(1))), BOUNDS.shortest),
        (success(published=every(timedelta(days=9))), BOUNDS.longest),
        # one long gap does not change the usual one
        (success(published=(*every(minutes(20)), NOW - timedelta(days=30))), minutes(10)),
        # silence: an eighth of it
        (success(published=every(minutes(20), newest=hours(8))), hours(1)),
        (success(published=every(minutes(20), newest=timedelta(days=2))), hours(6)),
        (success(published=every(minutes(20), newest=timedelta(days=90))), BOUNDS.longest),
        # entries dated ahead are not counted
        (success(published=(NOW + hours(3), *every(minutes(20)))), minutes(10)),
        (success(published=(*every(hours(1), newest=hours(-12), count=12), *every(minutes(20)))),
         minutes(10)),
        (success(published=(NOW + hours(3), *every(minutes(20), newest=hours(8)))), hours(1)),
        (success(interval=hours(1), published=every(minutes(20), newest=hours(-12))), minutes(90)),
        # without dates: from what the poll found
        (success(), UNKNOWN),
        (success(interval=hours(1), new_entries=3), minutes(30)),
        (success(interval=hours(1), new_entries=0), minutes(90)),
        # every entry with the time at which the feed was made says nothing
        (success(interval=hours(1), published=(NOW,) * 20), minutes(90)),
        # items may have been missed: twice as often
        (success(interval=minutes(40), published=every(hours(2)), rolled_over=True), minutes(20)),
        (success(interval=minutes(3), rolled_over=True), BOUNDS.shortest),
        # publishers' hints are a floor
        (success(published=every(minutes(8)), ttl=minutes(15)), minutes(15)),
        (success(published=every(minutes(8)), update_period=minutes(30)), minutes(30)),
        (success(published=every(minutes(8)), fresh_for=minutes(12)), minutes(12)),
        (success(published=every(hours(6)), ttl=minutes(15)), hours(3)),
        # and only within reason
        (success(published=every(minutes(8)), ttl=timedelta(days=7)), LONGEST_HINT),
        (success(published=every(minutes(8)), fresh_for=timedelta(days=365)), LONGEST_HINT),
        (success(published=every(minutes(8)), ttl=hours(2)), hours(1)),
        # the rhythm of now: not of the many that came in a rush before
        (success(published=(*every(hours(2), 21), *every(minutes(1), 90, newest=hours(99)))),
         hours(1)),
        # a feed that rolled over refutes what it says of its pace, not what HTTP says
        (success(interval=hours(1), rolled_over=True, ttl=hours(1)), minutes(30)),
        (success(interval=hours(1), rolled_over=True, fresh_for=minutes(50)), minutes(50)),
    ],
)  # fmt: skip
def test_the_interval_after_a_poll_that_succeeded(facts, expected):
    assert next_interval(facts, BOUNDS) == expected


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        (1, minutes(5)),
        (2, minutes(10)),
        (5, minutes(80)),
        (9, hours(21) + minutes(20)),
        (10, BOUNDS.longest),
        (100_000, BOUNDS.longest),
    ],
)
def test_failures_are_retried_ever_later_and_always_again(failures, expected):
    facts = PollFacts(now=NOW, succeeded=False, failures=failures, published=every(minutes(1)))
    assert next_interval(facts, BOUNDS) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (minutes(1), minutes(5)),
        (hours(3), hours(3)),
        (hours(30), hours(30)),
        (hours(47), hours(47)),
        (hours(49), hours(48)),
        (timedelta(days=400), LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_is_waited_for_beyond_the_longest_interval_but_not_for_ever(asked, expected):
    facts = PollFacts(now=NOW, succeeded=False, failures=1, retry_after=asked)
    assert next_interval(facts, BOUNDS) == expected


def test_jitter_spreads_polls_by_a_tenth_either_way():
    facts = success(published=every(minutes(20)))
    assert next_poll(facts, BOUNDS, 0.0) == NOW + minutes(9)
    assert next_poll(facts, BOUNDS, 0.5) == NOW + minutes(10)
    assert minutes(10.9) < next_poll(facts, BOUNDS, 0.999) - NOW < minutes(11)


@pytest.mark.parametrize(
    ("facts", "soonest", "latest"),
    [
        (success(published=every(minutes(1))), minutes(2), minutes(2.2)),
        (success(published=every(timedelta(days=9))), hours(21.6), hours(24)),
        (
            PollFacts(now=NOW, succeeded=False, failures=1, retry_after=hours(30)),
            hours(30),
            hours(33),
        ),
    ],
)
def test_jitter_goes_inwards_at_a_bound_and_only_later_than_retry_after(facts, soonest, latest):
    assert next_poll(facts, BOUNDS, 0.0) - NOW == soonest
    last = next_poll(facts, BOUNDS, 0.999) - NOW
    assert latest - minutes(1) < last <= latest
    assert soonest < last


def test_jitter_never_comes_before_retry_after_is_over():
    facts = PollFacts(now=NOW, succeeded=False, failures=1, retry_after=hours(2))
    assert next_poll(facts, BOUNDS, 0.0) == NOW + hours(2)


DURATIONS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))
FACTS = st.builds(
    PollFacts,
    now=st.just(NOW),
    succeeded=st.booleans(),
    interval=st.none() | DURATIONS,
    published=st.lists(
        st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)), max_size=30
    ).map(tuple),
    new_entries=st.integers(0, 1000),
    rolled_over=st.booleans(),
    failures=st.integers(0, 1000),
    fresh_for=st.none() | DURATIONS,
    ttl=st.none() | DURATIONS,
    update_period=st.none() | DURATIONS,
)
SOME_BOUNDS = st.builds(
    lambda shortest, more: Bounds(shortest, shortest + more),
    st.timedeltas(min_value=minutes(1), max_value=hours(5)),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)),
)


@given(FACTS, SOME_BOUNDS)
def test_the_interval_is_always_within_the_bounds(facts, bounds):
    assert bounds.shortest <= next_interval(facts, bounds) <= bounds.longest


ANY_DURATION = st.timedeltas()


@given(
    FACTS,
    st.builds(
        PollFacts,
        now=st.just(NOW),
        succeeded=st.booleans(),
        interval=ANY_DURATION,
        new_entries=st.integers(0, 1),
        rolled_over=st.booleans(),
        fresh_for=ANY_DURATION,
        ttl=ANY_DURATION,
        update_period=ANY_DURATION,
        retry_after=ANY_DURATION,
    ),
    st.builds(Bounds, ANY_DURATION, ANY_DURATION),
)
def test_no_duration_makes_it_raise(facts, odd, bounds):
    published = replace(odd, published=facts.published)
    latest = NOW + 1.11 * LONGEST_EVER
    assert next_poll(odd, bounds, 0.999) <= latest
    assert next_poll(published, bounds, 0.999) <= latest


@given(FACTS, SOME_BOUNDS, DURATIONS)
def test_only_retry_after_goes_beyond_and_only_to_its_cap(facts, bounds, asked):
    interval = next_interval(replace(facts, retry_after=asked), bounds)
    assert interval == max(next_interval(facts, bounds), min(asked, LONGEST_RETRY_AFTER))


@given(FACTS, SOME_BOUNDS)
def test_one_failure_more_never_means_sooner(facts, bounds):
    facts = replace(facts, succeeded=False)
    later = replace(facts, failures=facts.failures + 1)
    assert next_interval(facts, bounds) <= next_interval(later, bounds)


@given(FACTS, SOME_BOUNDS, st.floats(0, 1, exclude_max=True))
def test_the_next_poll_is_within_a_tenth_of_the_interval_and_within_the_bounds(
    facts, bounds, jitter
):
    interval = next_interval(facts, bounds)
    wait = next_poll(facts, bounds, jitter) - NOW
    assert 0.89 * interval <= wait <= 1.11 * interval
    assert bounds.shortest <= wait <= bounds.longest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("120", minutes(2)),
        (" 0 ", minutes(0)),
        ("Sat, 03 Oct 2026 13:30:00 GMT", minutes(90)),
        ("Sat, 03 Oct 2026 11:00:00 GMT", minutes(0)),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("9" * 5_000, timedelta(seconds=2**31)),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, expected):
    assert parse_retry_after(value, NOW) == expected


DATE = "Sat, 03 Oct 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, minutes(10)),
        ({"cache-control": 'public, Max-Age="600"'}, minutes(10)),
        ({"cache-control": "max-age=600", "age": "540"}, minutes(1)),
        ({"cache-control": "max-age=600", "age": "9999"}, minutes(0)),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "max-age=600, no-cache"}, None),
        ({"cache-control": "no-store"}, None),
        ({"cache-control": "max-age=-1"}, None),
        ({"expires": "Sat, 03 Oct 2026 12:15:00 GMT", "date": DATE}, minutes(15)),
        ({"expires": "Sat, 03 Oct 2026 12:15:00 GMT"}, minutes(15)),
        # a server whose clock is an hour behind
        (
            {
                "expires": "Sat, 03 Oct 2026 11:15:00 GMT",
                "date": "Sat, 03 Oct 2026 11:00:00 GMT",
            },
            minutes(15),
        ),
        ({"expires": "0", "date": DATE}, minutes(0)),
        ({"expires": "Sat, 03 Oct 2026 12:15:00 GMT", "cache-control": "max-age=60"}, minutes(1)),
    ],
)
def test_a_responses_lifetime_is_read_as_rfc_9111_says(headers, expected):
    assert cache_lifetime(headers, NOW) == expected


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_header_makes_it_raise(cache_control, expires, age):
    parse_retry_after(expires, NOW)
    found = cache_lifetime({"cache-control": cache_control, "expires": expires, "age": age}, NOW)
    assert found is None or found >= timedelta(0)
