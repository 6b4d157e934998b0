"""Child processes that do one piece of work after another, each with a `Context` of its own.

Pages are read in processes only, and a hostile one may end or hold up the process that reads it. A
child that ends takes nothing with it but what it had in hand, and another begins in its place. No
child hears a terminal's Ctrl-C: whoever began them ends them. And they end with the process that
began them, however that ends.
"""

import gc
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.forkserver import ensure_running
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from worker.context import Context
from worker.settings import Settings
from worker.watch import logs

# An article that takes longer is ended with its child: less than its claim
# (`stages.PROCESS_CLAIM`), and a hundred times what an honest one takes.
PAGE_SECONDS = 20
# From its start until a child can work: some twenty on a busy machine.
BEGIN_SECONDS = 120.0
# Children that end before they could work, one after the other, until it is given up.
BEGINNINGS = 3
# What the priority of children that work in the background is lowered by: beside others that want
# a core they get a third of it.
NICE = 5

# Threads and connections of ours must not be forked: children are forked from a process that has
# none, and that has loaded what they need. The first costs two seconds, each further one nothing.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["worker.service.preload"])
_starting = threading.Lock()

_SAFE_PATH = "PYTHONSAFEPATH"

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[Concatenate[Context, P], T]


class ChildDied(Exception):
    """The child that did the work has ended, or was ended because it took too long."""

    def __init__(self, pid: int, reason: str) -> None:
        super().__init__(f"process {pid} {reason}")
        self.pid = pid


class CannotBegin(Exception):
    """No child comes so far as to work; the message says why."""


class Children:
    """As many children as there are cores to use, begun when they are needed.

    Left by an error, Ctrl-C too, they are killed at once with what they have in hand; `pids` are
    all that there ever were. `prepare` is what a child does first. Work that takes longer than
    `seconds` is ended with its child. `background`: work of lower priority than the service's own.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        prepare: Callable[[Context], None] | None = None,
        seconds: float = PAGE_SECONDS,
        background: bool = False,
    ) -> None:
        self.number = settings.cpu_processes
        self._seconds = seconds
        self.pids = set[int]()
        self._born = settings, prepare, background
        # A thread for each child waits for its answers.
        self._threads = ThreadPoolExecutor(self.number, "child")
        self._lock = threading.Lock()
        self._alive, self._idle = set[_Child](), list[_Child]()
        self._over = False

    def submit(self, do: Work[P, T], *args: P.args, **options: P.kwargs) -> Future[T]:
        """Have `do(context, …)` done by the next child that is free.

        The future raises what it raised; `ChildDied`; or `CannotBegin`.
        """
        return self._threads.submit(self._do, do, args, options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, _error: object, _trace: object) -> None:
        if kind is None:
            self._threads.shutdown(wait=True)
        with self._lock:
            self._over = True
            alive = list(self._alive)
        for child in alive:
            child.kill()  # those that are idle have nothing to lose
        self._threads.shutdown(wait=True, cancel_futures=True)
        for child in alive:
            child.join()

    def _do(self, do: Callable[..., T], args: Any, options: Any) -> T:
        child = self._idle.pop() if self._idle else self._begun()
        try:
            answer: T = child.do(do, args, options, seconds=self._seconds)
        except ChildDied:
            with self._lock:
                self._alive.discard(child)
            raise
        except BaseException:
            self._idle.append(child)
            raise
        self._idle.append(child)
        return answer

    def _begun(self) -> "_Child":
        for beginning in range(1, BEGINNINGS + 1):
            with self._lock:
                if self._over:
                    raise CannotBegin("the work is over")
                child = _Child(*self._born)
                self._alive.add(child)
                self.pids.add(child.pid)
            try:
                child.begin()
                return child
            except ChildDied as died:
                with self._lock:
                    self._alive.discard(child)
                if beginning == BEGINNINGS:
                    raise CannotBegin(f"no process for the work comes to begin: {died}") from died
        raise AssertionError("the loop returns or raises")


class _Child:
    """A child, as its parent handles it."""

    def __init__(self, *born: Any) -> None:
        self._pipe, theirs = _forks.Pipe()
        self._process = _forks.Process(target=_live, args=(theirs, *born))
        with _starting, deaf_to_interrupts():
            _begin_to_fork()
            self._process.start()
        theirs.close()
        self.pid = self._process.pid or 0

    def begin(self) -> None:
        """Wait until it can work. Raises `ChildDied`, or `CannotBegin` where it says why not."""
        refused = self._answer(BEGIN_SECONDS)
        if refused is not None:
            raise CannotBegin(refused)

    def do(self, do: Callable[..., Any], args: Any, options: Any, *, seconds: float) -> Any:
        """Have something done, and wait for it so long."""
        try:
            self._pipe.send((do, args, options))
        except OSError:  # it has ended while it was idle
            self.join()
            raise ChildDied(self.pid, "ended") from None
        done, answer = self._answer(seconds)
        if done:
            return answer
        raise answer

    def _answer(self, seconds: float) -> Any:
        try:
            if self._pipe.poll(seconds):
                return self._pipe.recv()
            reason = f"was ended after {seconds:.0f} s"
        except (EOFError, OSError):
            reason = "ended"
        self.kill()
        self.join()
        raise ChildDied(self.pid, reason)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def join(self) -> None:
        """Wait until it has ended, and let go of what it took."""
        self._pipe.close()
        self._process.join()


def died(future: Future[Any]) -> bool:
    """Whether the child that did the work has died; raises any other error."""
    try:
        future.result()
    except ChildDied:
        return True
    return False


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


@cache
def _begin_to_fork() -> None:
    """Start the process that forks, which finds its modules where they are installed.

    It would look where we are first: among modules of the same names, in an older checkout say.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    ensure_running()
    if before is None:
        del os.environ[_SAFE_PATH]
    else:
        os.environ[_SAFE_PATH] = before


def collect_seldomer() -> None:
    """Let the garbage collector spare what has been loaded, and look more seldom for the rest.

    Lexicon and libraries stay for good. Parsing makes and drops many small objects, few of them in
    cycles; a process that grows all the same is replaced.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


# --- in the child ---


def _live(
    pipe: Connection,
    settings: Settings,
    prepare: Callable[[Context], None] | None,
    background: bool,
) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if background:
        os.nice(NICE)
    logs.configure(settings.log_format, logging.WARNING)
    context = Context(settings)
    if prepare is not None:
        try:
            prepare(context)
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")
            return
    collect_seldomer()
    pipe.send(None)
    while True:
        try:
            do, args, options = pipe.recv()
        except EOFError:
            return
        _reply(pipe, context, do, args, options)


def _reply(
    pipe: Connection, context: Context, do: Callable[..., Any], args: Any, options: Any
) -> None:
    try:
        answer = True, do(context, *args, **options)
    except Exception as error:
        answer = False, error
    try:
        pipe.send(answer)
    except Exception:  # an error with something in it that cannot be sent
        pipe.send((False, RuntimeError(repr(answer[1]))))


def _end_with_parent() -> None:
    """A parent that was killed cannot end us; nobody else would, nor use what we do."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
