"""The step from a snapshot to a tagged revision in a story: what it needs, what it leaves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ingest.extract import EXTRACTOR_VERSION, Document
from ingest.feed import Entry
from ingest.quality import Quality
from sqlalchemy import insert
from sqlmodel import Session, col, select

from ingest.discovery import entry_from_json
from ingest.edition import Current, content_hash
from ingest.fingerprint import text_hash
from ingest.relations.tagging import Evidence
from ingest.relations.tagging import Tagging as Judgement
from store import outbox, snapshots, stories
from store.outbox import Happening
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
)


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
    article, source = session.execute(
        select(Article, Source)
        .join(Source, col(Article.source_id) == col(Source.id))
        .where(Article.id == article_id)
    ).one()
    page = snapshots.latest(session, article_id, snapshots.PAGE)
    entry = snapshots.latest(session, article_id, snapshots.ENTRY)
    return Work(
        article_id=article_id,
        url=article.url,
        first_seen_at=article.first_seen_at,
        country=source.country,
        source_side=_side(source),
        page=_page(page),
        page_snapshot=page.id if page else None,
        entry=entry_from_json(snapshots.unpack(entry)) if entry else None,
        entry_snapshot=entry.id if entry else None,
        current=_current(session, article),
    )


def _page(snapshot: Snapshot | None) -> Page | None:
    if snapshot is None:
        return None
    return Page(snapshots.unpack(snapshot), snapshot.url, snapshot.content_type)


def _current(session: Session, article: Article) -> Current | None:
    if article.revision_id is None:
        return None
    row = session.execute(
        select(Revision.content_hash, Revision.quality).where(Revision.id == article.revision_id)
    ).one()
    return Current(bytes(row.content_hash), Quality(row.quality))


def _side(source: Source) -> Literal["us", "china"] | None:
    """A government's own texts speak for its side, even where they do not name it."""
    if source.kind != "government":
        return None
    return {"US": "us", "CN": "china", "HK": "china"}.get(source.country or "")  # type: ignore[return-value]


def finish_unchanged(session: Session, work: Work) -> None:
    """Nothing new came of it: the article rests as it is."""
    article = _still_waiting(session, work)
    if article is not None:
        _rest(article)


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
    revision = _revision(article, work, document, now)
    session.add(revision)
    session.flush()
    tagging_id = _store_tagging(session, revision, judgement, now)
    story_id, story_event = stories.join(session, article, revision.text_hash)

    article.story_id = story_id
    article.revisions = revision.number
    article.revision_id = revision.id
    article.tagging_id = tagging_id
    article.title = document.title or article.title
    article.published_at = revision.published_at
    article.language = document.language
    article.quality = document.quality
    _rest(article)
    session.flush()
    stories.refresh(session, story_id)
    outbox.write(session, _happenings(article, revision, judgement, story_event), now=now)
    return revision.number


def _still_waiting(session: Session, work: Work) -> Article | None:
    article = session.get(Article, work.article_id, with_for_update=True)
    if article is None or article.stage != Stage.PROCESS:
        return None
    newest = session.exec(
        select(Snapshot.id)
        .where(Snapshot.article_id == work.article_id)
        .order_by(col(Snapshot.id).desc())
        .limit(1)
    ).first()
    seen = max(filter(None, (work.page_snapshot, work.entry_snapshot)), default=None)
    return article if newest == seen else None


def _rest(article: Article) -> None:
    article.stage = Stage.DONE
    article.attempts = 0
    article.claimed_until = None
    article.error = article.error if article.quality != Quality.OK else None


def _revision(article: Article, work: Work, document: Document, now: datetime) -> Revision:
    from_page = document.taken_from == "page"
    published = document.published
    return Revision(
        article_id=work.article_id,
        number=article.revisions + 1,
        seen_at=now,
        snapshot_id=work.page_snapshot if from_page else work.entry_snapshot,
        title=document.title,
        text=document.text,
        content_hash=content_hash(document.title, document.text),
        text_hash=_story_key(work, document),
        authors=list(document.authors),
        published_at=published.at if published else None,
        published_raw=published.raw if published else None,
        published_origin=published.origin if published else None,
        published_confidence=published.confidence if published else None,
        language=document.language,
        site_name=document.site_name,
        canonical_url=document.canonical_url,
        quality=document.quality,
        taken_from=document.taken_from,
        extractor_version=EXTRACTOR_VERSION,
    )


def _story_key(work: Work, document: Document) -> bytes:
    """What makes two articles one story. A wall is nobody's text: it is the same on every page."""
    if document.taken_from == "page" and document.quality not in (Quality.OK, Quality.SHORT):
        return digest(work.url)
    return text_hash(document.title, document.text)


def _store_tagging(
    session: Session, revision: Revision, judgement: Judgement, now: datetime
) -> int:
    assert revision.id is not None
    tagging = Tagging(
        revision_id=revision.id,
        tagged_at=now,
        tagger_version=judgement.tagger_version,
        lexicon_version=judgement.lexicon_version,
        relevance=judgement.relevance,
        score=judgement.score,
        stance=judgement.stance,
        language=judgement.language,
        evidence=[_evidence(item) for item in judgement.evidence],
    )
    session.add(tagging)
    session.flush()
    assert tagging.id is not None
    if judgement.topics:
        session.execute(
            insert(TaggingTopic),
            [
                {"tagging_id": tagging.id, "topic": topic.id, "score": topic.score}
                for topic in judgement.topics
            ],
        )
    if judgement.actors:
        session.execute(
            insert(TaggingActor),
            [
                {
                    "tagging_id": tagging.id,
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
    return tagging.id


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
    article: Article, revision: Revision, judgement: Judgement, story_event: Happening | None
) -> list[Happening]:
    about = {"url": article.url, "revision": revision.number}
    happenings = [story_event] if story_event else []
    if revision.number > 1:
        happenings.append(Happening("article.revised", article_id=article.id, payload=about))
    judged = about | {
        "relevance": judgement.relevance,
        "score": judgement.score,
        "topics": [topic.id for topic in judgement.topics],
    }
    happenings.append(
        Happening("story.tagged", article_id=article.id, story_id=article.story_id, payload=judged)
    )
    return happenings
