"""Letting go by hand of what is too old to be kept; the service does it by itself, day by day."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from admin.db.group import db
from admin.output.console import note, print_json, print_result, progress
from admin.output.context import service

if TYPE_CHECKING:
    from store.operations.retention import Freed, Policy


@db.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would go.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Let go of what is too old: pages, polls, events.

    How long each is kept is told by the settings TRANSPACIFIC_KEEP_SNAPSHOTS_DAYS,
    KEEP_RELEVANT_SNAPSHOTS_DAYS, KEEP_POLLS_DAYS and KEEP_EVENTS_DAYS. Of a page only the bytes as
    they were fetched go: its text stays, and so does what is imported. The service does the same by
    itself, a little at a time.
    """
    from store.operations import retention
    from worker import clock
    from worker.prune import policy

    with service() as context, progress("letting go") as bar:
        kept = policy(context.settings)
        do = retention.preview if dry_run else retention.prune
        freed = retention.Freed()
        for step in do(context.database, kept, now=clock.now()):
            freed += step
            bar(freed.pages, f"letting go: {freed.pages:,} pages")
    if as_json:
        print_json(asdict(freed) | {"dry_run": dry_run})
        return
    _print(freed, kept, dry_run=dry_run)


def _print(freed: "Freed", policy: "Policy", *, dry_run: bool) -> None:
    verb = "would go" if dry_run else "are gone"
    print_result(
        f"{freed.pages:,} pages ({freed.bytes:,} bytes), {freed.polls:,} polls and "
        f"{freed.events:,} events {verb}"
    )
    for what, days in (
        ("pages of articles that are not relevant", policy.pages),
        ("polls", policy.polls),
        ("events", policy.events),
    ):
        if days is None:
            note(f"{what} are kept for ever")
    if freed.pages and not dry_run:
        note("new pages fill their room; `transpacific db vacuum` gives it back to the disk")
