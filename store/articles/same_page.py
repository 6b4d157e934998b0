"""An article whose page states another's address and has its text: both become one.

A site names one canonical address for pages that differ in query, slash or scheme. It is believed
where titles and texts agree, and of no address of which pages with different texts say it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from ingest import url as urls
from ingest.duplicates.fingerprint import revision_hash
from ingest.pages.extract import Document
from ingest.pages.quality import Quality
from store import events
from store.articles import addresses
from store.articles.inputs import Work
from store.events import Event
from store.tables import Article, ArticleAddress, Revision, Sighting, digest

# An address that more pages than these state is no article's.
_MOST = 50


@dataclass(frozen=True, slots=True)
class SeenPage:
    """An article's page: its URL, the address that it states, and the digest of title and text."""

    article_id: int
    url: str
    stated: str | None
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Folded:
    """An article that was another's page seen again: it is no more, and its address leads there."""

    into_id: int
    into: str


def same_page(new: SeenPage, known: Sequence[SeenPage]) -> SeenPage | None:
    """Which of these articles a new one is, by what their pages state; None if it is another.

    Where any of the pages that state one address has another text, nobody is believed.
    """
    related = [
        each
        for each in known
        if urls.is_same_page(new.url, each.url)
        and (each.url == new.stated or each.stated in {new.url, new.stated} - {None})
    ]
    if not related or any(each.content_hash != new.content_hash for each in related):
        return None
    return min(related, key=lambda each: (each.url != new.stated, each.article_id))


def fold(session: Session, work: Work, document: Document, *, now: datetime) -> Folded | None:
    """Make a new article (locked, without a revision) one with that whose page it is, if it is.

    Its sightings are the other's from now on, and its address leads there.
    """
    if document.taken_from != "page" or document.quality is not Quality.OK:
        return None
    stated = document.canonical_url
    if stated is not None and not urls.is_same_page(work.url, stated):
        stated = None
    content_hash = revision_hash(document.title, document.text)
    new = SeenPage(work.article_id, work.url, stated, content_hash)
    into = same_page(new, _related(session, new))
    if into is None or _are_told_apart(session, new.article_id, into.article_id):
        return None
    _hand_over(session, new, into)
    told = events.about(work.url, into=into.url)
    events.write(
        session, [Event("article.merged", article_id=into.article_id, payload=told)], now=now
    )
    return Folded(into.article_id, into.url)


def _related(session: Session, new: SeenPage) -> list[SeenPage]:
    """The articles at the address that a page states, and those whose pages state it or its own."""
    hashes = [digest(url) for url in {new.url, new.stated or new.url}]
    stating = select(ArticleAddress.article_id).where(col(ArticleAddress.url_hash).in_(hashes))
    rows = session.execute(
        select(Article.id, Article.url, Revision.canonical_url, Revision.content_hash)
        .join(Revision, col(Revision.id) == col(Article.revision_id))
        .where(or_(col(Article.url_hash).in_(hashes), col(Article.id).in_(stating)))
        .where(Article.id != new.article_id)
        .limit(_MOST + 1)
    ).all()
    if len(rows) > _MOST:
        return []
    return [SeenPage(own, url, stated, bytes(hashed)) for own, url, stated, hashed in rows]


def _are_told_apart(session: Session, one: int, other: int) -> bool:
    """Whether a feed shows both, as items with different GUIDs and titles."""
    rows = session.execute(
        select(Sighting.feed_id, Sighting.guid, Sighting.title)
        .where(col(Sighting.article_id).in_([one, other]))
        .order_by(col(Sighting.feed_id))
    ).all()
    return any(
        before.feed_id == after.feed_id
        and len({before.guid, after.guid} - {None, ""}) == 2
        and len({before.title, after.title} - {""}) == 2
        for before, after in pairwise(rows)
    )


def _hand_over(session: Session, new: SeenPage, into: SeenPage) -> None:
    theirs = select(Sighting.feed_id).where(Sighting.article_id == into.article_id)
    session.execute(
        update(Sighting)
        .where(col(Sighting.article_id) == new.article_id, col(Sighting.feed_id).not_in(theirs))
        .values(article_id=into.article_id)
        .execution_options(synchronize_session=False)
    )
    also = session.scalars(
        select(ArticleAddress.url).where(
            ArticleAddress.article_id == new.article_id, col(ArticleAddress.leads_here)
        )
    ).all()
    session.execute(
        delete(Article)
        .where(col(Article.id) == new.article_id)
        .execution_options(synchronize_session=False)
    )
    for url in (new.url, *also):
        addresses.lead(session, into.article_id, url)
