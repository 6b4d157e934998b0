"""The pages that were fetched, read one after the other, for other archives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from ingest.arrivals import ArrivedPage
from store import snapshots
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

    More exactly in that of their ids: what was captured before the newest page of its article, and
    came later, stands at the beginning.
    """
    query = (
        select(Snapshot, Article.url)
        .join(Article, col(Article.id) == col(Snapshot.article_id))
        .where(Snapshot.kind == snapshots.PAGE)
        .order_by(col(Snapshot.id))
        .limit(BATCH)
    )
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
    last = None
    while rows := session.execute(query if last is None else query.where(last)).all():
        for kept, url in rows:
            body = snapshots.decompress(kept.body)
            yield url, ArrivedPage(body, kept.url, kept.content_type, kept.taken_at)
        last = col(Snapshot.id) > rows[-1][0].id
        session.expunge_all()
