"""Polls: who has a feed in hand puts it back, and nobody else."""

from store.database.connection import Database
from store.intake import polls
from store.intake.polls import DueFeed
from store.tables import Feed
from tests.store.building import MINUTE, NOW, add_feed


def _next_poll(database: Database, feed: DueFeed, again_at):  # type: ignore[no-untyped-def]
    with database.writing() as session:
        polls.release(session, feed, again_at=again_at)
    with database.reading() as session:
        return session.get_one(Feed, feed.id).next_poll_at


def test_a_feed_that_could_not_be_asked_for_is_put_back(database: Database) -> None:
    assert _next_poll(database, add_feed(database), NOW + 9 * MINUTE) == NOW + 9 * MINUTE


def test_a_feed_that_was_made_due_meanwhile_is_not_put_off(database: Database) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        polls.make_due(session, None, now=NOW)
    assert _next_poll(database, feed, NOW + 9 * MINUTE) == NOW


def test_the_most_overdue_feed_of_a_host_is_polled_first(database: Database) -> None:
    feeds = [add_feed(database, n, url=f"http://one.example/{n}.xml") for n in (1, 2, 3)]
    with database.writing() as session:
        for feed, minutes in zip(feeds, (2, 3, 1), strict=True):
            session.get_one(Feed, feed.id).next_poll_at = NOW - minutes * MINUTE
    order = []
    with database.writing() as session:
        while (claimed := polls.claim(session, "one.example", now=NOW)) is not None:
            order.append(claimed.id)
    assert order == [feeds[1].id, feeds[0].id, feeds[2].id]
