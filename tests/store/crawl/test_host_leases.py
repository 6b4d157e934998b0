"""Turns on hosts: one holder at a time, given back by a lease that runs out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from store.crawl import host_leases
from store.database.connection import Database
from store.intake import polls
from store.tables import Feed, Host
from tests.store.building import MINUTE, NOW, add_feed, discover, discovery

LEASE = timedelta(seconds=90)


def _acquire(database: Database, owner: str, now=NOW):  # type: ignore[no-untyped-def]
    with database.writing() as session:
        return host_leases.acquire(session, "a.example", owner=owner, now=now, lease=LEASE)


def test_of_twenty_workers_that_come_at_once_one_gets_the_host(database: Database) -> None:
    with ThreadPoolExecutor(20) as pool:
        leases = list(pool.map(lambda n: _acquire(database, f"worker-{n}"), range(20)))
    assert sum(held is not None for held in leases) == 1


def test_a_lease_that_ran_out_is_free_again(database: Database) -> None:
    assert _acquire(database, "dead") is not None
    assert _acquire(database, "next", NOW + LEASE - timedelta(seconds=1)) is None
    assert _acquire(database, "next", NOW + LEASE) is not None


def test_a_released_host_keeps_what_is_known_of_it(database: Database) -> None:
    _acquire(database, "first")
    later = NOW + MINUTE
    with database.writing() as session:
        host_leases.release(
            session, "a.example", owner="first", next_request_at=later, refusals=2, crawl_delay=7.5
        )
    held = _acquire(database, "second")
    assert held is not None
    assert (held.next_request_at, held.refusals, held.crawl_delay) == (later, 2, 7.5)


def test_only_the_holder_can_release(database: Database) -> None:
    _acquire(database, "holder")
    with database.writing() as session:
        host_leases.release(session, "a.example", owner="other", next_request_at=NOW, refusals=0)
    assert _acquire(database, "third") is None


def _wake(database: Database, now=NOW) -> list[str]:  # type: ignore[no-untyped-def]
    with database.writing() as session:
        return host_leases.wake(session, now=now)


def test_a_host_with_a_due_feed_is_woken_once_until_the_nudge_is_old(database: Database) -> None:
    add_feed(database)  # claimed
    later = NOW + polls.CLAIM
    assert _wake(database) == []
    assert _wake(database, later) == ["outlet1.example"]
    assert _wake(database, later) == []
    assert _wake(database, later + host_leases.NUDGE_AGAIN) == ["outlet1.example"]


@pytest.mark.parametrize("values", [{"paused": True}, {"gone_at": NOW}])
def test_a_host_is_not_woken_for_feeds_that_are_paused_or_gone(
    database: Database, values: dict[str, object]
) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        row = session.get_one(Feed, feed.id)
        for name, value in values.items():
            setattr(row, name, value)
    assert _wake(database, NOW + polls.CLAIM) == []


def test_a_pause_never_ends_one_that_is_longer(database: Database) -> None:
    _acquire(database, "first")
    for until in (NOW + 9 * MINUTE, NOW + MINUTE):
        with database.writing() as session:
            host_leases.pause(session, "a.example", until=until)
    held = _acquire(database, "first")
    assert held is not None
    assert (held.next_request_at, held.refusals) == (NOW + 9 * MINUTE, 1)


def test_a_host_with_a_waiting_page_is_woken(database: Database) -> None:
    discover(database, add_feed(database), discovery(1, url="http://pages.example/1"))
    assert _wake(database) == ["pages.example"]


def test_a_held_host_is_left_to_its_holder(database: Database) -> None:
    discover(database, add_feed(database), discovery(1, url="http://a.example/1"))
    _acquire(database, "holder")
    assert _wake(database) == []


def test_a_host_that_wants_to_be_left_alone_is(database: Database) -> None:
    discover(database, add_feed(database), discovery(1, url="http://a.example/1"))
    _acquire(database, "holder")
    with database.writing() as session:
        host_leases.release(
            session, "a.example", owner="holder", next_request_at=NOW + MINUTE / 2, refusals=1
        )
    assert _wake(database) == []
    assert _wake(database, NOW + MINUTE / 2) == ["a.example"]


def test_the_turns_of_those_who_have_ended_are_taken_back_and_no_others(
    database: Database,
) -> None:
    with database.writing() as session:
        for host, owner in (("a.example", "dead"), ("b.example", "alive")):
            host_leases.acquire(session, host, owner=owner, now=NOW, lease=LEASE)
        assert host_leases.reclaim(session, has_ended=lambda owner: owner == "dead") == 1
        assert host_leases.acquire(session, "a.example", owner="next", now=NOW, lease=LEASE)
        assert not host_leases.acquire(session, "b.example", owner="next", now=NOW, lease=LEASE)


def test_a_turn_that_a_living_worker_has_taken_over_meanwhile_stays_with_it(
    database: Database,
) -> None:
    with database.writing() as session:
        for host, owner in (("a.example", "dead"), ("b.example", "alive"), ("c.example", "dead")):
            host_leases.acquire(session, host, owner=owner, now=NOW, lease=LEASE)

        def has_ended(owner: str) -> bool:
            # The lease of the dead one has run out just now, and who holds another host takes it.
            later = NOW + LEASE
            host_leases.acquire(session, "a.example", owner="alive", now=later, lease=LEASE)
            return owner == "dead"

        assert host_leases.reclaim(session, has_ended=has_ended) == 1
        holders = dict(session.exec(select(Host.name, Host.lease_owner)).all())
    assert holders == {"a.example": "alive", "b.example": "alive", "c.example": None}


def test_when_the_broker_has_forgotten_hosts_are_woken_again_at_once(database: Database) -> None:
    add_feed(database)
    later = NOW + polls.CLAIM
    assert _wake(database, later) == ["outlet1.example"]
    with database.writing() as session:
        host_leases.forget_nudges(session)
    assert _wake(database, later) == ["outlet1.example"]
