"""The status names what needs a person."""

from datetime import timedelta

from ingest.answers import PollOutcome, PollVerdict
from store import articles, feeds, status
from store.database import Database
from store.feeds import PollCounts
from store.tables import Feed
from tests.store.building import NOW, add_feed, discover, discovery, ingest_one


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
        feeds.record_poll(
            session,
            feed,
            PollVerdict(PollOutcome.FAILED, error="the server answered 500"),
            PollCounts(),
            interval=timedelta(minutes=5),
            next_poll_at=NOW,
            now=NOW,
        )
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
        articles.quarantine(session, 1, "the server answered 500", now=NOW)
    (item,) = _read(database).quarantine
    assert (item.stage, item.reason) == ("fetch", "the server answered 500")


def test_the_oldest_waiting_article_tells_the_lag(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    discover(database, feed, discovery(2), now=NOW + timedelta(hours=1))
    assert _read(database).oldest_waiting == NOW
