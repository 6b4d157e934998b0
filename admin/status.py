"""`transpacific status` and `transpacific retry`: how the service is, and what needs a person."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.console import (
    moment,
    note,
    plain_table,
    print_json,
    print_result,
    print_table,
    shown,
    stdout,
)
from admin.opening import service

if TYPE_CHECKING:
    from store.status import Status
    from worker.settings import Settings

# Lines of each list for people; all of them are in the JSON.
LINES = 20


class FailedAt(StrEnum):
    """The step at which an article was set aside."""

    FETCH = "fetch"
    PROCESS = "process"


def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Stages, queues, lag, failing feeds, quarantine."""
    from store import status as store
    from worker import context as clock

    with service() as context:
        now = clock.now()
        with context.database.reading() as session:
            found = store.read(session, now=now)
        described = describe(found, queues(context.settings), now)
    if as_json:
        print_json(described)
    else:
        _print(described)


def describe(found: "Status", queues: dict[str, int] | None, now: datetime) -> dict[str, Any]:
    """The state as `--json` gives it; `queues` is None where no Redis is running."""
    lag = (now - found.oldest_waiting).total_seconds() if found.oldest_waiting else 0.0
    stages = dict.fromkeys(("fetch", "process", "done", "quarantined"), 0) | found.stages
    return {
        "feeds": {"total": found.feeds, "due": found.feeds_due},
        "stories": {"total": found.stories, "relevant": found.relevant_stories},
        "stages": stages,
        "oldest_waiting": found.oldest_waiting,
        "lag_seconds": round(lag, 1),
        "undelivered_events": found.undelivered_events,
        "queues": queues,
        "trouble": [asdict(trouble) for trouble in found.trouble],
        "quarantine": [asdict(item) for item in found.quarantine],
    }


def queues(settings: "Settings") -> dict[str, int] | None:
    """Messages waiting in each queue of the Redis that is set, or of the service running here.

    None where neither is there. Raises `redis.RedisError` where the one that is set is silent.
    """
    from worker.homelock import running_broker

    broker = settings.redis_url or running_broker(settings.home)
    if broker is None:
        return None
    from admin.broker import client
    from worker.queues import CPU, NETWORK, REPROCESS

    with client(broker) as redis:
        return {queue: int(redis.llen(queue)) for queue in (NETWORK, CPU, REPROCESS)}


def _print(described: dict[str, Any]) -> None:
    feeds, stories, stages = described["feeds"], described["stories"], described["stages"]
    waiting = f"{stages['fetch']} to fetch, {stages['process']} to process"
    queues = described["queues"]
    facts = {
        "feeds": f"{feeds['total']}, {feeds['due']} due",
        "articles": f"{stages['done']} done, {waiting}, {stages['quarantined']} quarantined",
        "stories": f"{stories['total']}, {stories['relevant']} relevant",
        "lag": f"{described['lag_seconds']:.0f} s",
        "events": f"{described['undelivered_events']} to deliver",
        "queues": "not running"
        if queues is None
        else ", ".join(f"{name} {length}" for name, length in queues.items()),
    }
    table = plain_table("", "")
    for name, value in facts.items():
        table.add_row(name, value)
    print_table(table)
    _print_list(
        "feeds in trouble",
        ("source", "state", "since", "reason", "feed"),
        [
            (item["source"], item["state"], moment(item["since"]), item["reason"], item["url"])
            for item in described["trouble"]
        ],
    )
    _print_list(
        "quarantine (`transpacific retry` puts it back to work)",
        ("stage", "reason", "article"),
        [(item["stage"], item["reason"], item["url"]) for item in described["quarantine"]],
    )


def _print_list(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not rows:
        return
    stdout().print(f"\n{title}", style="bold")
    table = plain_table(*headings)
    for row in rows[:LINES]:
        table.add_row(*map(shown, row))
    print_table(table)
    if len(rows) > LINES:
        note(f"and {len(rows) - LINES} more: see --json")


def retry(
    stage: Annotated[FailedAt | None, typer.Option(help="Only what failed at this step.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Put quarantined articles back to work.

    The running service takes them up, or the next poll of their feeds.
    """
    from store import articles
    from store.tables import Stage
    from worker import context as clock

    with service() as context, context.database.writing() as session:
        number = articles.retry(session, stage=Stage(stage) if stage else None, now=clock.now())
    if as_json:
        print_json({"retried": number})
    else:
        print_result(f"{number} article{'' if number == 1 else 's'} back to work")
