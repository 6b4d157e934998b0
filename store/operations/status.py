"""The state of the service, for those who keep it running."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, text
from sqlmodel import Session, col, select

from store.articles import stages as articles
from store.crawl import outages
from store.operations import heartbeats
from store.tables import Article, EventRow, Feed, Host, Poll, Source, Stage, Story

# Rows of the quarantine that are shown; the counts beside them are whole.
SHOWN = 20
# A feed that brings nothing for so many of its usual intervals, and at least for two days, has
# gone quiet: it answers, but nobody writes to it any more.
QUIET_INTERVALS = 20
QUIET_AT_LEAST = timedelta(days=2)
# A gap that is older has been read about, or nobody will.
GAPS_SINCE = timedelta(days=7)

# What a feed can be, from well to worst.
FEED_STATES = ("well", "new", "paused", "quiet", "failing", "gone")
NOT_POLLED = ("paused", "gone")


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
class FeedGap:
    """A feed that shared no entry with the poll before: items between the two may be missed."""

    url: str
    source: str
    times: int  # since `GAPS_SINCE`
    last: datetime


@dataclass(frozen=True, slots=True)
class PausedHost:
    """A host that has refused (429, 503), and is left alone."""

    name: str
    until: datetime
    refusals: int  # in a row


@dataclass(frozen=True, slots=True)
class Waiting:
    """The article that has waited longest at a stage."""

    id: int
    url: str
    since: datetime
    attempts: int


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
    feed_states: dict[str, int]  # of FEED_STATES
    last_new: datetime | None  # when a feed last brought an entry
    longest_silence: timedelta  # of a feed that is polled, since its last new entry
    stories: int
    relevant_stories: int
    stages: dict[str, int]
    oldest: dict[str, Waiting]  # by stage
    undelivered_events: int
    trouble: tuple[FeedTrouble, ...]
    gaps: tuple[FeedGap, ...]
    paused_hosts: tuple[PausedHost, ...]
    outage_since: datetime | None  # while our own network is down
    quarantine: tuple[Quarantined, ...]
    heartbeats: dict[str, datetime]  # the last sign of life of each part of the service
    database_bytes: int

    @property
    def oldest_waiting(self) -> datetime | None:
        """Since when the oldest of all waiting articles has waited."""
        return min((waiting.since for waiting in self.oldest.values()), default=None)


def read(session: Session, *, now: datetime) -> Status:
    """Look at everything once."""
    feeds = session.execute(
        select(Feed, Source.name)
        .join(Source, col(Source.id) == col(Feed.source_id))
        .order_by(col(Feed.failures).desc(), col(Feed.last_new_at), col(Feed.id))
    ).all()
    states = {feed.id: _state(feed, now) for feed, _ in feeds}
    polled = [feed for feed, _ in feeds if states[feed.id] not in NOT_POLLED]
    news = [feed.last_new_at for feed in polled if feed.last_new_at is not None]
    return Status(
        feeds=len(feeds),
        feeds_due=sum(feed.next_poll_at <= now for feed in polled),
        feed_states=dict.fromkeys(FEED_STATES, 0) | Counter(states.values()),
        last_new=max(news, default=None),
        longest_silence=max(now - min(news), timedelta()) if news else timedelta(),
        stories=session.exec(select(func.count()).select_from(Story)).one(),
        relevant_stories=session.exec(
            select(func.count()).select_from(Story).where(col(Story.relevance) != "none")
        ).one(),
        stages=articles.waiting(session),
        oldest=_oldest(session, now),
        undelivered_events=session.exec(
            select(func.count()).select_from(EventRow).where(col(EventRow.delivered_at).is_(None))
        ).one(),
        trouble=tuple(
            _trouble(feed, source, states[feed.id])
            for feed, source in feeds
            if states[feed.id] in ("failing", "gone", "quiet")
        ),
        gaps=_gaps(session, now),
        paused_hosts=_paused_hosts(session, now),
        outage_since=outages.down_since(session),
        quarantine=_quarantine(session),
        heartbeats=heartbeats.last(session),
        database_bytes=_database_bytes(session),
    )


def revised(session: Session) -> int:
    """How many articles have been edited since they were first read."""
    return session.exec(
        select(func.count()).select_from(Article).where(col(Article.revisions) > 1)
    ).one()


def _state(feed: Feed, now: datetime) -> str:
    if feed.paused:
        return "paused"
    if feed.gone_at is not None:
        return "gone"
    if feed.failures:
        return "failing"
    if feed.last_new_at is None:
        return "new"
    interval = timedelta(seconds=feed.interval_seconds or 0)
    quiet_after = max(interval * QUIET_INTERVALS, QUIET_AT_LEAST)
    return "quiet" if now - feed.last_new_at > quiet_after else "well"


def _trouble(feed: Feed, source: str, state: str) -> FeedTrouble:
    since = {"failing": feed.failing_since, "gone": feed.gone_at}.get(state, feed.last_new_at)
    reason = feed.last_error or "no new entry"
    return FeedTrouble(feed.url, source, state, since, feed.failures, reason)


def _oldest(session: Session, now: datetime) -> dict[str, Waiting]:
    """The article of each stage that has waited longest.

    The row does not say when an article began to wait. It was when its page came, or when it was
    first seen; one that has been read before waits since its entry has changed, and its next
    attempt tells that best.
    """
    attempt = case((col(Article.next_attempt_at) < now, col(Article.next_attempt_at)), else_=now)
    seen = case((col(Article.revisions) == 0, col(Article.first_seen_at)), else_=attempt)
    since: dict[Stage, ColumnElement[Any]] = {
        Stage.FETCH: seen,
        Stage.PROCESS: func.coalesce(col(Article.fetched_at), seen),
    }
    found = {}
    for stage, began in since.items():
        row = session.execute(
            select(Article.id, Article.url, began.label("since"), Article.attempts)
            .where(Article.stage == stage)
            .order_by(began, col(Article.id))
            .limit(1)
        ).first()
        if row is not None:
            found[str(stage)] = Waiting(*row)
    return found


def _gaps(session: Session, now: datetime) -> tuple[FeedGap, ...]:
    times, last = func.count(), func.max(col(Poll.at))
    rows = session.execute(
        select(Feed.url, Source.name, times, last)
        .select_from(Poll)
        .join(Feed, col(Feed.id) == col(Poll.feed_id))
        .join(Source, col(Source.id) == col(Feed.source_id))
        .where(col(Poll.at) >= now - GAPS_SINCE, col(Poll.rolled_over))
        .group_by(col(Feed.id), Feed.url, Source.name)
        .order_by(last.desc(), col(Feed.id))
    ).all()
    return tuple(FeedGap(*row) for row in rows)


def _paused_hosts(session: Session, now: datetime) -> tuple[PausedHost, ...]:
    rows = session.execute(
        select(Host.name, Host.next_request_at, Host.refusals)
        .where(col(Host.refusals) > 0, col(Host.next_request_at) > now)
        .order_by(col(Host.next_request_at).desc(), col(Host.name))
    ).all()
    return tuple(PausedHost(*row) for row in rows)


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


def _database_bytes(session: Session) -> int:
    if session.get_bind().dialect.name == "sqlite":
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        return int(pages) * int(session.execute(text("PRAGMA page_size")).scalar_one())
    return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
