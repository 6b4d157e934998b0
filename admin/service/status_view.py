"""The state of the service as people and scripts read it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from admin.output.console import note, plain_table, print_table, shown, stdout
from admin.service.alerts import Need, told

if TYPE_CHECKING:
    from store.operations.status import Status
    from worker.home.disk import Room
    from worker.watch.queue_depths import Depths

# Lines of each list for people; all of them are in the JSON.
LINES = 20
STAGES = ("fetch", "process", "done", "quarantined")
WIDTH = 80
INDENT = "    "
UNITS = ("B", "kB", "MB", "GB", "TB")


def describe(
    found: "Status", depths: "Depths", room: "Room", needs: Sequence[Need], now: datetime
) -> dict[str, Any]:
    """The state as `--json` gives it. Fields are added to it, never taken away."""
    states = found.feed_states
    oldest = {
        stage: asdict(waiting) | {"seconds": _seconds(now, waiting.since)}
        for stage, waiting in found.oldest.items()
    }
    return {
        "at": now,
        "needs": [asdict(need) for need in needs],
        "feeds": {"total": found.feeds, "due": found.feeds_due, **states},
        "stories": {"total": found.stories, "relevant": found.relevant_stories},
        "stages": dict.fromkeys(STAGES, 0) | found.stages,
        "oldest": {stage: oldest.get(stage) for stage in ("fetch", "process")},
        "oldest_waiting": found.oldest_waiting,
        "lag_seconds": _seconds(now, found.oldest_waiting) if found.oldest_waiting else 0.0,
        "outage": {"since": found.outage_since} if found.outage_since else None,
        "undelivered_events": found.undelivered_events,
        "queues": depths.queues,
        "unacknowledged": depths.unacknowledged if depths.queues is not None else None,
        "redis": _redis(depths),
        "heartbeats": {
            part: {"at": at, "seconds": _seconds(now, at)} for part, at in found.heartbeats.items()
        },
        "trouble": [asdict(trouble) for trouble in found.trouble],
        "gaps": [asdict(gap) for gap in found.gaps],
        "paused_hosts": [asdict(host) for host in found.paused_hosts],
        "quarantine": [asdict(item) for item in found.quarantine],
        "disk": {
            "home_bytes": room.home,
            "database_bytes": found.database_bytes,
            "free_bytes": room.free,
            "total_bytes": room.total,
            "low": room.low,
        },
    }


def _seconds(now: datetime, since: datetime) -> float:
    return round(max((now - since).total_seconds(), 0.0), 1)


def _redis(depths: "Depths") -> dict[str, str | None]:
    if depths.queues is not None:
        return {"state": "answers", "error": None}
    state = "not running" if depths.error is None else "silent"
    return {"state": state, "error": depths.error}


def print_needs(needs: Sequence[Need]) -> None:
    """What needs a person, a line each."""
    for need in needs:
        stdout().print(f"! {need.what}", style="yellow", soft_wrap=True)


def print_status(
    found: "Status", depths: "Depths", room: "Room", needs: Sequence[Need], now: datetime
) -> None:
    """The state for people, in 80 columns but for addresses."""
    print_needs(needs)
    table = plain_table("", "")
    for name, value in _facts(found, depths, room, now).items():
        table.add_row(name, value)
    print_table(table)

    _print_list(
        "feeds in trouble",
        [
            (f"{each.state} for {_ago(now, each.since)}: {each.source}", each.reason, each.url)
            for each in found.trouble
        ],
    )
    _print_list(
        "gaps of the last 7 days: entries between two polls may have been missed",
        [
            (f"{gap.times} times, last {told(now - gap.last)} ago: {gap.source}", gap.url)
            for gap in found.gaps
        ],
    )
    _print_list(
        "hosts that have refused, and are left alone",
        [
            (f"{host.name} for {told(host.until - now)}, after {host.refusals} refusals",)
            for host in found.paused_hosts
        ],
    )
    _print_list(
        "quarantine: `transpacific retry` puts it back to work, `transpacific trace` tells all",
        [(f"at {item.stage}: {item.reason}", item.url) for item in found.quarantine],
    )
    more = found.stages.get("quarantined", 0) - len(found.quarantine)
    if more > 0:
        note(f"and {more} more in quarantine")


def _facts(found: "Status", depths: "Depths", room: "Room", now: datetime) -> dict[str, str]:
    stages = dict.fromkeys(STAGES, 0) | found.stages
    states = [f"{number} {state}" for state, number in found.feed_states.items() if number]
    facts = {
        "feeds": f"{found.feeds}, {found.feeds_due} due"
        + (f": {', '.join(states)}" * bool(states)),
        "articles": f"{stages['done']} done, {stages['quarantined']} quarantined",
        "stories": f"{found.stories}, {found.relevant_stories} relevant",
    }
    for stage in ("fetch", "process"):
        waiting = found.oldest.get(stage)
        facts[f"to {stage}"] = str(stages[stage]) + (
            f", the oldest since {told(now - waiting.since)}" if waiting else ""
        )
    return facts | {
        "last new": f"{told(now - found.last_new)} ago" if found.last_new else "nothing yet",
        "events": f"{found.undelivered_events} to deliver",
        "queues": _queues(depths),
        "at work": ", ".join(
            f"{part} {told(now - at)} ago" for part, at in found.heartbeats.items()
        )
        or "the service has not run yet",
        "disk": f"database {size(found.database_bytes)}, home {size(room.home)}, "
        f"{size(room.free)} free of {size(room.total)}" + (" (low)" if room.low else ""),
    }


def _queues(depths: "Depths") -> str:
    if depths.queues is None:
        return "not running" if depths.error is None else f"Redis is silent: {shown(depths.error)}"
    lengths = ", ".join(f"{name} {length}" for name, length in depths.queues.items())
    return f"{lengths}, {depths.unacknowledged} in work"


def size(number: float) -> str:
    """Bytes for people."""
    power = 0
    while number >= 1000 and power < len(UNITS) - 1:
        number, power = number / 1000, power + 1
    return f"{number:.{1 if power and number < 10 else 0}f} {UNITS[power]}"


def _ago(now: datetime, at: datetime | None) -> str:
    return "long" if at is None else told(now - at)


def _print_list(title: str, items: Sequence[tuple[str, ...]]) -> None:
    """Items of a line or more each; the first sets it apart from the others."""
    if not items:
        return
    stdout().print(f"\n{title}", style="bold")
    for first, *others in items[:LINES]:
        for line in wrap(shown(first), WIDTH, initial_indent="  ", subsequent_indent=INDENT):
            print(line)
        for line in others:
            # An address is left whole, so that it can be copied.
            parts = [shown(line)] if "://" in line else wrap(shown(line), WIDTH - len(INDENT))
            for part in parts:
                print(INDENT + part)
    if len(items) > LINES:
        note(f"and {len(items) - LINES} more: see --json")
