"""The demo's outlets and articles, read from `wire/*.toml`: one file an outlet.

An article is written once. Where another outlet prints it word for word, that outlet's file says
`copy_of = "outlet/slug"` and the text is taken from there.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any, Literal

Relevance = Literal["none", "secondary", "primary"]
FeedFormat = Literal["rss2", "rss1", "atom", "jsonfeed"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a careful reader says of an article. Copies of one text share the `story` key."""

    relevance: Relevance
    topics: tuple[str, ...]
    story: str


@dataclass(frozen=True, slots=True)
class Release:
    """What an article says at one time: its headline and its paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """An article of one outlet. `age` is how long before the demo's start it was published.

    `full_text`: the feed carries all of it. `paywall`: the page is a wall, only the feed tells what
    is behind it. `redirected`: the feed links to an address that leads on to the page.
    """

    slug: str
    first: Release
    second: Release | None
    authors: tuple[str, ...]
    age: timedelta
    section: str
    categories: tuple[str, ...]
    full_text: bool
    paywall: bool
    redirected: bool
    expect: Expectation


@dataclass(frozen=True, slots=True)
class DemoSource:
    """An invented outlet. `slug` is the first part of the path of everything it serves.

    `tracking` is a query that its feed appends to links; `typographic` says that it prints curly
    quotes and real dashes where the texts are written with plain ones.
    """

    slug: str
    name: str
    tagline: str
    country: str
    language: str
    kind: str
    utc_offset: timedelta
    feed_format: FeedFormat
    charset: str
    boilerplate: str
    tracking: str
    typographic: bool
    articles: tuple[Article, ...]


def load_wire() -> tuple[DemoSource, ...]:
    """All outlets, in the order of their slugs."""
    documents = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted((files("worker.demo") / "wire").iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    }
    written = {
        f"{slug}/{table['slug']}": _release(table["title"], table["text"], document["language"])
        for slug, document in documents.items()
        for table in document["article"]
        if "text" in table
    }
    return tuple(_source(slug, document, written) for slug, document in documents.items())


def _source(slug: str, document: Mapping[str, Any], written: Mapping[str, Release]) -> DemoSource:
    return DemoSource(
        slug=slug,
        name=document["name"],
        tagline=document["tagline"],
        country=document["country"],
        language=document["language"],
        kind=document["kind"],
        utc_offset=timedelta(hours=document["utc_offset"]),
        feed_format=document["feed_format"],
        charset=document["charset"],
        boilerplate=document["boilerplate"],
        tracking=document.get("tracking", ""),
        typographic=document.get("punctuation") == "typographic",
        articles=tuple(
            _article(table, written[table.get("copy_of", f"{slug}/{table['slug']}")], document)
            for table in document["article"]
        ),
    )


def _article(table: Mapping[str, Any], first: Release, document: Mapping[str, Any]) -> Article:
    second = table.get("edition2")
    expect = table["expect"]
    return Article(
        slug=table["slug"],
        first=first,
        second=_release(second.get("title", first.title), second["text"], document["language"])
        if second
        else None,
        authors=tuple(table["authors"]),
        age=timedelta(minutes=table["minutes_before"]),
        section=table["section"],
        categories=tuple(table["categories"]),
        full_text=table.get("full_text", False),
        paywall=table.get("paywall", False),
        redirected=table.get("redirected", False),
        expect=Expectation(expect["relevance"], tuple(expect["topics"]), expect["story"]),
    )


def _release(title: str, text: str, language: str) -> Release:
    # Paragraphs stand apart by an empty line; within one, lines are only there to be read here.
    between_lines = "" if language == "zh" else " "
    return Release(
        title=title,
        paragraphs=tuple(
            between_lines.join(paragraph.splitlines()) for paragraph in text.strip().split("\n\n")
        ),
    )
