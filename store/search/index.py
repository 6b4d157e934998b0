"""Keeping the index: stories that have changed are noted, and indexed soon after, many at once.

The counts of coverage are kept in the same way.

A story is noted (`note_changed`) in the transaction that changes it, for a few µs. Whoever calls
`catch_up` indexes what is noted: a batch costs half of what as many single rows cost, since an
index is written in sorted pieces, and a story that grows three times in a minute is indexed once.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select, text
from sqlmodel import Session

from store.database.connection import Database, insert_for
from store.search import coverage, labels, postgresql_fts, sqlite_fts
from store.search.documents import Document, Marks, day_of, document
from store.tables import (
    ActorName,
    Article,
    Revision,
    Story,
    StoryChange,
    StoryDocument,
    TaggingActor,
    table,
)

# Stories that are indexed in one transaction. Twice as many save a twentieth and hold up a waiting
# writer for twice as long: 0.1 s.
BATCH = 200
# Any number, as long as all that keep the index take the same lock.
_ADVISORY_LOCK = 7_264_002
_LOCK = text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=_ADVISORY_LOCK)
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)").bindparams(key=_ADVISORY_LOCK)

_stories, _articles, _revisions = table(Story), table(Article), table(Revision)
_actors = table(TaggingActor)
_documents, _changes = table(StoryDocument), table(StoryChange)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_NOTE = _changes.insert()
_NOTE_ALL = _changes.insert().from_select(
    ["story_id"], select(_stories.c.id).order_by(_stories.c.id)
)
_NOTED = select(_changes.c.id, _changes.c.story_id).order_by(_changes.c.id.desc()).limit(BATCH)
_COUNT_NOTED = select(func.count()).select_from(_changes)
_COUNT_BEHIND = select(func.count(_changes.c.story_id.distinct()))
_SETTLE = _changes.delete().where(_changes.c.id.in_(_IDS))
_KEPT = select(_documents.c.story_id, _documents.c.day, _documents.c.digest).where(
    _documents.c.story_id.in_(_IDS)
)
_FORGET = _documents.delete().where(_documents.c.story_id.in_(_IDS))
_READ = (
    select(
        _stories.c.id,
        func.coalesce(_stories.c.first_published_at, _stories.c.first_seen_at).label("at"),
        _stories.c.relevance,
        _stories.c.stance,
        _stories.c.tagging_id,
        _revisions.c.text,
    )
    .join(_articles, _articles.c.id == _stories.c.article_id)
    .join(_revisions, _revisions.c.id == _articles.c.revision_id)
    .where(_stories.c.id.in_(_IDS))
)
# Nobody deletes them meanwhile: their rows here refer to them.
_HOLD = (
    select(_stories.c.id)
    .where(_stories.c.id.in_(_IDS))
    .order_by(_stories.c.id)
    .with_for_update(read=True, key_share=True)
)
_COPIES = (
    select(_articles.c.story_id, _articles.c.title, _articles.c.source_id)
    .where(_articles.c.story_id.in_(_IDS))
    .order_by(_articles.c.id)
)
_NAMES = (
    select(_actors.c.actor, _actors.c.name)
    .where(_actors.c.tagging_id.in_(_IDS))
    .order_by(_actors.c.tagging_id)
)


def note_changed(session: Session, story_ids: Sequence[int]) -> None:
    """Have these stories indexed soon: called in the transaction that changes them."""
    if story_ids:
        session.execute(_NOTE, [{"story_id": story_id} for story_id in story_ids])


def catch_up(
    database: Database,
    *,
    most: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Index what is noted, the newest first; returns how many notes were worked off.

    It is no error where another process holds the lock: that one does the work. `most` bounds the
    notes that are taken, to the next whole batch; `progress` is told of each batch.
    """
    settled = 0
    while most is None or settled < most:
        with database.writing() as session:
            done = _settle_batch(session)
        if not done:
            break
        settled += done
        progress(done)
    if settled:
        with database.writing() as session:
            engine(session).tidy(session)
    return settled


def waiting(session: Session) -> int:
    """How many notes wait."""
    return int(session.execute(_COUNT_NOTED).scalar_one())


def behind(session: Session) -> int:
    """How many stories have changed, and are not indexed as they are now."""
    return int(session.execute(_COUNT_BEHIND).scalar_one())


def rebuild(database: Database, progress: Callable[[int], None] = lambda _: None) -> int:
    """Make the whole index anew; searches find less until it is done."""
    with database.writing() as session:
        if dialect_of(session) == "postgresql":
            session.execute(_LOCK)
        engine(session).clear(session)
        session.execute(_documents.delete())
        session.execute(_changes.delete())
        session.execute(_NOTE_ALL)
    return catch_up(database, progress=progress)


def _settle_batch(session: Session) -> int:
    # On SQLite there is one writer anyway.
    if dialect_of(session) == "postgresql" and not session.execute(_TRY_LOCK).scalar_one():
        return 0
    noted = session.execute(_NOTED).all()
    if noted:
        index(session, sorted({story_id for _, story_id in noted}))
        session.execute(_SETTLE, {"ids": [number for number, _ in noted]})
    return len(noted)


def index(session: Session, story_ids: Sequence[int]) -> None:
    """Index these stories as they are now, within this transaction; what is as it was is left.

    A story that is no more, or has no text, is taken out.
    """
    session.execute(_HOLD, {"ids": story_ids})
    put(session, story_ids, list(_read(session, story_ids)))
    coverage.refresh(session, story_ids)


def put(session: Session, story_ids: Sequence[int], documents: Sequence[Document]) -> None:
    """Let these documents stand for these stories; a story without one is taken out."""
    kept = {row.story_id: row for row in session.execute(_KEPT, {"ids": story_ids})}
    changed = [
        made
        for made in documents
        if made.story_id not in kept or bytes(kept[made.story_id].digest) != made.digest
    ]
    gone = kept.keys() - {made.story_id for made in documents}
    stale = {*gone, *(made.story_id for made in changed if made.story_id in kept)}
    # The row of words on PostgreSQL goes with its document, and comes after it.
    if gone:
        session.execute(_FORGET, {"ids": sorted(gone)})
    if changed:
        session.execute(_keep(dialect_of(session)), [_row(made) for made in changed])
    engine(session).write(session, changed, {number: kept[number].day for number in stale})


def engine(session: Session) -> ModuleType:
    """The module that knows this session's database."""
    return sqlite_fts if dialect_of(session) == "sqlite" else postgresql_fts


def dialect_of(session: Session) -> str:
    """sqlite or postgresql."""
    return session.get_bind().dialect.name


def _read(session: Session, story_ids: Sequence[int]) -> Iterator[Document]:
    """These stories as documents, as far as they are there."""
    stories = session.execute(_READ, {"ids": story_ids}).all()
    titles: dict[int, list[str]] = {}
    sources: dict[int, set[int]] = {}
    for story_id, title, source_id in session.execute(_COPIES, {"ids": story_ids}):
        titles.setdefault(story_id, []).append(title)
        sources.setdefault(story_id, set()).add(source_id)
    judged = [story.tagging_id for story in stories if story.tagging_id is not None]
    topics, actors = labels.topics_of(session, judged), labels.actors_of(session, judged)
    _learn_names(session, judged)
    for story in stories:
        marks = Marks(
            relevance=story.relevance,
            stance=story.stance,
            topics=sorted(topics.get(story.tagging_id, ())),
            actors=sorted(actors.get(story.tagging_id, ())),
            source_ids=sources.get(story.id, ()),
        )
        yield document(story.id, story.at, marks, titles.get(story.id, ()), story.text)


def _learn_names(session: Session, tagging_ids: Sequence[int]) -> None:
    """Remember what the actors of these taggings are called, as the newest has it."""
    names = dict(iter(session.execute(_NAMES, {"ids": tagging_ids})))
    if names:
        rows = [{"actor": actor, "name": name} for actor, name in sorted(names.items())]
        session.execute(_name(dialect_of(session)), rows)


def _row(made: Document) -> dict[str, Any]:
    return {
        "story_id": made.story_id,
        "day": day_of(made.at),
        "at": made.at,
        "digest": made.digest,
    }


@cache
def _keep(dialect: str) -> Any:
    """The document's row, new or in the place of the old."""
    insert = insert_for(dialect, StoryDocument)
    new = {name: insert.excluded[name] for name in ("day", "at", "digest")}
    return insert.on_conflict_do_update(index_elements=["story_id"], set_=new)


@cache
def _name(dialect: str) -> Any:
    """An actor's name, new or in the place of another."""
    insert = insert_for(dialect, ActorName)
    return insert.on_conflict_do_update(
        index_elements=["actor"],
        set_={"name": insert.excluded.name},
        where=table(ActorName).c.name != insert.excluded.name,
    )
