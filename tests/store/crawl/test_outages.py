"""Outages of our own network: told from faults of theirs, by what every process has seen."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlmodel import select

from ingest.crawl_policy.outage_blame import DOUBT, MANY, Blame
from store.crawl import host_leases, outages
from store.database.connection import Database
from store.tables import EventRow, Host, Outage
from tests.store.building import MINUTE, NOW

NAMES = [f"outlet{number}.example" for number in range(MANY + 1)]
SECOND = timedelta(seconds=1)


def _unreached(database: Database, host: str, now: datetime) -> Blame:
    with database.writing() as session:
        host_leases.acquire(session, host, owner=host, now=now, lease=MINUTE)
        found, _ = outages.judge(session, host, now=now)
        return found


def _reached(database: Database, host: str, at: datetime) -> None:
    with database.writing() as session:
        host_leases.acquire(session, host, owner=host, now=at, lease=MINUTE)
        outages.note_reached(session, host, at=at)


def _down_since(database: Database) -> datetime | None:
    with database.reading() as session:
        return outages.down_since(session)


def _outages(database: Database) -> Sequence[Outage]:
    with database.reading() as session:
        return session.exec(select(Outage).order_by(Outage.id)).all()


def _kinds(database: Database) -> list[str]:
    with database.reading() as session:
        return [event.kind for event in session.exec(select(EventRow).order_by(EventRow.id))]


def test_an_outage_is_noticed_told_once_and_over_with_the_first_answer(database: Database) -> None:
    _reached(database, NAMES[0], NOW)
    blamed = [_unreached(database, name, NOW + MINUTE * n) for n, name in enumerate(NAMES, 1)]
    assert blamed == [Blame.OPEN] * (MANY - 1) + [Blame.OURS] * 2
    assert _down_since(database) == NOW + MINUTE
    assert _unreached(database, NAMES[0], NOW + 9 * 60 * MINUTE) is Blame.OURS
    assert _kinds(database) == ["network.down"]

    back = NOW + 10 * 60 * MINUTE
    _reached(database, NAMES[1], back)
    assert _down_since(database) is None
    assert [(row.began_at, row.ended_at) for row in _outages(database)] == [(NOW + MINUTE, back)]
    assert _kinds(database) == ["network.down", "network.up"]
    # Who does not answer now is to blame.
    assert _unreached(database, NAMES[0], back + MINUTE) is Blame.THEIRS
    assert _unreached(database, NAMES[1], back + MINUTE) is Blame.OPEN


def test_a_host_that_fails_alone_is_to_blame_once_another_has_answered(database: Database) -> None:
    _reached(database, NAMES[1], NOW)
    assert _unreached(database, NAMES[0], NOW + MINUTE) is Blame.OPEN
    assert _unreached(database, NAMES[0], NOW + 2 * MINUTE) is Blame.OPEN
    _reached(database, NAMES[1], NOW + 3 * MINUTE)
    assert _unreached(database, NAMES[0], NOW + 4 * MINUTE) is Blame.THEIRS


def test_hosts_that_are_long_dead_make_no_outage(database: Database) -> None:
    for name in NAMES:
        _unreached(database, name, NOW)
    _reached(database, "alive.example", NOW + MINUTE)
    blamed = {_unreached(database, name, NOW + 600 * MINUTE) for name in NAMES}
    assert blamed == {Blame.THEIRS}
    assert _down_since(database) is None


def test_where_nobody_else_is_asked_a_host_is_to_blame_after_a_while(database: Database) -> None:
    assert _unreached(database, NAMES[0], NOW) is Blame.OPEN
    assert _unreached(database, NAMES[0], NOW + DOUBT - SECOND) is Blame.OPEN
    assert _unreached(database, NAMES[0], NOW + DOUBT) is Blame.THEIRS


def test_an_answer_from_before_the_outage_does_not_end_it(database: Database) -> None:
    for name in NAMES:
        _unreached(database, name, NOW + MINUTE)
    _reached(database, "slow.example", NOW)  # written down when its lease ended
    assert _down_since(database) == NOW + MINUTE


def test_an_answer_that_is_written_down_late_takes_nothing_back(database: Database) -> None:
    _reached(database, NAMES[0], NOW + MINUTE)
    _reached(database, NAMES[0], NOW)
    with database.reading() as session:
        assert session.get_one(Host, NAMES[0]).reached_at == NOW + MINUTE


def test_an_answer_that_is_written_down_late_hides_no_failure_since(database: Database) -> None:
    assert _unreached(database, NAMES[0], NOW + MINUTE) is Blame.OPEN
    _reached(database, NAMES[0], NOW)
    with database.reading() as session:
        host = session.get_one(Host, NAMES[0])
        assert (host.reached_at, host.unreached_since) == (NOW, NOW + MINUTE)


def test_of_many_workers_that_notice_at_once_one_tells_it(database: Database) -> None:
    for name in NAMES:
        _unreached(database, name, NOW)
    with database.writing() as session:
        for row in session.exec(select(Outage)):
            session.delete(row)
    with ThreadPoolExecutor(8) as pool:
        names = [NAMES[n % len(NAMES)] for n in range(16)]
        found = list(pool.map(lambda name: _unreached(database, name, NOW + SECOND), names))
    assert set(found) == {Blame.OURS}
    assert len(_outages(database)) == 1
    assert _kinds(database) == ["network.down"] * 2  # that of before, and one
