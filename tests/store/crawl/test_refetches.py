"""Refetches: an answer counts only while the article is what it was when it was asked for."""

from datetime import timedelta

import pytest
from sqlmodel import select

from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from store.crawl import refetches
from store.crawl.page_fetches import FETCH_CLAIM, PageToFetch
from store.database.connection import Database
from store.tables import Article, Snapshot, Stage
from tests.store.building import MINUTE, NOW, ingest_one, response

HOST = "outlet1.example"
HOUR = timedelta(hours=1)
SCHEDULE = (HOUR, 6 * HOUR)
NEW_BYTES = PageVerdict(
    PageOutcome.FETCHED, status=200, response=response(b"<html>second edition</html>")
)
GONE = PageVerdict(PageOutcome.WITHHELD, status=404, error="gone", gone=True)


@pytest.fixture
def due(database: Database) -> Database:
    """An article that has been read, and is due to be looked at."""
    article_id = ingest_one(database, 1)
    _change(database, refetch_at=NOW)
    with database.reading() as session:
        assert session.get_one(Article, article_id).stage == Stage.DONE
    return database


def _change(database: Database, **values: object) -> None:
    with database.writing() as session:
        article = session.exec(select(Article)).one()
        for name, value in values.items():
            setattr(article, name, value)


def _article(database: Database) -> Article:
    with database.reading() as session:
        return session.exec(select(Article)).one()


def _claim(database: Database, now=NOW) -> PageToFetch:  # type: ignore[no-untyped-def]
    with database.writing() as session:
        (page,) = refetches.claim(session, HOST, limit=1, now=now)
    return page


def _record(database: Database, page: PageToFetch, verdict: PageVerdict) -> Stage | None:
    assert page.refetch is not None
    with database.writing() as session:
        return refetches.record(session, page, page.refetch, verdict, schedule=SCHEDULE, now=NOW)


def test_new_bytes_send_an_article_on_its_way_and_the_same_do_not(due: Database) -> None:
    same = PageVerdict(PageOutcome.FETCHED, status=200, response=response())
    assert _record(due, _claim(due), same) is Stage.DONE
    _change(due, refetch_at=NOW)
    assert _record(due, _claim(due), NEW_BYTES) is Stage.PROCESS


@pytest.mark.parametrize("verdict", [NEW_BYTES, GONE], ids=["new bytes", "gone"])
@pytest.mark.parametrize("changed", ["taken by another", "its entry has changed"])
def test_an_answer_that_comes_too_late_is_not_recorded(
    due: Database, verdict: PageVerdict, changed: str
) -> None:
    page = _claim(due)
    if changed == "taken by another":
        _claim(due, NOW + FETCH_CLAIM)
    else:
        _change(due, stage=Stage.FETCH, next_attempt_at=NOW)
    before = _article(due)
    assert _record(due, page, verdict) is None
    assert _article(due) == before
    with due.reading() as session:
        pages = session.exec(select(Snapshot).where(Snapshot.kind == "page")).all()
        assert len(pages) == 1


def test_a_refetch_that_could_not_be_made_is_put_back_by_who_has_it(due: Database) -> None:
    page = _claim(due)
    again = _claim(due, NOW + FETCH_CLAIM)
    with due.writing() as session:
        refetches.release(session, page, again_at=NOW + HOUR)
    assert (_article(due).refetch_at, _article(due).attempts) == (again.again_at, again.attempts)
    with due.writing() as session:
        refetches.release(session, again, again_at=NOW + HOUR)
    assert _article(due).refetch_at == NOW + HOUR
    assert _article(due).attempts == again.attempts - 1


def test_what_is_longest_due_is_looked_at_first(due: Database) -> None:
    ids = [1, ingest_one(due, 2), ingest_one(due, 3)]
    with due.writing() as session:
        for article in session.exec(select(Article)):
            article.host = HOST
            article.refetch_at = NOW - MINUTE * (article.id or 0)
        session.get_one(Article, ids[0]).refetch_at = NOW + MINUTE
    with due.writing() as session:
        first = refetches.claim(session, HOST, limit=1, now=NOW)
        rest = refetches.claim(session, HOST, limit=9, now=NOW)
    assert ([page.id for page in first], [page.id for page in rest]) == ([ids[2]], [ids[1]])
