"""Exports: rows of plain values, read in order of their ids, a batch at a time.

The fields are a contract that scripts rely on; a new field goes to the end. With `as_of` the rows
are those that an export at that time gave (store/history).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from store.database.connection import rows_by_id
from store.history import articles_as_of
from store.history import stories_as_of as past
from store.search import results
from store.search.labels import topics_of
from store.search.results import StoryFound
from store.tables import (
    Article,
    Feed,
    Id,
    Poll,
    Revision,
    Sighting,
    Source,
    Story,
    Tagging,
    table,
)

# Rows read at a time: memory stays flat however long the export is.
BATCH = 500

Record = dict[str, Any]

_revisions, _taggings, _sources = table(Revision), table(Tagging), table(Source)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True, type_=Id)
_TEXTS = sa_select(_revisions).where(_revisions.c.id.in_(_IDS))
# Without its evidence, which is longer than all else.
_LABELS = sa_select(*(_taggings.c[name] for name in ("id", "relevance", "score", "stance"))).where(
    _taggings.c.id.in_(_IDS)
)
_NAMES = sa_select(_sources.c.id, _sources.c.name).where(_sources.c.id.in_(_IDS))


def articles(session: Session, *, as_of: datetime | None = None) -> Iterator[Record]:
    """Every article that has been read, with its story and the tagging of its current text."""
    last = 0
    while batch := articles_as_of.batch(session, after=last, limit=BATCH, as_of=as_of):
        last = batch[-1].id
        ids = [article.id for article in batch]
        taggings = [article.tagging_id for article in batch if article.tagging_id]
        texts = rows_by_id(session, _TEXTS, (article.revision_id for article in batch))
        labels = rows_by_id(session, _LABELS, taggings)
        sources = rows_by_id(session, _NAMES, (article.source_id for article in batch))
        feeds = _first_feeds(session, ids, as_of)
        topics = topics_of(session, taggings)
        for article in batch:
            text, label = texts[article.revision_id], labels.get(article.tagging_id)
            yield {
                "id": article.id,
                "url": article.url,
                "title": text.title,
                "text": text.text,
                "authors": text.authors,
                "published": text.published_at,
                "first_seen": article.first_seen_at,
                "source": sources[article.source_id].name,
                "feed": feeds.get(article.id),
                "language": text.language,
                "quality": text.quality,
                "story": article.story_id,
                "relevance": label.relevance if label else None,
                "score": label.score if label else None,
                "topics": sorted(topics.get(label.id, ())) if label else [],
                "stance": label.stance if label else None,
                "agency": article.agency,
                "joined_because": article.joined_because,
                "origin": article.origin,
            }


def revisions(session: Session, *, as_of: datetime | None = None) -> Iterator[Record]:
    """Every text that an article has had."""
    query = select(Revision, Article.url).join(Article, col(Article.id) == col(Revision.article_id))
    if as_of is not None:
        query = query.where(col(Revision.seen_at) <= as_of)
    for rows in _batches(session, query, col(Revision.id)):
        for revision, url in rows:
            yield {
                "article": revision.article_id,
                "url": url,
                "number": revision.number,
                "seen": revision.seen_at,
                "title": revision.title,
                "text": revision.text,
            }


def stories(session: Session, *, as_of: datetime | None = None) -> Iterator[Record]:
    """Every story, relevant or not, with its copies and its people."""
    last = 0
    while ids := _next_stories(session, after=last, as_of=as_of):
        last = ids[-1]
        for found in results.load(session, ids, as_of=as_of):
            yield story_row(found)


def _next_stories(session: Session, *, after: int, as_of: datetime | None) -> list[int]:
    if as_of is not None:
        return past.next_ids(session, after=after, limit=BATCH)
    query = select(Story.id).where(col(Story.id) > after).order_by(col(Story.id)).limit(BATCH)
    return [story_id for story_id in session.exec(query) if story_id is not None]


def story_row(found: StoryFound) -> Record:
    """A story as exports and `stories --format jsonl` give it."""
    return {
        "id": found.id,
        "title": found.title,
        "first_published": found.first_published,
        "first_seen": found.first_seen,
        "language": found.language,
        "articles": found.articles,
        "sources": list(found.sources),
        "relevance": found.relevance,
        "score": found.score,
        "topics": list(found.topics),
        "actors": [
            {"id": actor.id, "name": actor.name, "side": actor.side, "role": actor.role}
            for actor in found.actors
        ],
        "stance": found.stance,
        "urls": list(found.urls),
        "copies": found.articles,
        "first_source": next(iter(found.sources), None),
        "agency": found.agency,
    }


def polls(session: Session, *, as_of: datetime | None = None) -> Iterator[Record]:
    """Every attempt to read a feed."""
    query = select(Poll, Feed.url).join(Feed, col(Feed.id) == col(Poll.feed_id))
    if as_of is not None:
        query = query.where(col(Poll.at) <= as_of)
    for rows in _batches(session, query, col(Poll.id)):
        for poll, url in rows:
            yield {
                "id": poll.id,
                "feed": url,
                "at": poll.at,
                "outcome": poll.outcome,
                "status": poll.status,
                "error": poll.error,
                "bytes": poll.wire_bytes,
                "seconds": poll.seconds,
                "entries": poll.entries,
                "new": poll.new,
                "revised": poll.revised,
                "rolled_over": poll.rolled_over,
            }


def _batches(session: Session, query: Any, key: Any) -> Iterator[Sequence[Any]]:
    """The query's rows in order of the key (the id of what each row holds first), in batches."""
    last = 0
    while rows := session.execute(query.where(key > last).order_by(key).limit(BATCH)).all():
        yield rows
        last = rows[-1][0].id
        session.expunge_all()


def _first_feeds(
    session: Session, article_ids: list[int], as_of: datetime | None
) -> dict[int, str]:
    """The feed in which each article was seen first, if in one by then."""
    query = (
        select(Sighting.article_id, Sighting.first_seen_at, Feed.url)
        .join(Feed, col(Feed.id) == col(Sighting.feed_id))
        .where(col(Sighting.article_id).in_(article_ids))
    )
    if as_of is not None:
        query = query.where(col(Sighting.first_seen_at) <= as_of)
    seen: list[tuple[int, datetime, str]] = [tuple(row) for row in session.execute(query)]
    first: dict[int, str] = {}
    for article_id, _, url in sorted(seen):
        first.setdefault(article_id, url)
    return first
