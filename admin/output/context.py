"""The settings and tools that a command works with."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.context import Context


@contextmanager
def service() -> Iterator["Context"]:
    """Settings read, logs down to warnings on stderr; at the end, connections closed."""
    from worker import settings
    from worker.context import Context
    from worker.watch import logs

    read = settings.load()
    logs.configure(read.log_format, logging.WARNING)
    context = Context(read)
    try:
        yield context
    finally:
        context.close()
