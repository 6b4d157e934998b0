"""A new revision of an article: its row, its tagging, its story, and what is told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, bindparam, func
from sqlmodel import Session

from ingest.duplicates.decide import DUPLICATES_VERSION
from ingest.duplicates.fingerprint import revision_hash
from ingest.pages.extract import EXTRACTOR_VERSION, Document
from ingest.pages.quality import Quality
from ingest.relations.tagging import Tagging as TaggerOutput
from store import events
from store.articles import addresses, taggings
from store.articles.inputs import Work
from store.events import Event
from store.history import recording
from store.stories import assignment, summary
from store.stories.assignment import ArticleToPlace, JoinedStory
from store.stories.near_duplicates import TextToPlace
from store.tables import (
    Article,
    Revision,
    Snapshot,
    Stage,
    table,
)

_articles, _snapshots, _revisions = table(Article), table(Snapshot), table(Revision)


_AT_REST = {"stage": Stage.DONE, "attempts": 0, "claimed_until": None}


_OF_ARTICLE = _articles.update().where(_articles.c.id == bindparam("article"))


_SHOW = _OF_ARTICLE.values(
    story_id=bindparam("of_story"),
    joined_because=func.coalesce(bindparam("why", type_=Text), _articles.c.joined_because),
    duplicates_version=bindparam("rules"),
    agency=bindparam("credited"),
    revisions=bindparam("number"),
    revision_id=bindparam("revision"),
    tagging_id=bindparam("tagging"),
    title=bindparam("new_title"),
    published_at=bindparam("published"),
    language=bindparam("new_language"),
    quality=bindparam("new_quality"),
    error=bindparam("new_error"),
)


_SHOW_AND_REST = _SHOW.values(**_AT_REST)


_INSERT_REVISION = _revisions.insert().returning(_revisions.c.id)


@dataclass(frozen=True, slots=True)
class DocumentToStore:
    """An article's document, and what can be known of its story before it is recorded."""

    document: Document
    to_place: TextToPlace
    agency: str | None
    has_text: bool


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A new revision of an article, its tagging, and where it has come to stand."""

    number: int
    revision_id: int
    tagging_id: int
    joined: JoinedStory


def write(
    session: Session,
    article: Row[Any],
    work: Work,
    to_store: DocumentToStore,
    tagger_output: TaggerOutput,
    *,
    may_merge: bool,
    now: datetime,
    run_id: int | None = None,
) -> NewRevision:
    """Store a revision with its tagging and its story, and let the article show it.

    `article` is its row, locked: `revisions`, `source_id`, `story_id`, `title` and `error`.
    `run_id`: the reprocessing that made the revision; without one, the article has been waiting
    for this, and rests now.
    """
    document = to_store.document
    number: int = article.revisions + 1
    revision = _revision(work, to_store, number, now) | {"run_id": run_id}
    revision_id: int = session.execute(_INSERT_REVISION, revision).scalar_one()
    addresses.state(session, work.article_id, work.url, document.canonical_url)
    (tagging_id,) = taggings.store(session, [(revision_id, tagger_output)], now=now, run_id=run_id)
    joined = assignment.join(
        session,
        ArticleToPlace(
            article_id=work.article_id,
            source_id=article.source_id,
            title=document.title or article.title,
            story_id=article.story_id,
            revision_id=revision_id,
            has_text=to_store.has_text,
        ),
        to_store.to_place,
        may_merge=may_merge,
        now=now,
    )
    published = document.published
    if article.revisions:
        recording.keep(session, [work.article_id], now=now)
    session.execute(
        _SHOW_AND_REST if run_id is None else _SHOW,
        {
            "article": work.article_id,
            "of_story": joined.story_id,
            "why": joined.because,
            "rules": DUPLICATES_VERSION,
            "credited": to_store.agency,
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
    summary.refresh(session, joined.story_id)
    return NewRevision(number, revision_id, tagging_id, joined)


def _revision(work: Work, to_store: DocumentToStore, number: int, now: datetime) -> dict[str, Any]:
    document = to_store.document
    from_page = document.taken_from == "page"
    published = document.published
    return {
        "article_id": work.article_id,
        "number": number,
        "seen_at": now,
        "snapshot_id": work.page_snapshot if from_page else work.entry_snapshot,
        "title": document.title,
        "text": document.text,
        "content_hash": revision_hash(document.title, document.text),
        "text_hash": to_store.to_place.fingerprint.text_hash,
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


def new_events(
    work: Work, written: NewRevision, tagger_output: TaggerOutput, *, run_id: int | None = None
) -> list[Event]:
    """The events that a new revision makes; `run_id`: the reprocessing that made it.

    What our code of today reads otherwise is no edit by the outlet. Of stories that were merged by
    it, `merge` has told.
    """
    joined = written.joined
    about = events.about(work.url, revision=written.number)
    article, story = work.article_id, joined.story_id
    new_events = []
    if joined.event is not None:
        event = Event(joined.event, article_id=article, story_id=story, payload=about)
        new_events.append(event)
    if run_id is not None:
        told = about | {"run": run_id}
        new_events.append(Event("article.reextracted", article_id=article, payload=told))
    elif written.number > 1:
        new_events.append(Event("article.revised", article_id=article, payload=about))
    judged = about | {
        "relevance": tagger_output.relevance,
        "score": round(tagger_output.score, taggings.SCORE_DIGITS),
        "topics": [topic.id for topic in tagger_output.topics],
    }
    new_events.append(Event("story.tagged", article_id=article, story_id=story, payload=judged))
    return new_events
