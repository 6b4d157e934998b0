"""What needs a person: the rules of `transpacific status --check`, of what was found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from store.operations.heartbeats import SILENT_AFTER

if TYPE_CHECKING:
    from store.operations.status import Status
    from worker.home.disk import Room
    from worker.watch.queue_depths import Depths

# Most faults of a feed's host mend themselves within a day.
FAILING_FOR = timedelta(days=1)
# A page is asked for again for three hours; what waits much longer waits for a worker.
LATE = {"fetch": timedelta(hours=6), "process": timedelta(minutes=30)}
WHAT_TO_DO = {
    "gone": "gone for good: find where to, or remove",
    "failing": "failing for more than a day: see the reason",
    "quiet": "quiet: does somebody still write there?",
}
GIGABYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to see to: its kind, for scripts, and a sentence."""

    kind: str
    what: str


def needs(found: "Status", depths: "Depths", room: "Room", *, now: datetime) -> list[Need]:
    """What needs a person, the most urgent first."""
    return [
        *_of_service(found, depths, room, now),
        *_of_feeds(found, now),
        *_of_articles(found, now),
    ]


def _of_service(found: "Status", depths: "Depths", room: "Room", now: datetime) -> Iterator[Need]:
    if room.low:
        yield Need(
            "disk",
            f"only {room.free / GIGABYTE:.1f} GB are free: make room, see `transpacific db vacuum`",
        )
    if depths.error is not None:
        yield Need("redis", "Redis does not answer: start it, or correct TRANSPACIFIC_REDIS_URL")
    if found.outage_since is not None:
        span = told(now - found.outage_since)
        yield Need("outage", f"no host can be reached for {span}: is our own network down?")
    silent = [part for part, at in found.heartbeats.items() if now - at > SILENT_AFTER]
    if silent:
        since = min(found.heartbeats[part] for part in silent)
        yield Need(
            "service",
            f"no sign of {', '.join(silent)} for {told(now - since)}: is the service running?",
        )


def _of_feeds(found: "Status", now: datetime) -> Iterator[Need]:
    for state, what in WHAT_TO_DO.items():
        feeds = [
            feed
            for feed in found.trouble
            if feed.state == state
            and (state != "failing" or feed.since is None or now - feed.since >= FAILING_FOR)
        ]
        if feeds:
            number = f"{len(feeds)} feed" + ("s are " if len(feeds) > 1 else " is ")
            yield Need(f"feed-{state}", number + what)


def _of_articles(found: "Status", now: datetime) -> Iterator[Need]:
    if aside := found.stages.get("quarantined", 0):
        number = f"{aside} article" + ("s are" if aside > 1 else " is")
        yield Need("quarantine", f"{number} set aside: see why, then `transpacific retry`")
    for stage, limit in LATE.items():
        waiting = found.oldest.get(stage)
        if waiting is not None and now - waiting.since > limit:
            yield Need("late", f"an article waits for {stage} since {told(now - waiting.since)}")


def told(span: timedelta) -> str:
    """A span of time for people: two units at most."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60)):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"
