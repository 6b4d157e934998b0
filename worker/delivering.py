"""Delivering the outbox to a Redis stream, at least once and in order."""

import json
from collections.abc import Sequence
from typing import Any

import redis

from store import events as outbox
from store.tables import EventRow
from worker import clock
from worker.context import Context

STREAM = "transpacific:events"
# The stream is for listeners that keep up; the events table is the record. About a week of a
# busy service, a few tens of megabytes in Redis.
STREAM_LENGTH = 100_000


def deliver(context: Context, client: redis.Redis) -> int:
    """Send all waiting events to the stream; return how many.

    Each entry has `id` (by which a listener knows a repeated event), `kind`, `at` and `event`, a
    JSON object. Raises `redis.RedisError`; what was not sent stays in the outbox.
    """

    def send(events: Sequence[EventRow]) -> None:
        pipeline = client.pipeline(transaction=True)
        for event in events:
            pipeline.xadd(STREAM, _fields(event), maxlen=STREAM_LENGTH, approximate=True)
        pipeline.execute()

    # Asked before the transaction begins: on SQLite it holds up every writer.
    client.ping()
    total = 0
    while sent := outbox.deliver(context.database, send, now=clock.now()):
        total += sent
        if sent < outbox.BATCH:
            break
    return total


def _fields(event: EventRow) -> dict[Any, Any]:
    about = {"feed": event.feed_id, "article": event.article_id, "story": event.story_id}
    details = {key: value for key, value in about.items() if value is not None} | event.payload
    return {
        "id": str(event.id),
        "kind": event.kind,
        "at": event.at.isoformat(),
        "event": json.dumps(details, ensure_ascii=False),
    }
