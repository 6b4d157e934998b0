"""Articles on their way: what each waits for, who has claimed its processing, what is set aside.

The stage on an article's row is the queue. A claim pushes the row's time forward, so that work
whose worker died comes back by itself. Pages that wait to be fetched are in store/crawl.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from ingest.crawl_policy.page_retry import PROCESS_ATTEMPTS, next_attempt
from store import events
from store.events import Event
from store.tables import Article, Stage, table

# A claimed article comes back after this, should its worker die: what processing may take at most
# (PAGE_SECONDS of worker/service/process_pool.py), and a little.
PROCESS_CLAIM = timedelta(seconds=25)
# An article that waits for processing was nudged; if nothing came of it by then, sweep nudges.
PROCESS_OVERDUE = timedelta(seconds=30)
# A page that takes all of a task's time may have met a busy machine: once more, and it is set
# aside. Those that end their process at once are tried more often (PROCESS_ATTEMPTS).
ATTEMPTS_IN_TIME = 2


_articles = table(Article)

_CLAIM_PROCESSING = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"), _articles.c.stage == Stage.PROCESS)
    .where(
        or_(
            _articles.c.claimed_until.is_(None),
            _articles.c.claimed_until <= bindparam("now"),
            _articles.c.claimed_by == bindparam("owner"),
        )
    )
    .values(
        attempts=_articles.c.attempts + 1,
        claimed_by=bindparam("owner"),
        claimed_until=bindparam("until"),
        # When its worker has died, the claim is over and the sweep finds it, at one time.
        next_attempt_at=bindparam("until"),
    )
    .returning(_articles.c.attempts)
)


def to_be_processed(now: datetime) -> dict[str, Any]:
    """The columns of an article that has just been sent to be processed."""
    return {
        "stage": Stage.PROCESS,
        "attempts": 0,
        "next_attempt_at": now + PROCESS_OVERDUE,
        "claimed_until": None,
    }


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


def forget_nudges(session: Session, *, now: datetime) -> None:
    """The broker has lost its memory: what waits and is not claimed is overdue at once."""
    free = or_(_articles.c.claimed_until.is_(None), _articles.c.claimed_until <= now)
    session.execute(
        _articles.update()
        .where(_articles.c.stage == Stage.PROCESS, _articles.c.next_attempt_at > now, free)
        .where(_articles.c.error.is_(None))  # the others wait for their next attempt
        .values(next_attempt_at=now)
    )


def claim_processing(session: Session, article_id: int, *, owner: str, now: datetime) -> bool:
    """Claim an article's processing; False where it is not waiting or another has claimed it.

    `owner` names the attempt's message: when its worker dies and the message is redelivered, the
    new attempt takes over what the dead one held. An article that was taken too often, each time
    without coming to an end, is quarantined: it is what kills the worker.
    """
    row = session.execute(
        _CLAIM_PROCESSING,
        {"article": article_id, "owner": owner, "now": now, "until": now + PROCESS_CLAIM},
    ).first()
    if row is None:
        return False
    if row[0] > PROCESS_ATTEMPTS:
        quarantine(session, article_id, "processing did not come to an end", now=now)
        return False
    return True


def release_claims(session: Session, owner: str) -> None:
    """Let others take what this owner has claimed: its processes are ended."""
    session.execute(
        _articles.update()
        .where(_articles.c.stage == Stage.PROCESS, _articles.c.claimed_by == owner)
        .values(claimed_until=None)
    )


def put_back(session: Session, owner: str, *, now: datetime) -> None:
    """What this owner has claimed only waited for the database: that was no attempt."""
    session.execute(
        _articles.update()
        .where(
            _articles.c.stage == Stage.PROCESS,
            _articles.c.claimed_by == owner,
            _articles.c.claimed_until.is_not(None),
        )
        .values(
            attempts=_articles.c.attempts - 1,
            claimed_until=None,
            next_attempt_at=now + PROCESS_OVERDUE,
        )
    )


def out_of_time(session: Session, owner: str, *, now: datetime) -> None:
    """What this owner has claimed has taken all of its time: once more, then it is set aside."""
    rows = session.execute(
        sa_select(_articles.c.id, _articles.c.attempts).where(
            _articles.c.stage == Stage.PROCESS,
            _articles.c.claimed_by == owner,
            _articles.c.claimed_until.is_not(None),
        )
    ).all()
    for article_id, attempts in rows:
        if attempts >= ATTEMPTS_IN_TIME:
            quarantine(session, article_id, "processing takes too long", now=now)
    release_claims(session, owner)


def release_processing(session: Session, article_id: int, error: str, *, now: datetime) -> bool:
    """A step of processing failed: it is tried again a little later, or quarantined.

    False where the article was purged meanwhile, which may be why it failed.
    """
    article = session.get(Article, article_id, with_for_update=True)
    if article is None:
        return False
    if article.stage != Stage.PROCESS:
        return True  # newer bytes have sent it on another way
    if article.attempts >= PROCESS_ATTEMPTS:
        quarantine(session, article_id, error, now=now)
        return True
    article.claimed_until = None
    article.error = error
    article.next_attempt_at = now + next_attempt(article.attempts, jitter=0.5)
    return True


def quarantine(session: Session, article_id: int, error: str, *, now: datetime) -> None:
    """Set an article aside, with its error, until `retry`."""
    article = session.get(Article, article_id, with_for_update=True)
    if article is None or article.stage not in (Stage.FETCH, Stage.PROCESS):
        return
    article.failed_stage = article.stage
    article.stage = Stage.QUARANTINED
    article.error = error
    article.claimed_until = None
    payload = events.about(article.url, stage=article.failed_stage, error=error)
    events.write(
        session,
        [Event("article.quarantined", article_id=article_id, payload=payload)],
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
