"""Feeds and sources: added once, polled by one, never forgotten in trouble."""

from datetime import datetime

import pytest
from sqlmodel import select

from ingest.crawl_policy import redirect_trust
from ingest.crawl_policy.response_verdicts import PollOutcome, PollVerdict
from ingest.http import Validators
from ingest.url import UrlError
from store.database.connection import Database
from store.intake import feeds, polls
from store.intake.polls import DueFeed, NextPoll, PollCounts
from store.tables import EventRow, Feed, Poll, Source
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
    again = _claim(database, feed.host, NOW + polls.CLAIM)
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
        kinds = [
            event.kind for event in session.exec(select(EventRow)) if event.kind != "feed.polled"
        ]
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


NOTHING = PollCounts()
IN_TEN_MINUTES = NextPoll(NOW + 10 * MINUTE, 10 * MINUTE)
NEW = "https://new.example/feed.xml"
MOVED = PollVerdict(PollOutcome.UNCHANGED, status=304, moved_to=NEW)
FAILED = PollVerdict(PollOutcome.FAILED, error="no such host")
GONE = PollVerdict(PollOutcome.FAILED, status=410, error="gone", gone=True)


@pytest.fixture
def moved(database: Database) -> DueFeed:
    """A feed whose permanent redirect has held for long enough."""
    feed = add_feed(database)
    for number in range(redirect_trust.POLLS):
        assert _feed(database, feed).location == feed.url
        _record(
            database,
            feed,
            MOVED,
            at=NOW + number * redirect_trust.HELD / (redirect_trust.POLLS - 1),
        )
    return feed


def test_a_permanent_redirect_is_believed_once_it_has_held(
    database: Database, moved: DueFeed
) -> None:
    row = _feed(database, moved)
    assert (row.url, row.location, row.host) == (moved.url, NEW, "new.example")
    assert (row.moving_to, row.moving_since, row.moving_polls) == (None, None, 0)
    [event] = _events(database, "feed.moved")
    assert (event.payload["before"], event.payload["location"]) == (moved.url, NEW)


def test_a_permanent_redirect_that_stops_is_forgotten(database: Database) -> None:
    feed = add_feed(database)
    for number in range(redirect_trust.POLLS - 1):
        _record(database, feed, MOVED, at=NOW + number * redirect_trust.HELD)
    _record(database, feed, FAILED)  # tells nothing
    assert _feed(database, feed).moving_polls == redirect_trust.POLLS - 1
    _record(database, feed, PollVerdict(PollOutcome.UNCHANGED, status=304))
    row = _feed(database, feed)
    assert (row.location, row.moving_to, row.moving_polls) == (feed.url, None, 0)


@pytest.mark.parametrize("last", [[FAILED] * polls.FAILING_AFTER, [GONE]], ids=["dead", "410"])
def test_a_move_that_leads_nowhere_any_more_is_taken_back(
    database: Database, moved: DueFeed, last: list[PollVerdict]
) -> None:
    for verdict in last:
        assert _feed(database, moved).location == NEW
        _record(database, moved, verdict)
    row = _feed(database, moved)
    assert (row.location, row.host, row.gone_at) == (row.url, "outlet1.example", None)
    assert _events(database, "feed.moved")[-1].payload["location"] == moved.url
    _record(database, moved, GONE)
    assert _feed(database, moved).gone_at == NOW
    assert len(_events(database, "feed.gone")) == 1


def test_a_poll_that_reached_nobody_is_kept_and_counts_against_nobody(database: Database) -> None:
    feed = add_feed(database)
    _record(database, feed, PollVerdict(PollOutcome.READ, status=200))
    before = _feed(database, feed)
    unreached = PollVerdict(PollOutcome.UNREACHED, error="outlet1.example has no address")
    for _ in range(polls.FAILING_AFTER + 1):
        _record(database, feed, unreached, upcoming=NextPoll(NOW + MINUTE))
    row = _feed(database, feed)
    assert (row.failures, row.failing_since, row.last_error) == (0, None, None)
    assert (row.last_success_at, row.interval_seconds) == (NOW, before.interval_seconds)
    assert row.next_poll_at == NOW + MINUTE
    with database.reading() as session:
        kept = [poll.outcome for poll in session.exec(select(Poll).order_by(Poll.id))]
        kinds = [event.kind for event in session.exec(select(EventRow))]
    assert kept == ["read"] + ["unreached"] * (polls.FAILING_AFTER + 1)
    assert kinds == ["feed.polled"]


def test_a_failed_poll_leaves_the_interval_that_the_feed_had(database: Database) -> None:
    feed = add_feed(database)
    _record(database, feed, PollVerdict(PollOutcome.READ, status=200))
    _record(database, feed, FAILED, upcoming=NextPoll(NOW + 90 * MINUTE))
    row = _feed(database, feed)
    assert (row.interval_seconds, row.next_poll_at) == (600, NOW + 90 * MINUTE)


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
        events = [event.kind for event in session.exec(select(EventRow).order_by(EventRow.id))]
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


def test_a_feed_that_another_has_claimed_meanwhile_is_not_given_back(database: Database) -> None:
    late, after = add_feed(database), NOW + polls.CLAIM
    assert _claim(database, late.host, after) is not None
    with database.writing() as session:
        polls.release(session, late, again_at=after)
    assert _claim(database, late.host, after) is None


def _claim(database: Database, host: str, now):  # type: ignore[no-untyped-def]
    with database.writing() as session:
        return polls.claim(session, host, now=now)


def _record(
    database: Database,
    feed: DueFeed,
    verdict: PollVerdict,
    counts: PollCounts = NOTHING,
    *,
    upcoming: NextPoll = IN_TEN_MINUTES,
    at: datetime = NOW,
) -> None:
    with database.writing() as session:
        polls.record_poll(session, feed, verdict, counts, upcoming, now=at)


def _events(database: Database, kind: str) -> list[EventRow]:
    with database.reading() as session:
        return list(
            session.exec(select(EventRow).where(EventRow.kind == kind).order_by(EventRow.id))
        )


def _feed(database: Database, feed: DueFeed) -> Feed:
    with database.reading() as session:
        return session.get_one(Feed, feed.id)
