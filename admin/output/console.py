"""Where things are printed: results on stdout, everything else on stderr, progress on terminals.

What comes from outside is shown only through `shown`: no escape sequences, no reversed text; and
Rich is told to read no markup in anything.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table

from ingest.text.sanitise import clean_line
from store.exports.plain import rfc3339, to_json

# Columns, where stdout is no terminal: the width of a page of text.
PLAIN_WIDTH = 100
# Columns in which no row of a table is ever broken.
UNBROKEN = 10_000


def stdout() -> Console:
    """The console for results."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)


def stderr() -> Console:
    """The console for what is no result."""
    return Console(file=sys.stderr, markup=False, highlight=False, emoji=False)


def note(line: str) -> None:
    """One line on stderr."""
    print(shown(line), file=sys.stderr, flush=True)


def print_result(line: str) -> None:
    """One line on stdout."""
    print(shown(line))


def shown(value: object) -> str:
    """A value from outside as it may stand on a terminal, on one line."""
    return clean_line(str(value))


def moment(at: datetime | None) -> str:
    """A time for people and scripts alike: RFC 3339 in UTC, to the second."""
    return "" if at is None else rfc3339(at.replace(microsecond=0))


def counted(number: int, one: str, more: str = "") -> str:
    """1 article, 1,000 articles; `more` where the plural is not made by an s."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def print_json(value: Any) -> None:
    """One line of JSON on stdout, at once."""
    sys.stdout.buffer.write(to_json(value) + b"\n")
    sys.stdout.buffer.flush()


def plain_table(*headings: str, right: tuple[str, ...] = ()) -> Table:
    """A table without lines; `right` names the columns of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headings))
    for heading in headings:
        justify: JustifyMethod = "right" if heading in right else "left"
        table.add_column(heading, justify=justify, overflow="fold")
    return table


def print_table(table: Table) -> None:
    """A table on stdout, a line a row, so that addresses can be copied and rows searched for.

    Put the long column last: a terminal folds what does not fit.
    """
    console = stdout()
    console.width = UNBROKEN
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int, str], None]]:
    """A progress bar while stderr is a terminal; yields `update(done, what)`."""
    if not sys.stderr.isatty():
        yield lambda _done, _what: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    counted = [] if total is None else [MofNCompleteColumn()]
    columns = [TextColumn("{task.description}", markup=False), BarColumn(30), *counted]
    with Progress(*columns, TimeElapsedColumn(), console=stderr(), transient=True) as bar:
        task = bar.add_task(shown(what), total=total)
        yield lambda done, what: bar.update(task, completed=done, description=shown(what))
