"""Cells of CSV, and the rows that writers write."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.sanitise import clean_text
from store.exports.columns import COLUMNS, Holds
from store.exports.writers import GROUP_ROWS, CsvWriter, ParquetWriter, csv_cell, inert
from tests.faults.strangers.payloads import FORMULAS, LIVE, PAYLOADS


@pytest.mark.parametrize("payload", FORMULAS)
def test_a_formula_is_written_as_text(payload: str) -> None:
    assert inert(payload) == f"'{payload}"
    kept = clean_text(payload)
    assert csv_cell(payload) == inert(kept)
    assert csv_cell(["x", payload]) == f"x; {inert(kept)}"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_steers_a_terminal(payload: str) -> None:
    assert not LIVE.search(str(csv_cell(payload)) + str(csv_cell([payload])))


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
def test_a_clean_text_reads_back_but_for_its_apostrophe(text: str) -> None:
    text = clean_text(text)
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
