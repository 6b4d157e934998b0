"""What comes of doing stored articles again with the code of today. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from ingest.edition import differs
from ingest.extract import EXTRACTOR_VERSION
from ingest.fingerprint import ALGORITHM_VERSION
from ingest.relations.tagger import TAGGER_VERSION
from store import reprocessing as store
from store import resettling
from store.processing import Work
from store.reprocessing import Redone, Standing
from store.runs import Versions
from store.tables import Step
from worker.context import Context
from worker.processing import make_document

log = structlog.get_logger(__name__)


def versions(context: Context) -> Versions:
    """The code of today."""
    return Versions(
        extractor=EXTRACTOR_VERSION,
        algorithm=str(ALGORITHM_VERSION),
        tagger=TAGGER_VERSION,
        lexicon=context.tagger.lexicon_version,
    )


def redo(context: Context, article_ids: Sequence[int], step: Step) -> list[Redone]:
    """Do articles again from this step on.

    An article that breaks our code is told of by its `error`, and changes nothing.
    """
    with context.database.reading() as session:
        standings = store.load(session, article_ids)
        works = store.load_bytes(session, standings) if step is Step.EXTRACT else {}
    redone = []
    for standing in standings:
        try:
            redone.append(_redo(context, standing, works.get(standing.article_id), step))
        except Exception as error:
            log.exception("reprocessing.failed", article=standing.article_id, url=standing.url)
            redone.append(Redone(standing, error=f"{type(error).__name__}: {error}"))
    return redone


def _redo(context: Context, standing: Standing, work: Work | None, step: Step) -> Redone:
    document = make_document(work) if work is not None else None
    if document is not None and not differs(document, standing.current):
        document = None
    of_today = (TAGGER_VERSION, context.tagger.lexicon_version)
    judgement = None
    if document is not None or standing.tagger != of_today:
        dated = document.published.at if document and document.published else None
        judgement = context.tagger.tag(
            document.title if document else standing.title,
            document.text if document else standing.text,
            source_side=standing.source_side,
            date=(dated or standing.published_at or standing.first_seen_at).date(),
        )
    other_algorithm = standing.algorithm != str(ALGORITHM_VERSION)
    return Redone(
        standing=standing,
        work=work,
        document=document,
        judgement=judgement,
        confirmed=work is not None and document is None and standing.extractor != EXTRACTOR_VERSION,
        # A new text finds its story when it is stored.
        settle=document is None
        and standing.algorithm is not None
        and (step is Step.DEDUPE or (step is Step.EXTRACT and other_algorithm)),
    )


def foresee(context: Context, each: Redone) -> Redone:
    """Say where an article whose story is to be decided again would go."""
    if not each.settle:
        return each
    with context.database.reading() as session:
        text = resettling.brought(session, each.standing, context.boilerplate)
        if text is None:
            return each
        placed = resettling.foresee(session, each.standing, text)
    own = each.standing.story_id
    if placed.stories == (own,):
        return each
    if own in placed.stories:
        moves_to = "stories merge"
    else:
        moves_to = "moves to another story" if placed.stories else "splits off into its own story"
    return replace(each, moves_to=moves_to)
