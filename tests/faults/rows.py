"""One line of the table that `make faults` prints: a fault, what came of it, and what was asked."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What one fault did. `database` is "" where none takes part, `recovery` in seconds."""

    fault: str
    database: str
    times: int
    items: int
    lost: int
    duplicated: int
    recovery: float | None
    asked: str
    measured: str
    ok: bool


def row(
    fault: str,
    *,
    measured: str,
    asked: str,
    ok: bool,
    times: int = 1,
    items: int = 0,
    lost: int = 0,
    duplicated: int = 0,
    database: str = "",
    recovery: float | None = None,
) -> Row:
    """A Row by names, of which most faults have few."""
    return Row(fault, database, times, items, lost, duplicated, recovery, asked, measured, ok)


def table(rows: Iterable[Row]) -> str:
    """The rows as lines of text, under their headings."""
    lines = [
        ("fault", "database", "times", "items", "lost", "dup", "longest", "asked", "measured", "")
    ]
    lines += [
        (
            row.fault,
            row.database,
            f"{row.times:,}",
            f"{row.items:,}",
            f"{row.lost:,}",
            f"{row.duplicated:,}",
            "" if row.recovery is None else f"{row.recovery:.1f} s",
            row.asked,
            row.measured,
            "ok" if row.ok else "FAILED",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
