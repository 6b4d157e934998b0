"""Feeds: added with their sources, listed, paused, removed. What polls them is in polls.py."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Row, func, update
from sqlmodel import Session, col, select

from ingest import url as urls
from ingest.feeds.catalogue import FeedSpec
from store.database.connection import insert_into
from store.intake import sources
from store.tables import Feed, Source, digest, is_polled


def add(session: Session, spec: FeedSpec, *, now: datetime) -> tuple[Feed, bool]:
    """Add a feed with its source, due at once; an address that is there already is left as it is.

    Returns the feed and whether it is new. Raises `ingest.url.UrlError` for an unusable address.
    """
    url = urls.canonical(spec.url)
    known = find(session, spec.url)
    if known is not None:
        return known, False
    host = urls.host(url)
    source_id = sources.ensure(
        session,
        spec.source or host,
        home_url=spec.home_url,
        country=spec.country,
        language=spec.language,
        kind=spec.kind,
        state_media=spec.state_media,
    )
    added = session.execute(
        insert_into(session, Feed)
        .values(
            source_id=source_id,
            url=url,
            url_hash=digest(url),
            title=spec.title,
            added_at=now,
            paused=False,
            location=url,
            host=host,
            moving_polls=0,
            next_poll_at=now,
            failures=0,
        )
        .on_conflict_do_nothing()
        .returning(col(Feed.id))
    ).scalar()
    feed = session.exec(select(Feed).where(Feed.url_hash == digest(url))).one()
    return feed, added is not None


def add_all(session: Session, specs: Iterable[FeedSpec], *, now: datetime) -> tuple[int, int]:
    """Add feeds; return how many are new and how many were there already."""
    new = known = 0
    for spec in sorted(specs, key=lambda spec: spec.url):
        _, is_new = add(session, spec, now=now)
        new, known = new + is_new, known + (not is_new)
    return new, known


def listed(session: Session) -> Sequence[Row[Feed, Source]]:
    """All feeds with their sources, by country and name."""
    return session.execute(
        select(Feed, Source)
        .join(Source, col(Feed.source_id) == col(Source.id))
        .order_by(col(Source.country), col(Source.name), col(Feed.url))
    ).all()


def count(session: Session) -> int:
    """How many feeds there are."""
    return session.exec(select(func.count()).select_from(Feed)).one()


def origins(session: Session, *, limit: int) -> list[str]:
    """The addresses of robots.txt at the hosts of the first feeds that are polled."""
    rows = session.scalars(
        select(func.min(Feed.location))
        .where(is_polled())
        .group_by(col(Feed.host))
        .order_by(func.min(col(Feed.id)))
        .limit(limit)
    )
    return [f"{urls.origin(location)}/robots.txt" for location in rows if location is not None]


def find(session: Session, url: str) -> Feed | None:
    """The feed of this address, however it is spelled; raises `UrlError` if it is no address."""
    hashes = [digest(each) for each in (urls.canonical(url), urls.former(url))]
    return session.exec(select(Feed).where(col(Feed.url_hash).in_(hashes))).first()


def set_paused(session: Session, feed_id: int, paused: bool, *, now: datetime) -> None:
    """Stop polling a feed, or go on with it at once (also one that was gone for good)."""
    values: dict[str, object] = {"paused": paused}
    if not paused:
        values |= {"next_poll_at": now, "gone_at": None}
    session.execute(update(Feed).where(col(Feed.id) == feed_id).values(**values))


def remove(session: Session, feed_id: int) -> None:
    """Forget a feed with its polls and sightings; its articles stay."""
    feed = session.get_one(Feed, feed_id)
    session.delete(feed)
