"""Cells of CSV, and the rows that writers write."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.columns import COLUMNS, Holds
from admin.writers import GROUP_ROWS, CsvWriter, ParquetWriter, csv_cell, inert

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "=", "--", "+-1",
    "=HYPERLINK(\"http://evil.example\",\"x\")", "=cmd|' /C calc'!A0", "@import", "＝1+1", "＋1",
    "－1", "＠x", "-2+3+cmd|' /C calc'!A0", "=1;=2", "+\"", "\t", "\r\n@x", "  -x", "=\u0000",
    "=IMPORTXML(1)", "-", "@", "+",
]  # fmt: skip


@pytest.mark.parametrize("payload", FORMULAS)
def test_a_formula_is_written_as_text(payload: str) -> None:
    assert inert(payload) == f"'{payload}"
    assert csv_cell([payload, "x"]).__str__().startswith("'")
    assert csv_cell(["x", payload]) == f"x; '{payload}"


@pytest.mark.parametrize("text", ["", "China", "a=b", "3 − 2", "'=1", "US-China", "中美", "#1"])
def test_an_ordinary_text_is_left_alone(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-0.5, -0.5),
        (0, 0),
        (datetime(2026, 10, 2, 8, 5, tzinfo=UTC), "2026-10-02T08:05:00Z"),
        (datetime(2026, 10, 2, 8, 5, tzinfo=timezone(timedelta(hours=8))), "2026-10-02T00:05:00Z"),
        ([], ""),
        (["a", "b"], "a; b"),
        ([{"id": "xi", "name": "Xi Jinping", "side": "china", "role": None}], "Xi Jinping (china)"),
    ],
)
def test_values_as_cells(value: Any, cell: Any) -> None:
    assert csv_cell(value) == cell


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back_but_for_its_apostrophe(text: str) -> None:
    out = io.BytesIO()
    writer = CsvWriter(out, {"text": Holds.TEXT, "number": Holds.INTEGER})
    writer.write({"text": text, "number": 1})
    writer.close()
    header, row = csv.reader(io.StringIO(out.getvalue().decode(), newline=""))
    assert header == ["text", "number"]
    assert row == [inert(text), "1"]


def test_parquet_is_written_a_row_group_at_a_time() -> None:
    out = io.BytesIO()
    writer = ParquetWriter(out, COLUMNS["revisions"])
    at = datetime(2026, 10, 2, tzinfo=UTC)
    for number in range(GROUP_ROWS + 1):
        row = {"article": number, "url": "u", "number": 1, "seen": at, "title": "t", "text": None}
        writer.write(row)
        assert len(writer._rows) < GROUP_ROWS
    writer.close()
    out.seek(0)
    file = pyarrow.parquet.ParquetFile(out)
    assert file.num_row_groups == 2
    assert file.read().column("seen")[0].as_py() == at
