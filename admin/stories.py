"""`transpacific stories`: an analyst's question, answered on the command line."""

import sys
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer

from admin.console import note, print_json, stdout
from admin.opening import service

# Stories for people, unless told: two or three screens. Scripts get all.
SHOWN = 20
# Far more than any store holds, and a number that a LIMIT of every database takes.
MOST = 1_000_000_000


class Format(StrEnum):
    """How stories are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


class Relevance(StrEnum):
    """Which stories are looked at."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    NONE = "none"
    RELEVANT = "relevant"
    ALL = "all"


def stories(
    query: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY",
            help='Words and "quoted phrases": all must be in the title or the text.',
        ),
    ] = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(help="diplomacy, trade, technology …; given twice, both must be there."),
    ] = None,
    actor: Annotated[
        str | None, typer.Option(help="A part of a name, or an id of the lexicon.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="A part of an outlet's name.")] = None,
    since: Annotated[
        str | None, typer.Option(help="A date or an RFC 3339 time: from then on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="A date (its whole day included) or a time: before it.")
    ] = None,
    relevance: Annotated[
        Relevance, typer.Option(help="relevant is primary and secondary.")
    ] = Relevance.RELEVANT,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST, help=f"At most so many; by default {SHOWN} in a table, else all."
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="table, jsonl or csv.")] = Format.TABLE,
) -> None:
    """Stories about US–China relations, newest first.

    Each with its copies, the people of each side, and the sentences that say why it was found.

    \b
    Examples:
      transpacific stories --topic trade --since 2026-10-01
      transpacific stories soybeans "purchase agreement" --actor Bessent --format jsonl
    """
    from admin import asking
    from admin.columns import COLUMNS
    from admin.storyview import print_story, story_json
    from admin.writers import CsvWriter
    from store.export import story_row
    from store.search import Question, find

    question = Question(
        words=asking.words(" ".join(query or ())),
        topics=asking.topics(topic or ()),
        actor=actor or None,
        source=source or None,
        since=asking.since(since),
        until=asking.until(until),
        relevance=asking.RELEVANCE[relevance],
    )
    with service() as context, context.database.reading() as session:
        if format is Format.JSONL:
            for found in find(session, question, limit=limit):
                print_json(story_json(found))
        elif format is Format.CSV:
            writer = CsvWriter(sys.stdout.buffer, COLUMNS["stories"])
            for found in find(session, question, limit=limit):
                writer.write(story_row(found))
            writer.close()
        else:
            most = limit or SHOWN
            answer = find(session, question, limit=most + 1)
            console = stdout()
            shown = list(islice(answer, most))
            for found in shown:
                print_story(console, found)
            if not shown:
                note("no story answers this; --relevance all looks at every story")
            elif next(answer, None) is not None:
                note(f"the newest {most} are shown; --limit shows more, --format jsonl all")
