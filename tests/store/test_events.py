"""Events leave the outbox at least once, in order, and stay when nobody takes them."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy
from sqlmodel import select

from store import events as outbox
from store.database.connection import Database
from store.events import Event
from store.tables import EventRow
from tests.store.building import NOW


def _write(database: Database, number: int) -> None:
    with database.writing() as session:
        outbox.write(
            session,
            [Event("article.fetched", article_id=n) for n in range(number)],
            now=NOW,
        )


def test_events_are_sent_in_order_and_only_once(database: Database) -> None:
    _write(database, 5)
    sent: list[int | None] = []

    def send(events: Sequence[EventRow]) -> None:
        sent.extend(event.article_id for event in events)

    assert outbox.deliver(database, send, now=NOW) == 5
    assert outbox.deliver(database, send, now=NOW) == 0
    assert sent == [0, 1, 2, 3, 4]


def _let_rows_come_as_they_like(database: Database) -> None:
    """Have the database give rows that are asked for in no order in another than that of ids."""
    ask = (
        ["PRAGMA reverse_unordered_selects = ON"]
        if database.is_sqlite
        else ["SET enable_indexscan = off", "SET enable_indexonlyscan = off"]
    )

    @sqlalchemy.event.listens_for(database.engine, "begin")
    def _begin(connection: sqlalchemy.Connection) -> None:
        for statement in ask:
            connection.exec_driver_sql(statement)


def test_events_are_sent_in_the_order_of_their_ids_however_they_lie(database: Database) -> None:
    _let_rows_come_as_they_like(database)
    numbers = [3, 5, 1, 4, 2]
    with database.writing() as session:
        for number in numbers:
            session.add(EventRow(id=number, kind="article.fetched", at=NOW))
            session.flush()
    sent: list[int | None] = []
    outbox.deliver(database, lambda events: sent.extend(each.id for each in events), now=NOW)
    assert sent == sorted(numbers)


def test_events_that_could_not_be_sent_come_again(database: Database) -> None:
    _write(database, 2)

    def refuse(_events: Sequence[EventRow]) -> None:
        raise ConnectionError("the stream is away")

    with pytest.raises(ConnectionError):
        outbox.deliver(database, refuse, now=NOW)
    assert outbox.deliver(database, lambda _events: None, now=NOW) == 2


def test_two_deliverers_at_once_send_each_event_once(database: Database) -> None:
    _write(database, 50)
    sent: list[int | None] = []
    gate = threading.Barrier(2)

    def send(events: Sequence[EventRow]) -> None:
        sent.extend(event.id for event in events)

    def work() -> None:
        gate.wait()
        outbox.deliver(database, send, now=NOW)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == len(set(sent)) == 50


def test_old_delivered_events_are_forgotten_and_waiting_ones_kept(database: Database) -> None:
    _write(database, 1)
    outbox.deliver(database, lambda _events: None, now=NOW)
    _write(database, 1)
    later = NOW + timedelta(seconds=1)
    with database.writing() as session:
        assert outbox.count_old(session, before=later) == 1
        assert outbox.prune(session, before=NOW, most=10) == 0
        assert outbox.prune(session, before=later, most=10) == 1
    with database.reading() as session:
        assert [event.delivered_at for event in session.exec(select(EventRow))] == [None]


# Transactions that overlap


# On SQLite writers do not overlap.
@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_an_event_waits_for_one_with_a_lower_id_that_is_not_seen_yet(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SETTLE_SECONDS", 0.05)
    sent: list[int | None] = []

    def send(events: Sequence[EventRow]) -> None:
        sent.extend(event.article_id for event in events)

    _write(database, 1)
    assert outbox.deliver(database, send, now=NOW) == 1
    with database.writing() as slow:
        outbox.write(slow, [Event("article.fetched", article_id=1)], now=NOW)
        with database.writing() as quick:
            outbox.write(quick, [Event("article.fetched", article_id=2)], now=NOW)
        assert outbox.deliver(database, send, now=NOW) == 0
    assert outbox.deliver(database, send, now=NOW) == 2
    assert sent == [0, 1, 2]


def test_a_listener_that_keeps_the_highest_id_loses_nothing(database: Database) -> None:
    heard: list[int] = []
    over = threading.Event()

    def write(writer: int) -> None:
        waits = random.Random(writer)
        for number in range(20):
            with database.writing() as session:
                event = Event("article.fetched", article_id=100 * writer + number)
                outbox.write(session, [event], now=NOW)
                over.wait(waits.random() / 100)  # ids are drawn, and not seen yet

    def listen(events: Sequence[EventRow]) -> None:
        heard.extend(event.id or 0 for event in events)

    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, writer) for writer in range(4)]
        while not all(done.done() for done in writing):
            outbox.deliver(database, listen, now=NOW)
        for done in writing:
            done.result()
    outbox.deliver(database, listen, now=NOW)
    assert heard == sorted(heard)
    assert len(heard) == len(set(heard)) == 80
