"""The service's app, rigged: certain pages end or hold up their worker, and the clock can be set.

Only what cannot be had from outside: a page that ends the process which reads it is a fault in
some parser that nobody knows of yet, and a machine's clock is not a test's to change.

    celery -A tests.faults.rigged worker …

`FAULTS_HURRY` shortens the waits that no test run has the time for. `FAULTS_CLOCK` names a file
with the seconds by which this service's clock is ahead.
"""

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.pages.extract import Document
from store.articles import stages
from store.articles.inputs import Work
from store.crawl import host_leases, page_fetches, refetches
from store.intake import entries, polls
from worker import clock, processing
from worker.app import app

__all__ = ["app"]

_make_document = processing.make_document


def _document(work: Work) -> Document | None:
    if "/kills-" in work.url:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "/hangs-" in work.url:
        # As a parser in C does, which no signal reaches.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        while True:
            pass
    return _make_document(work)


def _now() -> datetime:
    ahead = float(Path(os.environ["FAULTS_CLOCK"]).read_text())
    return datetime.now(UTC) + timedelta(seconds=ahead)


def _hurry() -> None:
    """Have everything that is waited for come in seconds, where a minute is usual."""
    seconds = timedelta(seconds=5)
    page_fetches.FETCH_CLAIM = stages.PROCESS_CLAIM = stages.PROCESS_OVERDUE = seconds
    refetches.FETCH_CLAIM = entries.PROCESS_OVERDUE = seconds
    polls.CLAIM = host_leases.NUDGE_AGAIN = seconds


if "FAULTS_HURRY" in os.environ:
    _hurry()
processing.make_document = _document
clock.now = _now
