"""`transpacific stories`: an analyst's question, answered on the command line."""

import sys
from contextlib import ExitStack
from functools import partial
from itertools import islice
from typing import Annotated

import typer

from admin.analysis import story_options
from admin.analysis.catching_up import catch_up, tell_behind
from admin.output.console import note, print_json, stdout
from admin.output.context import service
from store.search.choices import Order

# Stories for people, unless told: two or three screens. Scripts get all.
SHOWN = 20


def stories(
    query: story_options.Query = None,
    topic: story_options.Topics = None,
    actor: story_options.Actor = None,
    source: story_options.Source = None,
    country: story_options.Country = None,
    kind: story_options.Kind = None,
    state_media: story_options.StateMedia = None,
    stance: story_options.Stance = None,
    since: story_options.Since = None,
    until: story_options.Until = None,
    relevance: story_options.Relevances = story_options.Relevance.RELEVANT,
    as_of: story_options.AsOf = None,
    story: Annotated[
        int | None,
        typer.Option(
            min=1, max=story_options.MOST, help="One story, by its id or by one that it had before."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=story_options.MOST,
            help=f"At most so many; by default {SHOWN} in a table, else all.",
        ),
    ] = None,
    order: Annotated[
        Order, typer.Option(help="newest first, or the best answers to QUERY first.")
    ] = Order.NEWEST,
    format: story_options.Formats = story_options.Format.TABLE,
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
    from admin.output.story_view import print_story, story_json
    from store.exports.columns import COLUMNS
    from store.exports.rows import story_row
    from store.exports.writers import CsvWriter
    from store.search import search

    question = story_options.question(
        query, topics=topic, actor=actor, source=source, country=country, kind=kind,
        state_media=state_media, stance=stance, since=since, until=until, relevance=relevance,
        as_of=as_of, story=story,
    )  # fmt: skip
    with ExitStack() as stack:
        context = stack.enter_context(service())
        behind = 0 if story is not None else catch_up(context)
        session = stack.enter_context(context.database.reading())
        find = partial(search.find, session, question, order=order)
        if format is story_options.Format.JSONL:
            for found in find(limit=limit):
                print_json(story_json(found, question.query))
        elif format is story_options.Format.CSV:
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
        tell_behind(behind, as_json=format is story_options.Format.JSONL)
