"""Tombstones: what an admin has purged, so that a poll that finds it again skips it.

An entry is known by what would have led it to the purged article: its URL, or its GUID under the
same title (`ingest.feeds.entries.same_item`). The GUID alone is not enough: a publisher that gives
every entry one GUID would never be heard of again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from ingest import url as urls
from ingest.feeds.entries import Discovery, former_url
from store.database.connection import insert_into
from store.tables import Feed, Tombstone, digest


@dataclass(frozen=True, slots=True)
class Seen:
    """How a feed told of an article."""

    feed_id: int
    guid: str | None
    title: str


def put(
    session: Session,
    url: str,
    seen: Iterable[Seen],
    *,
    hashes: Iterable[bytes] = (),
    reason: str | None,
    now: datetime,
) -> None:
    """Remember that the article of this canonical URL was purged.

    `hashes` are the digests of its other addresses.
    """
    keys = {digest(url), *hashes, *filter(None, map(_guid_key, seen))}
    session.execute(
        insert_into(session, Tombstone).on_conflict_do_nothing(),
        [{"key": key, "url": url, "purged_at": now, "reason": reason} for key in sorted(keys)],
    )


def purged_among(session: Session, feed_id: int, found: Sequence[Discovery]) -> set[bytes]:
    """Which of these are to be skipped, by the digests of their URLs."""
    by_key: dict[bytes, bytes] = {}
    for discovery in found:
        url_hash = digest(discovery.url)
        entry = discovery.entry
        guid_key = _guid_key(Seen(feed_id, entry.guid, entry.title))
        before = former_url(discovery)
        former_key = digest(before) if before else None
        keys = (url_hash, guid_key, former_key)
        by_key |= {key: url_hash for key in keys if key is not None}
    lying = session.exec(select(Tombstone.key).where(col(Tombstone.key).in_(by_key)))
    return {by_key[bytes(key)] for key in lying}


def _guid_key(seen: Seen) -> bytes | None:
    if not seen.guid or not seen.title:
        return None
    return digest(f"{seen.feed_id}\n{seen.guid}\n{seen.title}")


def listed(session: Session) -> list[Tombstone]:
    """The tombstones, one for each article, the newest first."""
    found = session.exec(select(Tombstone).order_by(col(Tombstone.purged_at).desc(), Tombstone.url))
    return [tombstone for tombstone in found if bytes(tombstone.key) == digest(tombstone.url)]


def of(session: Session, url: str) -> Tombstone | None:
    """The tombstone of an address, however it is spelled; raises `UrlError` if it is no address."""
    found = (session.get(Tombstone, digest(spelled)) for spelled in urls.spellings(url))
    return next(filter(None, found), None)


def lift(session: Session, url: str) -> bool:
    """Forget that an article was purged; False where it was not. Raises `UrlError`.

    Every feed is read as a whole at its next poll: one that has not changed since would not be
    looked into, and which of them told of the article is not known any more.
    """
    tombstone = of(session, url)
    if tombstone is None:
        return False
    session.execute(delete(Tombstone).where(col(Tombstone.url) == tombstone.url))
    session.execute(update(Feed).values(etag=None, last_modified=None, body_hash=None))
    return True
