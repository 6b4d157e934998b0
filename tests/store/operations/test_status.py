"""The status names what needs a person."""

from datetime import timedelta

from store.articles import stages
from store.database.connection import Database
from store.operations import heartbeats, status
from store.tables import Article, Feed, Host, Outage, Poll, Stage
from tests.store.building import MINUTE, NOW, add_feed, discover, discovery, fetch, ingest_one


def _read(database: Database, now=NOW) -> status.Status:  # type: ignore[no-untyped-def]
    with database.reading() as session:
        return status.read(session, now=now)


def test_counts_of_an_untroubled_service(database: Database) -> None:
    ingest_one(database)
    found = _read(database)
    assert (found.feeds, found.stories, found.relevant_stories) == (1, 1, 1)
    assert found.stages == {"done": 1}
    assert (found.trouble, found.quarantine, found.oldest_waiting) == ((), (), None)


def test_a_failing_feed_is_named_with_its_reason(database: Database) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        row = session.get_one(Feed, feed.id)
        row.failures, row.failing_since, row.last_error = 1, NOW, "the server answered 500"
    (trouble,) = _read(database).trouble
    assert (trouble.state, trouble.reason, trouble.since) == (
        "failing",
        "the server answered 500",
        NOW,
    )


def test_a_feed_that_answers_but_brings_nothing_has_gone_quiet(database: Database) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        row = session.get_one(Feed, feed.id)
        row.last_new_at, row.interval_seconds = NOW, 3600
    assert _read(database, NOW + timedelta(days=1)).trouble == ()
    (trouble,) = _read(database, NOW + timedelta(days=3)).trouble
    assert (trouble.state, trouble.since) == ("quiet", NOW)


def test_a_quarantined_article_is_named_with_its_stage_and_reason(database: Database) -> None:
    discover(database, add_feed(database), discovery(1))
    with database.writing() as session:
        stages.quarantine(session, 1, "the server answered 500", now=NOW)
    (item,) = _read(database).quarantine
    assert (item.stage, item.reason) == ("fetch", "the server answered 500")


def test_the_oldest_waiting_article_tells_the_lag(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    discover(database, feed, discovery(2), now=NOW + timedelta(hours=1))
    assert _read(database).oldest_waiting == NOW


def test_each_stage_names_the_article_that_has_waited_longest(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    discover(database, feed, discovery(2), discovery(3), now=NOW + timedelta(hours=1))
    fetched = fetch(database, feed.host, now=NOW + timedelta(hours=2))
    found = _read(database, NOW + timedelta(hours=3))
    assert found.stages == {"fetch": 2, "process": 1}
    assert (found.oldest["process"].id, found.oldest["fetch"].id) == (fetched, 2)
    assert found.oldest["process"].since == NOW + timedelta(hours=2)
    assert found.oldest["fetch"].since == NOW + timedelta(hours=1)
    assert found.oldest_waiting == NOW + timedelta(hours=1)


def test_an_old_article_that_has_changed_has_not_waited_since_it_was_first_seen(
    database: Database,
) -> None:
    ingest_one(database)
    with database.writing() as session:
        article = session.get_one(Article, 1)
        article.stage, article.next_attempt_at = Stage.FETCH, NOW + timedelta(days=9)
    later = NOW + timedelta(days=9, minutes=5)
    assert _read(database, later).oldest["fetch"].since == NOW + timedelta(days=9)


def test_gaps_of_a_week_are_counted_by_feed(database: Database) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        for days, rolled_over in ((9, True), (3, True), (2, False), (1, True)):
            at = NOW - timedelta(days=days)
            poll = Poll(feed_id=feed.id, at=at, outcome="read", rolled_over=rolled_over)
            session.add(poll)
    (gap,) = _read(database).gaps
    assert (gap.url, gap.times, gap.last) == (feed.url, 2, NOW - timedelta(days=1))


def test_hosts_that_have_refused_are_named_until_they_may_be_asked(database: Database) -> None:
    until = NOW + timedelta(minutes=10)
    with database.writing() as session:
        session.add(Host(name="a.example", next_request_at=until, refusals=2))
        session.add(Host(name="b.example", next_request_at=until, refusals=0))
        session.add(Host(name="c.example", next_request_at=NOW, refusals=1))
    (host,) = _read(database).paused_hosts
    assert (host.name, host.until, host.refusals) == ("a.example", until, 2)


def test_feeds_are_counted_by_their_state(database: Database) -> None:
    for number, values in enumerate(
        (
            {"last_new_at": NOW},
            {"last_new_at": NOW - timedelta(days=3)},
            {"failures": 1},
            {"gone_at": NOW},
            {"paused": True},
            {},
        ),
        start=1,
    ):
        feed = add_feed(database, number)
        with database.writing() as session:
            row = session.get_one(Feed, feed.id)
            for name, value in values.items():
                setattr(row, name, value)
    found = _read(database)
    assert found.feed_states == dict.fromkeys(status.FEED_STATES, 1)
    assert found.longest_silence == timedelta(days=3)
    assert found.last_new == NOW


def test_signs_of_life_are_the_latest(database: Database) -> None:
    with database.writing() as session:
        heartbeats.record(session, heartbeats.CPU, now=NOW)
        heartbeats.record(session, heartbeats.CPU, now=NOW + MINUTE)
    assert _read(database).heartbeats == {"cpu": NOW + MINUTE}


def test_an_outage_is_told_while_it_lasts(database: Database) -> None:
    with database.writing() as session:
        outage = Outage(began_at=NOW, noticed_at=NOW + MINUTE, ongoing=True)
        session.add(outage)
    assert _read(database).outage_since == NOW
    with database.writing() as session:
        row = session.get_one(Outage, 1)
        row.ongoing, row.ended_at = None, NOW + MINUTE
    assert _read(database).outage_since is None
