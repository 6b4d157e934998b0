"""Looking again at a page that has been read: one article, and what becomes of it."""

from datetime import timedelta

from store.tables import Article, EventRow, Revision
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    HOST,
    item,
    only,
    page,
    rows,
    text,
)
from worker.context import Context
from worker.network.host_drain import Drained, drain_host
from worker.processing import process_article

PAGE = "/1.html"
HOUR = timedelta(hours=1)
TITLE = item(1).title
EDITED = text(1).replace("forty people", "forty-one people")
WALL = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}'
    "</script>"
)
CONSENT = page("Your privacy", "We value your privacy. Accept all cookies. Manage my choices.")


def drain_and_process(context: Context, nudges: Heard) -> Drained:
    """Drain the host, and process what came."""
    drained = drain_host(context, HOST, nudges)
    process_all(context, nudges)
    return drained


def process_all(context: Context, nudges: Heard) -> None:
    while nudges.articles:
        process_article(context, nudges.articles.pop(0), owner="test")


def refetch_when_due(context: Context, nudges: Heard, clock: Clock) -> timedelta:
    """Let the time pass until the next look is due, look, and return how long that was."""
    due = only(context.database, Article).refetch_at
    assert due is not None
    wait = due - clock()
    clock.forward(seconds=wait.total_seconds() + 1)
    drain_and_process(context, nudges)
    return wait


def events(context: Context) -> list[str]:
    """What was told since the article was read."""
    return [event.kind for event in rows(context.database, EventRow)][5:]


def texts(context: Context) -> list[str]:
    return [row.text for row in rows(context.database, Revision)]


def about(wait: timedelta) -> timedelta:
    """A time that has passed between two steps of a test, to the minute."""
    return timedelta(minutes=round(wait / timedelta(minutes=1)))
