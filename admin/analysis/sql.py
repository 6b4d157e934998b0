"""`transpacific sql`: one statement that reads, and its rows for people or for programs."""

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from admin.output import files
from admin.output.console import counted, note, plain_table, print_table, progress
from admin.output.errors import Misuse

if TYPE_CHECKING:
    from admin.output.sql_rows import Sink
    from store.database.connection import Database
    from store.database.read_only_sql import Answer

# Rows of a table for people, unless told: two or three screens. Programs get all.
SHOWN = 100
# Seconds: a year's coverage takes less than one; a statement that is still at work after five
# minutes has forgotten a condition.
TIMEOUT = 300.0
_LONGEST_TIMEOUT = 86_400.0
_MOST = 1_000_000_000
# Rows between two looks of the progress bar.
_STEP = 500


class Format(StrEnum):
    """What the rows are printed as."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


def sql(
    statement: Annotated[
        str | None,
        typer.Argument(metavar="STATEMENT", help="SELECT, WITH or VALUES; - reads it from stdin."),
    ] = None,
    views: Annotated[
        bool, typer.Option("--views", help="List the analysts' views and their columns.")
    ] = False,
    format: Annotated[
        Format | None,
        typer.Option(help="By default what FILE ends in, and a table on the terminal."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="By default stdout."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, max=_MOST, help=f"At most so many rows; by default {SHOWN} in a table, else all."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=_LONGEST_TIMEOUT, help="Seconds that it may take.")
    ] = TIMEOUT,
) -> None:
    """Run one SQL statement that reads.

    Nothing can be changed by it. The views with stable names are told in the data dictionary.

    \b
    Examples:
      transpacific sql "SELECT day, sum(stories) FROM v_coverage_daily GROUP BY day"
      transpacific sql - --format parquet -o stories.parquet < stories.sql
    """
    with _database() as database:
        if views:
            _print_views(database)
            return
        chosen = _format(format, output)
        with ExitStack() as stack:
            from store.database.read_only_sql import answered

            answer = stack.enter_context(answered(database, _read(statement), seconds=timeout))
            if chosen is Format.TABLE:
                _print_rows(answer, limit)
                return
            out = stack.enter_context(files.written(output)) if output else sys.stdout.buffer
            number = _write_rows(answer, _sink(chosen, out, answer), limit)
        if output is not None:
            note(f"{counted(number, 'row')} written to {output}")


@contextmanager
def _database() -> Iterator["Database"]:
    """The database as it is: a login that may only read could not bring it up to date."""
    from store.database.connection import Database
    from worker import settings

    database = Database(settings.load().database)
    try:
        yield database
    finally:
        database.dispose()


def _read(statement: str | None) -> str:
    if statement is None:
        raise Misuse('no statement: write `transpacific sql "SELECT …"`, or - for stdin')
    if statement != files.STDIN:
        # A comment may begin it; what else begins so is an option that there is not.
        if re.match(r"-(?!-\s)", statement):
            raise Misuse(f"no such option: {statement.split()[0]}")
        return statement
    try:
        return files.read(files.STDIN).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Misuse("the statement on stdin is not UTF-8") from None


def _format(format: Format | None, output: Path | None) -> Format:
    if format is None and output is not None:
        try:
            format = Format(output.suffix.lower().removeprefix("."))
        except ValueError:
            raise Misuse(f"say by --format what {output} is to hold: csv, json …") from None
    if format is Format.PARQUET and output is None:
        raise Misuse("Parquet is no text for a terminal or a pipe: name a file with -o")
    if format is Format.TABLE and output is not None:
        raise Misuse("a table is for people; for a file choose csv, json, jsonl or parquet")
    return format or Format.TABLE


def _print_views(database: "Database") -> None:
    from store.database.read_only_sql import views

    table = plain_table("view", "columns")
    for view, columns in views(database).items():
        table.add_row(view, ", ".join(columns))
    if not table.row_count:
        note("there are no views that this login may read; see `transpacific db upgrade`")
    print_table(table)


def _print_rows(answer: "Answer", limit: int | None) -> None:
    from admin.output.sql_table import print_rows

    most = limit or SHOWN
    rows = print_rows(answer.columns, islice(answer.rows, most))
    if rows == 0:
        note("no rows")
    elif limit is None and next(answer.rows, None) is not None:
        note(f"the first {most} rows are shown; --limit shows more, --format csv all")


def _sink(format: Format, out: BinaryIO, answer: "Answer") -> "Sink":
    from admin.output import sql_rows

    if format is Format.JSON:
        return sql_rows.JsonArray(out, answer)
    if format is Format.JSONL:
        return sql_rows.JsonLines(out, answer)
    return sql_rows.Typed(out, answer, format)


def _write_rows(answer: "Answer", sink: "Sink", limit: int | None) -> int:
    number = 0
    with progress("reading") as update:
        for number, row in enumerate(islice(answer.rows, limit), start=1):
            sink.write(row)
            if number % _STEP == 0:
                update(0, f"reading: {number:,} rows")
        sink.close()
    return number
