"""The pages that were fetched, read one after the other, for other archives."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from ingest.imports.items import ArrivedPage
from store.articles import snapshots
from store.articles.selection import Selection, conditions
from store.tables import Article, Snapshot

# Pages that are in memory at a time, packed: a few megabytes.
BATCH = 50


def pages(session: Session, selection: Selection) -> Iterator[tuple[str, ArrivedPage]]:
    """The pages of these articles, each with its article's URL, in the order of their ids.

    That is the order in which they were taken, but for those that were imported though they are
    older than the newest page of their article: these stand at the beginning. Those that retention
    has let go are not among them: `count_let_go` does.
    """
    gone = snapshots.is_let_go(Snapshot.body)
    query = _of(selection, select(Snapshot, col(Article.url))).where(~gone)
    query = query.order_by(col(Snapshot.id)).limit(BATCH)
    last = None
    while rows := session.execute(query if last is None else query.where(last)).all():
        for kept, url in rows:
            body = snapshots.decompress(kept.body)
            yield url, ArrivedPage(body, kept.url, kept.content_type, kept.taken_at)
        last = col(Snapshot.id) > rows[-1][0].id
        session.expunge_all()


def count_let_go(session: Session, selection: Selection) -> int:
    """How many pages of these articles were fetched and are not kept any more."""
    counted = _of(selection, select(func.count())).where(snapshots.is_let_go(Snapshot.body))
    return int(session.execute(counted).scalar_one())


def _of(selection: Selection, query: Any) -> Any:
    """The select, over the pages of these articles."""
    query = query.select_from(Snapshot).join(Article, col(Article.id) == col(Snapshot.article_id))
    return query.where(col(Snapshot.kind) == snapshots.PAGE, *conditions(selection))
