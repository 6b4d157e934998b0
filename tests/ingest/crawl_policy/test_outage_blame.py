"""Whose fault it is that nobody answers: theirs, ours, or too soon to say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.crawl_policy.outage_blame import (
    AGAIN,
    DOUBT,
    LONGEST_AGAIN,
    MANY,
    Blame,
    Unreached,
    again_after,
    blame,
)

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def unreached(
    *, since: timedelta = timedelta(), reached: timedelta | None = None, hosts: int = 1
) -> Unreached:
    """Unreached for so long, while anybody was last reached so long ago."""
    return Unreached(NOW, NOW - since, None if reached is None else NOW - reached, hosts)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # the first time, nobody can say: not even where another answered a second ago
        (unreached(), Blame.OPEN),
        (unreached(reached=SECOND), Blame.OPEN),
        (unreached(reached=HOUR), Blame.OPEN),
        # somebody answered since
        (unreached(since=MINUTE, reached=SECOND), Blame.THEIRS),
        (unreached(since=MINUTE, reached=SECOND, hosts=99), Blame.THEIRS),
        (unreached(since=9 * HOUR, reached=8 * HOUR), Blame.THEIRS),
        # nobody answered since, and many have begun to fail
        (unreached(hosts=MANY), Blame.OURS),
        (unreached(reached=MINUTE, hosts=MANY), Blame.OURS),
        (unreached(since=MINUTE, reached=2 * MINUTE, hosts=MANY), Blame.OURS),
        (unreached(since=9 * HOUR, reached=10 * HOUR, hosts=120), Blame.OURS),
        (unreached(since=MINUTE, hosts=MANY - 1), Blame.OPEN),
        # nobody else is asked: not for ever
        (unreached(since=DOUBT - SECOND), Blame.OPEN),
        (unreached(since=DOUBT), Blame.THEIRS),
        (unreached(since=14 * MINUTE), Blame.OPEN),
        (unreached(since=16 * MINUTE), Blame.THEIRS),
        (unreached(since=DOUBT, reached=HOUR, hosts=MANY - 1), Blame.THEIRS),
    ],
)
def test_who_is_to_blame(facts: Unreached, expected: Blame) -> None:
    assert blame(facts) is expected


@pytest.mark.parametrize(
    ("since", "jitter", "expected"),
    [
        (timedelta(), 0.5, AGAIN),
        (timedelta(), 0.0, AGAIN * 0.75),
        (10 * MINUTE, 0.5, AGAIN),
        (36 * MINUTE, 0.5, 3 * MINUTE),
        (9 * HOUR, 0.5, LONGEST_AGAIN),
        (9 * HOUR, 0.0, LONGEST_AGAIN * 0.75),
    ],
)
def test_the_next_try_comes_soon(since: timedelta, jitter: float, expected: timedelta) -> None:
    assert again_after(unreached(since=since), jitter) == expected


@pytest.mark.parametrize(("hosts", "expected"), [(2, Blame.OPEN), (3, Blame.OURS)])
def test_two_hosts_may_be_one_publishers_and_three_are_not(hosts: int, expected: Blame) -> None:
    assert blame(unreached(since=MINUTE, reached=HOUR, hosts=hosts)) is expected


AGES = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))


@given(AGES, st.none() | AGES, st.integers(MANY, 10_000), st.floats(0, 1, exclude_max=True))
def test_while_everything_fails_nobody_is_ever_blamed(
    since: timedelta, reached: timedelta | None, hosts: int, jitter: float
) -> None:
    before = None if reached is None else since + reached
    facts = unreached(since=since, reached=before, hosts=hosts)
    assert blame(facts) is Blame.OURS
    assert timedelta(0) < again_after(facts, jitter) <= LONGEST_AGAIN * 1.25
