"""Letting go of what is too old to be kept, as `store.operations.retention` says."""

import time
from datetime import timedelta

import structlog

from store.operations import retention
from store.operations.retention import Freed, Policy
from worker import clock
from worker.context import Context
from worker.settings import Settings

log = structlog.get_logger(__name__)

# A task ends after this, far within its time limit; the next one goes on where it was.
SECONDS = 10.0


def policy(settings: Settings) -> Policy:
    """The settings' days as times; a 0 is for ever."""
    return Policy(
        pages=_days(settings.keep_snapshots_days),
        relevant_pages=_days(settings.keep_relevant_snapshots_days),
        polls=_days(settings.keep_polls_days),
        events=_days(settings.keep_events_days),
    )


def _days(number: int) -> timedelta | None:
    return timedelta(days=number) if number else None


def keep_up(context: Context) -> Freed:
    """Let go what is due, for some seconds at most; return what that was."""
    began = time.monotonic()
    freed = Freed()
    for step in retention.keep_up(context.database, policy(context.settings), now=clock.now()):
        freed += step
        if context.stopping.is_set() or time.monotonic() - began > SECONDS:
            break
    if freed != Freed():
        log.info(
            "retention.let_go", pages=freed.pages, bytes=freed.bytes, polls=freed.polls,
            events=freed.events,
        )  # fmt: skip
    return freed
