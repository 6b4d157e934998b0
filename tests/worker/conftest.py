"""What the worker's tests work with: a context over each database, a small web, a clock."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ingest.http import Fetcher
from store.tables import Feed, Revision
from tests.site import LOOPBACK, Site
from tests.support.postgres import URL_VARIABLE
from tests.worker.network.refetching import drain_and_process
from tests.worker.standins import Clock, Heard
from tests.worker.wire import FEED, HOST, add_feed, item, publish, rows, text
from worker import settings as reading
from worker.context import Context
from worker.network.host_drain import Drained
from worker.settings import PREFIX, Settings


@pytest.fixture(autouse=True)
def no_settings_of_the_operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing that is set on this machine reaches a test, and no test reaches the real home."""
    for name in os.environ:
        if name.startswith(PREFIX) and name != URL_VARIABLE:
            monkeypatch.delenv(name)
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    reading.load.cache_clear()
    yield
    reading.load.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("worker.clock.now", clock)
    return clock


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path) -> Settings:
    """Settings over a database with the schema, on each system in turn; loopback may be asked."""
    return Settings(
        home=tmp_path / "home",
        database_url=migrated_url,
        private_hosts=LOOPBACK,
        network_threads=4,
        cpu_processes=1,
        log_format="json",
    )


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    context = Context(settings)
    yield context
    context.close()


@pytest.fixture
def nudges() -> Heard:
    return Heard()


@pytest.fixture
def names(context: Context) -> Context:
    """A context to which the hosts of NAMES are known: names, so that they are spaced like any."""
    context.settings = context.settings.model_copy(update={"host_delay": 0.0})
    context.fetcher = Fetcher(
        user_agent="Transpacific/test", private_hosts=LOOPBACK, resolve=lambda _name: [HOST]
    )
    return context


@pytest.fixture
def read(context: Context, site: Site, nudges: Heard, clock: Clock) -> datetime:
    """One article whose page has been read; the time of it. Its feed rests from now on."""
    publish(site, [item(1, summary="The ferry opens its line.")])
    feed_id = add_feed(context.database, site.url(FEED))
    assert drain_and_process(context, nudges) is Drained.EMPTY
    with context.database.writing() as session:
        session.get_one(Feed, feed_id).paused = True
    assert [row.text for row in rows(context.database, Revision)] == [text(1)]
    return clock()
