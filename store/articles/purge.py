"""Purging: an article goes with everything that was made of it, and leaves a tombstone.

What stood for its story through it is handed on to a copy, where there is one; a story that keeps
no article goes too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session

from store import events
from store.articles import tombstones
from store.articles.addresses import known, others
from store.articles.tombstones import Seen
from store.events import Event
from store.stories import assignment, merge, summary, text_owners
from store.tables import (
    Article,
    Revision,
    Sighting,
    Snapshot,
    Source,
    Story,
    StoryText,
    digest,
    table,
)

# Articles purged in one transaction. Keys of near copies are found by a scan, once for each of
# these; and nobody else joins a story meanwhile, some seconds where there are millions of keys.
CHUNK = 500

_articles, _sources, _stories = table(Article), table(Source), table(Story)
_revisions, _snapshots, _sightings = table(Revision), table(Snapshot), table(Sighting)
_texts = table(StoryText)


@dataclass(frozen=True, slots=True)
class Doomed:
    """An article that may be purged, and what would go with it.

    `copies` are the articles of its story, itself included; 0 where it is in none yet.
    """

    article_id: int
    url: str
    title: str
    source: str
    revisions: int
    snapshots: int
    story_id: int | None
    copies: int


def find(session: Session, addresses: Sequence[str]) -> list[Doomed]:
    """The articles of these addresses, however spelled; raises `UrlError` for what is none."""
    hashes = [digest(known(session, address)) for address in addresses]
    return _doomed(session, _articles.c.url_hash.in_(hashes))


def of_source(session: Session, name: str) -> list[Doomed] | None:
    """The articles of an outlet; None where there is no outlet of this name."""
    source_id = session.execute(select(_sources.c.id).where(_sources.c.name == name)).scalar()
    return None if source_id is None else _doomed(session, _articles.c.source_id == source_id)


def _doomed(session: Session, condition: Any) -> list[Doomed]:
    rows = session.execute(
        select(
            _articles.c.id,
            _articles.c.url,
            _articles.c.title,
            _sources.c.name,
            _number_of(_revisions),
            _number_of(_snapshots),
            _articles.c.story_id,
            func.coalesce(_stories.c.articles, 0),
        )
        .join(_sources, _sources.c.id == _articles.c.source_id)
        .outerjoin(_stories, _stories.c.id == _articles.c.story_id)
        .where(condition)
        .order_by(_articles.c.id)
    )
    return [Doomed(*row) for row in rows]


def _number_of(rows: Any) -> Any:
    return select(func.count()).where(rows.c.article_id == _articles.c.id).scalar_subquery()


def purge(
    session: Session, article_ids: Sequence[int], *, reason: str | None, now: datetime
) -> list[str]:
    """Purge at most `CHUNK` articles; returns the URLs of those that were still there."""
    # A story may go, so nobody may be joining one.
    merge.hold(session, merging=True)
    articles = _lock(session, article_ids)
    ids = [article.id for article in articles]
    story_ids = sorted({article.story_id for article in articles if article.story_id is not None})
    assignment.lock(session, story_ids)
    left = _left(session, story_ids, without=ids)
    emptied = [story_id for story_id in story_ids if story_id not in left]
    _put_tombstones(session, articles, reason, now)
    theirs = select(_revisions.c.id).where(_revisions.c.article_id.in_(ids))
    going = _texts.c.revision_id.in_(theirs) | _texts.c.story_id.in_(emptied)
    text_owners.hand_on(session, _texts.c.story_id.in_(story_ids) & going, going=theirs)
    session.execute(_revisions.delete().where(_revisions.c.article_id.in_(ids)))
    session.execute(_articles.delete().where(_articles.c.id.in_(ids)))
    session.execute(_stories.delete().where(_stories.c.id.in_(emptied)))
    for story_id in sorted(left):
        summary.refresh(session, story_id)
    events.write(session, [_purged(article, left, reason) for article in articles], now=now)
    return [article.url for article in articles]


def _lock(session: Session, article_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """The articles that are there, locked in the order in which polls lock theirs."""
    return session.execute(
        select(_articles.c.id, _articles.c.url, _articles.c.story_id)
        .where(_articles.c.id.in_(article_ids))
        .order_by(_articles.c.url_hash)
        .with_for_update()
    ).all()


def _left(session: Session, story_ids: Sequence[int], *, without: Sequence[int]) -> dict[int, int]:
    """How many articles these stories keep; those that keep none are left out."""
    rows = session.execute(
        select(_articles.c.story_id, func.count().label("number"))
        .where(_articles.c.story_id.in_(story_ids), _articles.c.id.not_in(without))
        .group_by(_articles.c.story_id)
    )
    return {row.story_id: row.number for row in rows}


def _purged(article: Row[Any], left: Mapping[int, int], reason: str | None) -> Event:
    return Event(
        "article.purged",
        article_id=article.id,
        story_id=article.story_id,
        payload={
            "url": article.url,
            "reason": reason,
            "copies_left": left.get(article.story_id, 0),
        },
    )


def _put_tombstones(
    session: Session, articles: Sequence[Row[Any]], reason: str | None, now: datetime
) -> None:
    seen: dict[int, list[Seen]] = {article.id: [] for article in articles}
    columns = (_sightings.c.feed_id, _sightings.c.guid, _sightings.c.title)
    rows = select(_sightings.c.article_id, *columns).where(_sightings.c.article_id.in_(seen))
    for article_id, *how in session.execute(rows):
        seen[article_id].append(Seen(*how))
    hashes = others(session, list(seen))
    for article in articles:
        tombstones.put(
            session,
            article.url,
            seen[article.id],
            hashes=hashes.get(article.id, ()),
            reason=reason,
            now=now,
        )
