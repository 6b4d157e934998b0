"""Processing what waits for it in this process's children, with all cores and no broker."""

import logging
import multiprocessing
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from ingest.retry import PROCESS_ATTEMPTS
from store import articles, importing
from worker import logs
from worker.children import deaf_to_interrupts
from worker.context import Context
from worker.processing import process_article
from worker.settings import Settings

# Articles handed to each child beforehand, so that it need not wait for us between two.
AHEAD = 4
# Where no child has come to an end for so long, one of them is stuck: an honest page takes a tenth
# of a second, and a child on a busy machine some twenty to begin.
STUCK_SECONDS = 120.0
# A page that ends or holds up its child is set aside after PROCESS_ATTEMPTS rounds of children that
# bring nothing. More of them in a row mean that no child comes so far as to begin.
FRUITLESS_ROUNDS = 2 * PROCESS_ATTEMPTS
# Articles named by the database at a time.
_NAMED = 500


@dataclass
class _Children:
    """A pool of children, made anew where a page has killed one or holds it up.

    What was in hand is handed out again: the row counts the attempts and sets aside what takes too
    many.
    """

    settings: Settings
    owner: str = field(default_factory=lambda: f"import:{uuid.uuid4().hex}")
    flying: dict[Future[None], int] = field(default_factory=dict)
    pool: ProcessPoolExecutor | None = None

    def submit(self, article_id: int) -> None:
        if self.pool is None:
            self.pool = ProcessPoolExecutor(
                self.settings.cpu_processes,
                # Threads and connections of ours must not be forked.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_child,
                initargs=(self.settings,),
            )
        try:
            with deaf_to_interrupts():
                future = self.pool.submit(_process, article_id, self.owner)
        except BrokenProcessPool as error:  # a child has just died: `settle` hands it out again
            future = Future()
            future.set_exception(error)
        self.flying[future] = article_id

    def settle(self) -> int:
        """Wait until some are done; return how many."""
        done, _ = wait(self.flying, timeout=STUCK_SECONDS, return_when=FIRST_COMPLETED)
        broken = not done or any(
            isinstance(future.exception(), BrokenProcessPool) for future in done
        )
        if broken:
            again = list(self.flying.values())
            self.kill()
            for article_id in again:
                self.submit(article_id)
            return 0
        for future in done:
            del self.flying[future]
            future.result()
        return len(done)

    def kill(self) -> None:
        """End the children at once."""
        pool, self.pool = self.pool, None
        self.flying.clear()
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=True, cancel_futures=True)


def process_waiting(context: Context, update: Callable[[int], None]) -> int:
    """Process every article that waits for it now, once; `update` is told how many are done.

    Returns that number. What fails stays, with its error, for another attempt.
    """
    children = _Children(context.settings)
    done, last, fruitless = 0, 0, 0
    named = list[int]()
    try:
        while True:
            while len(children.flying) < context.settings.cpu_processes * AHEAD:
                if not named:
                    with context.database.reading() as session:
                        named = list(importing.waiting(session, after=last, limit=_NAMED))
                    named.reverse()
                if not named:
                    break
                last = named.pop()
                children.submit(last)
            if not children.flying:
                return done
            settled = children.settle()
            fruitless = 0 if settled else fruitless + 1
            if fruitless > FRUITLESS_ROUNDS:
                children.kill()
                return done
            done += settled
            update(done)
    except BaseException:
        children.kill()
        with context.database.writing() as session:
            articles.let_go(session, children.owner)
        raise
    finally:
        if children.pool is not None:
            children.pool.shutdown(wait=True)


_child: Context | None = None


def _begin_child(settings: Settings) -> None:
    global _child
    logs.configure(settings.log_format, logging.WARNING)
    _child = Context(settings)


def _process(article_id: int, owner: str) -> None:
    assert _child is not None
    process_article(_child, article_id, owner=owner)
