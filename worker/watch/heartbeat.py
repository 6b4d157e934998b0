"""Signs of life of this process, written no more often than is of use."""

import threading
import time

from sqlalchemy.exc import DBAPIError

from store.operations import heartbeats
from worker import clock
from worker.context import Context

# Seconds between two signs of one process. A small fraction of `heartbeats.SILENT_AFTER`, and a
# thousandth of what a worker writes otherwise.
EVERY = 10.0

_lock = threading.Lock()
_last: dict[str, float] = {}


def show(context: Context, part: str) -> None:
    """Tell the database that a part of the service is at work; it is not told every time.

    A sign that cannot be written is not worth an error: what the process is at says more.
    """
    with _lock:
        now = time.monotonic()
        if now - _last.get(part, -EVERY) < EVERY:
            return
        _last[part] = now
    try:
        with context.database.writing() as session:
            heartbeats.record(session, part, now=clock.now())
    except DBAPIError:
        with _lock:
            _last.pop(part, None)
