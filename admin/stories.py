"""`transpacific stories`: an analyst's question, answered on the command line."""

import sys
from enum import StrEnum
from functools import partial
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


class Order(StrEnum):
    """Which stories come first."""

    NEWEST = "newest"
    BEST = "best"


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
            help='Words, "quoted phrases", OR, -excluded, (groups), beginnings*; quote the whole.',
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
    country: Annotated[
        str | None, typer.Option(help="An outlet's country, as in US, CN, HK.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="What the outlet is: wire, newspaper, think-tank …")
    ] = None,
    state_media: Annotated[
        bool | None,
        typer.Option("--state-media/--no-state-media", help="Only state media, or only others."),
    ] = None,
    stance: Annotated[
        str | None, typer.Option(help="How the sides deal: cooperation, conflict, mixed, neutral.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="A date or an RFC 3339 time: from then on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="A date (its whole day included) or a time: before it.")
    ] = None,
    relevance: Annotated[
        Relevance, typer.Option(help="relevant is primary and secondary.")
    ] = Relevance.RELEVANT,
    story: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="One story, by its id or by one that it had before."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST, help=f"At most so many; by default {SHOWN} in a table, else all."
        ),
    ] = None,
    order: Annotated[
        Order, typer.Option(help="newest first, or the best answers to QUERY first.")
    ] = Order.NEWEST,
    format: Annotated[Format, typer.Option(help="table, jsonl or csv.")] = Format.TABLE,
) -> None:
    """Stories about US–China relations, newest first.

    Each with its copies, the people of each side, and the sentences that say why it was found.

    \b
    Examples:
      transpacific stories --topic trade --since 2026-10-01
      transpacific stories 'soybeans OR 大豆 -hogs "phase one"' --format jsonl
      transpacific stories '"export controls"' --state-media --order best
    """
    from admin import asking
    from admin.columns import COLUMNS
    from admin.storyview import print_story, story_json
    from admin.writers import CsvWriter
    from store.export import story_row
    from store.fulltext import finding
    from store.fulltext.finding import Question
    from store.fulltext.grammar import parse

    question = Question(
        query=parse(" ".join(query or ())),
        topics=asking.topics(topic or ()),
        actor=actor or None,
        source=source or None,
        country=country or None,
        kind=asking.kind(kind),
        state_media=state_media,
        stance=asking.stance(stance),
        since=asking.since(since),
        until=asking.until(until),
        relevance=asking.RELEVANCE[relevance],
        story=story,
    )
    first = finding.Order.NEWEST if order is Order.NEWEST else finding.Order.RELEVANCE
    with service() as context, context.database.reading() as session:
        find = partial(finding.find, session, question, order=first)
        if format is Format.JSONL:
            for found in find(limit=limit):
                print_json(story_json(found, question.query))
        elif format is Format.CSV:
            writer = CsvWriter(sys.stdout.buffer, COLUMNS["stories"])
            for found in find(limit=limit):
                writer.write(story_row(found))
            writer.close()
        else:
            most = limit or SHOWN
            answer = find(limit=most + 1)
            console = stdout()
            shown = list(islice(answer, most))
            for found in shown:
                print_story(console, found, question.query)
            if not shown:
                note("no story answers this; --relevance all looks at every story")
            elif next(answer, None) is not None:
                note(f"the {order} {most} are shown; --limit shows more, --format jsonl all")
