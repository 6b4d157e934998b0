"""How slow this machine is just now, beside a quiet one: for waits and for what work may take.

What takes a second on a machine that does nothing else takes ten on one where ten programs want a
core, and twenty on a slow one of those. A test that counts seconds of the wall judges the machine.
So we time a piece of work that is always the same, and count in seconds of a quiet machine.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Times that a quiet machine's time is multiplied by at most, however slow the machine is: what
# hangs fails in the end, there too.
MOST = 20.0

# The piece of work, and what it takes a quiet core. It is long enough for the scheduler to have
# others in between: a shorter one is let through by the best of them, on a crowded machine too.
_ROUNDS = 200_000
_QUIET_SECONDS = 0.015


def slowness() -> float:
    """Seconds that what takes a quiet machine one second takes here and now; from 1 to `MOST`."""
    return _bounded(_timed(time.perf_counter))


def scaled(seconds: float) -> float:
    """So many seconds of a quiet machine, in seconds of this one: for timeouts of a library."""
    return seconds * slowness()


def per_second(amount: float) -> float:
    """What this machine does in the time in which a quiet one does `amount`."""
    return amount / slowness()


def cpu_seconds(work: Callable[[], object]) -> float:
    """Seconds of a core that `work` takes, as on a quiet machine, whoever else wants the core."""
    before = _timed(time.thread_time)
    began = time.thread_time()
    work()
    took = time.thread_time() - began
    return took / _bounded(max(before, _timed(time.thread_time)))


@dataclass(slots=True)
class Took:
    """How long something took: seconds of the wall, and of a quiet machine."""

    wall: float = 0.0
    slowness: float = 1.0

    @property
    def quiet(self) -> float:
        return self.wall / self.slowness


@contextmanager
def stopwatch() -> Iterator[Took]:
    """Time what is within, by a clock that goes as slowly as the machine works."""
    took, before = Took(), slowness()
    began = time.monotonic()
    try:
        yield took
    finally:
        took.wall = time.monotonic() - began
        took.slowness = max(before, slowness())


def _timed(clock: Callable[[], float]) -> float:
    began = clock()
    number = 0
    for each in range(_ROUNDS):
        number = (number * 31 + each) & 0xFFFF
    return clock() - began


def _bounded(seconds: float) -> float:
    return min(max(seconds / _QUIET_SECONDS, 1.0), MOST)
