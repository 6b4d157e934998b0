"""Feeds and sources: added once, polled by one, never forgotten in trouble."""

from datetime import timedelta

import pytest
from sqlmodel import select

from ingest.answers import PollOutcome, PollVerdict
from ingest.http import Validators
from ingest.url import UrlError
from store import feeds
from store.database import Database
from store.feeds import DueFeed, PollCounts
from store.tables import Event, Feed, Poll, Source
from tests.store.building import MINUTE, NOW, add_feed, spec


def test_an_address_is_added_once_however_it_is_spelled(database: Database) -> None:
    with database.writing() as session:
        counts = feeds.add_all(
            session,
            [
                spec(1, url="http://outlet1.example/feed.xml"),
                spec(1, url="HTTP://OUTLET1.example:80/feed.xml#top"),
            ],
            now=NOW,
        )
    assert counts == (1, 1)


def test_two_feeds_of_one_outlet_share_their_source(database: Database) -> None:
    add_feed(database, 1)
    add_feed(database, 2, source="Outlet 1")
    with database.reading() as session:
        assert [source.name for source in session.exec(select(Source))] == ["Outlet 1"]


def test_an_address_of_another_scheme_is_refused(database: Database) -> None:
    with database.writing() as session, pytest.raises(UrlError):
        feeds.add(session, spec(url="gopher://outlet.example/feed"), now=NOW)


def test_a_claimed_feed_is_not_claimed_again_until_its_claim_is_old(database: Database) -> None:
    feed = add_feed(database)
    assert _claim(database, feed.host, NOW) is None
    again = _claim(database, feed.host, NOW + feeds.CLAIM)
    assert again is not None
    assert again.id == feed.id


@pytest.mark.parametrize("values", [{"paused": True}, {"gone_at": NOW}])
def test_paused_and_gone_feeds_are_not_due(database: Database, values: dict[str, object]) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        row = session.get_one(Feed, feed.id)
        for name, value in values.items():
            setattr(row, name, value)
    assert _claim(database, feed.host, NOW + 24 * 60 * MINUTE) is None


def test_a_resumed_feed_is_due_at_once(database: Database) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        feeds.set_paused(session, feed.id, True, now=NOW)
        feeds.set_paused(session, feed.id, False, now=NOW)
    assert _claim(database, feed.host, NOW) is not None


def test_a_good_poll_ends_a_row_of_failures(database: Database) -> None:
    feed = add_feed(database)
    _record(database, feed, PollVerdict(PollOutcome.FAILED, error="the server answered 500"))
    _record(database, feed, PollVerdict(PollOutcome.UNCHANGED, status=304))
    row = _feed(database, feed)
    assert (row.failures, row.failing_since, row.last_error) == (0, None, None)
    assert row.last_success_at == NOW


def test_the_third_failure_in_a_row_makes_one_event(database: Database) -> None:
    feed = add_feed(database)
    for _ in range(5):
        _record(database, feed, PollVerdict(PollOutcome.FAILED, error="no route"))
    with database.reading() as session:
        kinds = [event.kind for event in session.exec(select(Event)) if event.kind != "feed.polled"]
    assert kinds == ["feed.failing"]
    assert _feed(database, feed).failing_since == NOW


def test_a_feed_that_is_gone_is_told_and_not_polled_again(database: Database) -> None:
    feed = add_feed(database)
    _record(database, feed, PollVerdict(PollOutcome.FAILED, status=410, error="gone", gone=True))
    assert _feed(database, feed).gone_at == NOW
    assert _claim(database, feed.host, NOW + 24 * 60 * MINUTE) is None


def test_a_failed_poll_keeps_the_validators_of_the_last_good_one(database: Database) -> None:
    feed = add_feed(database)
    good = PollVerdict(
        PollOutcome.READ, status=200, body_hash=b"1" * 32, validators=Validators('"a"', None)
    )
    _record(database, feed, good)
    _record(database, feed, PollVerdict(PollOutcome.FAILED, status=200, error="not a feed"))
    row = _feed(database, feed)
    assert (row.etag, row.body_hash) == ('"a"', b"1" * 32)


def test_a_permanent_move_is_remembered_and_a_dead_one_taken_back(database: Database) -> None:
    feed = add_feed(database)
    moved = PollVerdict(PollOutcome.UNCHANGED, status=304, moved_to="https://new.example/feed.xml")
    _record(database, feed, moved)
    row = _feed(database, feed)
    assert (row.location, row.host) == ("https://new.example/feed.xml", "new.example")
    for _ in range(feeds.FAILING_AFTER):
        _record(database, feed, PollVerdict(PollOutcome.FAILED, error="no such host"))
    row = _feed(database, feed)
    assert (row.location, row.host) == (row.url, "outlet1.example")


def test_every_poll_is_kept(database: Database) -> None:
    feed = add_feed(database)
    _record(
        database,
        feed,
        PollVerdict(PollOutcome.READ, status=200, wire_bytes=1200, seconds=0.25),
        PollCounts(entries=20, new=3, revised=1, rolled_over=True),
    )
    with database.reading() as session:
        poll = session.exec(select(Poll)).one()
        events = [event.kind for event in session.exec(select(Event).order_by(Event.id))]
    assert (poll.outcome, poll.status, poll.entries, poll.new, poll.revised, poll.rolled_over) == (
        "read", 200, 20, 3, 1, True,
    )  # fmt: skip
    assert events == ["feed.polled", "feed.gap"]


def test_a_removed_feed_takes_its_polls_with_it(database: Database) -> None:
    feed = add_feed(database)
    _record(database, feed, PollVerdict(PollOutcome.UNCHANGED, status=304))
    with database.writing() as session:
        feeds.remove(session, feed.id)
    with database.reading() as session:
        assert session.exec(select(Poll)).all() == []


def _claim(database: Database, host: str, now):  # type: ignore[no-untyped-def]
    with database.writing() as session:
        return feeds.claim(session, host, now=now)


def _record(
    database: Database, feed: DueFeed, verdict: PollVerdict, counts: PollCounts | None = None
) -> None:
    interval = timedelta(minutes=10)
    with database.writing() as session:
        feeds.record_poll(
            session,
            feed,
            verdict,
            counts or PollCounts(),
            interval=interval,
            next_poll_at=NOW + interval,
            now=NOW,
        )


def _feed(database: Database, feed: DueFeed) -> Feed:
    with database.reading() as session:
        return session.get_one(Feed, feed.id)
