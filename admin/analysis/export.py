"""`transpacific export`: everything that is stored of a kind, as a file for other programs."""

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from admin.analysis import story_options
from admin.output import files
from admin.output.choices import ArticleRelevance
from admin.output.console import counted, note, progress
from admin.output.context import service
from admin.output.errors import Misuse

# Rows between two looks of the progress bar.
_STEP = 500


class What(StrEnum):
    """What can be exported."""

    STORIES = "stories"
    ARTICLES = "articles"
    REVISIONS = "revisions"
    POLLS = "polls"
    PACKAGE = "package"
    WARC = "warc"


class Format(StrEnum):
    """What an export is written as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def export(
    what: Annotated[
        What, typer.Argument(help="stories, articles, revisions, polls; package; warc.")
    ],
    format: Annotated[
        Format | None,
        typer.Option(
            help="jsonl; csv (lists joined by ;); parquet (needs -o). By default what FILE ends "
            "in, else jsonl; csv in a package."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="By default stdout."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="warc: published (or else first seen) from this date or time on."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="warc: until this date (its whole day included) or time.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="warc: a part of an outlet's name.")] = None,
    relevance: Annotated[
        ArticleRelevance | None, typer.Option(help="warc: as the tagger sees the articles.")
    ] = None,
    as_of: story_options.AsOf = None,
) -> None:
    """Write stories, articles, revisions, polls; a package; a WARC.

    All are written, the oldest first. A FILE appears under its name only when it is whole. A
    package is a new folder or a .zip, with a data dictionary, the versions of the code, and
    checksums. A WARC holds the pages that were fetched, for web archives' tools; its name ends in
    .warc.gz.

    With --as-of the rows are those that an export at that time gave, so that a figure can be
    reproduced; sources bear their names of today.

    \b
    Examples:
      transpacific export articles --format parquet -o articles.parquet
      transpacific export package -o transpacific.zip
      transpacific export stories --as-of 2026-06-30 --format csv -o june.csv
      transpacific export warc --since 2026-01-01 --relevance relevant -o pages.warc.gz
    """
    if what is What.WARC:
        if format is not None:
            raise Misuse("a WARC is its own format: leave --format out")
        if as_of is not None:
            raise Misuse("a WARC tells of each page when it was fetched: leave --as-of out")
        _export_warc(output, since, until, source, relevance)
        return
    if since or until or source or relevance:
        raise Misuse("--since, --until, --source and --relevance choose the pages of a WARC only")
    if what is What.PACKAGE:
        _export_package(format or Format.CSV, output, as_of)
    else:
        _export_rows(what, _format(format, output), output, as_of)


def _format(format: Format | None, output: Path | None) -> Format:
    """What is asked for, or what the file's name says. Raises `Misuse` where these differ."""
    ending = output.suffix.lower().removeprefix(".") if output else ""
    named = Format(ending) if ending in set(Format) else None
    if format is not None and named not in (None, format):
        raise Misuse(f"{output} is to hold {format}: give it another name, or leave --format out")
    return format or named or Format.JSONL


def _export_rows(what: What, format: Format, output: Path | None, as_of: str | None) -> None:
    from store.exports import rows as store
    from store.exports.columns import COLUMNS
    from store.exports.writers import open_writer

    if format is Format.PARQUET and output is None:
        raise Misuse("Parquet is no text for a terminal or a pipe: name a file with -o")
    read = {
        What.STORIES: store.stories,
        What.ARTICLES: store.articles,
        What.REVISIONS: store.revisions,
        What.POLLS: store.polls,
    }[what]
    known = story_options.known_as_of(as_of)
    number = 0
    with ExitStack() as stack:
        context = stack.enter_context(service())
        session = stack.enter_context(context.database.reading())
        out = stack.enter_context(files.written(output)) if output else sys.stdout.buffer
        update = stack.enter_context(progress(f"exporting {what}"))
        writer = open_writer(format, out, COLUMNS[what])
        for number, row in enumerate(read(session, as_of=known), start=1):
            writer.write(row)
            if number % _STEP == 0:
                update(0, f"exporting {what}: {number:,}")
        writer.close()
    if output is not None:
        note(f"{number:,} {what} written to {output}")


def _export_package(format: Format, output: Path | None, as_of: str | None) -> None:
    from datetime import UTC, datetime

    from admin.analysis import package
    from admin.output.version import program_version
    from store.exports import provenance
    from store.exports import rows as store

    if output is None:
        raise Misuse("a package is several files: name a new folder or a .zip with -o")
    known = story_options.known_as_of(as_of)
    with (
        service() as context,
        context.database.reading() as session,
        progress("exporting") as update,
    ):
        provenance.one_moment(session)
        made = package.write(
            output,
            format,
            {
                What.STORIES: store.stories(session, as_of=known),
                What.ARTICLES: store.articles(session, as_of=known),
                What.REVISIONS: store.revisions(session, as_of=known),
                What.POLLS: store.polls(session, as_of=known),
            },
            provenance.read(session, as_of=known),
            program=program_version(),
            now=datetime.now(UTC),
            as_of=known,
            told=lambda what: update(0, what),
        )
    rows = sum(file.rows or 0 for file in made)
    note(f"{counted(rows, 'row')} in {counted(len(made), 'file')} written to {output}")


def _export_warc(
    output: Path | None,
    since: str | None,
    until: str | None,
    source: str | None,
    relevance: ArticleRelevance | None,
) -> None:
    from admin.output.version import program_version
    from ingest.imports.warc import WarcFile
    from store.articles.selection import Selection
    from store.exports import pages
    from store.search import filters

    if output is None:
        raise Misuse("a WARC is no text for a terminal or a pipe: name a file with -o")
    chosen = Selection(
        since=filters.since(since),
        until=filters.until(until),
        source=source,
        relevance=filters.RELEVANCE[relevance] if relevance else (),
    )
    number = 0
    with (
        service() as context,
        context.database.reading() as session,
        files.written(output) as out,
        progress("exporting pages") as update,
    ):
        warc = WarcFile(
            out,
            software=f"transpacific/{program_version()}",
            description="Pages as they were fetched, unpacked; of their headers the type alone",
        )
        for number, (url, page) in enumerate(pages.pages(session, chosen), start=1):
            warc.write(page, article=url)
            update(0, f"exporting pages: {number:,}")
        let_go = pages.count_let_go(session, chosen)
    note(f"{counted(number, 'page')} written to {output}")
    if let_go:
        note(f"{let_go:,} more were let go by retention, and are not in it")
