"""Reprocessing in this process's children, with all cores and no broker."""

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager

from store import runs
from store.fulltext import indexing
from store.runs import Progress
from store.tables import Step
from worker import logs
from worker.children import deaf_to_interrupts
from worker.context import Context
from worker.reprocessing.report import Outcome, outcome
from worker.reprocessing.steps import foresee, redo
from worker.reprocessing.working import work_off
from worker.settings import Settings

# Chunks handed to each child beforehand, so that it need not wait for us between two.
AHEAD = 2
# How often is looked again while others have the rest in hand.
LOOK_SECONDS = 0.2


def run_here(context: Context, run_id: int, update: Callable[[Progress], None]) -> None:
    """Work a run off, telling `update` how far it is.

    Ctrl-C ends it at once; what had been begun is done again.
    """
    with _children(context.settings) as pool:
        flying = set[Future[bool]]()
        exhausted = False
        while flying or not exhausted:
            while not exhausted and len(flying) < context.settings.cpu_processes * AHEAD:
                with deaf_to_interrupts():
                    flying.add(pool.submit(_work_off, run_id))
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            exhausted = exhausted or not all(future.result() for future in done)
            with context.database.reading() as session:
                progress = runs.progress(session, run_id)
            update(progress)
            if exhausted and not flying and progress.state == runs.RUNNING:
                # Another holds what is left, or has put it back: a chunk that failed comes again.
                exhausted = False
                time.sleep(LOOK_SECONDS)
    indexing.catch_up(context.database)


def dry_run(
    context: Context, article_ids: Sequence[int], step: Step, update: Callable[[int], None]
) -> Iterator[Outcome]:
    """What doing these articles again would change, in no particular order."""
    size = runs.CHUNK[step]
    parts = [article_ids[start : start + size] for start in range(0, len(article_ids), size)]
    done = 0
    with _children(context.settings) as pool:
        waiting = list(reversed(parts))
        flying = dict[Future[list[Outcome]], int]()
        while waiting or flying:
            while waiting and len(flying) < context.settings.cpu_processes * AHEAD:
                part = waiting.pop()
                with deaf_to_interrupts():
                    flying[pool.submit(_look, tuple(part), step)] = len(part)
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                done += flying.pop(future)
                yield from future.result()
                update(done)


@contextmanager
def _children(settings: Settings) -> Iterator[ProcessPoolExecutor]:
    """Child processes that end with us: at once where an error, or Ctrl-C, ends us."""
    pool = ProcessPoolExecutor(
        settings.cpu_processes,
        # Threads and connections of ours must not be forked.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_child,
        initargs=(settings,),
    )
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_child: Context | None = None


def _begin_child(settings: Settings) -> None:
    global _child
    logs.configure(settings.log_format, logging.WARNING)
    _child = Context(settings)


def _work_off(run_id: int) -> bool:
    assert _child is not None
    return work_off(_child, run_id)


def _look(article_ids: Sequence[int], step: Step) -> list[Outcome]:
    assert _child is not None
    return [outcome(foresee(_child, each)) for each in redo(_child, article_ids, step)]
