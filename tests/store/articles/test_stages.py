"""An article's way: claims, failures, quarantine, and back to work."""

from datetime import timedelta

import pytest
from sqlmodel import select

from ingest.crawl_policy.page_retry import FETCH_ATTEMPTS, PROCESS_ATTEMPTS
from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from store.articles import stages
from store.crawl import page_fetches
from store.crawl.page_fetches import PageToFetch
from store.database.connection import Database
from store.tables import Article, EventRow, Stage
from tests.store.building import MINUTE, NOW, add_feed, discover, discovery, fetch, process

HOST = "outlet1.example"
LONG = timedelta(days=1)


@pytest.fixture
def waiting(database: Database) -> Database:
    """A database in which one article waits to be fetched."""
    discover(database, add_feed(database), discovery(1))
    return database


def _claim(database: Database, now=NOW) -> PageToFetch | None:  # type: ignore[no-untyped-def]
    with database.writing() as session:
        return next(iter(page_fetches.claim_fetches(session, HOST, limit=1, now=now)), None)


def _answer(database: Database, page: PageToFetch, verdict: PageVerdict, now=NOW) -> Stage | None:  # type: ignore[no-untyped-def]
    with database.writing() as session:
        return page_fetches.record_fetch(session, page, verdict, jitter=0.5, now=now)


def _article(database: Database) -> Article:
    with database.reading() as session:
        return session.exec(select(Article)).one()


def _claim_processing(database: Database, owner: str, now=NOW) -> bool:  # type: ignore[no-untyped-def]
    article_id = _article(database).id
    assert article_id is not None
    with database.writing() as session:
        return stages.claim_processing(session, article_id, owner=owner, now=now)


def test_a_claimed_page_is_not_claimed_again_until_its_claim_is_old(waiting: Database) -> None:
    assert _claim(waiting) is not None
    assert _claim(waiting) is None
    assert _claim(waiting, NOW + page_fetches.FETCH_CLAIM) is not None


def test_a_passing_fault_waits_longer_each_time_and_ends_in_quarantine(waiting: Database) -> None:
    verdict = PageVerdict(PageOutcome.LATER, status=500, error="the server answered 500")
    now, waits = NOW, []
    for _ in range(FETCH_ATTEMPTS - 1):
        page = _claim(waiting, now)
        assert page is not None
        assert _answer(waiting, page, verdict, now) is Stage.FETCH
        waits.append(_article(waiting).next_attempt_at - now)
        now += waits[-1]
    page = _claim(waiting, now)
    assert page is not None
    assert _answer(waiting, page, verdict, now) is Stage.QUARANTINED
    assert waits == sorted(waits)
    assert _article(waiting).error == "the server answered 500"
    with waiting.reading() as session:
        kinds = [event.kind for event in session.exec(select(EventRow))]
    assert kinds.count("article.quarantined") == 1


def test_what_the_server_asked_to_wait_is_waited(waiting: Database) -> None:
    page = _claim(waiting)
    assert page is not None
    verdict = PageVerdict(PageOutcome.LATER, status=429, retry_after=timedelta(hours=1))
    _answer(waiting, page, verdict)
    assert _article(waiting).next_attempt_at >= NOW + timedelta(hours=1)


def test_a_page_that_is_gone_is_remembered_so_and_the_entry_processed(waiting: Database) -> None:
    page = _claim(waiting)
    assert page is not None
    verdict = PageVerdict(PageOutcome.WITHHELD, status=404, error="gone", gone=True)
    assert _answer(waiting, page, verdict) is Stage.PROCESS
    article = _article(waiting)
    assert (article.gone_at, article.page_status) == (NOW, 404)


def test_a_released_page_has_lost_no_attempt(waiting: Database) -> None:
    page = _claim(waiting)
    assert page is not None
    with waiting.writing() as session:
        page_fetches.release_fetch(session, page, again_at=NOW + MINUTE)
    assert _article(waiting).attempts == 0


def test_an_answer_that_comes_twice_is_taken_once(waiting: Database) -> None:
    article_id = fetch(waiting, HOST)
    process(waiting, article_id)
    stale = PageToFetch(article_id, "http://outlet1.example/1.html", None, None, 1, NOW)
    assert _answer(waiting, stale, PageVerdict(PageOutcome.LATER, status=500)) is None
    assert _article(waiting).error is None


def test_one_worker_at_a_time_processes_an_article(waiting: Database) -> None:
    fetch(waiting, HOST)
    assert _claim_processing(waiting, "one")
    assert not _claim_processing(waiting, "two")
    assert _claim_processing(waiting, "two", NOW + stages.PROCESS_CLAIM)


def test_a_redelivered_message_takes_over_what_its_dead_worker_held(waiting: Database) -> None:
    fetch(waiting, HOST)
    assert _claim_processing(waiting, "message-1")
    assert _claim_processing(waiting, "message-1")


def test_a_page_that_kills_its_worker_is_quarantined_after_four_runs(waiting: Database) -> None:
    fetch(waiting, HOST)
    runs = sum(_claim_processing(waiting, "message-1") for _ in range(PROCESS_ATTEMPTS + 3))
    assert runs == PROCESS_ATTEMPTS
    article = _article(waiting)
    assert (article.stage, article.failed_stage) == (Stage.QUARANTINED, Stage.PROCESS)


def test_retry_puts_quarantined_articles_back_where_they_failed(waiting: Database) -> None:
    article_id = fetch(waiting, HOST)
    with waiting.writing() as session:
        stages.quarantine(session, article_id, "broken", now=NOW)
    with waiting.writing() as session:
        assert stages.retry(session, stage=Stage.FETCH, now=NOW) == 0
        assert stages.retry(session, stage=Stage.PROCESS, now=NOW) == 1
    assert _article(waiting).stage == Stage.PROCESS
    assert _claim_processing(waiting, "again")


def test_sweep_names_lost_work_once_until_it_is_overdue_again(waiting: Database) -> None:
    article_id = fetch(waiting, HOST)

    def overdue(now):  # type: ignore[no-untyped-def]
        with waiting.writing() as session:
            return list(stages.overdue(session, now=now, limit=10))

    late = NOW + stages.PROCESS_OVERDUE
    assert overdue(NOW) == []
    assert overdue(late) == [article_id]
    assert overdue(late) == []
    assert overdue(late + stages.PROCESS_OVERDUE) == [article_id]


def test_what_a_dead_worker_had_in_hand_is_named_by_the_sweep_when_its_claim_is_over(
    waiting: Database,
) -> None:
    article_id = fetch(waiting, HOST)
    late = NOW + stages.PROCESS_OVERDUE - timedelta(seconds=1)
    assert _claim_processing(waiting, "message-1", late)
    with waiting.writing() as session:
        assert stages.overdue(session, now=NOW + stages.PROCESS_OVERDUE, limit=10) == []
        free = late + stages.PROCESS_CLAIM
        assert stages.overdue(session, now=free, limit=10) == [article_id]
    assert _claim_processing(waiting, "message-2", free)


def test_a_page_that_takes_all_of_its_time_twice_is_set_aside(waiting: Database) -> None:
    fetch(waiting, HOST)
    for attempt in range(1, stages.ATTEMPTS_IN_TIME + 1):
        assert _claim_processing(waiting, f"message-{attempt}")
        with waiting.writing() as session:
            stages.out_of_time(session, f"message-{attempt}", now=NOW)
    article = _article(waiting)
    assert (article.stage, article.failed_stage) == (Stage.QUARANTINED, Stage.PROCESS)
    assert article.error == "processing takes too long"


def test_what_another_has_in_hand_is_not_out_of_time(waiting: Database) -> None:
    fetch(waiting, HOST)
    assert _claim_processing(waiting, "message-1")
    with waiting.writing() as session:
        stages.out_of_time(session, "message-2", now=NOW)
    assert not _claim_processing(waiting, "message-2")


def test_what_its_owner_has_let_go_is_not_out_of_time(waiting: Database) -> None:
    article_id = fetch(waiting, HOST)
    for _ in range(stages.ATTEMPTS_IN_TIME):
        assert _claim_processing(waiting, "message-1")
        with waiting.writing() as session:
            assert stages.release_processing(session, article_id, "disk full", now=NOW)
    with waiting.writing() as session:
        stages.out_of_time(session, "message-1", now=NOW)
    article = _article(waiting)
    assert (article.stage, article.error) == (Stage.PROCESS, "disk full")


def test_when_the_broker_has_forgotten_what_is_in_nobodys_hands_is_overdue(
    waiting: Database,
) -> None:
    article_id = fetch(waiting, HOST)

    def overdue_after_forgetting() -> list[int]:
        with waiting.writing() as session:
            stages.forget_nudges(session, now=NOW)
            return list(stages.overdue(session, now=NOW, limit=10))

    assert overdue_after_forgetting() == [article_id]
    assert _claim_processing(waiting, "message-1")
    assert overdue_after_forgetting() == []


def test_what_waits_for_its_next_attempt_is_not_overdue_when_the_broker_has_forgotten(
    waiting: Database,
) -> None:
    article_id = fetch(waiting, HOST)
    assert _claim_processing(waiting, "message-1")
    with waiting.writing() as session:
        assert stages.release_processing(session, article_id, "disk full", now=NOW)
    with waiting.writing() as session:
        stages.forget_nudges(session, now=NOW)
        assert list(stages.overdue(session, now=NOW, limit=10)) == []


def test_an_owner_lets_go_of_its_own_claims_and_of_no_others(waiting: Database) -> None:
    fetch(waiting, HOST)
    assert _claim_processing(waiting, "message-1")
    with waiting.writing() as session:
        stages.release_claims(session, "message-2")
    assert not _claim_processing(waiting, "message-2")
    with waiting.writing() as session:
        stages.release_claims(session, "message-1")
    assert _claim_processing(waiting, "message-2")


def test_a_failure_says_nothing_of_an_article_that_is_on_another_way_by_now(
    waiting: Database,
) -> None:
    article_id = fetch(waiting, HOST)
    with waiting.writing() as session:  # as a changed entry does
        article = session.get_one(Article, article_id)
        article.stage, article.next_attempt_at = Stage.FETCH, NOW
    with waiting.writing() as session:
        assert stages.release_processing(session, article_id, "disk full", now=NOW)
    article = _article(waiting)
    assert (article.stage, article.error, article.next_attempt_at) == (Stage.FETCH, None, NOW)


def test_what_is_done_is_not_set_aside(waiting: Database) -> None:
    article_id = fetch(waiting, HOST)
    process(waiting, article_id)
    with waiting.writing() as session:
        stages.quarantine(session, article_id, "too late", now=NOW)
    assert (_article(waiting).stage, _article(waiting).error) == (Stage.DONE, None)


def test_retry_gives_all_attempts_again(waiting: Database) -> None:
    fetch(waiting, HOST)
    for _ in range(PROCESS_ATTEMPTS + 1):
        _claim_processing(waiting, "message-1")
    assert _article(waiting).stage == Stage.QUARANTINED
    with waiting.writing() as session:
        assert stages.retry(session, stage=None, now=NOW) == 1
    runs = sum(_claim_processing(waiting, "message-2") for _ in range(PROCESS_ATTEMPTS + 3))
    assert runs == PROCESS_ATTEMPTS


def test_a_page_that_was_fetched_by_others_meanwhile_is_not_put_back(waiting: Database) -> None:
    page = _claim(waiting)
    assert page is not None
    again = _claim(waiting, NOW + page_fetches.FETCH_CLAIM)
    assert again is not None
    with waiting.writing() as session:
        page_fetches.release_fetch(session, page, again_at=NOW)
    assert _article(waiting).attempts == again.attempts
