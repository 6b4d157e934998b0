"""Articles found by their addresses, made, and locked in the one order in which all are locked."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from store.database.connection import insert_into
from store.tables import Article, table

_articles = table(Article)
_URL = (
    _articles.select()
    .with_only_columns(_articles.c.url)
    .where(_articles.c.id == bindparam("article"))
)


def url_of(session: Session, article_id: int) -> str:
    """The canonical URL of an article that is there."""
    return str(session.execute(_URL, {"article": article_id}).scalar_one())


def find(session: Session, url_hashes: Sequence[bytes]) -> dict[bytes, int]:
    """The articles of these URLs, which nobody purges from now on until the transaction ends."""
    rows = session.execute(
        select(Article.url_hash, Article.id)
        .where(col(Article.url_hash).in_(url_hashes))
        .order_by(col(Article.url_hash))
        .with_for_update(read=True, key_share=True)
    ).all()
    return {bytes(url_hash): article_id for url_hash, article_id in rows}


def insert_new(session: Session, rows: Sequence[Mapping[str, object]]) -> dict[bytes, int]:
    """Make articles of these rows of columns; returns their ids, by the hashes of their URLs.

    Those that are there, or that another worker is first to make, are left as they are, and out.
    """
    inserted = session.execute(
        insert_into(session, Article)
        .on_conflict_do_nothing()
        .returning(col(Article.url_hash), col(Article.id)),
        rows,
    ).all()
    return {bytes(url_hash): article_id for url_hash, article_id in inserted}


def lock(session: Session, article_ids: Sequence[int]) -> None:
    """Lock articles in one order: two feeds that change the same ones must not deadlock.

    The lock is one that does not conflict with that of `find`: two polls may have found the same
    article before either locks it.
    """
    if article_ids:
        session.execute(
            select(Article.id)
            .where(col(Article.id).in_(article_ids))
            .order_by(col(Article.id))
            .with_for_update(key_share=True)
        )
