"""Waiting for a condition instead of sleeping for a time, with more patience on a slow machine.

Seconds here are seconds of a quiet machine: while the machine is ten times slower than that, as
`machine.slowness` measures it again and again, ten seconds of the wall count as one. What hangs
fails all the same, after `machine.MOST` times as long at the latest.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing.process import BaseProcess
from typing import Any, AnyStr, TypeVar

from tests.support import machine

# Many times what anything here needs on a quiet machine.
PATIENCE = 60.0

_POLL_SECONDS = 0.02
# How often the machine is measured, at the most; it takes a fiftieth of a core.
_MEASURE_SECONDS = 1.0

T = TypeVar("T")


class Patience:
    """So many seconds of a quiet machine, which are spent as fast as this machine works."""

    def __init__(self, seconds: float = PATIENCE) -> None:
        self.seconds = self._left = seconds
        self._counted = time.monotonic()

    def is_over(self) -> bool:
        """Count what has passed since this was asked last. Ask often: by the second or so."""
        passed = time.monotonic() - self._counted
        if passed >= min(_MEASURE_SECONDS, self._left):
            slowness = machine.slowness()  # what it takes is counted with what passes next
            self._counted += passed
            self._left -= passed / slowness
        return self._left <= 0


def until(condition: Callable[[], bool], promise: str, *, seconds: float = PATIENCE) -> None:
    """Returns as soon as `condition` holds; fails with `promise` when patience is over."""
    patience = Patience(seconds)
    while not condition():
        _go_on(patience, promise)
        time.sleep(_POLL_SECONDS)


def result(future: Future[T]) -> T:
    """What the future gives, or raises."""
    until(future.done, "the work is done")
    return future.result()


def join(*running: threading.Thread | BaseProcess) -> None:
    """Returns when all of them have ended."""
    for each in running:
        until(lambda each=each: not each.is_alive(), f"{each.name} has ended")  # type: ignore[misc]
        each.join()


def ended(process: subprocess.Popen[Any], *, seconds: float = PATIENCE) -> int:
    """The exit status of a process that ends by itself and whose pipes nobody need read."""
    until(lambda: process.poll() is not None, f"{process.args!r} has ended", seconds=seconds)
    return process.returncode


def output(process: subprocess.Popen[AnyStr], given: AnyStr | None = None) -> tuple[AnyStr, AnyStr]:
    """What a process says to the end, stdout and stderr, after it was `given` that on stdin."""
    patience = Patience()
    while True:
        try:
            return process.communicate(given, timeout=_MEASURE_SECONDS)
        except subprocess.TimeoutExpired:
            given = None  # it has that already
            _go_on(patience, f"{process.args!r} has ended")


def run(
    command: Sequence[Any], given: AnyStr | None = None, **options: Any
) -> subprocess.CompletedProcess[AnyStr]:
    """As `subprocess.run(capture_output=True)`."""
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    stdin = subprocess.DEVNULL if given is None else subprocess.PIPE
    with subprocess.Popen(command, stdin=stdin, **pipes, **options) as process:
        try:
            out, err = output(process, given)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _go_on(patience: Patience, promise: str) -> None:
    assert not patience.is_over(), (
        f"not within {patience.seconds:g} s of a quiet machine: {promise}"
    )
