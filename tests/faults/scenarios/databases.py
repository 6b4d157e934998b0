"""Databases that end in the middle of the work, and many writers at once."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

from sqlmodel import select

from store.database.connection import Database
from store.intake import entries, feeds, polls
from store.tables import Article, Host
from tests.bench import racing
from tests.faults.place import Place
from tests.faults.rows import Row, row
from tests.faults.scenarios.brokers import (
    PAGES,
    SOURCES,
    hurt_in_the_middle,
    work_seconds,
)
from tests.faults.service import Running
from tests.store.building import discovery, spec

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
# Seconds for which the server is away: long enough that every worker meets it.
AWAY = 5.0

WRITERS = 32
URLS = 10_000
BATCHES = 10_000
BATCH_WRITERS = 8
# Entries of a batch, drawn from few: most batches that run side by side share some.
BATCH, BATCH_URLS = 20, 200

SQLITE_WRITERS = 16
UPDATES_EACH = 200
SQLITE_P99 = 5.0


def server_killed(place: Place) -> Row:
    """kill -9 of every process of PostgreSQL, and a start some seconds later."""
    assert place.server is not None

    def fault(run: Running) -> None:
        kill_and_restart(place, run)

    with place.running(hosts=SOURCES) as run:
        again, seconds = hurt_in_the_middle(run, place.of(PAGES, least=200), fault)
        counted = run.count()
        limit = 2 * run.settings.sweep_seconds + work_seconds(run)
    return row(
        f"kill -9 of PostgreSQL, away for {AWAY:.0f} s",
        database=place.system,
        items=counted.items,
        lost=counted.lost,
        duplicated=counted.duplicated,
        recovery=seconds,
        asked="0 lost, all done ≤ 2 sweeps and the work",
        measured=f"again after {again:.1f} s, all after {seconds:.0f} of {limit:.0f} s",
        ok=seconds <= limit and not counted.lost and not counted.duplicated,
    )


def kill_and_restart(place: Place, run: Running) -> None:
    """Have the server gone for a while; returns when it answers again."""
    assert place.server is not None
    place.server.kill()
    back = time.monotonic() + AWAY
    run.until(lambda: time.monotonic() > back, "it is away", seconds=2 * AWAY)
    place.server.start()
    run.database.dispose()


def same_urls(place: Place) -> Row:
    """Many writers bring the same URLs at the same time."""
    with place.database() as database:
        url = database.url.render_as_string(hide_password=False)
        outcome = racing.race(url, urls=place.of(URLS, least=200), writers=WRITERS)
    return row(
        f"{WRITERS} writers bring the same URLs",
        database=place.system,
        times=WRITERS,
        items=outcome.urls,
        lost=max(-outcome.extra_articles, 0),
        duplicated=max(outcome.extra_articles, 0) + max(outcome.extra_revisions, 0),
        asked="0 extra rows",
        measured=f"{outcome.wrong} wrong, {outcome.seconds:.0f} s",
        ok=outcome.wrong == 0,
    )


def batches(place: Place) -> Row:
    """Polls that bring the same entries in different orders, side by side."""
    number = place.of(BATCHES, least=100)
    with place.database() as database:
        url = _given_away(database)
        errors = sum(_in_processes(_record_batches, url, BATCH_WRITERS, number // BATCH_WRITERS))
        with database.reading() as session:
            articles = len(session.exec(select(Article.id)).all())
    return row(
        "batches of the same entries in any order",
        database=place.system,
        times=number,
        items=articles,
        duplicated=max(articles - BATCH_URLS, 0),
        asked="0 deadlocks",
        measured=f"{errors:.0f} errors",
        ok=errors == 0 and articles == BATCH_URLS,
    )


def _record_batches(url: str, writer: int, number: int) -> float:
    """How many of the batches failed."""
    database, chance, errors = Database(url), random.Random(writer), 0
    found = [
        discovery(each, url=f"http://outlet.example/{each}.html") for each in range(BATCH_URLS)
    ]
    with database.writing() as session:
        feed, _ = feeds.add(session, spec(writer), now=NOW)
        due = polls.claim(session, feed.host, only=frozenset({feed.id or 0}), now=NOW)
    assert due is not None
    for _ in range(number):
        try:
            with database.writing() as session:
                entries.record(session, due, chance.sample(found, BATCH), now=NOW)
        except Exception:
            errors += 1
    with database.writing() as session:
        entries.record(session, due, found, now=NOW)
    database.dispose()
    return errors


def sqlite_writers(place: Place) -> Row:
    """Many processes write to one SQLite file, each transaction an update that counts."""
    updates = place.of(UPDATES_EACH, least=20)
    with place.database() as database:
        with database.writing() as session:
            session.add(Host(name="counter", next_request_at=NOW, refusals=0))
        url = _given_away(database)
        waits = _in_processes(_count_up, url, SQLITE_WRITERS, updates)
        with database.reading() as session:
            counted = session.get_one(Host, "counter").refusals
    longest = max(waits)
    return row(
        f"{SQLITE_WRITERS} writers of one SQLite file",
        database=place.system,
        times=SQLITE_WRITERS,
        items=SQLITE_WRITERS * updates,
        lost=SQLITE_WRITERS * updates - counted,
        recovery=longest,
        asked=f"0 lost, p99 ≤ {SQLITE_P99:.0f} s",
        measured=f"longest of all {longest:.2f} s",
        ok=counted == SQLITE_WRITERS * updates and longest <= SQLITE_P99,
    )


def _count_up(url: str, _writer: int, number: int) -> float:
    """Count, and write what a page's transaction writes; the longest wait in seconds."""
    database, longest = Database(url), 0.0
    for _ in range(number):
        began = time.monotonic()
        with database.writing() as session:
            session.get_one(Host, "counter").refusals += 1
            session.flush()
            longest = max(longest, time.monotonic() - began)
            session.add_all(_hosts(f"{time.time_ns()}"))
    database.dispose()
    return longest


def _given_away(database: Database) -> str:
    """Its URL, for processes that are forked: none of our connections is open any more."""
    database.dispose()
    return database.url.render_as_string(hide_password=False)


def _hosts(name: str) -> list[Host]:
    return [Host(name=f"{name}-{n}", next_request_at=NOW, refusals=0) for n in range(20)]


def _in_processes(
    work: Callable[[str, int, int], float], url: str, processes: int, number: int
) -> list[float]:
    with ProcessPoolExecutor(processes, get_context("fork")) as pool:
        started = [pool.submit(work, url, each, number) for each in range(processes)]
        return [each.result() for each in started]
