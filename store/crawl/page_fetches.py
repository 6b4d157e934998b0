"""Pages that wait to be fetched: claimed a host at a time, and what came of each.

A claim pushes the row's time forward, so that a page whose worker died comes back by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, func, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from ingest.crawl_policy.page_retry import FETCH_ATTEMPTS, next_attempt
from ingest.crawl_policy.refetch import OFF, RefetchFacts, Schedule, next_refetch
from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from store import events
from store.articles import snapshots
from store.articles.snapshots import NewSnapshot
from store.articles.stages import to_be_processed
from store.events import Event
from store.tables import Article, Stage, table

_articles = table(Article)

# A claimed fetch comes back after this, should its worker die: by then there is another. While it
# lives, the host's lease keeps others away, however long the exchange takes.
FETCH_CLAIM = timedelta(seconds=15)

# What a page answers that is there.
_THERE = (PageOutcome.FETCHED, PageOutcome.UNCHANGED)

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


@dataclass(frozen=True, slots=True)
class Refetch:
    """What a refetch goes by: how many there were before, and whether the last brought an edit."""

    before: int
    edited: bool


@dataclass(frozen=True, slots=True)
class PageToFetch:
    """An article whose page is to be fetched, or (with a `refetch`) fetched again for edits."""

    id: int
    url: str
    etag: str | None
    last_modified: str | None
    attempts: int  # this one included
    again_at: datetime  # when the claim runs out: by it a later change of the row is noticed
    gone_at: datetime | None = None  # when its page was found to be gone
    fetched_at: datetime | None = None  # the last time, if there was one
    refetch: Refetch | None = None


def claim_fetches(session: Session, host: str, *, limit: int, now: datetime) -> list[PageToFetch]:
    """Claim the host's longest waiting pages; the caller holds the host's lease."""
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
    kept = new_snapshot(page, verdict)
    if kept is not None and found.revisions:
        snapshots.keep(session, kept, now=now)
    elif kept is not None:
        snapshots.keep_all(session, [kept], now=now)
    stage = Stage(values["stage"])
    events.write(session, new_events(page, verdict, stage), now=now)
    return stage


def new_snapshot(page: PageToFetch, verdict: PageVerdict) -> NewSnapshot | None:
    """The bytes that came, if some came."""
    answer = verdict.response
    if answer is None:
        return None
    return NewSnapshot(page.id, snapshots.PAGE, answer.body, answer.final_url, answer.content_type)


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
        return values  # we may not ask for it (robots.txt, a private address): no refetches either
    values |= what_answered(verdict, now)
    if page.fetched_at is None:
        facts = RefetchFacts(refetches=0, fresh_for=verdict.fresh_for)
        values["refetch_at"] = next_refetch(schedule, facts, now=now)
    return values


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


def new_events(page: PageToFetch, verdict: PageVerdict, stage: Stage) -> list[Event]:
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
    return [Event(kind, article_id=page.id, payload=told) for kind in kinds]
