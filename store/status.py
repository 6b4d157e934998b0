"""The state of the service, for those who keep it running."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from store import articles
from store.tables import Article, Event, Feed, Source, Stage, Story

# Rows of each list that are shown; the counts beside them are whole.
SHOWN = 20
# A feed that brings nothing for so many of its usual intervals, and at least for two days, has
# gone quiet: it answers, but nobody writes to it any more.
QUIET_INTERVALS = 20
QUIET_AT_LEAST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class FeedTrouble:
    """A feed that fails, or has gone quiet or for good."""

    url: str
    source: str
    state: str  # failing, gone, quiet
    since: datetime | None
    failures: int
    reason: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An article that was set aside."""

    id: int
    url: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """Counts, the oldest waiting work, and what needs a person."""

    feeds: int
    feeds_due: int
    stories: int
    relevant_stories: int
    stages: dict[str, int]
    oldest_waiting: datetime | None
    undelivered_events: int
    trouble: tuple[FeedTrouble, ...]
    quarantine: tuple[Quarantined, ...]


def read(session: Session, *, now: datetime) -> Status:
    """Look at everything once."""
    return Status(
        feeds=_count(session, Feed),
        feeds_due=session.exec(
            select(func.count())
            .select_from(Feed)
            .where(col(Feed.next_poll_at) <= now)
            .where(col(Feed.paused).is_(False), col(Feed.gone_at).is_(None))
        ).one(),
        stories=_count(session, Story),
        relevant_stories=session.exec(
            select(func.count()).select_from(Story).where(col(Story.relevance) != "none")
        ).one(),
        stages=articles.waiting(session),
        oldest_waiting=session.exec(
            select(func.min(col(Article.first_seen_at))).where(
                col(Article.stage).in_([Stage.FETCH, Stage.PROCESS])
            )
        ).one(),
        undelivered_events=session.exec(
            select(func.count()).select_from(Event).where(col(Event.delivered_at).is_(None))
        ).one(),
        trouble=_trouble(session, now),
        quarantine=_quarantine(session),
    )


def revised(session: Session) -> int:
    """How many articles have been edited since they were first read."""
    return session.exec(
        select(func.count()).select_from(Article).where(col(Article.revisions) > 1)
    ).one()


def _count(session: Session, table: type[Feed] | type[Story]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def _trouble(session: Session, now: datetime) -> tuple[FeedTrouble, ...]:
    rows = session.execute(
        select(Feed, Source.name)
        .join(Source, col(Source.id) == col(Feed.source_id))
        .where(col(Feed.paused).is_(False))
        .order_by(col(Feed.failures).desc(), col(Feed.last_new_at))
    ).all()
    found = []
    for feed, source in rows:
        state = _state(feed, now)
        if state is not None:
            since = {"failing": feed.failing_since, "gone": feed.gone_at}.get(
                state, feed.last_new_at
            )
            reason = feed.last_error or "no new entry"
            found.append(FeedTrouble(feed.url, source, state, since, feed.failures, reason))
    return tuple(found)


def _state(feed: Feed, now: datetime) -> str | None:
    if feed.gone_at is not None:
        return "gone"
    if feed.failures:
        return "failing"
    if feed.last_new_at is None:
        return None
    interval = timedelta(seconds=feed.interval_seconds or 0)
    quiet_after = max(interval * QUIET_INTERVALS, QUIET_AT_LEAST)
    return "quiet" if now - feed.last_new_at > quiet_after else None


def _quarantine(session: Session) -> tuple[Quarantined, ...]:
    rows = session.exec(
        select(Article)
        .where(Article.stage == Stage.QUARANTINED)
        .order_by(col(Article.id).desc())
        .limit(SHOWN)
    ).all()
    return tuple(
        Quarantined(article.id or 0, article.url, article.failed_stage or "", article.error or "")
        for article in rows
    )
