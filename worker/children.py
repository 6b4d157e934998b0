"""Starting child processes that a terminal's Ctrl-C leaves to us to end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Children started within never hear SIGINT, from their first instruction on.

    A terminal sends it to every process of ours, and a child that hears it ends with a traceback
    of its own. Here it is only held back meanwhile.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
