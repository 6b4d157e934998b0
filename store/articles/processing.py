"""The step from a snapshot to a tagged revision in a story, settled in one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlmodel import Session

from ingest.duplicates.decide import Printing
from ingest.duplicates.fingerprint import Fingerprint, fingerprint
from ingest.pages.agency import credited_agency
from ingest.pages.extract import Document
from ingest.pages.quality import is_wall
from ingest.relations.tagging import Tagging as TaggerOutput
from store import events
from store.articles import same_page
from store.articles.inputs import Work
from store.articles.revisions import (
    _AT_REST,
    _OF_ARTICLE,
    DocumentToStore,
    NewRevision,
    new_events,
    write,
)
from store.articles.same_page import Folded
from store.database.connection import Database
from store.stories import assignment, merge, near_duplicates
from store.stories.boilerplate import Boilerplate
from store.stories.merge import MergeNeeded
from store.stories.near_duplicates import TextToPlace
from store.tables import (
    Article,
    Revision,
    Snapshot,
    Source,
    Stage,
    digest,
    table,
)

_articles, _snapshots, _revisions = table(Article), table(Snapshot), table(Revision)
_sources = table(Source)


_LOCK: Select[Any] = (
    select(
        _articles.c.revisions,
        _articles.c.source_id,
        _articles.c.story_id,
        _articles.c.title,
        _articles.c.error,
        select(func.max(_snapshots.c.id))
        .where(_snapshots.c.article_id == _articles.c.id)
        .scalar_subquery()
        .label("newest"),
    )
    .where(_articles.c.id == bindparam("article"), _articles.c.stage == Stage.PROCESS)
    # SQLite gives the id of an article that was purged to the next one.
    .where(_articles.c.url == bindparam("its_url"))
    .with_for_update(of=_articles)
)
_REST = _OF_ARTICLE.values(**_AT_REST)
_PRINTED_BY = (
    select(_articles.c.story_id, _articles.c.source_id, _sources.c.name)
    .join(_sources, _sources.c.id == _articles.c.source_id)
    .where(_articles.c.id == bindparam("article"))
)


def finish_unchanged(session: Session, work: Work) -> None:
    """Nothing new came of it: the article rests as it is."""
    if _still_waiting(session, work) is not None:
        session.execute(_REST, {"article": work.article_id})


def prepare(
    session: Session, work: Work, document: Document, boilerplate: Boilerplate
) -> DocumentToStore:
    """Compare a text with those that are like it; ahead of the transaction that records it."""
    by = session.execute(_PRINTED_BY, {"article": work.article_id}).one()
    without = boilerplate.of(session, by.source_id)
    published = document.published.at if document.published else None
    has_text = bool(document.text) and not is_wall(document.taken_from, document.quality)
    if has_text:
        found = fingerprint(document.title, document.text, without=without)
    else:
        found = Fingerprint(digest(work.url), ())
    to_place = TextToPlace(
        fingerprint=found,
        printing=Printing(document.title, document.text, published, by.name, without),
        first_seen_at=work.first_seen_at,
        boilerplate=boilerplate,
    )
    if not assignment.is_known(session, to_place):
        near_duplicates.compare_ahead(session, to_place, story_id=by.story_id)
    agency = credited_agency(document.title, document.text, document.authors) if has_text else None
    return DocumentToStore(document, to_place, agency, has_text)


def settle(
    database: Database,
    work: Work,
    to_store: DocumentToStore,
    tagger_output: TaggerOutput,
    *,
    now: datetime,
) -> NewRevision | Folded | None:
    """Do `record` in a transaction of its own; once more, where stories have to be merged."""
    try:
        with database.writing() as session:
            return record(session, work, to_store, tagger_output, now=now)
    except MergeNeeded:
        with database.writing() as session:
            return record(session, work, to_store, tagger_output, merging_stories=True, now=now)


def record(
    session: Session,
    work: Work,
    to_store: DocumentToStore,
    tagger_output: TaggerOutput,
    *,
    merging_stories: bool = False,
    now: datetime,
) -> NewRevision | Folded | None:
    """Store a new revision with its tagging, settle its story, and tell what happened.

    Returns what was stored, or which article this one was found to be; None where it is not
    waiting any more, because another worker has done this already or newer bytes have come
    meanwhile. Raises `MergeNeeded` where stories turn out to be one, and merging was not asked for.
    """
    may_merge = merge.hold(session, merging=merging_stories)
    article = _still_waiting(session, work)
    if article is None:
        return None
    if not article.revisions:
        folded = same_page.fold(session, work, to_store.document, now=now)
        if folded is not None:
            return folded
    written = write(session, article, work, to_store, tagger_output, may_merge=may_merge, now=now)
    events.write(session, new_events(work, written, tagger_output), now=now)
    return written


def _still_waiting(session: Session, work: Work) -> Row[Any] | None:
    """The article, locked, if it still waits for the processing of these very snapshots."""
    row = session.execute(_LOCK, {"article": work.article_id, "its_url": work.url}).first()
    seen = max(filter(None, (work.page_snapshot, work.entry_snapshot)), default=None)
    return row if row is not None and row.newest == seen else None
