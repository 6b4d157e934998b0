"""`transpacific status` and `transpacific retry`: how the service is, and what needs a person."""

from enum import StrEnum
from typing import Annotated

import typer

from admin.output.console import print_json, print_result
from admin.output.context import service
from admin.output.errors import FAILED


class FailedAt(StrEnum):
    """The step at which an article was set aside."""

    FETCH = "fetch"
    PROCESS = "process"


def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit with 1 where something needs a person, for monitoring."),
    ] = False,
) -> None:
    """How the service is: stages, queues, feeds, quarantine, disk.

    What needs a person comes first. With --check nothing else is printed, and the exit status is
    1 where something does:

    \b
      disk          less than 5 %, or less than 2 GB and 20 %, is free where the home is
      redis         the one that is set does not answer
      service       it ran here before, and shows no sign of life for 3 minutes
      outage        nothing answers: our own network is down
      feed-gone     a feed has said that it is gone (410)
      feed-failing  a feed has failed for a day
      feed-quiet    a feed answers, and has brought nothing for long
      quarantine    articles are set aside
      late          an article has waited for 6 hours (fetch) or 30 minutes (process)
    """
    from admin.service.alerts import needs
    from admin.service.status_view import describe, print_needs, print_status
    from store.operations import status as store
    from worker import clock
    from worker.home import disk
    from worker.watch import queue_depths

    with service() as context:
        now = clock.now()
        with context.database.reading() as session:
            found = store.read(session, now=now)
        queues, room = queue_depths.read(context.settings), disk.read(context.settings.home)
    needed = needs(found, queues, room, now=now)
    if as_json:
        print_json(describe(found, queues, room, needed, now))
    elif check:
        print_needs(needed)
    else:
        print_status(found, queues, room, needed, now)
    if check and needed:
        raise typer.Exit(FAILED)


def retry(
    stage: Annotated[FailedAt | None, typer.Option(help="Only what failed at this step.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Put quarantined articles back to work.

    The running service takes them up, or the next poll of their feeds.
    """
    from store.articles import stages
    from store.tables import Stage
    from worker import clock

    with service() as context, context.database.writing() as session:
        number = stages.retry(session, stage=Stage(stage) if stage else None, now=clock.now())
    if as_json:
        print_json({"retried": number})
    else:
        print_result(f"{number} article{'' if number == 1 else 's'} back to work")
