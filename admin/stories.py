"""`transpacific stories`: an analyst's question, answered on the command line."""

import sys
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Annotated

import typer

from admin import filters
from admin.console import note, print_json, stdout
from admin.opening import service

# Stories for people, unless told: two or three screens. Scripts get all.
SHOWN = 20


class Order(StrEnum):
    """Which stories come first."""

    NEWEST = "newest"
    BEST = "best"


def stories(
    query: filters.Query = None,
    topic: filters.Topics = None,
    actor: filters.Actor = None,
    source: filters.Source = None,
    country: filters.Country = None,
    kind: filters.Kind = None,
    state_media: filters.StateMedia = None,
    stance: filters.Stance = None,
    since: filters.Since = None,
    until: filters.Until = None,
    relevance: filters.Relevances = filters.Relevance.RELEVANT,
    as_of: filters.AsOf = None,
    story: Annotated[
        int | None,
        typer.Option(
            min=1, max=filters.MOST, help="One story, by its id or by one that it had before."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=filters.MOST,
            help=f"At most so many; by default {SHOWN} in a table, else all.",
        ),
    ] = None,
    order: Annotated[
        Order, typer.Option(help="newest first, or the best answers to QUERY first.")
    ] = Order.NEWEST,
    format: filters.Formats = filters.Format.TABLE,
) -> None:
    """Stories about US–China relations, newest first.

    Each with its copies, the people of each side, and the sentences that say why it was found.

    \b
    Examples:
      transpacific stories --topic trade --since 2026-10-01
      transpacific stories 'soybeans OR 大豆 -hogs "phase one"' --format jsonl
      transpacific stories '"export controls"' --state-media --order best
      transpacific stories tariffs --as-of 2026-06-30
    """
    from admin.columns import COLUMNS
    from admin.storyview import print_story, story_json
    from admin.writers import CsvWriter
    from store.export import story_row
    from store.fulltext import finding

    question = filters.question(
        query, topics=topic, actor=actor, source=source, country=country, kind=kind,
        state_media=state_media, stance=stance, since=since, until=until, relevance=relevance,
        as_of=as_of, story=story,
    )  # fmt: skip
    first = finding.Order.NEWEST if order is Order.NEWEST else finding.Order.RELEVANCE
    with service() as context, context.database.reading() as session:
        find = partial(finding.find, session, question, order=first)
        if format is filters.Format.JSONL:
            for found in find(limit=limit):
                print_json(story_json(found, question.query))
        elif format is filters.Format.CSV:
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
                note(
                    "no story answers this; --relevance all looks at every story"
                    if story is None
                    else f"there is no story {story}"
                )
            elif next(answer, None) is not None:
                note(f"the {order} {most} are shown; --limit shows more, --format jsonl all")
