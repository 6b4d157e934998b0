"""What needs a person, and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from admin.service.alerts import needs, told
from store.operations.status import FeedTrouble, Status, Waiting
from worker.home.disk import Room
from worker.watch.queue_depths import Depths

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
GB = 1024**3
ANSWERS = Depths({})
ROOMY = Room(home=GB, free=50 * GB, total=100 * GB)
WELL = Status(
    feeds=3,
    feeds_due=0,
    feed_states={"well": 3},
    last_new=NOW,
    longest_silence=HOUR,
    stories=5,
    relevant_stories=2,
    stages={"done": 9},
    oldest={},
    undelivered_events=0,
    trouble=(),
    gaps=(),
    paused_hosts=(),
    outage_since=None,
    quarantine=(),
    heartbeats={"beat": NOW, "network": NOW, "cpu": NOW - timedelta(minutes=2)},
    database_bytes=GB,
)


def kinds(found: Status, depths: Depths = ANSWERS, room: Room = ROOMY) -> list[str]:
    return [need.kind for need in needs(found, depths, room, now=NOW)]


def trouble(state: str, *, since: timedelta) -> FeedTrouble:
    return FeedTrouble("http://a.example/f", "A", state, NOW - since, 3, "it answered 500")


def waiting(since: timedelta) -> Waiting:
    return Waiting(1, "http://a.example/1", NOW - since, 2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"trouble": (trouble("failing", since=23 * HOUR),)}, []),
        ({"trouble": (trouble("failing", since=25 * HOUR),)}, ["feed-failing"]),
        ({"trouble": (trouble("quiet", since=72 * HOUR),)}, ["feed-quiet"]),
        ({"trouble": (trouble("gone", since=HOUR),)}, ["feed-gone"]),
        ({"stages": {"quarantined": 2}}, ["quarantine"]),
        ({"oldest": {"fetch": waiting(3 * HOUR)}}, []),
        ({"oldest": {"fetch": waiting(7 * HOUR)}}, ["late"]),
        ({"oldest": {"process": waiting(HOUR)}}, ["late"]),
        ({"heartbeats": {}}, []),  # it has never run as a service here
        ({"heartbeats": {"beat": NOW - HOUR, "cpu": NOW}}, ["service"]),
        ({"outage_since": NOW - HOUR}, ["outage"]),
    ],
)
def test_what_the_database_says(change: dict[str, object], expected: list[str]) -> None:
    assert kinds(replace(WELL, **change)) == expected


def test_a_redis_that_is_silent_and_not_one_that_is_not_running() -> None:
    assert kinds(WELL, Depths()) == []
    assert kinds(WELL, Depths(error="refused")) == ["redis"]


@pytest.mark.parametrize(
    ("room", "low"),
    [
        (Room(home=0, free=3 * GB, total=10 * GB), False),
        (Room(home=0, free=GB, total=10 * GB), True),
        (Room(home=0, free=GB, total=GB), False),
        (Room(home=0, free=40 * GB, total=1000 * GB), True),
    ],
)
def test_a_disk_that_is_nearly_full(room: Room, low: bool) -> None:
    assert kinds(WELL, room=room) == ["disk"] * low


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(days=2, hours=5, minutes=3), "2 d 5 h"),
    ],
)
def test_a_span_is_told_in_two_units(span: timedelta, expected: str) -> None:
    assert told(span) == expected
