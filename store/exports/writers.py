"""Rows written as JSONL, CSV or Parquet, one after the other, so that memory stays flat."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from ingest.text.sanitise import clean_text
from store.exports.columns import Columns, Holds
from store.exports.plain import rfc3339, to_json

Row = Mapping[str, Any]

# Rows of a Parquet row group: some 3 MB of articles, which readers can skip or read apart. With
# four times as many, an export of articles takes 23 MB more (193 against 170).
GROUP_ROWS = 500
# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection"): these at its start,
# the full-width forms included, whatever white space stands before them.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# What nobody sees before it, and some programs leave out: zero width, marks, controls.
_UNSEEN = re.compile("[\\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*")
LIST_SEPARATOR = "; "


class ParquetMissing(Exception):
    """pyarrow is not installed; the message says how it is, and what goes without."""


class RowWriter(Protocol):
    """Takes rows, then is closed; what was written is a whole file only then."""

    def write(self, row: Row) -> None: ...

    def close(self) -> None: ...


def open_writer(format: str, out: BinaryIO, columns: Columns) -> RowWriter:
    """The writer of `format`: jsonl, csv or parquet."""
    if format == "jsonl":
        return JsonlWriter(out)
    return CsvWriter(out, columns) if format == "csv" else ParquetWriter(out, columns)


class JsonlWriter:
    """A JSON object a line, UTF-8."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, row: Row) -> None:
        self._out.write(to_json(row) + b"\n")

    def close(self) -> None:
        self._out.flush()


class CsvWriter:
    """CSV by RFC 4180 in UTF-8, every text quoted, none of it a formula or a terminal's command."""

    def __init__(self, out: BinaryIO, columns: Columns) -> None:
        self._columns = columns
        self._text = io.TextIOWrapper(
            out, "utf-8", errors="replace", newline="", write_through=True
        )
        self._csv = csv.writer(self._text, quoting=csv.QUOTE_NONNUMERIC)
        self._csv.writerow([inert(column) for column in columns])

    def write(self, row: Row) -> None:
        self._csv.writerow([csv_cell(row.get(column)) for column in self._columns])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()  # `out` is its owner's to close


def csv_cell(value: Any) -> str | int | float:
    """A value as a cell: lists joined by "; ", times as RFC 3339, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, list | tuple):
        return inert(LIST_SEPARATOR.join(inert(_item(item)) for item in value))
    return inert(clean_text(str(value)))


def inert(text: str) -> str:
    """The text; with an apostrophe before it where a spreadsheet would take it for a formula."""
    first = _UNSEEN.match(text)
    starts = text.startswith(_FORMULA_STARTS, first.end() if first else 0)
    return f"'{text}" if starts or text.startswith(_FORMULA_STARTS) else text


def _item(item: Any) -> str:
    """An item of a list; an actor is its name with its side."""
    return clean_text(
        f"{item['name']} ({item['side']})" if isinstance(item, Mapping) else str(item)
    )


class ParquetWriter:
    """Parquet by pyarrow, which comes with `pip install transpacific[parquet]`."""

    def __init__(self, out: BinaryIO, columns: Columns) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise ParquetMissing(
                "Parquet needs pyarrow: install it with `pip install 'transpacific[parquet]'`, "
                "or export --format csv or jsonl"
            ) from None
        self._arrow = pyarrow
        self._schema = pyarrow.schema(
            [(name, _arrow_type(pyarrow, holds)) for name, holds in columns.items()]
        )
        self._writer = pyarrow.parquet.ParquetWriter(out, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def write(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def __del__(self) -> None:
        # Left open by an error: pyarrow would close it now, into a file that is closed already.
        if hasattr(self, "_writer"):
            self._writer.is_open = False

    def _flush(self) -> None:
        if self._rows:
            group = self._arrow.Table.from_pylist(self._rows, schema=self._schema)
            self._writer.write_table(group, row_group_size=GROUP_ROWS)
            self._rows = []


def _arrow_type(pyarrow: Any, holds: Holds) -> Any:
    actor = [(name, pyarrow.string()) for name in ("id", "name", "side", "role")]
    types: dict[Holds, Any] = {
        Holds.INTEGER: pyarrow.int64(),
        Holds.NUMBER: pyarrow.float64(),
        Holds.FLAG: pyarrow.bool_(),
        Holds.TEXT: pyarrow.string(),
        Holds.TEXTS: pyarrow.list_(pyarrow.string()),
        Holds.TIME: pyarrow.timestamp("us", tz="UTC"),
        Holds.DATE: pyarrow.date32(),
        Holds.ACTORS: pyarrow.list_(pyarrow.struct(actor)),
    }
    return types[holds]
