"""Exports: rows of plain values, read in order of their ids, a batch at a time.

The fields are a contract that scripts rely on; a new field goes to the end.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from store import search
from store.search import StoryFound
from store.tables import (
    Article,
    Feed,
    Poll,
    Revision,
    Sighting,
    Source,
    Story,
    Tagging,
    TaggingTopic,
)

# Rows read at a time: memory stays flat however long the export is.
BATCH = 500

Record = dict[str, Any]


def articles(session: Session) -> Iterator[Record]:
    """Every article that has been read, with its story and the judgement on its current text."""
    query = (
        select(Article, Revision, Source.name, Tagging)
        .join(Revision, col(Revision.id) == col(Article.revision_id))
        .join(Source, col(Source.id) == col(Article.source_id))
        .outerjoin(Tagging, col(Tagging.id) == col(Article.tagging_id))
    )
    for rows in _batches(session, query, col(Article.id)):
        feeds = _first_feeds(session, [article.id for article, *_ in rows])
        topics = _topics(session, [tagging.id for *_, tagging in rows if tagging])
        for article, revision, source, tagging in rows:
            yield {
                "id": article.id,
                "url": article.url,
                "title": revision.title,
                "text": revision.text,
                "authors": revision.authors,
                "published": revision.published_at,
                "first_seen": article.first_seen_at,
                "source": source,
                "feed": feeds.get(article.id),
                "language": revision.language,
                "quality": revision.quality,
                "story": article.story_id,
                "relevance": tagging.relevance if tagging else None,
                "score": tagging.score if tagging else None,
                "topics": topics.get(tagging.id, []) if tagging else [],
                "stance": tagging.stance if tagging else None,
                "agency": article.agency,
                "joined_because": article.joined_because,
            }


def revisions(session: Session) -> Iterator[Record]:
    """Every text that an article has had."""
    query = select(Revision, Article.url).join(Article, col(Article.id) == col(Revision.article_id))
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


def stories(session: Session) -> Iterator[Record]:
    """Every story, relevant or not, with its copies and its people."""
    for rows in _batches(session, select(Story), col(Story.id)):
        for found in search.load(session, [story.id for (story,) in rows]):
            yield story_row(found)


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


def polls(session: Session) -> Iterator[Record]:
    """Every attempt to read a feed."""
    query = select(Poll, Feed.url).join(Feed, col(Feed.id) == col(Poll.feed_id))
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


def _first_feeds(session: Session, article_ids: list[int]) -> dict[int, str]:
    """The feed in which each article was seen first."""
    seen: list[tuple[int, datetime, str]] = [
        (article_id, at, url)
        for article_id, at, url in session.execute(
            select(Sighting.article_id, Sighting.first_seen_at, Feed.url)
            .join(Feed, col(Feed.id) == col(Sighting.feed_id))
            .where(col(Sighting.article_id).in_(article_ids))
        )
    ]
    first: dict[int, str] = {}
    for article_id, _, url in sorted(seen):
        first.setdefault(article_id, url)
    return first


def _topics(session: Session, tagging_ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for tagging_id, topic in session.execute(
        select(TaggingTopic.tagging_id, TaggingTopic.topic)
        .where(col(TaggingTopic.tagging_id).in_(tagging_ids))
        .order_by(col(TaggingTopic.topic))
    ):
        found.setdefault(tagging_id, []).append(topic)
    return found
