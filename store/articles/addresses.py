"""Under which URL an article is known that somebody asks for, or that a feed or an import names.

An article has one URL, under which everything refers to it, and may have other addresses.
"""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from ingest import url as urls
from store.database.connection import insert_into
from store.tables import Article, ArticleAddress, Tombstone, digest

# SQLite allows 32,766 bound values in a statement.
_CHUNK = 500


def known(session: Session, url: str) -> str:
    """The URL of the article that is asked for as `url`, here or purged; else the canonical form.

    Raises `UrlError` for what is no address.
    """
    candidates = urls.spellings(url)
    elsewhere = led_to(session, candidates)
    keys = [digest(candidate) for candidate in candidates]
    here = session.scalars(select(Article.url_hash).where(col(Article.url_hash).in_(keys)))
    purged = session.scalars(select(Tombstone.key).where(col(Tombstone.key).in_(keys)))
    found = {bytes(key) for key in (*here, *purged)}
    for each in candidates:
        if digest(each) in found or each in elsewhere:
            return elsewhere.get(each, each)
    return urls.canonical(url)


def led_to(session: Session, candidates: Sequence[str]) -> Mapping[str, str]:
    """Of these canonical URLs, those that are other addresses of articles, and the articles' URLs.

    An article of that very URL comes before another of which it is an address.
    """
    found: dict[str, str] = {}
    for start in range(0, len(candidates), _CHUNK):
        by_hash = {digest(url): url for url in candidates[start : start + _CHUNK]}
        own = session.scalars(select(Article.url_hash).where(col(Article.url_hash).in_(by_hash)))
        wanted = set(by_hash) - {bytes(key) for key in own}
        rows = session.execute(
            select(ArticleAddress.url_hash, Article.url)
            .join(Article, col(Article.id) == col(ArticleAddress.article_id))
            .where(col(ArticleAddress.url_hash).in_(wanted), col(ArticleAddress.leads_here))
            .order_by(col(Article.id).desc())
        )
        found |= {by_hash[bytes(url_hash)]: url for url_hash, url in rows}
    return found


def lead(session: Session, article_id: int, url: str) -> None:
    """What comes under this canonical URL is this article from now on."""
    row = _row(article_id, url, leads_here=True)
    statement = insert_into(session, ArticleAddress)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["url_hash", "article_id"], set_={"leads_here": True}
        ),
        [row],
    )


def state(session: Session, article_id: int, url: str, stated: str | None) -> None:
    """Keep that the page of the article at `url` states another address, if it may be its own."""
    if stated is None or stated == url or not urls.is_same_page(url, stated):
        return
    row = _row(article_id, stated, leads_here=False)
    session.execute(insert_into(session, ArticleAddress).on_conflict_do_nothing(), [row])


def others(session: Session, article_ids: Sequence[int]) -> Mapping[int, Sequence[bytes]]:
    """The digests of the other addresses that lead to these articles."""
    found: dict[int, list[bytes]] = {}
    for article_id, url_hash in session.execute(
        select(ArticleAddress.article_id, ArticleAddress.url_hash).where(
            col(ArticleAddress.article_id).in_(article_ids), col(ArticleAddress.leads_here)
        )
    ):
        found.setdefault(article_id, []).append(bytes(url_hash))
    return found


def _row(article_id: int, url: str, *, leads_here: bool) -> dict[str, object]:
    return {
        "url_hash": digest(url),
        "article_id": article_id,
        "url": url,
        "leads_here": leads_here,
    }
