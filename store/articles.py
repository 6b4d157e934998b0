"""Articles on their way: which work is waiting, who has taken it, and what came of a fetch.

The stage on an article's row is the queue. A claim pushes the row's time forward, so that work
whose worker died comes back by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, update
from sqlmodel import Session, col, select

from ingest.answers import PageOutcome, PageVerdict, validators_of
from ingest.retry import FETCH_ATTEMPTS, PROCESS_ATTEMPTS, next_attempt
from store import outbox, snapshots
from store.outbox import Happening
from store.snapshots import Capture
from store.tables import Article, Stage

# A claimed fetch comes back after this, should its worker die: longer than the longest exchange.
FETCH_CLAIM = timedelta(minutes=3)
# Likewise for processing: twice the hard time limit of the task.
PROCESS_CLAIM = timedelta(minutes=2)
# An article that waits for processing was nudged; if nothing came of it by then, sweep nudges.
PROCESS_OVERDUE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class PageToFetch:
    """An article whose page is to be fetched."""

    id: int
    url: str
    etag: str | None
    last_modified: str | None
    attempts: int  # this one included


def claim_fetch(session: Session, host: str, *, now: datetime) -> PageToFetch | None:
    """Take the host's longest waiting page in hand; the caller holds the host's turn."""
    article_id = (
        select(Article.id)
        .where(
            Article.host == host, Article.stage == Stage.FETCH, col(Article.next_attempt_at) <= now
        )
        .order_by(col(Article.next_attempt_at), col(Article.id))
        .limit(1)
        .scalar_subquery()
    )
    row = session.execute(
        update(Article)
        .where(col(Article.id) == article_id)
        .values(attempts=Article.attempts + 1, next_attempt_at=now + FETCH_CLAIM)
        .returning(
            col(Article.id),
            col(Article.url),
            col(Article.etag),
            col(Article.last_modified),
            col(Article.attempts),
        )
        .execution_options(synchronize_session=False)
    ).first()
    return None if row is None else PageToFetch(*row)


def record_fetch(
    session: Session, page: PageToFetch, verdict: PageVerdict, *, jitter: float, now: datetime
) -> Stage:
    """Write down what the fetch of a page has shown; return what the article waits for now."""
    article = session.get(Article, page.id, with_for_update=True)
    if article is None or article.stage != Stage.FETCH:
        return Stage.DONE if article is None else Stage(article.stage)
    article.page_status = verdict.status
    article.error = verdict.error
    if verdict.outcome is PageOutcome.LATER:
        _fetch_later(article, page, verdict, jitter, now)
    else:
        article.fetched_at = now
        article.attempts = 0
        article.gone_at = (article.gone_at or now) if verdict.gone else None
        if verdict.outcome is PageOutcome.UNCHANGED:
            article.stage = Stage.DONE
        else:
            _to_processing(session, article, verdict, now)
    outbox.write(session, _happenings(article, verdict), now=now)
    return Stage(article.stage)


def release_fetch(session: Session, page: PageToFetch, *, again_at: datetime) -> None:
    """Put a page back that could not be asked for: no attempt was made."""
    session.execute(
        update(Article)
        .where(col(Article.id) == page.id, col(Article.stage) == Stage.FETCH)
        .values(attempts=page.attempts - 1, next_attempt_at=again_at)
        .execution_options(synchronize_session=False)
    )


def _fetch_later(
    article: Article, page: PageToFetch, verdict: PageVerdict, jitter: float, now: datetime
) -> None:
    if page.attempts >= FETCH_ATTEMPTS:
        article.stage, article.failed_stage = Stage.QUARANTINED, Stage.FETCH
        return
    wait = next_attempt(page.attempts, retry_after=verdict.retry_after, jitter=jitter)
    article.next_attempt_at = now + wait


def _to_processing(session: Session, article: Article, verdict: PageVerdict, now: datetime) -> None:
    assert article.id is not None
    article.stage = Stage.PROCESS
    article.next_attempt_at = now + PROCESS_OVERDUE
    article.claimed_until = None
    response = verdict.response
    if response is not None:
        validators = validators_of(response)
        article.etag, article.last_modified = validators.etag, validators.last_modified
        capture = Capture(
            article.id, snapshots.PAGE, response.body, response.final_url, response.content_type
        )
        snapshots.keep(session, capture, now=now)


def _happenings(article: Article, verdict: PageVerdict) -> list[Happening]:
    about = {"url": article.url, "status": verdict.status, "error": verdict.error}
    if verdict.outcome is PageOutcome.FETCHED:
        return [Happening("article.fetched", article_id=article.id, payload=about)]
    if article.stage == Stage.QUARANTINED:
        return [Happening("article.quarantined", article_id=article.id, payload=about)]
    return []


def overdue(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Articles whose processing was nudged and did not happen; they count as nudged again."""
    ids = session.exec(
        select(Article.id)
        .where(Article.stage == Stage.PROCESS, col(Article.next_attempt_at) <= now)
        .order_by(col(Article.next_attempt_at))
        .limit(limit)
    ).all()
    found = [article_id for article_id in ids if article_id is not None]
    if found:
        session.execute(
            update(Article)
            .where(col(Article.id).in_(found))
            .values(next_attempt_at=now + PROCESS_OVERDUE)
            .execution_options(synchronize_session=False)
        )
    return found


def claim_processing(session: Session, article_id: int, *, owner: str, now: datetime) -> bool:
    """Take an article's processing in hand; False where it is not waiting or another has it.

    `owner` names the attempt's message: when its worker dies and the message is redelivered, the
    new attempt takes over what the dead one held. An article that was taken too often, each time
    without coming to an end, is quarantined: it is what kills the worker.
    """
    row = session.execute(
        update(Article)
        .where(
            col(Article.id) == article_id,
            col(Article.stage) == Stage.PROCESS,
            or_(
                col(Article.claimed_until).is_(None),
                col(Article.claimed_until) <= now,
                col(Article.claimed_by) == owner,
            ),
        )
        .values(attempts=Article.attempts + 1, claimed_by=owner, claimed_until=now + PROCESS_CLAIM)
        .returning(col(Article.attempts))
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        return False
    if row[0] > PROCESS_ATTEMPTS:
        quarantine(session, article_id, "processing did not come to an end", now=now)
        return False
    return True


def release_processing(session: Session, article_id: int, error: str, *, now: datetime) -> None:
    """A step of processing failed: it is tried again a little later, or quarantined."""
    article = session.get_one(Article, article_id, with_for_update=True)
    if article.attempts >= PROCESS_ATTEMPTS:
        quarantine(session, article_id, error, now=now)
        return
    article.claimed_until = None
    article.error = error
    article.next_attempt_at = now + next_attempt(article.attempts, jitter=0.5)


def quarantine(session: Session, article_id: int, error: str, *, now: datetime) -> None:
    """Set an article aside, with its error, until `retry`."""
    article = session.get_one(Article, article_id, with_for_update=True)
    article.failed_stage = article.stage
    article.stage = Stage.QUARANTINED
    article.error = error
    article.claimed_until = None
    payload = {"url": article.url, "stage": article.failed_stage, "error": error}
    outbox.write(
        session,
        [Happening("article.quarantined", article_id=article_id, payload=payload)],
        now=now,
    )


def retry(session: Session, *, stage: Stage | None, now: datetime) -> int:
    """Put quarantined articles (of one failed stage, or all) back to work; return how many."""
    statement = update(Article).where(col(Article.stage) == Stage.QUARANTINED)
    if stage is not None:
        statement = statement.where(col(Article.failed_stage) == stage)
    done = session.execute(
        statement.values(
            stage=Article.failed_stage,
            failed_stage=None,
            attempts=0,
            next_attempt_at=now,
            claimed_until=None,
        ).execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def waiting(session: Session) -> dict[str, int]:
    """How many articles are in each stage."""
    rows = session.execute(select(Article.stage, func.count()).group_by(col(Article.stage))).all()
    return {str(stage): number for stage, number in rows}
