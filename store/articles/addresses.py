"""Under which URL an article is known that somebody asks for."""

from sqlmodel import Session, col, select

from ingest import url as urls
from store.tables import Article, Tombstone, digest


def known(session: Session, url: str) -> str:
    """The URL of the article that is asked for as `url`, here or purged; else the canonical form.

    Raises `UrlError` for what is no address.
    """
    candidates = urls.spellings(url)
    if len(candidates) == 1:
        return candidates[0]
    keys = [digest(candidate) for candidate in candidates]
    here = session.scalars(select(Article.url_hash).where(col(Article.url_hash).in_(keys)))
    purged = session.scalars(select(Tombstone.key).where(col(Tombstone.key).in_(keys)))
    found = {bytes(key) for key in (*here, *purged)}
    return next((each for each in candidates if digest(each) in found), urls.canonical(url))
