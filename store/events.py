"""Events: written in the transaction of the change that they tell of, delivered afterwards."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, text, update
from sqlmodel import Session, col, select

from store.database.connection import Database
from store.tables import EventRow, table, trace_of

_INSERT = table(EventRow).insert()

# One delivery holds a transaction; this many events are a few milliseconds of it.
BATCH = 500
# Seconds that a delivery waits for those who were writing events as it began: their transactions
# take milliseconds. Where one takes longer, the next delivery finds it done.
SETTLE_SECONDS = 1.0
_SETTLE_POLL_SECONDS = 0.01
# Whoever writes to a table locks it so, before any id is drawn.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE relation = 'events'::regclass"
    " AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True)
class Event:
    """An event to be written: its kind (`story.created` …), what it is about, and details."""

    kind: str
    feed_id: int | None = None
    article_id: int | None = None
    story_id: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


def about(url: str, **details: Any) -> dict[str, Any]:
    """The payload of an event about the article of this URL: by `trace` it is found in the logs."""
    return {"url": url, "trace": trace_of(url)} | details


def write(session: Session, new_events: Sequence[Event], *, now: datetime) -> None:
    """Put events into the outbox, in this session's transaction."""
    if new_events:
        session.execute(
            _INSERT,
            [
                {
                    "kind": event.kind,
                    "at": now,
                    "feed_id": event.feed_id,
                    "article_id": event.article_id,
                    "story_id": event.story_id,
                    "payload": event.payload,
                }
                for event in new_events
            ],
        )


def deliver(
    database: Database, send: Callable[[Sequence[EventRow]], None], *, now: datetime
) -> int:
    """Hand the oldest undelivered events to `send`, and mark them; say how many there were.

    In the order of their ids: an event is held back as long as one with a lower id may still come.
    If `send` raises, nothing is marked and all come again: at least once. The rows stay locked
    meanwhile, so that two deliverers cannot change the order of one article's events.
    """
    last = _last_settled(database)
    if last is None:
        return 0
    with database.writing() as session:
        events = session.exec(
            select(EventRow)
            .where(col(EventRow.delivered_at).is_(None), col(EventRow.id) <= last)
            .order_by(col(EventRow.id))
            .limit(BATCH)
            .with_for_update()
        ).all()
        if events:
            send(events)
            session.execute(
                update(EventRow)
                .where(col(EventRow.id).in_([event.id for event in events]))
                .values(delivered_at=now)
            )
        return len(events)


def _last_settled(database: Database) -> int | None:
    """The highest id of an undelivered event below which no other will come; None where none is.

    SQLite has one writer at a time: ids are seen in their order. On PostgreSQL they are drawn
    before they are seen. What has a lower id than an event that is seen now was drawn by somebody
    who is writing now, or has ended: when all of those have ended, all of that is seen.
    """
    with database.reading() as session:
        last = session.exec(
            select(func.max(EventRow.id)).where(col(EventRow.delivered_at).is_(None))
        ).one()
        if last is None or database.is_sqlite:
            return last
        # After the id: who writes from now on draws higher ones.
        writers = set(session.execute(_WRITERS).scalars())
        deadline = time.monotonic() + SETTLE_SECONDS
        while writers:
            if time.monotonic() > deadline:
                return None
            time.sleep(_SETTLE_POLL_SECONDS)
            writers &= set(session.execute(_WRITERS).scalars())
    return last


def prune(session: Session, *, before: datetime, most: int) -> int:
    """Forget some of the oldest events that were delivered before; say how many.

    They are delivered in the order of their ids, so that the oldest are found without an index.
    """
    oldest = select(EventRow.id).order_by(col(EventRow.id)).limit(most)
    gone = session.execute(
        delete(EventRow).where(col(EventRow.id).in_(oldest), col(EventRow.delivered_at) < before)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def count_old(session: Session, *, before: datetime) -> int:
    """How many events were delivered before; all of them are looked at."""
    return session.exec(select(func.count()).where(col(EventRow.delivered_at) < before)).one()
