"""Pages that have been read, fetched again for edits; `ingest.crawl_policy.refetch` says when.

An article stays done while its page is fetched again: only new bytes send it on its way, and a
refetch that fails takes nothing from it. A claim pushes the time of the refetch forward, so that
one whose worker died comes back by itself.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    RowMapping,
    and_,
    bindparam,
)
from sqlmodel import Session, select

from ingest.crawl_policy.refetch import RefetchFacts, Schedule, next_refetch, next_try
from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from store import events
from store.articles import snapshots
from store.articles.stages import to_be_processed
from store.crawl.page_fetches import (
    FETCH_CLAIM,
    PAGE_COLUMNS,
    PageToFetch,
    Refetch,
    new_events,
    new_snapshot,
    what_answered,
)
from store.tables import Article, Revision, Stage, table

_articles, _revisions = table(Article), table(Revision)
_waiting = _articles.alias()


def due_for_refetch(articles: FromClause, now: Any) -> ColumnElement[bool]:
    """Whether an article has been read, and its page is due to be fetched again.

    The stage is hidden from the planner: nearly every article is done, and by the index of stages
    SQLite would go through them all (2.6 s among 200,000, against 0.02).
    """
    columns = articles.c
    return and_(columns.stage.concat("") == str(Stage.DONE), columns.refetch_at <= now)


_CLAIM = (
    _articles.update()
    .where(
        _articles.c.id.in_(
            select(_waiting.c.id)
            # The host is hidden from the planner too: those that are due are few.
            .where(_waiting.c.host.concat("") == bindparam("of"))
            .where(due_for_refetch(_waiting, bindparam("now")))
            .order_by(_waiting.c.refetch_at, _waiting.c.id)
            .limit(bindparam("most", type_=Integer))
        )
    )
    .values(attempts=_articles.c.attempts + 1, refetch_at=bindparam("again_at"))
    .returning(
        *PAGE_COLUMNS,
        _articles.c.refetch_at.label("again_at"),
        _articles.c.refetches,
        # Whether the fetch before brought a new revision.
        select(_revisions.c.id)
        .where(_revisions.c.id == _articles.c.revision_id, _revisions.c.number > 1)
        .where(_revisions.c.seen_at >= _articles.c.fetched_at, _revisions.c.run_id.is_(None))
        .correlate(_articles)
        .exists()
        .label("edited"),
    )
)
_MINE = (
    (_articles.c.id == bindparam("article"))
    & (_articles.c.stage == Stage.DONE)
    & (_articles.c.refetch_at == bindparam("claimed_until_then"))
)
_LOCK = select(_articles.c.id).where(_MINE).with_for_update()


def claim(session: Session, host: str, *, limit: int, now: datetime) -> list[PageToFetch]:
    """Claim the host's pages that are longest due; the caller holds its lease."""
    rows = session.execute(
        _CLAIM, {"of": host, "now": now, "again_at": now + FETCH_CLAIM, "most": limit}
    )
    return sorted((_page(row) for row in rows.mappings()), key=lambda page: page.id)


def _page(row: RowMapping) -> PageToFetch:
    told = dict(row)
    return PageToFetch(refetch=Refetch(told.pop("refetches"), bool(told.pop("edited"))), **told)


def record(
    session: Session,
    page: PageToFetch,
    refetch: Refetch,
    verdict: PageVerdict,
    *,
    schedule: Schedule,
    now: datetime,
) -> Stage | None:
    """Write down what a refetch has shown; return what the article waits for now.

    None where it was not this worker's any more: its claim ran out, or the article is on its
    way again because its entry has changed.
    """
    if session.execute(_LOCK, _claimed(page)).first() is None:
        return None
    kept = new_snapshot(page, verdict)
    is_new = kept is not None and snapshots.keep(session, kept, now=now)
    stage = Stage.PROCESS if is_new else Stage.DONE
    values = _after(page, refetch, verdict, schedule, now)
    if is_new:
        values |= to_be_processed(now)
    session.execute(_articles.update().where(_articles.c.id == page.id).values(**values))
    events.write(session, new_events(page, verdict, stage), now=now)
    return stage


def release(session: Session, page: PageToFetch, *, again_at: datetime) -> None:
    """Put a page back that could not be asked for: no attempt was made."""
    held = _articles.update().where(_MINE)
    session.execute(held.values(attempts=page.attempts - 1, refetch_at=again_at), _claimed(page))


def _claimed(page: PageToFetch) -> dict[str, object]:
    return {"article": page.id, "claimed_until_then": page.again_at}


def _after(
    page: PageToFetch, refetch: Refetch, verdict: PageVerdict, schedule: Schedule, now: datetime
) -> dict[str, Any]:
    """The columns of an article as a refetch leaves them.

    The error of an earlier fetch stays unless the page came this time: a passing fault, or a page
    that is withheld now, says nothing of the text that is there.
    """
    if verdict.outcome is PageOutcome.LATER:
        again_at = next_try(page.attempts, retry_after=verdict.retry_after, now=now)
        if again_at is not None:
            return {"refetch_at": again_at}
    facts = RefetchFacts(refetch.before + 1, verdict.fresh_for, refetch.edited)
    values: dict[str, Any] = {
        "attempts": 0,
        "refetches": facts.refetches,
        "refetch_at": next_refetch(schedule, facts, now=now),
    }
    if verdict.outcome is PageOutcome.FETCHED:
        values["error"] = None
    if verdict.outcome is not PageOutcome.LATER and verdict.status is not None:
        values |= {"page_status": verdict.status} | what_answered(verdict, now)
    return values
