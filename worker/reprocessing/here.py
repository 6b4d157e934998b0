"""Reprocessing in this process's children, with all cores and no broker."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from store.reprocessing import runs
from store.reprocessing.runs import Progress
from store.search import index
from store.tables import Step
from worker.context import Context, process_name
from worker.processing import warm_up
from worker.reprocessing.report import Outcome, lost
from worker.reprocessing.steps import preview, redo
from worker.reprocessing.working import work_off
from worker.service.process_pool import ChildDied, Children

# A chunk that takes longer is ended with its child: less than its claim (`runs.CLAIM`), and forty
# times what an honest one takes.
CHUNK_SECONDS = 40.0
# Chunks handed to each child beforehand, so that it need not wait for us between two.
AHEAD = 2
# How often the database is asked again while others have claimed the rest.
CHECK_SECONDS = 0.2


def run_here(context: Context, run_id: int, update: Callable[[Progress], None]) -> None:
    """Work through a run, telling `update` how far it is.

    Ctrl-C ends it at once; the chunks that had been begun are done again. A child that dies leaves
    its chunk to the others, which counts the attempt. Raises `CannotBegin`.
    """
    children = Children(context.settings, prepare=warm_up, seconds=CHUNK_SECONDS, background=True)
    try:
        with children:
            _work_off(context, run_id, children, update)
    except BaseException:
        _release(context, run_id, children.pids, died=False)
        raise
    index.catch_up(context.database)


def _work_off(
    context: Context, run_id: int, children: Children, update: Callable[[Progress], None]
) -> None:
    flying, more = set[Future[bool]](), True
    while True:
        while more and len(flying) < children.number * AHEAD:
            flying.add(children.submit(work_off, run_id))
        done, flying = wait(flying, timeout=CHECK_SECONDS, return_when=FIRST_COMPLETED)
        worked = [_has_worked(context, run_id, future) for future in done]
        with context.database.reading() as session:
            progress = runs.progress(session, run_id)
        update(progress)
        if progress.state != runs.RUNNING:
            return
        if done:
            more = any(worked)
        elif not flying:
            # Others hold what is left, or it has been put back: a chunk that failed comes again.
            time.sleep(CHECK_SECONDS)
            more = True


def _has_worked(context: Context, run_id: int, future: Future[bool]) -> bool:
    try:
        return future.result()
    except ChildDied as death:
        _release(context, run_id, [death.pid], died=True)
        return True


def _release(context: Context, run_id: int, pids: Iterable[int], *, died: bool) -> None:
    with context.database.writing() as session:
        runs.release_chunks(session, run_id, map(process_name, pids), died=died)


def dry_run(
    context: Context, article_ids: Sequence[int], step: Step, update: Callable[[int], None]
) -> Iterator[Outcome]:
    """What doing these articles again would change, in no particular order."""
    waiting = runs.parts(article_ids, step)[::-1]
    done = 0
    flying = dict[Future[list[Outcome]], tuple[int, ...]]()
    with Children(
        context.settings, prepare=warm_up, seconds=CHUNK_SECONDS, background=True
    ) as children:
        while waiting or flying:
            while waiting and len(flying) < children.number * AHEAD:
                part = waiting.pop()
                flying[children.submit(_check, part, step)] = part
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                part = flying.pop(future)
                try:
                    outcomes = future.result()
                except ChildDied as death:
                    if len(part) > 1:
                        # One of them ends the process that reads it: which, they show one by one.
                        waiting += [(article_id,) for article_id in part]
                        continue
                    outcomes = [lost(part[0], str(death))]
                done += len(part)
                yield from outcomes
                update(done)


def _check(context: Context, article_ids: Sequence[int], step: Step) -> list[Outcome]:
    return [preview(context, each) for each in redo(context, article_ids, step)]
