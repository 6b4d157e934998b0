"""The options by which analysts choose stories, and how these are shown; commands share them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from admin.output.console import moment, note
from admin.output.errors import Misuse

if TYPE_CHECKING:
    from store.search.search import Question

# Far more than any store holds, and a number that a LIMIT of every database takes.
MOST = 1_000_000_000


class Relevance(StrEnum):
    """Which stories are looked at."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    NONE = "none"
    RELEVANT = "relevant"
    ALL = "all"


class Format(StrEnum):
    """How the answer is printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


Query = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUERY",
        help='Words, "quoted phrases", OR, -excluded, (groups), beginnings*; quote the whole.',
    ),
]
Topics = Annotated[
    list[str] | None,
    typer.Option(
        "--topic", help="diplomacy, trade, technology …; given twice, both must be there."
    ),
]
Actor = Annotated[str | None, typer.Option(help="A part of a name, or an id of the lexicon.")]
Source = Annotated[str | None, typer.Option(help="A part of an outlet's name.")]
Country = Annotated[str | None, typer.Option(help="An outlet's country, as in US, CN, HK.")]
Kind = Annotated[str | None, typer.Option(help="What the outlet is: wire, newspaper, think-tank …")]
StateMedia = Annotated[
    bool | None,
    typer.Option("--state-media/--no-state-media", help="Only state media, or only others."),
]
Stance = Annotated[
    str | None, typer.Option(help="How the sides deal: cooperation, conflict, mixed, neutral.")
]
Since = Annotated[str | None, typer.Option(help="A date or an RFC 3339 time: from then on.")]
Until = Annotated[
    str | None, typer.Option(help="A date (its whole day included) or a time: before it.")
]
Relevances = Annotated[
    Relevance, typer.Option("--relevance", help="relevant is primary and secondary.")
]
Formats = Annotated[Format, typer.Option("--format", help="table, jsonl or csv.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE|TIME",
        help="What was known then: at that time, or at the end of that day in UTC. What has been "
        "purged since is not brought back.",
    ),
]


def question(
    query: Sequence[str] | None,
    *,
    topics: Sequence[str] | None,
    actor: str | None,
    source: str | None,
    country: str | None,
    kind: str | None,
    state_media: bool | None,
    stance: str | None,
    since: str | None,
    until: str | None,
    relevance: Relevance,
    as_of: str | None,
    story: int | None = None,
) -> "Question":
    """The question that these options ask. Raises `Misuse`."""
    from store.search import filters
    from store.search.query import parse
    from store.search.search import Question

    begin, end = filters.since(since), filters.until(until)
    if begin and end and begin >= end:
        raise Misuse(f"--since {since} is after --until {until}")
    return Question(
        query=parse(" ".join(query or ())),
        topics=filters.topics(topics or ()),
        actor=actor or None,
        source=source or None,
        country=filters.country(country),
        kind=filters.kind(kind),
        state_media=state_media,
        stance=filters.stance(stance),
        since=begin,
        until=end,
        relevance=filters.RELEVANCE[relevance],
        story=story,
        as_of=known_as_of(as_of),
    )


def known_as_of(value: str | None) -> datetime | None:
    """The last moment that is known of, with a word where it is not over yet."""
    from store.search import filters

    known, now = filters.as_of(value), datetime.now(UTC)
    if known is not None and known > now:
        note(f"that is not over yet: what was known by {moment(now)} is told, and more will come")
    return known
