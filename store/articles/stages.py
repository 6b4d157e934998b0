"""Articles on their way: which work is waiting, who has taken it, and what came of a fetch.

The stage on an article's row is the queue. A claim pushes the row's time forward, so that work
whose worker died comes back by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, and_, bindparam, func, or_, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from ingest.crawl_policy.page_retry import FETCH_ATTEMPTS, PROCESS_ATTEMPTS, next_attempt
from ingest.crawl_policy.refetch import OFF, LookFacts, Schedule, next_look
from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from store import events
from store.articles import snapshots
from store.articles.snapshots import Capture
from store.events import Happening
from store.tables import Article, Stage, table

# A claimed fetch comes back after this, should its worker die: by then there is another. While it
# lives, the host's turn keeps others away, however long the exchange takes.
FETCH_CLAIM = timedelta(seconds=15)
# Likewise for processing: what it may take at most (PAGE_SECONDS of
# worker/service/process_pool.py), and a little.
PROCESS_CLAIM = timedelta(seconds=25)
# An article that waits for processing was nudged; if nothing came of it by then, sweep nudges.
PROCESS_OVERDUE = timedelta(seconds=30)
# A page that takes all of a task's time may have met a busy machine: once more, and it is set
# aside. Those that end their process at once are tried more often (PROCESS_ATTEMPTS).
ATTEMPTS_IN_TIME = 2

# What a page answers that is there.
_THERE = (PageOutcome.FETCHED, PageOutcome.UNCHANGED)

_articles = table(Article)
_waiting = _articles.alias()

# What a claim tells of a page, under the names that `PageToFetch` has; each has its own `again_at`.
PAGE_COLUMNS = (
    _articles.c.id,
    _articles.c.url,
    _articles.c.etag,
    _articles.c.last_modified,
    _articles.c.attempts,
    _articles.c.gone_at,
    _articles.c.fetched_at,
)
_CLAIM_FETCHES = (
    _articles.update()
    .where(
        _articles.c.id.in_(
            sa_select(_waiting.c.id)
            .where(_waiting.c.host == bindparam("of"), _waiting.c.stage == Stage.FETCH)
            .where(_waiting.c.next_attempt_at <= bindparam("now"))
            .order_by(_waiting.c.next_attempt_at, _waiting.c.id)
            .limit(bindparam("most", type_=Integer))
        )
    )
    .values(attempts=_articles.c.attempts + 1, next_attempt_at=bindparam("again_at"))
    .returning(*PAGE_COLUMNS, _articles.c.next_attempt_at.label("again_at"))
)
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


def due_for_a_look(articles: FromClause, now: Any) -> ColumnElement[bool]:
    """Whether an article has been read and is due to be looked at again.

    The stage is hidden from the planner: nearly every article is done, and by the index of stages
    SQLite would go through them all (2.6 s among 200,000, against 0.02).
    """
    columns = articles.c
    return and_(columns.stage.concat("") == str(Stage.DONE), columns.refetch_at <= now)


@dataclass(frozen=True, slots=True)
class Look:
    """What a later look at a page goes by: how many there were, and what the last one brought."""

    before: int
    edited: bool


@dataclass(frozen=True, slots=True)
class PageToFetch:
    """An article whose page is to be fetched, or (`look`) to be looked at again for edits."""

    id: int
    url: str
    etag: str | None
    last_modified: str | None
    attempts: int  # this one included
    again_at: datetime  # when the claim runs out: by it a later change of the row is noticed
    gone_at: datetime | None = None  # when its page was found to be gone
    fetched_at: datetime | None = None  # the last time, if there was one
    look: Look | None = None


def claim_fetches(session: Session, host: str, *, limit: int, now: datetime) -> list[PageToFetch]:
    """Take the host's longest waiting pages in hand; the caller holds the host's turn."""
    rows = session.execute(
        _CLAIM_FETCHES, {"of": host, "now": now, "again_at": now + FETCH_CLAIM, "most": limit}
    )
    return sorted((PageToFetch(**row) for row in rows.mappings()), key=lambda page: page.id)


def record_fetch(
    session: Session,
    page: PageToFetch,
    verdict: PageVerdict,
    *,
    schedule: Schedule = OFF,
    jitter: float,
    now: datetime,
) -> Stage | None:
    """Write down what the fetch of a page has shown; return what the article waits for now.

    None where it did not wait for this fetch any more: another worker's answer was first, or its
    entry has changed meanwhile, so that the page is asked for again.
    """
    values = _after_fetch(page, verdict, schedule, jitter, now)
    found = session.execute(
        _articles.update()
        .where(_articles.c.id == page.id, _articles.c.stage == Stage.FETCH)
        .where(_articles.c.next_attempt_at == page.again_at)
        .values(**values)
        .returning(_articles.c.revisions)
    ).first()
    if found is None:
        return None
    kept = capture(page, verdict)
    if kept is not None and found.revisions:
        snapshots.keep(session, kept, now=now)
    elif kept is not None:
        snapshots.keep_all(session, [kept], now=now)
    stage = Stage(values["stage"])
    events.write(session, happenings(page, verdict, stage), now=now)
    return stage


def capture(page: PageToFetch, verdict: PageVerdict) -> Capture | None:
    """The bytes that came, if some came."""
    answer = verdict.response
    if answer is None:
        return None
    return Capture(page.id, snapshots.PAGE, answer.body, answer.final_url, answer.content_type)


def release_fetch(session: Session, page: PageToFetch, *, again_at: datetime) -> None:
    """Put a page back that could not be asked for: no attempt was made."""
    session.execute(
        update(Article)
        .where(col(Article.id) == page.id, col(Article.stage) == Stage.FETCH)
        .where(col(Article.next_attempt_at) == page.again_at)
        .values(attempts=page.attempts - 1, next_attempt_at=again_at)
        .execution_options(synchronize_session=False)
    )


def _after_fetch(
    page: PageToFetch, verdict: PageVerdict, schedule: Schedule, jitter: float, now: datetime
) -> dict[str, Any]:
    """The columns of an article as a fetch leaves them."""
    values: dict[str, Any] = {"page_status": verdict.status, "error": verdict.error}
    if verdict.outcome is PageOutcome.LATER:
        if page.attempts >= FETCH_ATTEMPTS:
            return values | {"stage": Stage.QUARANTINED, "failed_stage": Stage.FETCH}
        wait = next_attempt(page.attempts, retry_after=verdict.retry_after, jitter=jitter)
        return values | {"stage": Stage.FETCH, "next_attempt_at": now + wait}
    # Also an unchanged page is processed: what its feed says of it may be what has changed.
    values |= to_be_processed(now)
    if verdict.status is None:
        return values  # we may not ask for it (robots.txt, a private address): no looks either
    values |= what_answered(verdict, now)
    if page.fetched_at is None:
        facts = LookFacts(looks=0, fresh_for=verdict.fresh_for)
        values["refetch_at"] = next_look(schedule, facts, now=now)
    return values


def to_be_processed(now: datetime) -> dict[str, Any]:
    """The columns of an article that has just been sent to be processed."""
    return {
        "stage": Stage.PROCESS,
        "attempts": 0,
        "next_attempt_at": now + PROCESS_OVERDUE,
        "claimed_until": None,
    }


def what_answered(verdict: PageVerdict, now: datetime) -> dict[str, Any]:
    """When the page was asked for, whether it is there, and what the next request is to send."""
    values: dict[str, Any] = {"fetched_at": now}
    if verdict.gone:
        values["gone_at"] = func.coalesce(_articles.c.gone_at, now)
    elif verdict.outcome in _THERE:
        values["gone_at"] = None
    if verdict.response is not None:
        validators = verdict.response.validators
        values |= {"etag": validators.etag, "last_modified": validators.last_modified}
    return values


def happenings(page: PageToFetch, verdict: PageVerdict, stage: Stage) -> list[Happening]:
    """What is told of a fetch: that a page went or came back, that there are bytes to process."""
    told = events.about(page.url, status=verdict.status, error=verdict.error)
    kinds = []
    if verdict.gone and page.gone_at is None:
        kinds.append("article.gone")
    if verdict.outcome in _THERE and page.gone_at is not None:
        kinds.append("article.back")
    if verdict.outcome is PageOutcome.FETCHED and stage is Stage.PROCESS:
        kinds.append("article.fetched")
    if stage is Stage.QUARANTINED:
        kinds.append("article.quarantined")
    return [Happening(kind, article_id=page.id, payload=told) for kind in kinds]


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
    """The broker has lost its memory: what waits in no one's hands is overdue at once."""
    free = or_(_articles.c.claimed_until.is_(None), _articles.c.claimed_until <= now)
    session.execute(
        _articles.update()
        .where(_articles.c.stage == Stage.PROCESS, _articles.c.next_attempt_at > now, free)
        .where(_articles.c.error.is_(None))  # the others wait for their next attempt
        .values(next_attempt_at=now)
    )


def claim_processing(session: Session, article_id: int, *, owner: str, now: datetime) -> bool:
    """Take an article's processing in hand; False where it is not waiting or another has it.

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


def let_go(session: Session, owner: str) -> None:
    """Let others take what this owner has in hand: its processes are ended."""
    session.execute(
        _articles.update()
        .where(_articles.c.stage == Stage.PROCESS, _articles.c.claimed_by == owner)
        .values(claimed_until=None)
    )


def out_of_time(session: Session, owner: str, *, now: datetime) -> None:
    """What this owner has in hand has taken all of its time: once more, then it is set aside."""
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
    let_go(session, owner)


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
