"""What an analyst writes, as a question."""

from datetime import UTC, datetime

import pytest

from store.search import filters


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("value", "since", "until"),
    [
        ("2026-10-03", at(2026, 10, 3), at(2026, 10, 4)),
        ("2026-12-31", at(2026, 12, 31), at(2027, 1, 1)),
        ("2026-10-03T08:05:00Z", at(2026, 10, 3, 8, 5), at(2026, 10, 3, 8, 5)),
        ("2026-10-03T08:05:00+08:00", at(2026, 10, 3, 0, 5), at(2026, 10, 3, 0, 5)),
        ("2026-10-03 08:05:00Z", at(2026, 10, 3, 8, 5), at(2026, 10, 3, 8, 5)),
        ("9999-12-31", at(9999, 12, 31), at(9999, 12, 31)),
    ],
)
def test_a_date_counts_whole(value: str, since: datetime, until: datetime) -> None:
    assert filters.since(value) == since
    assert filters.until(value) == until


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("2026-10-03", at(2026, 10, 3, 23, 59, 59, 999999)),
        ("2026-10-03T08:05:00+08:00", at(2026, 10, 3, 0, 5)),
        ("9999-12-31", at(9999, 12, 31)),
    ],
)
def test_what_was_known_on_a_date_was_known_at_its_end(value: str, known: datetime) -> None:
    assert filters.as_of(value) == known


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2026-13-01", "2026-02-30", "3.10.2026", "2026-10-03T08:05:00", "20261003",
     "0001-01-01T00:00:00+08:00", "2026-10-03T25:00:00Z", "２０２６-10-03x"],
)  # fmt: skip
def test_what_is_no_time_is_refused(value: str) -> None:
    with pytest.raises(filters.FilterError, match="--since is a date"):
        filters.since(value)
    with pytest.raises(filters.FilterError, match="--until is a date"):
        filters.until(value)
    with pytest.raises(filters.FilterError, match="--as-of is a date"):
        filters.as_of(value)


def test_an_unknown_topic_is_told_with_those_that_there_are() -> None:
    assert filters.topics(["trade", "trade", "taiwan"]) == ("trade", "taiwan")
    with pytest.raises(filters.FilterError, match=r"no topic 'Trade'.*diplomacy, trade,"):
        filters.topics(["Trade"])


def test_an_unknown_kind_or_stance_is_told_with_those_that_there_are() -> None:
    assert filters.kind("think-tank") == "think-tank"
    assert filters.stance(None) is None
    with pytest.raises(filters.FilterError, match=r"no kind of outlet 'blog'.*wire, newspaper,"):
        filters.kind("blog")
    with pytest.raises(filters.FilterError, match=r"no stance 'war'.*cooperation, conflict,"):
        filters.stance("war")


def test_what_is_no_code_of_a_country_is_refused() -> None:
    assert (
        filters.country("cn"),
        filters.country(""),
        filters.country(None),
    ) == ("CN", None, None)
    with pytest.raises(filters.FilterError, match="two letters"):
        filters.country("China")
