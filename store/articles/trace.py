"""One article's whole history, in the order in which it happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from store.articles import tombstones
from store.search.labels import topics_of
from store.tables import (
    Article,
    EventRow,
    Feed,
    Revision,
    Run,
    RunChange,
    Sighting,
    Snapshot,
    Source,
    StoryMove,
    StoryRedirect,
    Tagging,
    digest,
    table,
    trace_of,
)

_snapshots_kept = table(Snapshot)

# Candidates for an address that is not known, and matches of a tagging, that are shown.
NEAR = 5
STRONGEST = 3
# Kinds of moments; those of one instant come in this order.
KINDS = (
    "seen",
    "entry",
    "page",
    "revision",
    "tagging",
    "event",
    "moved",
    "merged",
    "run",
    "purged",
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to an article. `details` have a shape of their own for each kind."""

    at: datetime
    kind: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """An article as it stands (None: purged, or never here), and what has happened to it."""

    url: str
    trace: str  # by which its lines are found in the logs, and its events
    article: dict[str, Any] | None
    moments: tuple[Moment, ...]


def history(session: Session, url: str) -> History | None:
    """What is known of this canonical URL; None where nothing is."""
    row = session.execute(
        select(Article, Source.name)
        .join(Source, col(Source.id) == col(Article.source_id))
        .where(col(Article.url_hash) == digest(url))
    ).first()
    found = [] if row is None else list(_moments(session, row[0]))
    buried = tombstones.of(session, url)
    if buried is not None:
        found.append(Moment(buried.purged_at, "purged", {"reason": buried.reason}))
    if row is None and buried is None:
        return None
    found.sort(key=lambda moment: (moment.at, KINDS.index(moment.kind)))
    state = None if row is None else _state(*row)
    return History(url, trace_of(url), state, tuple(found))


def near(session: Session, url: str) -> list[str]:
    """Addresses of articles that may be meant: told of under this one, or like it."""
    told = select(Article.url).join(Sighting, col(Sighting.article_id) == col(Article.id))
    found = list(session.scalars(told.where(col(Sighting.entry_url) == url).limit(NEAR)))
    parts = urlsplit(url)
    host = (parts.netloc.rpartition("@")[2]).removeprefix("www.")
    stem = PurePosixPath(parts.path).stem
    hosts = col(Article.host).in_([host, f"www.{host}", parts.hostname or host])
    if stem:
        alike = select(Article.url).where(hosts, col(Article.url).contains(stem, autoescape=True))
        found += session.scalars(alike.order_by(col(Article.id).desc()).limit(NEAR))
    return list(dict.fromkeys(found))[:NEAR]


def _state(article: Article, source: str) -> dict[str, Any]:
    """The article as it stands."""
    return {
        "id": article.id,
        "source": source,
        "title": article.title,
        "has_page": bool(article.host),
        "first_seen": article.first_seen_at,
        "origin": article.origin,
        "stage": str(article.stage),
        "attempts": article.attempts,
        "next_attempt": article.next_attempt_at if article.stage in ("fetch", "process") else None,
        "claimed_by": article.claimed_by if article.claimed_until is not None else None,
        "claimed_until": article.claimed_until,
        "failed_stage": article.failed_stage,
        "error": article.error,
        "page_status": article.page_status,
        "fetched": article.fetched_at,
        "gone": article.gone_at,
        "next_look": article.refetch_at,
        "looks": article.refetches,
        "revisions": article.revisions,
        "quality": article.quality,
        "story": article.story_id,
        "because": article.joined_because,
    }


def _moments(session: Session, article: Article) -> Iterator[Moment]:
    assert article.id is not None
    yield from _sightings(session, article.id)
    yield from _snapshots(session, article.id)
    yield from _revisions(session, article.id)
    yield from _taggings(session, article.id)
    yield from _moves(session, article.id, article.story_id)
    yield from _events(session, article.id)
    yield from _runs(session, article.id)


def _sightings(session: Session, article_id: int) -> Iterator[Moment]:
    rows = session.execute(
        select(Sighting, Feed.url, Source.name)
        .join(Feed, col(Feed.id) == col(Sighting.feed_id))
        .join(Source, col(Source.id) == col(Feed.source_id))
        .where(col(Sighting.article_id) == article_id)
    )
    for sighting, feed, source in rows:
        told = {
            "feed": feed,
            "source": source,
            "guid": sighting.guid,
            "entry_url": sighting.entry_url,
            "title": sighting.title,
            "published": sighting.published_raw,
            "last_seen": sighting.last_seen_at,
        }
        yield Moment(sighting.first_seen_at, "seen", told)


def _snapshots(session: Session, article_id: int) -> Iterator[Moment]:
    kept = _snapshots_kept.c
    rows = session.execute(
        sa_select(
            kept.taken_at, kept.kind, kept.id, kept.url, kept.content_type, kept.size,
            (func.length(kept.body) > 0).label("is_kept"),
        ).where(kept.article_id == article_id)
    )  # fmt: skip
    for at, kind, *told in rows:
        names = ("snapshot", "url", "content_type", "bytes", "kept")
        yield Moment(at, kind, dict(zip(names, told, strict=True)))


def _revisions(session: Session, article_id: int) -> Iterator[Moment]:
    rows = session.scalars(select(Revision).where(col(Revision.article_id) == article_id))
    for revision in rows:
        told = {
            "number": revision.number,
            "title": revision.title,
            "characters": len(revision.text),
            "quality": revision.quality,
            "taken_from": revision.taken_from,
            "language": revision.language,
            "snapshot": revision.snapshot_id,
            "extractor": revision.extractor_version,
            "run": revision.run_id,
        }
        yield Moment(revision.seen_at, "revision", told)


def _taggings(session: Session, article_id: int) -> Iterator[Moment]:
    rows = session.execute(
        select(Tagging, Revision.number)
        .join(Revision, col(Revision.id) == col(Tagging.revision_id))
        .where(col(Revision.article_id) == article_id)
    ).all()
    topics = topics_of(session, [tagging.id for tagging, _ in rows])
    for tagging, number in rows:
        told = {
            "revision": number,
            "relevance": tagging.relevance,
            "score": tagging.score,
            "stance": tagging.stance,
            "topics": sorted(topics.get(tagging.id, ())),
            "strongest": _strongest(tagging.evidence),
            "matches": len(tagging.evidence),
            "tagger": tagging.tagger_version,
            "lexicon": tagging.lexicon_version,
            "run": tagging.run_id,
        }
        yield Moment(tagging.tagged_at, "tagging", told)


def _strongest(evidence: Sequence[dict[str, Any]]) -> list[str]:
    """The matched words that weigh most, each once."""
    weighed = sorted(evidence, key=lambda item: -abs(float(item.get("weight") or 0.0)))
    matched = (str(item.get("text") or "") for item in weighed)
    return list(dict.fromkeys(filter(None, matched)))[:STRONGEST]


def _moves(session: Session, article_id: int, story_id: int | None) -> Iterator[Moment]:
    moves = session.scalars(select(StoryMove).where(col(StoryMove.article_id) == article_id)).all()
    for move in moves:
        told = {"from": move.from_id, "to": move.to_id, "was_there_because": move.because}
        yield Moment(move.at, "moved", told)
    stories = {story for move in moves for story in (move.from_id, move.to_id)} | {story_id or 0}
    merged = select(StoryRedirect).where(col(StoryRedirect.story_id).in_(stories))
    for redirect in session.scalars(merged):
        told = {
            "story": redirect.story_id,
            "into": redirect.merged_into_id,
            "leads_to": redirect.into_id,
            "because": redirect.because,
        }
        yield Moment(redirect.merged_at, "merged", told)


def _events(session: Session, article_id: int) -> Iterator[Moment]:
    """What was told of the article, as long as it is kept (`Policy.events` of retention.py).

    Without an index, which every event would pay for: a month's events are read in a second.
    """
    mine = select(EventRow).where(col(EventRow.article_id) == article_id).order_by(col(EventRow.id))
    for event in session.scalars(mine):
        told = {
            "event": event.id,
            "name": event.kind,
            "story": event.story_id,
            "delivered": event.delivered_at,
            "payload": event.payload,
        }
        yield Moment(event.at, "event", told)


def _runs(session: Session, article_id: int) -> Iterator[Moment]:
    """The reprocessings that have changed what the article shows."""
    rows = session.execute(
        select(Run, RunChange)
        .join(RunChange, col(RunChange.run_id) == col(Run.id))
        .where(col(RunChange.article_id) == article_id)
    )
    for run, change in rows:
        told = {
            "run": run.id,
            "step": str(run.step),
            "by": run.started_by,
            "state": run.state,
            "undone": run.undone_at,
            "text_changed": change.revision_before != change.revision_after,
            "tagging_changed": change.tagging_before != change.tagging_after,
            "story": [change.story_before, change.story_after],
        }
        yield Moment(run.started_at, "run", told)
