"""Answers of pages whose article has changed while they were asked for are dropped."""

import pytest
from sqlmodel import func, select

from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from store.crawl import page_fetches
from store.crawl.page_fetches import PageToFetch
from store.database.connection import Database
from store.tables import Article, EventRow, Snapshot, Stage
from tests.store.building import MINUTE, NOW, add_feed, discover, discovery, response

HOST = "outlet1.example"
SECOND = MINUTE / 60
ANSWERS = [
    PageVerdict(PageOutcome.FETCHED, status=200, response=response()),
    PageVerdict(PageOutcome.UNCHANGED, status=304),
    PageVerdict(PageOutcome.WITHHELD, status=404, error="gone", gone=True),
    PageVerdict(PageOutcome.LATER, status=500, error="the server answered 500"),
]


@pytest.fixture
def overtaken(database: Database) -> PageToFetch:
    """A page in hand whose entry has changed since: it is to be asked for again, at once."""
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    with database.writing() as session:
        (page,) = page_fetches.claim_fetches(session, HOST, limit=1, now=NOW)
    discover(database, feed, discovery(1, title="Envoy settles two visits"), now=NOW + SECOND)
    return page


def _article(database: Database) -> Article:
    with database.reading() as session:
        return session.exec(select(Article)).one()


@pytest.mark.parametrize("verdict", ANSWERS, ids=lambda verdict: str(verdict.outcome))
def test_an_answer_whose_entry_has_changed_meanwhile_is_not_recorded(
    database: Database, overtaken: PageToFetch, verdict: PageVerdict
) -> None:
    before = _article(database)
    with database.reading() as session:
        told = session.exec(select(func.count()).select_from(EventRow)).one()
    with database.writing() as session:
        late = NOW + 2 * SECOND
        assert page_fetches.record_fetch(session, overtaken, verdict, jitter=0.5, now=late) is None
    assert _article(database) == before
    assert (before.stage, before.next_attempt_at) == (Stage.FETCH, NOW + SECOND)
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(EventRow)).one() == told
        pages = session.exec(select(Snapshot).where(Snapshot.kind == "page")).all()
        assert list(pages) == []


def test_a_page_whose_entry_has_changed_meanwhile_is_not_put_off(
    database: Database, overtaken: PageToFetch
) -> None:
    with database.writing() as session:
        page_fetches.release_fetch(session, overtaken, again_at=NOW + 60 * MINUTE)
    assert _article(database).next_attempt_at == NOW + SECOND


@pytest.mark.parametrize("verdict", ANSWERS, ids=lambda verdict: str(verdict.outcome))
def test_an_answer_of_the_page_in_hand_is_recorded(
    database: Database, overtaken: PageToFetch, verdict: PageVerdict
) -> None:
    with database.writing() as session:
        (page,) = page_fetches.claim_fetches(session, HOST, limit=1, now=NOW + SECOND)
        assert page.again_at != overtaken.again_at
        found = page_fetches.record_fetch(session, page, verdict, jitter=0.5, now=NOW + SECOND)
    later = verdict.outcome is PageOutcome.LATER
    assert found is (Stage.FETCH if later else Stage.PROCESS)
    assert _article(database).stage == found
    assert _article(database).page_status == verdict.status


def test_pages_are_taken_in_hand_that_have_waited_longest(database: Database) -> None:
    feed = add_feed(database)
    for number, at in ((1, NOW), (2, NOW - MINUTE), (3, NOW - MINUTE / 2), (4, NOW + SECOND)):
        discover(database, feed, discovery(number), now=at)
    with database.writing() as session:
        pages = page_fetches.claim_fetches(session, HOST, limit=2, now=NOW)
        urls = [page.url.rpartition("/")[2] for page in pages]
        assert sorted(urls) == ["2.html", "3.html"]
        left = page_fetches.claim_fetches(session, HOST, limit=9, now=NOW)
        assert [page.url.rpartition("/")[2] for page in left] == ["1.html"]
