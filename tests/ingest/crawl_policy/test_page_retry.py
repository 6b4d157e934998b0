"""The wait before another attempt: growing, bounded, never shorter than asked for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.crawl_policy.feed_schedule import LONGEST_RETRY_AFTER
from ingest.crawl_policy.page_retry import LONGEST_WAIT, next_attempt

MIDDLE = 0.5  # no jitter either way


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 40), (3, 160), (4, 640)])
def test_the_wait_grows_fourfold(attempts: int, seconds: int) -> None:
    assert next_attempt(attempts, jitter=MIDDLE) == timedelta(seconds=seconds)


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
