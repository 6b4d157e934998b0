"""After a clock was wrong, what it has put off for a day is due again, and nothing else is."""

from datetime import timedelta

import pytest
from sqlmodel import select

from store.articles import stages
from store.crawl import host_leases, outages, page_fetches
from store.database.connection import Database
from store.intake import polls
from store.operations import clock_repair
from store.reprocessing import runs
from store.reprocessing.selection import Selection, Versions
from store.tables import Article, Feed, Host, Outage, Step
from tests.store.building import MINUTE, NOW, add_feed, discover, discovery, fetch

DAY = timedelta(days=1)
HOST = "outlet1.example"


@pytest.fixture
def waiting(database: Database) -> Database:
    """A feed, claimed, and an article of its host that waits to be fetched."""
    discover(database, add_feed(database), discovery(1))
    return database


def mend(database: Database) -> int:
    with database.writing() as session:
        return clock_repair.mend(session, now=NOW, longest_interval=DAY, longest_refetch=3 * DAY)


def test_nothing_is_changed_while_the_clock_is_right(waiting: Database) -> None:
    with waiting.writing() as session:
        host_leases.acquire(session, HOST, owner="a", now=NOW, lease=2 * MINUTE)
        session.exec(select(Feed)).one().last_polled_at = NOW
    assert mend(waiting) == 0


def test_a_turn_that_was_taken_in_the_future_is_free(waiting: Database) -> None:
    with waiting.writing() as session:
        host_leases.acquire(session, HOST, owner="a", now=NOW + DAY, lease=2 * MINUTE)
    assert mend(waiting) == 2
    with waiting.writing() as session:
        assert host_leases.acquire(session, HOST, owner="b", now=NOW, lease=MINUTE)
        assert session.get_one(Host, HOST).next_request_at == NOW


def test_a_pause_that_a_host_has_asked_for_is_kept(waiting: Database) -> None:
    with waiting.writing() as session:
        session.add(Host(name=HOST, next_request_at=NOW + DAY, refusals=1))
    assert mend(waiting) == 0


def test_a_feed_that_was_polled_in_the_future_is_due_once(waiting: Database) -> None:
    with waiting.writing() as session:
        feed = session.exec(select(Feed)).one()
        feed.last_polled_at, feed.next_poll_at = NOW + DAY, NOW + DAY + MINUTE
    assert mend(waiting) == 1
    assert mend(waiting) == 0
    with waiting.writing() as session:
        assert polls.claim(session, HOST, now=NOW) is not None


def test_an_article_that_was_claimed_in_the_future_is_free(waiting: Database) -> None:
    article_id = fetch(waiting, HOST)
    with waiting.writing() as session:
        assert stages.claim_processing(session, article_id, owner="a", now=NOW + DAY)
    assert mend(waiting) == 1
    with waiting.writing() as session:
        assert stages.overdue(session, now=NOW, limit=1) == [article_id]
        assert stages.claim_processing(session, article_id, owner="b", now=NOW)


def test_no_attempt_is_put_off_for_longer_than_any_wait(waiting: Database) -> None:
    with waiting.writing() as session:
        article = session.exec(select(Article)).one()
        article.next_attempt_at = NOW + clock_repair.LONGEST + DAY
    assert mend(waiting) == 1
    with waiting.writing() as session:
        assert page_fetches.claim_fetches(session, HOST, limit=1, now=NOW)


def test_no_feed_sleeps_for_longer_than_any_interval(waiting: Database) -> None:
    with waiting.writing() as session:
        session.exec(select(Feed)).one().next_poll_at = NOW + 3 * DAY
    assert mend(waiting) == 1
    with waiting.writing() as session:
        assert polls.claim(session, HOST, now=NOW) is not None


def test_no_page_waits_for_a_look_for_longer_than_any_is_put_off(waiting: Database) -> None:
    with waiting.writing() as session:
        session.exec(select(Article)).one().refetch_at = NOW + 4 * DAY
    assert mend(waiting) == 1
    with waiting.reading() as session:
        assert session.exec(select(Article)).one().refetch_at == NOW


def test_hosts_that_answered_in_the_future_hide_no_outage(waiting: Database) -> None:
    with waiting.writing() as session:
        session.add(Host(name=HOST, next_request_at=NOW, refusals=0, reached_at=NOW + DAY))
        session.add(Outage(began_at=NOW + DAY, noticed_at=NOW + DAY, ongoing=True))
    assert mend(waiting) == 2
    with waiting.writing() as session:
        assert session.get_one(Host, HOST).reached_at is None
        outages.note_reached(session, HOST, at=NOW + MINUTE)
        assert outages.down_since(session) is None


def test_a_part_of_a_run_that_was_taken_in_the_future_is_free(waiting: Database) -> None:
    with waiting.writing() as session:
        run_id = runs.begin(
            session, [1], step=Step.TAG, selection=Selection(),
            versions=Versions("1", "1", 1, "1", "1"), by="a test", now=NOW,
        )  # fmt: skip
        assert runs.claim(session, run_id, owner="a", now=NOW + DAY) is not None
        assert runs.claim(session, run_id, owner="b", now=NOW) is None
    assert mend(waiting) == 1
    with waiting.writing() as session:
        assert runs.claim(session, run_id, owner="b", now=NOW) is not None
