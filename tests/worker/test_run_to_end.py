"""Following feeds to the end in one process: every article once, whatever goes wrong."""

import threading
import time
from datetime import timedelta

import psutil
import pytest

from ingest.crawl_policy import page_retry
from ingest.crawl_policy.page_retry import PROCESS_ATTEMPTS
from store.crawl import host_leases
from store.crawl.pending import Waiting
from store.tables import Article, Poll, Revision, Stage
from tests.site import Answer, Site, answers
from tests.support import machine
from tests.support.waiting import until
from tests.worker.standins import Clock
from tests.worker.wire import (
    FEED,
    add_feed,
    article,
    feed_row,
    item,
    make_due,
    only,
    page,
    publish,
    rows,
    stages,
    text,
)
from worker import run_to_end
from worker.context import Context
from worker.run_to_end import follow

HOST = "127.0.0.1"
FAULTS = [answers.status(500), answers.status(503, headers={"Retry-After": "1"}), answers.reset()]
# What does not touch the database in a way of its own, and costs seconds.
on_sqlite = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again after a second, not after ten."""
    monkeypatch.setattr(page_retry, "FIRST_WAIT", timedelta(seconds=1))


def silent(_waiting: Waiting) -> None:
    """Progress that nobody looks at."""


@pytest.mark.usefixtures("soon")
def test_with_faults_on_the_way_every_article_is_there_once_in_the_end(
    context: Context, site: Site
) -> None:
    items = [item(number) for number in range(12)]
    publish(site, items)
    for number, each in enumerate(items[:9]):
        site.fail(each.path, FAULTS[number % 3])
    feed_id = add_feed(context.database, site.url(FEED))
    told: list[Waiting] = []
    follow(context, frozenset({feed_id}), told.append)
    found = rows(context.database, Article)
    assert sorted(row.url for row in found) == sorted(site.url(each.path) for each in items)
    assert {row.stage for row in found} == {Stage.DONE}
    texts = {row.article_id: row.text for row in rows(context.database, Revision)}
    assert sorted(texts.values()) == sorted(text(number) for number in range(12))
    assert site.most_in_flight() == 1
    assert told[-1].nothing

    make_due(context.database, feed_id)
    follow(context, frozenset({feed_id}), silent)
    assert len(rows(context.database, Article)) == len(rows(context.database, Revision)) == 12
    assert [poll.outcome for poll in rows(context.database, Poll)] == ["read", "unchanged"]


@pytest.mark.parametrize("fault", FAULTS, ids=["500", "503", "reset"])
def test_a_feed_that_fails_is_left_to_its_next_poll(
    context: Context, site: Site, fault: Answer
) -> None:
    site.serve(FEED, fault)
    feed_id = add_feed(context.database, site.url(FEED))
    follow(context, frozenset({feed_id}), silent)
    assert only(context.database, Poll).outcome == "failed"
    assert feed_row(context.database).failures == 1


def test_feeds_and_articles_of_others_are_left_alone(context: Context, site: Site) -> None:
    publish(site, [item(1)])
    publish(site, [item(2)], feed="/other.xml")
    wanted = add_feed(context.database, site.url(FEED))
    add_feed(context.database, site.url("/other.xml"))
    follow(context, frozenset({wanted}), silent)
    assert stages(context.database) == [Stage.DONE]
    assert site.count("/other.xml") == 0


def test_a_host_that_wants_to_be_left_alone_for_long_is_not_waited_for(
    context: Context, site: Site
) -> None:
    publish(site, [item(1), item(2)])
    for path in ("/1.html", "/2.html"):
        site.serve(path, answers.status(429, headers={"Retry-After": "3600"}))
    feed_id = add_feed(context.database, site.url(FEED))
    follow(context, frozenset({feed_id}), silent)
    assert stages(context.database) == [Stage.FETCH, Stage.FETCH]
    assert len(site.log) == 3  # the feed, robots.txt and one page


def test_a_host_that_another_process_holds_is_waited_for(
    context: Context, site: Site, clock: Clock
) -> None:
    publish(site, [item(1)])
    feed_id = add_feed(context.database, site.url(FEED))
    with context.database.writing() as session:
        host_leases.acquire(session, HOST, owner="other", now=clock(), lease=timedelta(hours=1))
    refetches: list[Waiting] = []

    def give_it_back_at_the_third_check(waiting: Waiting) -> None:
        refetches.append(waiting)
        if len(refetches) == 3:
            assert site.log == []
            with context.database.writing() as session:
                host_leases.release(
                    session, HOST, owner="other", next_request_at=clock(), refusals=0
                )

    follow(context, frozenset({feed_id}), give_it_back_at_the_third_check)
    assert stages(context.database) == [Stage.DONE]


def test_a_host_that_is_never_given_back_is_given_up(
    context: Context, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_to_end, "PATIENCE", timedelta(seconds=1))
    feed_id = add_feed(context.database, site.url(FEED))
    with context.database.writing() as session:
        host_leases.acquire(session, HOST, owner="other", now=clock(), lease=timedelta(hours=1))
    refetches: list[Waiting] = []
    follow(context, frozenset({feed_id}), refetches.append)
    assert site.log == []
    assert len(refetches) < 50  # it waited, and did not ask the database without a pause


# A page that ends the process that works on it


@on_sqlite
def test_a_page_that_kills_its_process_is_set_aside_and_the_others_are_done(
    context: Context, site: Site
) -> None:
    items = [item(number) for number in range(5)]
    publish(site, items)
    long = text(2, times=round(machine.per_second(4_000)))  # enough to be met at it
    site.page("/2.html", page(items[2].title, long))
    feed_id = add_feed(context.database, site.url(FEED))
    killed = kill_at(context, "/2.html", times=PROCESS_ATTEMPTS)
    with killed:
        follow(context, frozenset({feed_id}), silent)
    poison = article(context.database, "/2.html")
    assert (poison.stage, poison.failed_stage) == (Stage.QUARANTINED, Stage.PROCESS)
    assert poison.error == "processing did not come to an end"
    assert len(killed.pids) == PROCESS_ATTEMPTS
    others = [row for row in rows(context.database, Article) if row.id != poison.id]
    assert {(row.stage, row.revisions) for row in others} == {(Stage.DONE, 1)}
    assert len(rows(context.database, Revision)) == 4


class kill_at:  # noqa: N801 - it reads as a statement
    """Kills our child process that works on the article, at each of its first attempts."""

    def __init__(self, context: Context, path: str, *, times: int) -> None:
        self._context, self._path, self._times = context, path, times
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._kill)
        self.pids: list[int] = []

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _kill(self) -> None:
        while len(self.pids) < self._times and not self._over.is_set():
            if self._is_at(attempt=len(self.pids) + 1):
                [child] = pool_children()
                self.pids.append(child.pid)
                child.kill()
            time.sleep(0.01)

    def _is_at(self, *, attempt: int) -> bool:
        return any(
            row.url.endswith(self._path)
            and (row.stage, row.attempts) == (Stage.PROCESS, attempt)
            and row.claimed_until is not None
            for row in rows(self._context.database, Article)
        )


def pool_children() -> list[psutil.Process]:
    """The processes of a pool of ours that work on articles."""
    return [
        child
        for forks in psutil.Process().children()
        if any("multiprocessing.forkserver" in word for word in forks.cmdline())
        for child in forks.children()
    ]


@on_sqlite
def test_no_process_is_left_afterwards(context: Context, site: Site) -> None:
    publish(site, [item(1)])
    feed_id = add_feed(context.database, site.url(FEED))
    seen: list[psutil.Process] = []
    follow(context, frozenset({feed_id}), lambda _waiting: seen.extend(pool_children()))
    assert seen
    until(lambda: not any(child.is_running() for child in seen), "the children have ended")


@on_sqlite
def test_an_interruption_ends_it_at_once_and_the_rest_is_left_for_later(
    context: Context, site: Site
) -> None:
    publish(site, [item(1)])
    feed_id = add_feed(context.database, site.url(FEED))

    def interrupt(waiting: Waiting) -> None:
        if waiting.articles:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(context, frozenset({feed_id}), interrupt)
    assert pool_children() == []
    assert stages(context.database) == [Stage.PROCESS]
    follow(context, frozenset({feed_id}), silent)
    assert stages(context.database) == [Stage.DONE]
