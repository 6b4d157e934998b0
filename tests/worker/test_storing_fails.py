"""What fails while an article is stored, and time limits that break into it."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError, OperationalError

from ingest.crawl_policy.page_retry import PROCESS_ATTEMPTS
from store.articles import inputs, stages
from store.articles import processing as storing
from store.database.connection import Database
from store.database.faults import Fault, fault_of
from store.tables import Article, Stage
from tests.site import Site
from tests.support.waiting import until
from tests.worker.standins import Clock, Heard
from tests.worker.wire import FEED, HOST, add_feed, item, only, publish
from worker.context import Context
from worker.network.host_drain import drain_host
from worker.processing import end_attempt, process_article


@pytest.fixture
def article_id(context: Context, site: Site, nudges: Heard) -> int:
    """An article whose page was fetched and waits to be processed."""
    publish(site, [item(1)])
    add_feed(context.database, site.url(FEED))
    drain_host(context, HOST, nudges)
    [article_id] = nudges.articles
    return article_id


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [ValueError("no\x00such luck"), IntegrityError("INSERT …", {}, Exception("no such luck"))],
    ids=["ours", "the database's"],
)
@pytest.mark.parametrize(("where", "step"), [(storing, "settle"), (inputs, "load")])
def test_what_cannot_be_stored_is_tried_again_ever_later_and_set_aside_with_its_error(
    context: Context,
    article_id: int,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    where: object,
    step: str,
) -> None:
    monkeypatch.setattr(where, step, failing(error))
    waits = []
    for attempt in range(1, PROCESS_ATTEMPTS + 1):
        began = clock()
        process_article(context, article_id, owner=f"message {attempt}")
        row = only(context.database, Article)
        assert (row.attempts, row.claimed_until) == (attempt, None)
        assert "such luck" in str(row.error)
        waits.append((row.next_attempt_at - began).total_seconds())
    assert row.stage == Stage.QUARANTINED
    assert 8 < waits[0] < 20 < waits[1] < 80 < waits[2]


def test_a_database_that_can_do_nothing_is_no_fault_of_the_article(
    context: Context, article_id: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OperationalError("INSERT …", {}, Exception("disk full"))
    full.orig.sqlite_errorcode = 13  # type: ignore[union-attr]
    monkeypatch.setattr(storing, "settle", failing(full))
    with pytest.raises(OperationalError) as raised:
        process_article(context, article_id, owner="message")
    assert fault_of(raised.value) is Fault.UNABLE
    with context.database.writing() as session:
        stages.put_back(session, "message", now=clock())
    row = only(context.database, Article)
    assert (row.stage, row.attempts, row.claimed_until, row.error) == (Stage.PROCESS, 0, None, None)


# Time limits


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """As a pool's child is told: by a signal, wherever it is."""

    def too_long(_number: int, _frame: object) -> None:
        raise SoftTimeLimitExceeded(seconds)

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def nobody_stores(context: Context) -> Iterator[None]:
    """Somebody holds what is needed to store a revision; an article can be claimed."""
    other = Database(context.settings.database)
    held, over = Event(), Event()

    def hold() -> None:
        with other.writing() as session:
            if not other.is_sqlite:
                session.execute(sql("LOCK TABLE revisions IN SHARE MODE"))
            held.set()
            over.wait()

    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold)
        until(held.is_set, "it is held")
        try:
            yield
        finally:
            over.set()
            holding.result()
            other.dispose()


def test_a_time_limit_while_the_database_is_waited_for_is_told_as_one_and_is_no_attempt(
    context: Context, article_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = storing.settle

    def while_nobody_stores(*arguments: object, **options: object) -> object:
        with nobody_stores(context), time_limit(0.2):
            return settle(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(storing, "settle", while_nobody_stores)
    with pytest.raises(SoftTimeLimitExceeded) as limit:
        process_article(context, article_id, owner="message")
    end_attempt(context, "message", limit.value)
    row = only(context.database, Article)
    assert (row.stage, row.attempts, row.claimed_until) == (Stage.PROCESS, 0, None)
    monkeypatch.setattr(storing, "settle", settle)
    process_article(context, article_id, owner="message")
    assert only(context.database, Article).stage == Stage.DONE


def test_a_time_limit_while_a_page_is_read_is_an_attempt(
    context: Context, article_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reads_for_ever(*_arguments: object, **_options: object) -> None:
        while True:
            signal.pause()

    monkeypatch.setattr("worker.processing.extract_page", reads_for_ever)
    for _ in range(stages.ATTEMPTS_IN_TIME):
        with pytest.raises(SoftTimeLimitExceeded) as limit, time_limit(0.1):
            process_article(context, article_id, owner="message")
        end_attempt(context, "message", limit.value)
    row = only(context.database, Article)
    assert (row.stage, row.error) == (Stage.QUARANTINED, "processing takes too long")
