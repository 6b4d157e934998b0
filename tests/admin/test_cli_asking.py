"""What an analyst writes, as a question."""

from datetime import UTC, datetime

import pytest

from admin import asking
from admin.errors import Misuse


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
    assert asking.since(value) == since
    assert asking.until(value) == until


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("2026-10-03", at(2026, 10, 3, 23, 59, 59, 999999)),
        ("2026-10-03T08:05:00+08:00", at(2026, 10, 3, 0, 5)),
        ("9999-12-31", at(9999, 12, 31)),
    ],
)
def test_what_was_known_on_a_date_was_known_at_its_end(value: str, known: datetime) -> None:
    assert asking.as_of(value) == known


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2026-13-01", "2026-02-30", "3.10.2026", "2026-10-03T08:05:00", "20261003",
     "0001-01-01T00:00:00+08:00", "2026-10-03T25:00:00Z", "２０２６-10-03x"],
)  # fmt: skip
def test_what_is_no_time_is_misuse(value: str) -> None:
    with pytest.raises(Misuse, match="--since is a date"):
        asking.since(value)
    with pytest.raises(Misuse, match="--until is a date"):
        asking.until(value)
    with pytest.raises(Misuse, match="--as-of is a date"):
        asking.as_of(value)


def test_an_unknown_topic_is_told_with_those_that_there_are() -> None:
    assert asking.topics(["trade", "trade", "taiwan"]) == ("trade", "taiwan")
    with pytest.raises(Misuse, match=r"no topic 'Trade'.*diplomacy, trade,"):
        asking.topics(["Trade"])


def test_an_unknown_kind_or_stance_is_told_with_those_that_there_are() -> None:
    assert asking.kind("think-tank") == "think-tank"
    assert asking.stance(None) is None
    with pytest.raises(Misuse, match=r"no kind of outlet 'blog'.*wire, newspaper,"):
        asking.kind("blog")
    with pytest.raises(Misuse, match=r"no stance 'war'.*cooperation, conflict,"):
        asking.stance("war")


def test_what_is_no_code_of_a_country_is_misuse() -> None:
    assert (asking.country("cn"), asking.country(""), asking.country(None)) == ("CN", None, None)
    with pytest.raises(Misuse, match="two letters"):
        asking.country("China")
