"""The pages that were fetched, read one after the other, for other archives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from ingest.imports.items import ArrivedPage
from store.articles import snapshots
from store.tables import Article, Snapshot, Source, Tagging

# Pages that are in memory at a time, packed: a few megabytes.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose pages are read; an empty field asks nothing.

    `since` and `until` bound the time when the article was published, or else first seen. `source`
    is a part of an outlet's name.
    """

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    relevance: tuple[str, ...] = ()


def pages(session: Session, chosen: Chosen) -> Iterator[tuple[str, ArrivedPage]]:
    """The pages of these articles, each with its article's URL, in the order of their capture.

    Those that retention has let go are not among them: `let_go` counts them.

    More exactly in that of their ids: what was captured before the newest page of its article, and
    came later, stands at the beginning.
    """
    gone = snapshots.is_let_go(Snapshot.body)
    query = _of(chosen, select(Snapshot, col(Article.url))).where(~gone)
    query = query.order_by(col(Snapshot.id)).limit(BATCH)
    last = None
    while rows := session.execute(query if last is None else query.where(last)).all():
        for kept, url in rows:
            body = snapshots.decompress(kept.body)
            yield url, ArrivedPage(body, kept.url, kept.content_type, kept.taken_at)
        last = col(Snapshot.id) > rows[-1][0].id
        session.expunge_all()


def let_go(session: Session, chosen: Chosen) -> int:
    """How many pages of these articles were fetched and are not kept any more."""
    counted = _of(chosen, select(func.count())).where(snapshots.is_let_go(Snapshot.body))
    return int(session.execute(counted).scalar_one())


def _of(chosen: Chosen, query: Any) -> Any:
    """The select, over the pages of these articles."""
    query = query.select_from(Snapshot).join(Article, col(Article.id) == col(Snapshot.article_id))
    query = query.where(col(Snapshot.kind) == snapshots.PAGE)
    when = func.coalesce(col(Article.published_at), col(Article.first_seen_at))
    if chosen.since is not None:
        query = query.where(when >= chosen.since)
    if chosen.until is not None:
        query = query.where(when < chosen.until)
    if chosen.source:
        named = col(Source.name).icontains(chosen.source, autoescape=True)
        query = query.join(Source, col(Source.id) == col(Article.source_id)).where(named)
    if chosen.relevance:
        query = query.join(Tagging, col(Tagging.id) == col(Article.tagging_id))
        query = query.where(col(Tagging.relevance).in_(chosen.relevance))
    return query
