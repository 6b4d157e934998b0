"""Events reach the Redis stream: all of them, in order, and none is lost while Redis is away."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from store import events
from store.events import Event
from store.tables import EventRow
from tests.worker.standins import Clock
from tests.worker.wire import rows
from worker import delivering
from worker.context import Context
from worker.delivering import STREAM, deliver
from worker.service.redis_server import RedisServer


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.redis_py_url) as connected:
        connected.delete(STREAM)
        yield connected
        connected.delete(STREAM)


@pytest.fixture
def nobody() -> redis.Redis:
    """A client of a server that is not there."""
    return redis.Redis(unix_socket_path="/nonexistent.sock", retry=Retry(NoBackoff(), 0))


def write(context: Context, clock: Clock, *new_events: Event) -> None:
    with context.database.writing() as session:
        events.write(session, new_events, now=clock())


def streamed(client: redis.Redis) -> list[dict[str, Any]]:
    found = [
        {name.decode(): value.decode() for name, value in fields.items()}
        for _, fields in client.xrange(STREAM)
    ]
    return [entry | {"event": json.loads(entry["event"])} for entry in found]


def undelivered(context: Context) -> int:
    return sum(event.delivered_at is None for event in rows(context.database, EventRow))


def test_an_event_is_told_with_what_it_is_about(
    context: Context, client: redis.Redis, clock: Clock
) -> None:
    payload = {"url": "http://news.example/两国.html", "revision": 2}
    write(context, clock, Event("article.revised", article_id=7, payload=payload))
    assert deliver(context, client) == 1
    [event] = rows(context.database, EventRow)
    assert streamed(client) == [
        {
            "id": str(event.id),
            "kind": "article.revised",
            "at": event.at.isoformat(),
            "event": {"article": 7, "url": "http://news.example/两国.html", "revision": 2},
        }
    ]


def test_events_come_in_order_and_once(context: Context, client: redis.Redis, clock: Clock) -> None:
    many = events.BATCH * 2 + 3
    write(context, clock, *(Event("story.tagged", story_id=n) for n in range(many)))
    assert deliver(context, client) == many
    assert deliver(context, client) == 0
    assert [entry["event"]["story"] for entry in streamed(client)] == list(range(many))
    write(context, clock, Event("story.created", story_id=many))
    assert deliver(context, client) == 1
    assert len(streamed(client)) == many + 1


def test_while_redis_is_away_events_stay(
    context: Context, client: redis.Redis, nobody: redis.Redis, clock: Clock
) -> None:
    write(context, clock, *(Event("story.tagged", story_id=n) for n in range(3)))
    with pytest.raises(redis.RedisError):
        deliver(context, nobody)
    assert undelivered(context) == 3
    assert deliver(context, client) == 3
    assert undelivered(context) == 0


def test_the_stream_does_not_grow_without_end(
    context: Context, client: redis.Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "STREAM_LENGTH", 100)
    write(context, clock, *(Event("story.tagged", story_id=n) for n in range(1_000)))
    deliver(context, client)
    kept = streamed(client)
    assert 100 <= len(kept) < 300  # whole nodes of the stream are dropped, of some hundred entries
    assert kept[-1]["event"]["story"] == 999
