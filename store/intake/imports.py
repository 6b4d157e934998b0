"""What an import brings, written down: articles to fetch, articles with pages, more snapshots.

The decision what becomes of an arrival is `fate`; `record` and `preview` (a dry run) share it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from ingest import url as urls
from ingest.feeds.entries import entry_to_json
from ingest.feeds.model import Entry
from ingest.imports.items import Arrival, ArrivedPage, NamedSource
from store import events
from store.articles import addresses, lookup, snapshots
from store.articles.snapshots import NewSnapshot
from store.articles.stages import to_be_processed
from store.events import Event
from store.intake.sources import SourceFinder
from store.tables import Article, Snapshot, Stage, Tombstone, digest

# A page is written in about a millisecond; this many keep other writers waiting for a blink.
BATCH = 100


class Fate(StrEnum):
    """What becomes of an arrival."""

    NEW = "new"  # an article
    KNOWN = "known"  # nothing new: neither the article nor its page
    NEWER = "newer"  # a later page of an article that is there: it is processed
    OLDER = "older"  # a page from before the newest that is there: it is kept
    PURGED = "purged"  # an admin has purged the article: it stays away


@dataclass(frozen=True, slots=True)
class Taken:
    """A page that is kept of an article."""

    at: datetime
    sha256: bytes


@dataclass(slots=True)
class Standing:
    """What is there of an article: nothing yet, or the pages that are kept, or its tombstone."""

    article_id: int | None = None
    there: bool = False
    purged: bool = False
    pages: list[Taken] = field(default_factory=list)


def fate(standing: Standing, page: ArrivedPage | None) -> Fate:
    """Decide what becomes of an arrival at an article that stands so.

    A page with the bytes that were already there at its time says nothing new.
    """
    if standing.purged:
        return Fate.PURGED
    if not standing.there:
        return Fate.NEW
    if page is None:
        return Fate.KNOWN
    taken = Taken(page.taken_at, sha256(page.body).digest())
    before = [kept for kept in standing.pages if kept.at <= taken.at]
    then = max(before, key=lambda kept: kept.at, default=None)
    if taken in standing.pages or (then is not None and then.sha256 == taken.sha256):
        return Fate.KNOWN
    return Fate.OLDER if len(before) < len(standing.pages) else Fate.NEWER


def preview(
    session: Session, arrivals: Sequence[Arrival], seen: dict[bytes, Standing]
) -> Counter[Fate]:
    """Count what `record` would do, writing nothing; `seen` carries it from batch to batch."""
    arrivals = _led(session, arrivals)
    standings = _standings(session, [digest(each.url) for each in arrivals])
    seen.update({key: each for key, each in standings.items() if key not in seen})
    return Counter(what for _, what in _decided(arrivals, seen))


def record(
    session: Session,
    arrivals: Sequence[Arrival],
    *,
    origin: str,
    sources: SourceFinder,
    source: NamedSource | None = None,
    now: datetime,
) -> Counter[Fate]:
    """Store arrivals; running it twice with the same ones changes nothing.

    `origin` says of new articles where they came from, `source` is that of those that name
    none.
    """
    arrivals = _led(session, arrivals)
    standings = _standings(session, [digest(each.url) for each in arrivals], lock=True)
    decided = _decided(arrivals, standings)
    new = [each for each, what in decided if what is Fate.NEW]
    _insert(session, [replace(each, source=each.source or source) for each in new], standings,
            origin=origin, sources=sources, now=now)  # fmt: skip
    put_to_work: dict[int, datetime] = {}
    for arrival, what in decided:
        article_id = standings[digest(arrival.url)].article_id
        if article_id is None or what in (Fate.KNOWN, Fate.PURGED):
            continue
        if arrival.page is None:
            _keep_entry(session, article_id, arrival, now)
            continue
        _keep_page(session, article_id, arrival.page, what)
        if what is Fate.NEWER:
            put_to_work[article_id] = arrival.page.taken_at
    _put_to_work(session, put_to_work, now)
    return Counter(what for _, what in decided)


def waiting(session: Session, *, after: int, limit: int) -> Sequence[int]:
    """Articles that wait to be processed, in order of their ids, from beyond `after`."""
    ids = session.exec(
        select(Article.id)
        .where(Article.stage == Stage.PROCESS, col(Article.id) > after)
        .order_by(col(Article.id))
        .limit(limit)
    )
    return [article_id for article_id in ids if article_id is not None]


def count_waiting(session: Session, stage: Stage) -> int:
    """How many articles are in a stage."""
    return session.exec(select(func.count()).where(Article.stage == stage)).one()


def _led(session: Session, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The arrivals under the URLs of the articles that their addresses lead to."""
    led = addresses.led_to(session, [each.url for each in arrivals])
    return [replace(each, url=led.get(each.url, each.url)) for each in arrivals]


def _decided(
    arrivals: Sequence[Arrival], standings: dict[bytes, Standing]
) -> list[tuple[Arrival, Fate]]:
    """The fate of each, those of one article in the order in which their pages were taken.

    Every writer goes through the URLs in one order: unsorted batches deadlock on PostgreSQL.
    """
    decided = []
    for arrival in sorted(arrivals, key=_order):
        standing = standings[digest(arrival.url)]
        what = fate(standing, arrival.page)
        decided.append((arrival, what))
        if what not in (Fate.PURGED, Fate.KNOWN):
            standing.there = True
            if arrival.page is not None:
                taken = Taken(arrival.page.taken_at, sha256(arrival.page.body).digest())
                standing.pages.append(taken)
    return decided


def _order(arrival: Arrival) -> tuple[bytes, datetime]:
    beginning = datetime.min.replace(tzinfo=UTC)
    return digest(arrival.url), arrival.page.taken_at if arrival.page else beginning


def _standings(
    session: Session, hashes: Iterable[bytes], *, lock: bool = False
) -> dict[bytes, Standing]:
    """How these articles stand, by the hashes of their URLs.

    Locked, nobody purges them or adds to them until the transaction ends.
    """
    wanted = sorted(set(hashes))
    if lock:
        there = lookup.find(session, wanted)
        lookup.lock(session, sorted(there.values()))
    else:
        rows = session.execute(
            select(Article.url_hash, Article.id).where(col(Article.url_hash).in_(wanted))
        )
        there = {bytes(url_hash): article_id for url_hash, article_id in rows}
    buried = set(session.exec(select(Tombstone.key).where(col(Tombstone.key).in_(wanted))))
    pages: dict[int, list[Taken]] = {}
    for article_id, at, hashed in session.execute(
        select(Snapshot.article_id, Snapshot.taken_at, Snapshot.sha256).where(
            col(Snapshot.article_id).in_(there.values()), Snapshot.kind == snapshots.PAGE
        )
    ):
        pages.setdefault(article_id, []).append(Taken(at, bytes(hashed)))
    standings = {}
    for key in wanted:
        found = there.get(key)
        kept = pages.get(found, []) if found else []
        standings[key] = Standing(found, found is not None, key in buried and not found, kept)
    return standings


def _insert(
    session: Session,
    arrivals: Sequence[Arrival],
    standings: dict[bytes, Standing],
    *,
    origin: str,
    sources: SourceFinder,
    now: datetime,
) -> None:
    """Make the new articles, and write their ids down.

    Where another worker was first there is none: the next import of the same adds what is missing.
    """
    if not arrivals:
        return
    hosts = [urls.host(each.url) for each in arrivals]
    ids = sources.resolve(
        session, [(each.source, host) for each, host in zip(arrivals, hosts, strict=True)]
    )
    rows = [
        {
            "url": each.url,
            "url_hash": digest(each.url),
            "source_id": ids[each.source.name if each.source else None, host],
            "first_seen_at": now,
            "origin": origin,
            "stage": Stage.PROCESS if each.page else Stage.FETCH,
            "attempts": 0,
            "next_attempt_at": now,
            "host": host,
            "fetched_at": each.page.taken_at if each.page else None,
            "page_status": 200 if each.page else None,
            "revisions": 0,
            "refetches": 0,
            "title": each.title,
        }
        for each, host in zip(arrivals, hosts, strict=True)
    ]
    inserted = lookup.insert_new(session, rows)
    for url_hash, article_id in inserted.items():
        standings[url_hash].article_id = article_id
    told = [Event("article.discovered", article_id=article_id) for article_id in inserted.values()]
    events.write(session, told, now=now)


def _keep_entry(session: Session, article_id: int, arrival: Arrival, now: datetime) -> None:
    """What a list said of an article is kept as what a feed's entry says of one."""
    if not arrival.title and arrival.published is None:
        return
    entry = Entry(
        guid=None,
        url=arrival.url,
        title=arrival.title,
        summary="",
        content="",
        authors=(),
        categories=(),
        published=arrival.published,
        updated=None,
        language=None,
    )
    kept = NewSnapshot(
        article_id, snapshots.ENTRY, entry_to_json(entry), arrival.url, "application/json"
    )
    snapshots.keep_all(session, [kept], now=now)


def _keep_page(session: Session, article_id: int, page: ArrivedPage, what: Fate) -> None:
    new_snapshot = NewSnapshot(article_id, snapshots.PAGE, page.body, page.url, page.content_type)
    if what is Fate.OLDER:
        snapshots.keep_behind(session, new_snapshot, taken_at=page.taken_at)
    else:
        snapshots.keep_all(session, [new_snapshot], now=page.taken_at, imported=True)


def _put_to_work(session: Session, taken_at: dict[int, datetime], now: datetime) -> None:
    """Articles have newer pages: they are processed, also those that waited to be fetched."""
    for article_id in sorted(taken_at):
        session.execute(
            update(Article)
            .where(col(Article.id) == article_id)
            .values(
                **to_be_processed(now) | {"next_attempt_at": now},
                fetched_at=taken_at[article_id],
                failed_stage=None,
                error=None,
            )
            .execution_options(synchronize_session=False)
        )
