"""The wait before another attempt: growing, bounded, never shorter than asked for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.crawl_policy.feed_schedule import LONGEST_RETRY_AFTER
from ingest.crawl_policy.page_retry import FETCH_ATTEMPTS, LONGEST_WAIT, next_attempt

MIDDLE = 0.5  # no jitter either way


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 40), (3, 160), (4, 640)])
def test_the_wait_grows_fourfold(attempts: int, seconds: int) -> None:
    assert next_attempt(attempts, jitter=MIDDLE) == timedelta(seconds=seconds)


def test_a_page_is_asked_for_for_about_an_hour_before_it_is_given_up() -> None:
    waits = [next_attempt(attempts, jitter=MIDDLE) for attempts in range(1, FETCH_ATTEMPTS)]
    assert timedelta(minutes=45) < sum(waits, timedelta()) < timedelta(hours=2)


def test_it_grows_to_six_hours_and_no_longer() -> None:
    assert next_attempt(6, jitter=MIDDLE) < timedelta(hours=6)
    for attempts in (7, 20, 10_000):
        assert next_attempt(attempts, jitter=MIDDLE) == timedelta(hours=6)


def test_what_the_server_asks_for_is_not_undercut() -> None:
    hour = timedelta(hours=1)
    assert next_attempt(1, retry_after=hour, jitter=MIDDLE) == hour
    assert next_attempt(9, retry_after=timedelta(seconds=1), jitter=MIDDLE) == LONGEST_WAIT


@pytest.mark.parametrize("asked", [timedelta(seconds=99_999_999_999), timedelta.max])
def test_no_server_sends_us_away_for_good(asked: timedelta) -> None:
    assert next_attempt(1, retry_after=asked, jitter=MIDDLE) == LONGEST_RETRY_AFTER


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_wait_is_always_within_its_bounds(attempts: int, jitter: float) -> None:
    wait = next_attempt(attempts, jitter=jitter)
    assert timedelta(seconds=9) <= wait <= LONGEST_WAIT * 1.1
