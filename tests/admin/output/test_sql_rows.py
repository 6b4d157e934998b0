"""Whatever a database gives is made plain."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from admin.output.sql_rows import cell, distinct, json_value, plain
from admin.output.sql_table import fitted

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (0.5, 0.5),
        (math.nan, None),
        (math.inf, None),
        (Decimal("12"), 12),
        (Decimal("12.50"), 12.5),
        (Decimal("NaN"), None),
        (Decimal("Infinity"), None),
        ("text", "text"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"\x01"), "01"),
        (date(2026, 10, 2), date(2026, 10, 2)),
        (datetime(2026, 10, 2, 8, tzinfo=CHINA), datetime(2026, 10, 2, tzinfo=UTC)),
        (datetime(2026, 10, 2, 8), datetime(2026, 10, 2, 8, tzinfo=UTC)),
        ((1, Decimal("2")), [1, 2]),
        ({"a": Decimal("0.5"), 1: b"\x02"}, {"a": 0.5, "1": "02"}),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (timedelta(days=1), "1 day, 0:00:00"),
    ],
)
def test_a_value_is_made_plain(value: Any, made: Any) -> None:
    assert plain(value) == made


def test_times_are_texts_in_json_however_deep() -> None:
    at = datetime(2026, 10, 2, 8, tzinfo=UTC)
    assert json_value({"x": [at, at.date()]}) == {"x": ["2026-10-02T08:00:00Z", "2026-10-02"]}
    assert cell([at]) == '["2026-10-02T08:00:00Z"]'


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["a", "b"], ("a", "b")),
        (["a", "a", "a"], ("a", "a_2", "a_3")),
        (["a", "a", "a_2"], ("a", "a_3", "a_2")),
        (["", ""], ("", "_2")),
    ],
)
def test_names_of_columns_are_each_there_once(names: list[str], made: tuple[str, ...]) -> None:
    assert distinct(names) == made


@pytest.mark.parametrize(
    ("widths", "room", "made"),
    [
        ([3, 5], None, [3, 5]),
        ([3, 500], None, [3, 60]),
        ([3, 50], 40, [3, 35]),
        ([50, 50], 42, [20, 20]),
        ([50] * 9, 20, [8] * 9),
        ([], 80, []),
    ],
)
def test_columns_are_cut_to_the_room_there_is(
    widths: list[int], room: int | None, made: list[int]
) -> None:
    assert fitted(widths, room) == made
