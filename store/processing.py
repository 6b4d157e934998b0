"""The step from a snapshot to a tagged revision in a story: what it needs, what it leaves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, bindparam, func, select
from sqlmodel import Session

from ingest.discovery import entry_from_json
from ingest.edition import Current
from ingest.extract import EXTRACTOR_VERSION, Document
from ingest.feed import Entry
from ingest.fingerprint import edition_hash, text_hash
from ingest.quality import Quality
from ingest.relations.tagging import Evidence
from ingest.relations.tagging import Tagging as Judgement
from store import outbox, snapshots, stories
from store.outbox import Happening
from store.stories import Bringing
from store.tables import (
    Article,
    Revision,
    Snapshot,
    Source,
    Stage,
    Tagging,
    TaggingActor,
    TaggingTopic,
    digest,
    table,
)

# Scores are estimates; four digits are more than they are good for.
SCORE_DIGITS = 4

_articles, _snapshots, _revisions = table(Article), table(Snapshot), table(Revision)
_sources = table(Source)


def _newest(kind: str) -> Any:
    """The id of an article's newest snapshot of a kind."""
    return (
        select(func.max(_snapshots.c.id))
        .where(_snapshots.c.article_id == _articles.c.id, _snapshots.c.kind == kind)
        .scalar_subquery()
    )


_page, _entry = _snapshots.alias("page"), _snapshots.alias("entry")
_LOAD: Select[Any] = (
    select(
        _articles.c.url,
        _articles.c.first_seen_at,
        _sources.c.country,
        _sources.c.kind,
        _page.c.id.label("page_id"),
        _page.c.body.label("page_body"),
        _page.c.url.label("page_url"),
        _page.c.content_type.label("page_type"),
        _entry.c.id.label("entry_id"),
        _entry.c.body.label("entry_body"),
        _revisions.c.content_hash.label("current_hash"),
        _revisions.c.quality.label("current_quality"),
    )
    .join(_sources, _sources.c.id == _articles.c.source_id)
    .outerjoin(_page, _page.c.id == _newest(snapshots.PAGE))
    .outerjoin(_entry, _entry.c.id == _newest(snapshots.ENTRY))
    .outerjoin(_revisions, _revisions.c.id == _articles.c.revision_id)
    .where(_articles.c.id == bindparam("article"))
)
_LOCK: Select[Any] = (
    select(
        _articles.c.revisions,
        _articles.c.source_id,
        _articles.c.story_id,
        _articles.c.title,
        _articles.c.error,
        select(func.max(_snapshots.c.id))
        .where(_snapshots.c.article_id == _articles.c.id)
        .scalar_subquery()
        .label("newest"),
    )
    .where(_articles.c.id == bindparam("article"), _articles.c.stage == Stage.PROCESS)
    .with_for_update(of=_articles)
)
_REST = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"))
    .values(stage=Stage.DONE, attempts=0, claimed_until=None)
)
_READ = _REST.values(
    story_id=bindparam("of_story"),
    revisions=bindparam("number"),
    revision_id=bindparam("revision"),
    tagging_id=bindparam("tagging"),
    title=bindparam("new_title"),
    published_at=bindparam("published"),
    language=bindparam("new_language"),
    quality=bindparam("new_quality"),
    error=bindparam("new_error"),
)
_INSERT_REVISION = _revisions.insert().returning(_revisions.c.id)
_INSERT_TAGGING = table(Tagging).insert().returning(table(Tagging).c.id)
_INSERT_TOPICS = table(TaggingTopic).insert()
_INSERT_ACTORS = table(TaggingActor).insert()


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of a page, and where they came from."""

    body: bytes
    url: str
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """All that is known of an article when its text is to be made."""

    article_id: int
    url: str
    first_seen_at: datetime
    country: str | None
    source_side: Literal["us", "china"] | None
    page: Page | None
    page_snapshot: int | None
    entry: Entry | None
    entry_snapshot: int | None
    current: Current | None


def load(session: Session, article_id: int) -> Work:
    """Gather what processing an article needs."""
    row = session.execute(_LOAD, {"article": article_id}).one()
    current = None
    if row.current_hash is not None:
        current = Current(bytes(row.current_hash), Quality(row.current_quality))
    page = None
    if row.page_body is not None:
        page = Page(snapshots.decompress(row.page_body), row.page_url, row.page_type)
    entry = None
    if row.entry_body is not None:
        entry = entry_from_json(snapshots.decompress(row.entry_body))
    return Work(
        article_id=article_id,
        url=row.url,
        first_seen_at=row.first_seen_at,
        country=row.country,
        source_side=_side(row.kind, row.country),
        page=page,
        page_snapshot=row.page_id,
        entry=entry,
        entry_snapshot=row.entry_id,
        current=current,
    )


def _side(kind: str, country: str | None) -> Literal["us", "china"] | None:
    """A government's own texts speak for its side, even where they do not name it."""
    if kind != "government":
        return None
    if country == "US":
        return "us"
    return "china" if country in ("CN", "HK", "MO") else None


def finish_unchanged(session: Session, work: Work) -> None:
    """Nothing new came of it: the article rests as it is."""
    if _still_waiting(session, work) is not None:
        session.execute(_REST, {"article": work.article_id})


def record(
    session: Session, work: Work, document: Document, judgement: Judgement, *, now: datetime
) -> int | None:
    """Store a new revision with its tagging, settle its story, and tell what happened.

    Returns the revision's number; None where the article is not waiting any more, because
    another worker has done this already or newer bytes have come meanwhile.
    """
    article = _still_waiting(session, work)
    if article is None:
        return None
    number: int = article.revisions + 1
    story_key = _story_key(work, document)
    revision = _revision(work, document, number, story_key, now)
    revision_id = session.execute(_INSERT_REVISION, revision).scalar_one()
    tagging_id = _store_tagging(session, revision_id, judgement, now)
    joined = stories.join(
        session,
        Bringing(
            source_id=article.source_id,
            title=document.title or article.title,
            story_id=article.story_id,
            first_seen_at=work.first_seen_at,
            text_hash=story_key,
            own_key=digest(work.url),
            revision_id=revision_id,
        ),
    )
    published = document.published
    session.execute(
        _READ,
        {
            "article": work.article_id,
            "of_story": joined.story_id,
            "number": number,
            "revision": revision_id,
            "tagging": tagging_id,
            "new_title": document.title or article.title,
            "published": published.at if published else None,
            "new_language": document.language,
            "new_quality": document.quality,
            "new_error": None if document.quality is Quality.OK else article.error,
        },
    )
    if joined.left is not None:
        stories.drop(session, joined.left)
    stories.refresh(session, joined.story_id)
    outbox.write(session, _happenings(work, number, judgement, joined), now=now)
    return number


def _still_waiting(session: Session, work: Work) -> Row[Any] | None:
    """The article, locked, if it still waits for the processing of these very snapshots."""
    row = session.execute(_LOCK, {"article": work.article_id}).first()
    seen = max(filter(None, (work.page_snapshot, work.entry_snapshot)), default=None)
    return row if row is not None and row.newest == seen else None


def _revision(
    work: Work, document: Document, number: int, story_key: bytes, now: datetime
) -> dict[str, Any]:
    from_page = document.taken_from == "page"
    published = document.published
    return {
        "article_id": work.article_id,
        "number": number,
        "seen_at": now,
        "snapshot_id": work.page_snapshot if from_page else work.entry_snapshot,
        "title": document.title,
        "text": document.text,
        "content_hash": edition_hash(document.title, document.text),
        "text_hash": story_key,
        "authors": list(document.authors),
        "published_at": published.at if published else None,
        "published_raw": published.raw if published else None,
        "published_origin": published.origin if published else None,
        "published_confidence": published.confidence if published else None,
        "language": document.language,
        "site_name": document.site_name,
        "canonical_url": document.canonical_url,
        "quality": document.quality,
        "taken_from": document.taken_from,
        "extractor_version": EXTRACTOR_VERSION,
    }


def _story_key(work: Work, document: Document) -> bytes:
    """What makes two articles one story. A wall is nobody's text: it is the same on every page."""
    wall = document.taken_from == "page" and document.quality not in (Quality.OK, Quality.SHORT)
    if wall or not document.text:
        return digest(work.url)
    return text_hash(document.title, document.text)


def _store_tagging(session: Session, revision_id: int, judgement: Judgement, now: datetime) -> int:
    tagging_id: int = session.execute(
        _INSERT_TAGGING,
        {
            "revision_id": revision_id,
            "tagged_at": now,
            "tagger_version": judgement.tagger_version,
            "lexicon_version": judgement.lexicon_version,
            "relevance": judgement.relevance,
            "score": round(judgement.score, SCORE_DIGITS),
            "stance": judgement.stance,
            "language": judgement.language,
            "evidence": [_evidence(item) for item in judgement.evidence],
        },
    ).scalar_one()
    if judgement.topics:
        session.execute(
            _INSERT_TOPICS,
            [
                {
                    "tagging_id": tagging_id,
                    "topic": topic.id,
                    "score": round(topic.score, SCORE_DIGITS),
                }
                for topic in judgement.topics
            ],
        )
    if judgement.actors:
        session.execute(
            _INSERT_ACTORS,
            [
                {
                    "tagging_id": tagging_id,
                    "actor": actor.id,
                    "name": actor.name,
                    "kind": actor.kind,
                    "side": actor.side,
                    "role": actor.role,
                    "mentions": actor.count,
                    "first_offset": actor.first_offset,
                }
                for actor in judgement.actors
            ],
        )
    return tagging_id


def _evidence(item: Evidence) -> dict[str, object]:
    return {
        "field": item.field,
        "start": item.start,
        "end": item.end,
        "text": item.text,
        "rule": item.rule,
        "side": item.side,
        "topic": item.topic,
        "weight": round(item.weight, 4),
    }


def _happenings(
    work: Work, number: int, judgement: Judgement, joined: stories.Joined
) -> list[Happening]:
    about = {"url": work.url, "revision": number}
    article, story = work.article_id, joined.story_id
    happenings = []
    if joined.left is not None:
        merged = {"into": story}
        happenings.append(Happening("story.merged", story_id=joined.left, payload=merged))
    if joined.event is not None:
        happenings.append(Happening(joined.event, article_id=article, story_id=story))
    if number > 1:
        happenings.append(Happening("article.revised", article_id=article, payload=about))
    judged = about | {
        "relevance": judgement.relevance,
        "score": round(judgement.score, SCORE_DIGITS),
        "topics": [topic.id for topic in judgement.topics],
    }
    happenings.append(Happening("story.tagged", article_id=article, story_id=story, payload=judged))
    return happenings
