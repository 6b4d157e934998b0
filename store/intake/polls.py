"""Polls: which feeds are due, who has claimed one, and what a poll leaves behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from ingest import url as urls
from ingest.crawl_policy.redirect_trust import Move, next_move
from ingest.crawl_policy.response_verdicts import PollOutcome, PollVerdict
from store import events
from store.events import Event
from store.tables import Feed, Poll, Source, is_due

# A feed that a worker has claimed is due again only after this, should the worker die:
# longer than the longest exchange, shorter than the shortest patience.
CLAIM = timedelta(minutes=1)


# An event tells of a failing feed at the third failure in a row: one or two are everyday.
FAILING_AFTER = 3


@dataclass(frozen=True, slots=True)
class DueFeed:
    """What a poll of a feed has to know."""

    id: int
    source_id: int
    url: str
    location: str
    host: str
    country: str | None
    etag: str | None
    last_modified: str | None
    body_hash: bytes | None
    interval: timedelta | None
    failures: int
    claimed_until: datetime
    read_at: datetime | None = None  # when it last brought entries
    polled_at: datetime | None = None


def make_due(session: Session, feed_ids: Sequence[int] | None, *, now: datetime) -> None:
    """Make these feeds (None: all that are not paused) due at once."""
    statement = update(Feed).where(col(Feed.paused).is_(False))
    if feed_ids is not None:
        statement = update(Feed).where(col(Feed.id).in_(feed_ids))
    session.execute(statement.values(next_poll_at=now))


def last_poll(session: Session, feed_id: int) -> Poll | None:
    """The newest poll of a feed; None where it has never been polled."""
    newest = select(Poll).where(Poll.feed_id == feed_id).order_by(col(Poll.id).desc()).limit(1)
    return session.exec(newest).first()


def polled_at_least(session: Session, polls: int) -> bool:
    """Whether every feed has been polled that often."""
    counted = (
        select(func.count(col(Poll.id)))
        .select_from(Feed)
        .outerjoin(Poll, col(Poll.feed_id) == col(Feed.id))
        .group_by(col(Feed.id))
    )
    return all(number >= polls for number in session.exec(counted))


def due(session: Session, *, now: datetime) -> Sequence[Feed]:
    """The feeds whose time has come."""
    waiting = select(Feed).where(is_due(now))
    return session.exec(waiting.order_by(col(Feed.next_poll_at), col(Feed.id))).all()


def claim(
    session: Session, host: str, *, only: frozenset[int] | None = None, now: datetime
) -> DueFeed | None:
    """Claim the host's most overdue feed (of `only`, where given).

    The caller holds the host's lease.
    """
    waiting = (
        select(Feed, Source.country)
        .join(Source, col(Feed.source_id) == col(Source.id))
        .where(Feed.host == host, is_due(now))
        .order_by(col(Feed.next_poll_at))
        .limit(1)
    )
    if only is not None:
        waiting = waiting.where(col(Feed.id).in_(only))
    row = session.execute(waiting).first()
    if row is None:
        return None
    feed, country = row
    until = now + CLAIM
    session.execute(update(Feed).where(col(Feed.id) == feed.id).values(next_poll_at=until))
    return DueFeed(
        id=feed.id,
        source_id=feed.source_id,
        url=feed.url,
        location=feed.location,
        host=feed.host,
        country=country,
        etag=feed.etag,
        last_modified=feed.last_modified,
        body_hash=feed.body_hash,
        interval=timedelta(seconds=feed.interval_seconds) if feed.interval_seconds else None,
        failures=feed.failures,
        claimed_until=until,
        read_at=feed.read_at,
        polled_at=feed.last_polled_at,
    )


def is_there(session: Session, feed_id: int) -> bool:
    """Whether a feed has not been removed; if so, it is not until the transaction ends."""
    return session.get(Feed, feed_id, with_for_update=True) is not None


def release(session: Session, feed: DueFeed, *, again_at: datetime) -> None:
    """Put a feed back that could not be asked for: no poll was made.

    Nothing where the claim ran out and another has it.
    """
    session.execute(
        update(Feed)
        .where(col(Feed.id) == feed.id, col(Feed.next_poll_at) == feed.claimed_until)
        .values(next_poll_at=again_at)
    )


@dataclass(frozen=True, slots=True)
class PollCounts:
    """What a poll brought: entries in the feed, new articles, changed ones.

    `rolled_over`: entries may have been missed since the poll before.
    """

    entries: int = 0
    new: int = 0
    revised: int = 0
    rolled_over: bool = False


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When a feed is polled next, and the interval that this poll has shown it to have, if it has.

    A poll that failed shows none: else a feed that was down for a day would be taken for a slow
    one when it is back.
    """

    at: datetime
    interval: timedelta | None = None


def record_poll(
    session: Session,
    feed: DueFeed,
    verdict: PollVerdict,
    counts: PollCounts,
    upcoming: NextPoll,
    *,
    now: datetime,
) -> None:
    """Write down a poll, what the next one needs, and the events that it makes."""
    session.add(
        Poll(
            feed_id=feed.id,
            at=now,
            outcome=verdict.outcome,
            status=verdict.status,
            error=verdict.error,
            wire_bytes=verdict.wire_bytes,
            seconds=round(verdict.seconds, 3),
            entries=counts.entries,
            new=counts.new,
            revised=counts.revised,
            rolled_over=counts.rolled_over,
        )
    )
    row = session.get_one(Feed, feed.id)
    row.last_polled_at = now
    row.next_poll_at = upcoming.at
    if upcoming.interval is not None:
        row.interval_seconds = round(upcoming.interval.total_seconds())
    new_events = [_new_event("feed.polled", row, verdict, new=counts.new)]
    if verdict.outcome is PollOutcome.UNREACHED:
        new_events = []  # nobody was asked anything; the outage has an event of its own
    elif verdict.outcome is PollOutcome.FAILED:
        new_events += _failed(row, verdict, now)
    else:
        new_events += _succeeded(row, verdict, counts, now)
    if verdict.body_hash is not None:
        row.body_hash = verdict.body_hash
        row.etag = verdict.validators.etag
        row.last_modified = verdict.validators.last_modified
    if verdict.feed is not None and not row.title:
        row.title = verdict.feed.title
    events.write(session, new_events, now=now)


def _succeeded(row: Feed, verdict: PollVerdict, counts: PollCounts, now: datetime) -> list[Event]:
    row.failures, row.failing_since, row.last_error = 0, None, None
    row.last_success_at = now
    if counts.new:
        row.last_new_at = now
    new_events = [_new_event("feed.gap", row, verdict)] if counts.rolled_over else []
    known = None
    if row.moving_to is not None and row.moving_since is not None:
        known = Move(row.moving_to, row.moving_since, row.moving_polls)
    target = None if verdict.moved_to is None else urls.canonical(verdict.moved_to)
    move = next_move(known, target, now)
    if move is not None and move.is_believed(now):
        new_events.append(_ask_at(row, move.to, verdict))
        move = None
    row.moving_to = move.to if move else None
    row.moving_since = move.since if move else None
    row.moving_polls = move.polls if move else 0
    return new_events


def _failed(row: Feed, verdict: PollVerdict, now: datetime) -> list[Event]:
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.last_error = verdict.error
    new_events = []
    if row.failures == FAILING_AFTER:
        new_events.append(_new_event("feed.failing", row, verdict, error=verdict.error))
    if row.location != row.url:
        if verdict.gone or row.failures >= FAILING_AFTER:
            # What it moved to leads nowhere any more: ask at the address that was given.
            new_events.append(_ask_at(row, row.url, verdict))
    elif verdict.gone:
        row.gone_at = now
        new_events = [_new_event("feed.gone", row, verdict, error=verdict.error)]
    return new_events


def _ask_at(row: Feed, location: str, verdict: PollVerdict) -> Event:
    """Ask for the feed there from now on: its validators are those of what was there before."""
    told = _new_event("feed.moved", row, verdict, before=row.location, location=location)
    row.location, row.host = location, urls.host(location)
    return told


def _new_event(kind: str, feed: Feed, verdict: PollVerdict, **more: object) -> Event:
    told: dict[str, object] = {
        "url": feed.url,
        "outcome": verdict.outcome,
        "status": verdict.status,
    }
    return Event(kind, feed_id=feed.id, payload=told | more)
