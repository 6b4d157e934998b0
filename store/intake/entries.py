"""What a poll has found, written down: new articles, sightings, and entries that have changed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import update
from sqlmodel import Session, col, select

from ingest.feeds.entries import (
    Discovery,
    KnownAs,
    addresses,
    entry_to_json,
    former_url,
    is_told_by_dates,
    may_have_missed,
    same_item,
    settle,
)
from store import events
from store.articles import addresses as other_addresses
from store.articles import snapshots, tombstones
from store.articles.lookup import find, insert_new, lock
from store.articles.snapshots import NewSnapshot
from store.articles.stages import PROCESS_OVERDUE
from store.database.connection import insert_into
from store.events import Event, about
from store.intake.polls import DueFeed
from store.tables import Article, Feed, Sighting, Stage, digest

# SQLite allows 32,766 bound values in a statement; an article has some fifteen.
CHUNK = 500

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a feed's entries.

    `articles` are the new ones, by their ids. `process` are those whose text the feed itself
    carries: they can be processed at once.
    `rolled_over`: the feed shares no entry with what it was when it was last read, so that items
    between the two polls may have been missed.
    """

    new: int = 0
    changed: int = 0
    process: tuple[int, ...] = ()
    rolled_over: bool = False
    articles: dict[int, str] = field(default_factory=dict)  # URLs of the new ones


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database has of the articles that a chunk of discoveries leads to."""

    articles: dict[bytes, int]  # by the hash of the URL
    sightings: dict[int, Sighting]  # of this feed, by article


def record(
    session: Session, feed: DueFeed, found: Sequence[Discovery], *, now: datetime
) -> Recorded:
    """Store a poll's discoveries; running it twice with the same ones changes nothing.

    What an admin has purged is skipped: it is neither new nor changed, but known.
    """
    row = session.get_one(Feed, feed.id)
    last_read = row.read_at
    new, changed, process, shared = dict[int, str](), 0, list[int](), 0
    found = _settled(session, feed, _led(session, found))
    # Every writer goes through the URLs in one order: unsorted batches deadlock on PostgreSQL.
    ordered = sorted(found, key=lambda discovery: digest(discovery.url))
    for chunk in _chunks(ordered):
        part, seen = _record_chunk(session, feed, chunk, last_read, now)
        new |= part.articles
        changed, shared = changed + part.changed, shared + seen
        process.extend(part.process)
    rolled_over = False
    if found and last_read is not None and not shared:
        titles = {discovery.entry.title for discovery in found}
        rolled_over = may_have_missed(_titles(session, feed, last_read, now), titles)
    if found:
        row.read_at = now
    return Recorded(len(new), changed, tuple(process), rolled_over, new)


def _led(session: Session, found: Sequence[Discovery]) -> Sequence[Discovery]:
    """The discoveries under the URLs of the articles that their links lead to, one for each.

    Where two links lead to one article, its own stands: they would take turns in being a change.
    """
    urls = {url: url for each in found for url in (each.url, each.page or each.url)}
    urls |= other_addresses.led_to(session, list(urls))
    own = {each.url for each in found if urls[each.url] == each.url}
    led: dict[str, Discovery] = {}
    for each in found:
        url = urls[each.url]
        if url == each.url or url not in own:
            page = None if each.page is None else urls[each.page]
            led.setdefault(url, replace(each, url=url, page=page))
    return list(led.values())


def _settled(session: Session, feed: DueFeed, found: Sequence[Discovery]) -> Sequence[Discovery]:
    """The discoveries under the URLs by which their articles are known in this feed."""
    found = _under_former_urls(session, found)
    known: dict[str, KnownAs] = {}
    for part in _chunks(sorted({url for each in found for url in addresses(each)})):
        rows = session.execute(
            select(Article.url, Sighting.guid, Sighting.title)
            .join(Sighting, col(Sighting.article_id) == col(Article.id))
            .where(Sighting.feed_id == feed.id)
            .where(col(Article.url_hash).in_([digest(url) for url in part]))
        )
        known |= {url: KnownAs(guid, title) for url, guid, title in rows}
    return settle(found, known)


def _under_former_urls(session: Session, found: Sequence[Discovery]) -> Sequence[Discovery]:
    """The discoveries, those under their former URLs that are stored so."""
    former = {each.url: url for each in found if (url := former_url(each)) is not None}
    here = set[str]()
    for part in _chunks(sorted({*former, *former.values()})):
        hashes = [digest(url) for url in part]
        here.update(session.scalars(select(Article.url).where(col(Article.url_hash).in_(hashes))))
    stored = {url: before for url, before in former.items() if before in here and url not in here}
    return [replace(each, url=stored.get(each.url, each.url)) for each in found]


def _titles(session: Session, feed: DueFeed, last_read: datetime, now: datetime) -> set[str]:
    """The titles of the entries that were there at the last reading and are not there now."""
    seen = (col(Sighting.last_seen_at) >= last_read, col(Sighting.last_seen_at) < now)
    return set(session.exec(select(Sighting.title).where(Sighting.feed_id == feed.id, *seen)))


def _chunks(found: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK]


def _record_chunk(
    session: Session,
    feed: DueFeed,
    chunk: Sequence[Discovery],
    last_read: datetime | None,
    now: datetime,
) -> tuple[Recorded, int]:
    """Store some discoveries; also how many of them were there at the last reading."""
    known, buried = _known(session, feed, chunk)
    shared = len(buried) + sum(
        last_read is None or sighting.last_seen_at >= last_read
        for sighting in known.sightings.values()
    )
    chunk = [discovery for discovery in chunk if digest(discovery.url) not in buried]
    inserted = _insert_articles(session, feed, chunk, known, now)
    urls = {digest(discovery.url): discovery.url for discovery in chunk}
    new = {article_id: urls[url_hash] for url_hash, article_id in inserted.items()}
    articles = known.articles | inserted
    changed, touched, process = list[int](), list[int](), list[int]()
    fresh, new_snapshots = list[dict[str, object]](), list[NewSnapshot]()
    for discovery in chunk:
        article_id = articles.get(digest(discovery.url))
        if article_id is None:
            continue  # another worker was first, and an admin has purged it since
        is_new = digest(discovery.url) in inserted
        sighting = known.sightings.get(article_id)
        if sighting is None:
            fresh.append(_sighting_row(feed, article_id, discovery, now))
        elif sighting.content_hash != discovery.content_hash:
            _refresh_sighting(sighting, discovery)
            changed.append(article_id)
        else:
            if sighting.updated_raw != _updated(discovery):
                sighting.updated_raw = _updated(discovery)
                if not discovery.from_feed:
                    touched.append(article_id)
            continue
        if is_new or sighting is not None:
            new_snapshots.append(_new_snapshot(article_id, discovery))
            if discovery.from_feed:
                process.append(article_id)
    snapshots.keep_all(session, new_snapshots, now=now)
    if fresh:
        session.execute(insert_into(session, Sighting).on_conflict_do_nothing(), fresh)
    _touch(session, feed, list(known.sightings), now)
    lock(session, changed + touched)
    _put_to_work(session, [i for i in changed if i in process], Stage.PROCESS, now)
    _put_to_work(session, [i for i in changed if i not in process], Stage.FETCH, now)
    if is_told_by_dates(len(touched), len(known.sightings)):
        _put_to_work(session, touched, Stage.FETCH, now)
    events.write(
        session,
        [
            Event("article.discovered", feed.id, article_id, payload=about(url))
            for article_id, url in new.items()
        ],
        now=now,
    )
    recorded = Recorded(len(new), len(changed), tuple(process), articles=new)
    return recorded, shared


def _known(
    session: Session, feed: DueFeed, chunk: Sequence[Discovery]
) -> tuple[_Known, set[bytes]]:
    """What is known of a chunk, and what of it was purged, by the hashes of the URLs.

    Tombstones are asked for after the articles are locked: an article that is purged meanwhile is
    either there until the end, or seen to be buried.
    """
    articles = find(session, [digest(discovery.url) for discovery in chunk])
    unknown = [discovery for discovery in chunk if digest(discovery.url) not in articles]
    by_guid = _moved(session, feed, unknown)
    # One that is there under its own link has not moved: the publisher gave two items one GUID.
    there = set(articles.values())
    articles |= {key: article_id for key, article_id in by_guid.items() if article_id not in there}
    unknown = [discovery for discovery in unknown if digest(discovery.url) not in articles]
    buried = tombstones.purged_among(session, feed.id, unknown) if unknown else set()
    sightings = session.exec(
        select(Sighting).where(
            Sighting.feed_id == feed.id, col(Sighting.article_id).in_(articles.values())
        )
    ).all()
    return _Known(articles, {sighting.article_id: sighting for sighting in sightings}), buried


def _moved(session: Session, feed: DueFeed, unknown: Sequence[Discovery]) -> dict[bytes, int]:
    """Articles known by their GUID whose link has changed, by the hash of the new URL."""
    with_guid = {digest(d.entry.guid): d for d in unknown if d.entry.guid}
    if not with_guid:
        return {}
    sightings = session.exec(
        select(Sighting)
        .join(Article, col(Article.id) == col(Sighting.article_id))
        .where(Sighting.feed_id == feed.id, col(Sighting.guid_hash).in_(with_guid))
        .order_by(col(Article.url_hash))
        .with_for_update(of=Article, read=True, key_share=True)
    ).all()
    carriers = Counter(sighting.guid_hash for sighting in sightings)
    moved: dict[bytes, int] = {}
    for sighting in sightings:
        discovery = with_guid[bytes(sighting.guid_hash or b"")]
        # A GUID of several articles is nobody's: a feed may have one GUID and one daily headline.
        if carriers[sighting.guid_hash] == 1 and same_item(sighting.title, discovery.entry):
            moved[digest(discovery.url)] = sighting.article_id
    return moved


def _insert_articles(
    session: Session, feed: DueFeed, chunk: Sequence[Discovery], known: _Known, now: datetime
) -> dict[bytes, int]:
    rows = [
        {
            "url": discovery.url,
            "url_hash": digest(discovery.url),
            "source_id": feed.source_id,
            "first_seen_at": now,
            "stage": Stage.PROCESS if discovery.from_feed else Stage.FETCH,
            "attempts": 0,
            "next_attempt_at": now + PROCESS_OVERDUE if discovery.from_feed else now,
            "host": discovery.host,
            "revisions": 0,
            "refetches": 0,
            "title": discovery.entry.title,
        }
        for discovery in chunk
        if digest(discovery.url) not in known.articles
    ]
    if not rows:
        return {}
    mine = insert_new(session, rows)
    lost = [url_hash for row in rows if (url_hash := digest(str(row["url"]))) not in mine]
    if lost:  # another worker was first; its articles are known now
        known.articles.update(find(session, lost))
    return mine


def _sighting_row(
    feed: DueFeed, article_id: int, discovery: Discovery, now: datetime
) -> dict[str, object]:
    entry = discovery.entry
    return {
        "feed_id": feed.id,
        "article_id": article_id,
        "guid": entry.guid,
        "guid_hash": digest(entry.guid) if entry.guid else None,
        "entry_url": entry.url or discovery.url,
        "title": entry.title,
        "categories": list(entry.categories),
        "published_raw": entry.published.raw if entry.published else None,
        "content_hash": discovery.content_hash,
        "updated_raw": _updated(discovery),
        "first_seen_at": now,
        "last_seen_at": now,
    }


def _updated(discovery: Discovery) -> str | None:
    updated = discovery.entry.updated
    return updated.raw if updated else None


def _refresh_sighting(sighting: Sighting, discovery: Discovery) -> None:
    sighting.content_hash = discovery.content_hash
    sighting.updated_raw = _updated(discovery)
    sighting.title = discovery.entry.title
    sighting.categories = list(discovery.entry.categories)


def _new_snapshot(article_id: int, discovery: Discovery) -> NewSnapshot:
    return NewSnapshot(
        article_id,
        snapshots.ENTRY,
        entry_to_json(discovery.entry),
        url=discovery.url,
        content_type="application/json",
    )


def _touch(session: Session, feed: DueFeed, article_ids: Sequence[int], now: datetime) -> None:
    if article_ids:
        session.execute(
            update(Sighting)
            .where(col(Sighting.feed_id) == feed.id, col(Sighting.article_id).in_(article_ids))
            .values(last_seen_at=now)
            .execution_options(synchronize_session=False)
        )


def _put_to_work(session: Session, article_ids: Sequence[int], stage: Stage, now: datetime) -> None:
    """An entry has changed: its article goes the way again.

    One that waits to be fetched still does, and at once: a fetch in flight brings old bytes.
    """
    if not article_ids:
        return
    mine = update(Article).where(col(Article.id).in_(article_ids))
    again = {"attempts": 0, "claimed_until": None, "failed_stage": None, "error": None}
    due = now + PROCESS_OVERDUE if stage is Stage.PROCESS else now
    for statement in (
        mine.where(col(Article.stage) == Stage.FETCH).values(next_attempt_at=now),
        mine.where(col(Article.stage) != Stage.FETCH).values(
            stage=stage, next_attempt_at=due, **again
        ),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
