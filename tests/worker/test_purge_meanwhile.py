"""An article that is purged while a worker is at it: no error, and nothing of it comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from store.articles import purge
from store.tables import Article, Revision, Sighting, Snapshot, Story, StoryText
from tests.site import Site
from tests.worker.standins import Clock, Heard
from tests.worker.wire import FEED, add_feed, item, make_due, publish, rows
from worker import clock, processing
from worker.context import Context
from worker.network.host_drain import drain_host
from worker.processing import process_article

HOST = "127.0.0.1"
MADE = (Article, Sighting, Snapshot, Revision, Story, StoryText)


@pytest.fixture
def feed_id(context: Context, site: Site) -> int:
    publish(site, [item(1)])
    return add_feed(context.database, site.url(FEED))


def purge_all(context: Context) -> None:
    ids = [article.id for article in rows(context.database, Article) if article.id is not None]
    with context.database.writing() as session:
        purge.purge(session, ids, reason=None, now=clock.now())


def purging_first(context: Context, step: Callable[..., Any]) -> Callable[..., Any]:
    """The step, with a purge of everything while it runs."""

    def run(*arguments: Any, **options: Any) -> Any:
        purge_all(context)
        return step(*arguments, **options)

    return run


def assert_nothing_is_left(context: Context) -> None:
    assert {made.__name__: len(rows(context.database, made)) for made in MADE} == {
        made.__name__: 0 for made in MADE
    }


@pytest.mark.usefixtures("feed_id")
def test_while_its_page_is_fetched(
    context: Context, nudges: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = context.fetcher.get
    monkeypatch.setattr(context.fetcher, "get", purging_first(context, get))
    drain_host(context, HOST, nudges)
    assert nudges.articles == []
    assert_nothing_is_left(context)


@pytest.mark.usefixtures("feed_id")
@pytest.mark.parametrize("step", ["make_document", "store.prepare", "store.settle"])
def test_while_it_is_processed(
    context: Context, nudges: Heard, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain_host(context, HOST, nudges)
    [article_id] = nudges.articles
    *module, name = step.split(".")
    owner = processing.store if module else processing
    monkeypatch.setattr(owner, name, purging_first(context, getattr(owner, name)))
    with capture_logs() as logged:
        process_article(context, article_id, owner="test")
    assert not [line for line in logged if line["log_level"] in ("warning", "error")]
    assert_nothing_is_left(context)


@pytest.mark.usefixtures("feed_id")
def test_before_a_late_nudge_comes(context: Context, nudges: Heard) -> None:
    drain_host(context, HOST, nudges)
    purge_all(context)
    process_article(context, nudges.articles[0], owner="test")
    assert_nothing_is_left(context)


def test_and_the_next_polls_let_it_lie(
    context: Context, nudges: Heard, clock: Clock, site: Site, feed_id: int
) -> None:
    drain_host(context, HOST, nudges)
    purge_all(context)
    publish(site, [item(1), item(2)])
    clock.forward(hours=1)
    make_due(context.database, feed_id)
    drain_host(context, HOST, nudges)
    assert [article.url for article in rows(context.database, Article)] == [site.url("/2.html")]
