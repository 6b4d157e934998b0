"""`transpacific export`: everything that is stored of a kind, as a file for other programs."""

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from admin import files
from admin.console import note, progress
from admin.errors import Misuse
from admin.opening import service

# Rows between two looks of the progress bar.
_STEP = 500


class What(StrEnum):
    """What can be exported."""

    STORIES = "stories"
    ARTICLES = "articles"
    REVISIONS = "revisions"
    POLLS = "polls"


class Format(StrEnum):
    """What an export is written as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def export(
    what: Annotated[What, typer.Argument(help="stories, articles, revisions or polls.")],
    format: Annotated[
        Format, typer.Option(help="jsonl; csv (lists joined by ;); parquet (needs -o).")
    ] = Format.JSONL,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="By default stdout."),
    ] = None,
) -> None:
    """Write all stories, articles, revisions or polls.

    The oldest come first. A FILE appears under its name only when it is whole.

    \b
    Example:
      transpacific export articles --format parquet -o articles.parquet
    """
    from admin.columns import COLUMNS
    from admin.writers import open_writer
    from store import export as store

    if format is Format.PARQUET and output is None:
        raise Misuse("Parquet is no text for a terminal or a pipe: name a file with -o")
    read = {
        What.STORIES: store.stories,
        What.ARTICLES: store.articles,
        What.REVISIONS: store.revisions,
        What.POLLS: store.polls,
    }[what]
    number = 0
    with ExitStack() as stack:
        context = stack.enter_context(service())
        session = stack.enter_context(context.database.reading())
        out = stack.enter_context(files.written(output)) if output else sys.stdout.buffer
        update = stack.enter_context(progress(f"exporting {what}"))
        writer = open_writer(format, out, COLUMNS[what])
        for number, row in enumerate(read(session), start=1):
            writer.write(row)
            if number % _STEP == 0:
                update(0, f"exporting {what}: {number:,}")
        writer.close()
    if output is not None:
        note(f"{number:,} {what} written to {output}")
