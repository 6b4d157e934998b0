"""What comes of doing stored articles again with the code of today. Nothing is written here."""

from collections.abc import Sequence

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from sqlmodel import Session

from ingest.duplicates.decide import DUPLICATES_VERSION
from ingest.duplicates.fingerprint import ALGORITHM_VERSION
from ingest.pages.choose_text import differs
from ingest.pages.extract import EXTRACTOR_VERSION
from ingest.relations.tagger import TAGGER_VERSION
from store.articles import processing
from store.articles.inputs import Work
from store.reprocessing import reassign
from store.reprocessing import redo as store
from store.reprocessing.redo import Redone, Standing
from store.reprocessing.selection import Versions
from store.stories.assignment_decision import StoryDecision
from store.tables import Step
from worker.context import Context
from worker.processing import make_document
from worker.reprocessing.report import Outcome, outcome

log = structlog.get_logger(__name__)


def versions(context: Context) -> Versions:
    """The code of today."""
    return Versions(
        extractor=EXTRACTOR_VERSION,
        algorithm=str(ALGORITHM_VERSION),
        duplicates=DUPLICATES_VERSION,
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
        except SoftTimeLimitExceeded:
            raise  # no error of the article's: the chunk is too much for one task
        except Exception as error:
            log.exception("reprocessing.failed", article=standing.article_id, url=standing.url)
            redone.append(Redone(standing, error=f"{type(error).__name__}: {error}"))
    return redone


def _redo(context: Context, standing: Standing, work: Work | None, step: Step) -> Redone:
    document = make_document(work) if work is not None else None
    without_page = work is not None and document is None and work.page_is_let_go
    if document is not None and not differs(document, standing.current):
        document = None
    of_today = (TAGGER_VERSION, context.tagger.lexicon_version)
    tagger_output = None
    if document is not None or standing.tagger != of_today:
        dated = document.published.at if document and document.published else None
        tagger_output = context.tagger.tag(
            document.title if document else standing.title,
            document.text if document else standing.text,
            source_side=standing.source_side,
            date=(dated or standing.published_at or standing.first_seen_at).date(),
        )
    other_rules = (standing.algorithm, standing.duplicates) != (
        str(ALGORITHM_VERSION),
        DUPLICATES_VERSION,
    )
    return Redone(
        standing=standing,
        work=work,
        document=document,
        tagger_output=tagger_output,
        confirmed=work is not None
        and document is None
        and not without_page
        and standing.extractor != EXTRACTOR_VERSION,
        without_page=without_page,
        # A new text finds its story when it is stored.
        settle=document is None
        and standing.algorithm is not None
        and (step is Step.DEDUPE or (step is Step.EXTRACT and other_rules)),
    )


def preview(context: Context, each: Redone) -> Outcome:
    """Say what would change, also of stories; nothing is written.

    Each article is looked at by itself, beside what is stored now: two that come to be copies by
    new texts of both are not seen to be.
    """
    before = list[tuple[str | None, str]]()
    with context.database.reading() as session:
        placed = _preview_story(context, session, each)
        if each.relabelled and each.standing.tagging_id is not None:
            before = store.evidence(session, each.standing.tagging_id)
    return outcome(each, placed, before)


def _preview_story(context: Context, session: Session, each: Redone) -> StoryDecision | None:
    if each.document is not None:
        assert each.work is not None
        to_store = processing.prepare(session, each.work, each.document, context.boilerplate)
        return store.preview_text(session, each, to_store)
    text = reassign.to_place(session, each.standing, context.boilerplate) if each.settle else None
    return None if text is None else reassign.preview(session, each.standing, text)
