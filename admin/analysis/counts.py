"""`transpacific counts`: how many stories, by day, topic, outlet, …"""

import sys
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.analysis import story_options
from admin.analysis.catching_up import catch_up, tell_behind
from admin.output.console import counted, note, print_json
from admin.output.context import service
from admin.output.errors import Misuse
from store.search.choices import By

if TYPE_CHECKING:
    from store.search.aggregates import Counts, Group

# Groups for people, unless told: two or three screens. Scripts get all.
SHOWN = 100
# A table of three and more kinds says nothing to people, and grows by their product.
MOST_KINDS = 2


def counts(
    query: story_options.Query = None,
    by: Annotated[
        list[By] | None,
        typer.Option(help="day if nothing is said; given twice, by the one within the other."),
    ] = None,
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
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=story_options.MOST,
            help=f"At most so many rows; by default {SHOWN} in a table.",
        ),
    ] = None,
    format: story_options.Formats = story_options.Format.TABLE,
) -> None:
    """How many stories there are, and how many articles carry them.

    The options choose stories as `stories` does. Their days are in UTC: of the first publication,
    or else of first sight; weeks are told by their Mondays. A story with two topics counts under
    each; one of which an outlet of CN was asked for counts under all countries that carry it.

    \b
    Examples:
      transpacific counts --by month --topic trade
      transpacific counts soybeans --by week --by country --format csv
      transpacific counts --by stance --state-media --as-of 2026-06-30
    """
    from store.search import aggregates as store

    kinds = tuple(dict.fromkeys(by or [By.DAY]))
    if len(kinds) > MOST_KINDS:
        raise Misuse(f"--by can be given {MOST_KINDS} times; for more there is `transpacific sql`")
    question = story_options.question(
        query, topics=topic, actor=actor, source=source, country=country, kind=kind,
        state_media=state_media, stance=stance, since=since, until=until, relevance=relevance,
        as_of=as_of,
    )  # fmt: skip
    with service() as context:
        behind = catch_up(context)
        with context.database.reading() as session:
            found = store.count(session, question, kinds)
    _print(found, kinds, limit, format)
    tell_behind(behind, as_json=format is story_options.Format.JSONL)


def _print(
    found: "Counts", kinds: tuple[By, ...], limit: int | None, format: story_options.Format
) -> None:
    if format is story_options.Format.TABLE:
        _print_table(found, kinds, limit)
        return
    rows = (_row(group, found.names, kinds) for group in islice(found.groups, limit))
    if format is story_options.Format.JSONL:
        for row in rows:
            print_json(row)
    else:
        _write_csv(rows, kinds)


def _print_table(found: "Counts", kinds: tuple[By, ...], limit: int | None) -> None:
    from admin.output.sql_table import print_rows

    most = limit or SHOWN
    rows = (_row(group, found.names, kinds) for group in islice(found.groups, most))
    if not found.groups:
        note("no story answers this; --relevance all looks at every story")
        return
    print_rows(_columns(kinds), (list(row.values()) for row in rows))
    note(f"{counted(found.stories, 'story', 'stories')} in {counted(found.articles, 'article')}")
    if len(found.groups) > most:
        note(f"{most} of {len(found.groups)} rows are shown; --limit shows more, --format csv all")


def _write_csv(rows: Iterator[dict[str, Any]], kinds: tuple[By, ...]) -> None:
    from store.exports.columns import Holds
    from store.exports.writers import CsvWriter

    numbers = ("stories", "articles")
    columns = {name: Holds.INTEGER if name in numbers else Holds.TEXT for name in _columns(kinds)}
    writer = CsvWriter(sys.stdout.buffer, columns)
    for row in rows:
        writer.write(row)
    writer.close()


def _columns(kinds: tuple[By, ...]) -> list[str]:
    names = [name for kind in kinds for name in ((kind, "name") if kind is By.ACTOR else (kind,))]
    return [*map(str, names), "stories", "articles"]


def _row(group: "Group", names: Mapping[str, str], kinds: tuple[By, ...]) -> dict[str, Any]:
    """A group's columns; nothing stands for stories without a topic, a stance, …"""
    row: dict[str, Any] = {}
    for kind, key in zip(kinds, group.keys, strict=True):
        row[kind.value] = key.isoformat() if isinstance(key, date) else key
        if kind is By.ACTOR:
            row["name"] = names.get(str(key))
    return row | {"stories": group.stories, "articles": group.articles}
