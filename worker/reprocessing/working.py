"""A run's work, chunk by chunk: in a Celery task, or in a child process of `reprocess --here`."""

import structlog

from ingest.pages.extract import EXTRACTOR_VERSION, Document
from store.articles import processing
from store.reprocessing import reassign, runs
from store.reprocessing import redo as store
from store.reprocessing.redo import Redone, Standing
from store.reprocessing.runs import Chunk
from store.stories import merge
from store.stories.merge import MergeNeeded
from store.tables import Step
from worker import clock
from worker.context import Context, process_name
from worker.reprocessing.steps import redo

log = structlog.get_logger(__name__)


def work_off(context: Context, run_id: int) -> bool:
    """Do the run's next chunk; False where none waits, or the run was stopped.

    A chunk that fails is tried again by whoever comes next, and set aside after the third time.
    """
    with context.database.writing() as session:
        chunk = runs.claim(session, run_id, owner=process_name(), now=clock.now())
        if chunk is None:
            runs.finish(session, run_id, now=clock.now())
            return False
        step = Step(runs.get(session, run_id).step)
    failed, error = False, None
    try:
        error = _do(context, chunk, step)
    except Exception as failure:
        log.exception("run.chunk_failed", run=run_id, chunk=chunk.number)
        failed, error = True, f"{type(failure).__name__}: {failure}"
    with context.database.writing() as session:
        runs.finish_chunk(session, chunk, failed=failed, error=error)
        runs.finish(session, run_id, now=clock.now())
    return True


def _do(context: Context, chunk: Chunk, step: Step) -> str | None:
    """Do a chunk's articles; return what went wrong with single ones of them."""
    redone = redo(context, chunk.article_ids, step)
    in_place = [each for each in redone if each.document is None and each.error is None]
    with context.database.writing() as session:
        store.apply_taggings(session, chunk.run_id, in_place, EXTRACTOR_VERSION, now=clock.now())
    for each in redone:
        if each.document is not None:
            _store_text(context, chunk.run_id, each, each.document)
        elif each.settle:
            _assign_again(context, chunk.run_id, each.standing)
    errors = [f"article {e.standing.article_id}: {e.error}" for e in redone if e.error]
    return "; ".join(errors) or None


def _store_text(context: Context, run_id: int, each: Redone, document: Document) -> None:
    assert each.work is not None
    with context.database.reading() as session:
        to_store = processing.prepare(session, each.work, document, context.boilerplate)
    for merging_stories in (False, True):
        try:
            with context.database.writing() as session:
                store.apply_text(
                    session, run_id, each, to_store,
                    merging_stories=merging_stories, now=clock.now(),
                )  # fmt: skip
            return
        except MergeNeeded:
            continue


def _assign_again(context: Context, run_id: int, standing: Standing) -> None:
    with context.database.reading() as session:
        text = reassign.to_place(session, standing, context.boilerplate)
        if text is not None:
            reassign.compare_ahead(session, standing, text)
    with context.database.writing() as session:
        merge.hold(session, merging=text is not None)
        reassign.assign_again(session, run_id, standing, text, now=clock.now())
