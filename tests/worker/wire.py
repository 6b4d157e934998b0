"""Invented articles, as pages and as entries of a feed, and the rows that come of them."""

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from sqlmodel import SQLModel, select

from ingest.feeds.subscription import FeedSpec
from store.database.connection import Database
from store.intake import feeds, polls
from store.tables import Article, Feed, Host, Stage
from tests.site import Answer, Exchange, Site
from tests.support.waiting import until
from tests.worker.standins import Heard
from worker import clock
from worker.context import Context
from worker.network.host_drain import Drained, drain_host

Row = TypeVar("Row", bound=SQLModel)

FEED = "/feed.xml"
HOST = "127.0.0.1"
# Hosts that have names, so that they are spaced like any (the fixture `names`).
NAMES = ("east.test", "west.test")


@dataclass(frozen=True, slots=True)
class Item:
    """One article: its page at `path`, and what its feed says of it."""

    path: str
    title: str
    text: str
    summary: str = ""
    updated: str = ""  # as atom:updated, where the feed has it
    host: str | None = None

    @property
    def page(self) -> str:
        return page(self.title, self.text)


def item(number: int, **values: str) -> Item:
    """An article unlike that of any other number."""
    title = values.pop("title", f"Ferry {number} opens a new line across the bay")
    return Item(values.pop("path", f"/{number}.html"), title, text(number), **values)


def text(number: int, *, times: int = 1) -> str:
    """So many times three paragraphs, and one that stands in no other text: each a line."""
    return "\n".join(
        [
            *(
                paragraph
                for part in range(times)
                for paragraph in (
                    f"Ferry {number}.{part} left the eastern pier at seven on Monday with forty "
                    "people, two bicycles and a crate of oranges, and was across before the fog "
                    "lifted.",
                    "The harbour office said that China and the United States had settled the "
                    f"rules for its engine, of type {number}.{part}, after talks in Washington "
                    "that took two years.",
                    "A second crossing follows at noon, and the captain has promised tea to "
                    "everybody who remembers the old line, which carried its last guests "
                    f"{number + part + 3} years ago.",
                )
            ),
            _roll_of_guests(number),
        ]
    )


def _roll_of_guests(number: int) -> str:
    """A paragraph of names that are in no other."""
    chance = random.Random(number)
    names = ("".join(chance.choices("aeioubdfgklmnprstv", k=7)).title() for _ in range(90))
    return "On board were, of those that the harbour knows: " + ", ".join(names) + "."


def page(title: str, text: str, *, head: str = "") -> str:
    body = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
    return (
        f"<!doctype html><html><head><title>{escape(title)}</title>{head}</head><body>"
        f"<article><h1>{escape(title)}</h1>{body}</article></body></html>"
    )


def rss(site: Site, items: Iterable[Item]) -> str:
    """An RSS 2.0 feed that leads to these items on the site."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>Bay News</title><link>{site.url('/')}</link>"
        + "".join(_entry(site.url(item.path, host=item.host), item) for item in items)
        + "</channel></rss>"
    )


def _entry(url: str, item: Item) -> str:
    updated = f"<atom:updated>{item.updated}</atom:updated>" if item.updated else ""
    return (
        f"<item><title>{escape(item.title)}</title><link>{escape(url)}</link>"
        f"<guid>{escape(url)}</guid><description>{escape(item.summary)}</description>{updated}</item>"
    )


def publish(site: Site, items: Sequence[Item], *, feed: str = FEED) -> None:
    """Put these articles on the site, with a feed that leads to them."""
    for each in items:
        site.page(each.path, each.page)
    site.feed(feed, rss(site, items))


def add_feed(database: Database, url: str, **values: object) -> int:
    """A feed that is due; returns its id."""
    spec = FeedSpec(url=url, title="Bay News", source="Bay News", country="US", language="en")
    with database.writing() as session:
        feed, _ = feeds.add(session, spec, now=clock.now())
        for name, value in values.items():
            setattr(feed, name, value)
        assert feed.id is not None
        return feed.id


def make_due(database: Database, feed_id: int) -> None:
    with database.writing() as session:
        polls.make_due(session, [feed_id], now=clock.now())


def rows(database: Database, table: type[Row]) -> list[Row]:
    """Every row, oldest first."""
    order = getattr(table, "id", None)
    with database.reading() as session:
        return list(session.exec(select(table) if order is None else select(table).order_by(order)))


def only(database: Database, table: type[Row]) -> Row:
    [row] = rows(database, table)
    return row


def article(database: Database, path: str) -> Article:
    """The article whose URL ends so."""
    [found] = [row for row in rows(database, Article) if row.url.endswith(path)]
    return found


def stages(database: Database) -> list[str]:
    """What the articles wait for, oldest first."""
    return [str(row.stage) for row in rows(database, Article)]


def all_are(database: Database, stage: Stage, *, of: int) -> bool:
    """Whether there are so many articles, and all at this stage."""
    return stages(database) == [stage] * of


def feed_row(database: Database) -> Feed:
    return only(database, Feed)


def drain(context: Context, nudges: Heard, host: str = HOST) -> Drained:
    return drain_host(context, host, nudges)


def host_row(context: Context, name: str = HOST) -> Host:
    [found] = [row for row in rows(context.database, Host) if row.name == name]
    return found


def held_back(until_set: threading.Event, answer: Answer) -> Answer:
    """`answer`, once the event is set."""

    def wait_first(exchange: Exchange) -> None:
        until(until_set.is_set, "the answer may go")
        answer(exchange)

    return wait_first
