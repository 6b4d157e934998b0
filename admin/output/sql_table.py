"""Rows of any SQL statement as a table for people: a line a row, as wide as there is room for."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from rich.cells import cell_len, set_cell_size

from admin.output.console import moment, shown, stdout
from admin.output.sql_rows import cell, plain

# Rows that settle how wide the columns are; those after them are cut to that.
LOOKED_AT = 200
# Columns of a terminal that a value may take at most, and that it keeps where there is little room.
WIDEST = 60
NARROWEST = 8
_GAP = "  "
_CUT = "…"


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Print the rows under the columns' names; returns how many there were."""
    coming = iter(rows)
    first = list(islice(coming, LOOKED_AT))
    names = [shown(name) for name in columns]
    right = [_is_number_column(row[at] for row in first) for at in range(len(columns))]
    texts = [[_text(value) for value in row] for row in first]
    room = stdout().width if sys.stdout.isatty() else None
    widths = fitted([_widest(names[at], texts, at) for at in range(len(columns))], room)
    print(_line(names, widths, right))
    for text in texts:
        print(_line(text, widths, right))
    number = len(first)
    for row in coming:
        print(_line([_text(value) for value in row], widths, right))
        number += 1
    return number


def fitted(widths: Sequence[int], room: int | None) -> list[int]:
    """The columns' widths so that a line fits the room (None: any), the widest cut first."""
    found = [min(width, WIDEST) for width in widths]
    if room is None:
        return found
    gaps = len(_GAP) * (len(found) - 1)
    while found and sum(found) + gaps > room and max(found) > NARROWEST:
        found[found.index(max(found))] -= 1
    return found


def _widest(name: str, texts: Sequence[Sequence[str]], at: int) -> int:
    return max(chain([cell_len(name)], (cell_len(text[at]) for text in texts)))


def _is_number_column(values: Iterator[Any]) -> bool:
    found = [plain(value) for value in values if value is not None]
    return bool(found) and all(type(value) in (int, float) for value in found)


def _text(value: Any) -> str:
    """A value on one line, without anything that a terminal would obey; more of it than is shown
    is not cleaned."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return shown(str(cell(value))[: WIDEST * 4])


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return _GAP.join(
        _padded(text, width, flush) for text, width, flush in zip(texts, widths, right, strict=True)
    ).rstrip()


def _padded(text: str, width: int, right: bool) -> str:
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(width - 1, 0)) + _CUT
    return " " * (width - length) + text if right else text + " " * (width - length)
