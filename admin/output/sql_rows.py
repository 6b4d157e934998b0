"""Rows of any SQL statement as JSON, CSV or Parquet: whatever a database gives, made plain."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, Protocol

from admin.output.errors import Failure
from store.database.read_only_sql import Answer
from store.exports.columns import Holds
from store.exports.plain import rfc3339, to_json
from store.exports.writers import RowWriter, open_writer

_HOLDS: Mapping[type, Holds] = {
    bool: Holds.FLAG,
    int: Holds.INTEGER,
    float: Holds.NUMBER,
    str: Holds.TEXT,
    date: Holds.DATE,
    datetime: Holds.TIME,
}
# Rows that settle what a column holds, where the database does not tell: some 10 MB of articles.
LOOKED_AT = 2_000
# What Parquet's integers hold.
_LEAST, _GREATEST = -(2**63), 2**63 - 1


class Sink(Protocol):
    """Takes rows, then is closed; what was written is whole only then."""

    def write(self, row: Sequence[Any]) -> None: ...

    def close(self) -> None: ...


def plain(value: Any) -> Any:
    """A value of any type of the databases as one of None, bool, int, float, str, date, datetime,
    or a list or object of such.

    Bytes are hexadecimal, numbers that are none (NaN, infinity) are None, times are in UTC.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return _number(value)
        case datetime():
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        case date():
            return value
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return str(value)


def _number(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def json_value(value: Any) -> Any:
    """A plain value as JSON has it: dates and times are texts."""
    match value:
        case datetime():
            return rfc3339(value)
        case date():
            return value.isoformat()
        case dict():
            return {key: json_value(item) for key, item in value.items()}
        case list():
            return [json_value(item) for item in value]
    return value


def cell(value: Any) -> Any:
    """A plain value where there is no room for lists and objects: those are JSON."""
    return to_json(json_value(value)).decode() if isinstance(value, list | dict) else value


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The columns' names, each once: the second `id` is `id_2`."""
    taken = set(names)
    found: list[str] = []
    for name in names:
        chosen, number = name, 1
        while chosen in found or (number > 1 and chosen in taken):
            number += 1
            chosen = f"{name}_{number}"
        found.append(chosen)
    return tuple(found)


class JsonLines:
    """A JSON object a row and line."""

    def __init__(self, out: BinaryIO, answer: Answer) -> None:
        self._out = out
        self._names = distinct(answer.columns)

    def write(self, row: Sequence[Any]) -> None:
        self._out.write(self._object(row) + b"\n")

    def close(self) -> None:
        self._out.flush()

    def _object(self, row: Sequence[Any]) -> bytes:
        values = (json_value(plain(value)) for value in row)
        return to_json(dict(zip(self._names, values, strict=True)))


class JsonArray(JsonLines):
    """One JSON array of objects."""

    def __init__(self, out: BinaryIO, answer: Answer) -> None:
        super().__init__(out, answer)
        self._before = b"[\n"

    def write(self, row: Sequence[Any]) -> None:
        self._out.write(self._before + self._object(row))
        self._before = b",\n"

    def close(self) -> None:
        self._out.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")
        super().close()


class Typed:
    """CSV or Parquet. Columns whose type the database does not tell have that of the first rows."""

    def __init__(self, out: BinaryIO, answer: Answer, format: str) -> None:
        self._out = out
        self._format = format
        self._names = distinct(answer.columns)
        self._types = answer.types
        self._first: list[list[Any]] = []
        self._writer: RowWriter | None = None
        self._holds: list[Holds] = []

    def write(self, row: Sequence[Any]) -> None:
        values = [cell(plain(value)) for value in row]
        if self._writer is not None:
            self._write(self._writer, values)
            return
        self._first.append(values)
        if len(self._first) >= LOOKED_AT:
            self._begin()

    def close(self) -> None:
        (self._writer or self._begin()).close()

    def _begin(self) -> RowWriter:
        self._holds = [
            _holds_of(told, (row[at] for row in self._first)) for at, told in enumerate(self._types)
        ]
        columns = dict(zip(self._names, self._holds, strict=True))
        writer = self._writer = open_writer(self._format, self._out, columns)
        for row in self._first:
            self._write(writer, row)
        self._first = []
        return writer

    def _write(self, writer: RowWriter, values: list[Any]) -> None:
        if self._format == "parquet":
            values = [
                _fitted(value, holds, name)
                for value, holds, name in zip(values, self._holds, self._names, strict=True)
            ]
        writer.write(dict(zip(self._names, values, strict=True)))


def _holds_of(told: type | None, values: Any) -> Holds:
    """What a column holds: what the database told, else what all of these values are."""
    if told is not None:
        return _HOLDS[told]
    found = {_HOLDS[type(value)] for value in values if value is not None}
    if found == {Holds.INTEGER, Holds.NUMBER}:
        return Holds.NUMBER
    return found.pop() if len(found) == 1 else Holds.TEXT


def _fitted(value: Any, holds: Holds, name: str) -> Any:
    """The value as its column has to have it. Raises `Failure` where it cannot be."""
    if value is None:
        return None
    if holds is Holds.TEXT:
        return value if isinstance(value, str) else to_json(json_value(value)).decode()
    if holds is Holds.NUMBER and isinstance(value, int | float):
        return float(value)
    if _HOLDS[type(value)] is not holds or (
        holds is Holds.INTEGER and not _LEAST <= value <= _GREATEST
    ):
        raise Failure(
            f"the column {name} holds values of several types, which Parquet has no room for: "
            f"write CAST({name} AS TEXT)"
        )
    return value
