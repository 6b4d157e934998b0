"""The revisions of an article, in the order in which they were seen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from store.tables import Article, Revision, digest, table

_articles, _revisions = table(Article), table(Revision)


@dataclass(frozen=True, slots=True)
class ShownRevision:
    """One text of an article."""

    number: int  # from 1
    seen_at: datetime
    title: str
    text: str
    quality: str
    taken_from: str  # page, feed


@dataclass(frozen=True, slots=True)
class History:
    """An article and all its revisions; none where it has not been read yet."""

    article_id: int
    url: str
    gone_at: datetime | None
    stage: str
    revisions: tuple[ShownRevision, ...]


def history(session: Session, url: str) -> History | None:
    """What the article of this canonical URL has said; None where there is no such article."""
    columns = _articles.c
    article = session.execute(
        select(columns.id, columns.url, columns.gone_at, columns.stage).where(
            columns.url_hash == digest(url)
        )
    ).first()
    if article is None:
        return None
    told = _revisions.c
    rows = session.execute(
        select(told.number, told.seen_at, told.title, told.text, told.quality, told.taken_from)
        .where(told.article_id == article.id)
        .order_by(told.number)
    )
    return History(
        article.id,
        article.url,
        article.gone_at,
        str(article.stage),
        tuple(ShownRevision(*row) for row in rows),
    )
