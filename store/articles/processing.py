"""The step from a snapshot to a tagged revision in a story: what it needs, what it leaves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, Text, bindparam, func, select
from sqlmodel import Session

from ingest.duplicates.decide import Printing
from ingest.duplicates.fingerprint import Fingerprint, edition_hash, fingerprint
from ingest.feeds.entries import entry_from_json
from ingest.feeds.parse import Entry
from ingest.pages.agency import credited_agency
from ingest.pages.choose_text import Current
from ingest.pages.extract import EXTRACTOR_VERSION, Document
from ingest.pages.quality import Quality
from ingest.relations.tagging import Tagging as Judgement
from store import events
from store.articles import snapshots, taggings
from store.database.connection import Database
from store.events import Happening
from store.history import recording
from store.stories import assignment, merge, near_duplicates
from store.stories.assignment import Bringing, Joined
from store.stories.boilerplate import Boilerplate
from store.stories.merge import MergeNeeded
from store.stories.near_duplicates import Brought
from store.tables import (
    Article,
    Revision,
    Snapshot,
    Source,
    Stage,
    digest,
    table,
)

_articles, _snapshots, _revisions = table(Article), table(Snapshot), table(Revision)
_sources = table(Source)


def newest(kind: str) -> Any:
    """The id of an article's newest snapshot of a kind."""
    return (
        select(func.max(_snapshots.c.id))
        .where(_snapshots.c.article_id == _articles.c.id, _snapshots.c.kind == kind)
        .scalar_subquery()
    )


_page, _entry = _snapshots.alias("page"), _snapshots.alias("entry")


def works(page_id: Any) -> Select[Any]:
    """Everything that `work_of` needs of articles; `page_id` is that of their page's snapshot."""
    return (
        select(
            _articles.c.id,
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
        .outerjoin(_revisions, _revisions.c.id == _articles.c.revision_id)
        .outerjoin(_page, _page.c.id == page_id)
        .outerjoin(_entry, _entry.c.id == newest(snapshots.ENTRY))
    )


_LOAD = works(newest(snapshots.PAGE)).where(_articles.c.id == bindparam("article"))
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
    # SQLite gives the id of an article that was purged to the next one.
    .where(_articles.c.url == bindparam("its_url"))
    .with_for_update(of=_articles)
)
_AT_REST = {"stage": Stage.DONE, "attempts": 0, "claimed_until": None}
_OF_ARTICLE = _articles.update().where(_articles.c.id == bindparam("article"))
_REST = _OF_ARTICLE.values(**_AT_REST)
_SHOW = _OF_ARTICLE.values(
    story_id=bindparam("of_story"),
    joined_because=func.coalesce(bindparam("why", type_=Text), _articles.c.joined_because),
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
_PRINTED_BY = (
    select(_articles.c.story_id, _articles.c.source_id, _sources.c.name)
    .join(_sources, _sources.c.id == _articles.c.source_id)
    .where(_articles.c.id == bindparam("article"))
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

    @property
    def page_is_let_go(self) -> bool:
        """There was a page, and retention has let its bytes go."""
        return self.page is None and self.page_snapshot is not None


def load(session: Session, article_id: int) -> Work:
    """Gather what processing an article needs."""
    return work_of(session.execute(_LOAD, {"article": article_id}).one())


def work_of(row: Row[Any]) -> Work:
    """A row of `works`, its bytes unpacked."""
    current = None
    if row.current_hash is not None:
        current = Current(bytes(row.current_hash), Quality(row.current_quality))
    page = None
    if row.page_body:
        page = Page(snapshots.decompress(row.page_body), row.page_url, row.page_type)
    entry = None
    if row.entry_body is not None:
        entry = entry_from_json(snapshots.decompress(row.entry_body))
    return Work(
        article_id=row.id,
        url=row.url,
        first_seen_at=row.first_seen_at,
        country=row.country,
        source_side=source_side(row.kind, row.country),
        page=page,
        page_snapshot=row.page_id,
        entry=entry,
        entry_snapshot=row.entry_id,
        current=current,
    )


def source_side(kind: str, country: str | None) -> Literal["us", "china"] | None:
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


@dataclass(frozen=True, slots=True)
class Examined:
    """An article's document, and what can be known of its story before it is recorded."""

    document: Document
    brought: Brought
    agency: str | None
    has_text: bool


def examine(session: Session, work: Work, document: Document, boilerplate: Boilerplate) -> Examined:
    """Compare a text with those that are like it; ahead of the transaction that records it."""
    by = session.execute(_PRINTED_BY, {"article": work.article_id}).one()
    without = boilerplate.of(session, by.source_id)
    published = document.published.at if document.published else None
    # A wall is nobody's text: it is the same on every page.
    wall = document.taken_from == "page" and document.quality not in (Quality.OK, Quality.SHORT)
    has_text = bool(document.text) and not wall
    if has_text:
        found = fingerprint(document.title, document.text, without=without)
    else:
        found = Fingerprint(digest(work.url), ())
    brought = Brought(
        fingerprint=found,
        printing=Printing(document.title, document.text, published, by.name, without),
        first_seen_at=work.first_seen_at,
        boilerplate=boilerplate,
    )
    if not assignment.is_known(session, brought):
        near_duplicates.find(session, brought, story_id=by.story_id)
    agency = credited_agency(document.title, document.text, document.authors) if has_text else None
    return Examined(document, brought, agency, has_text)


def settle(
    database: Database, work: Work, examined: Examined, judgement: Judgement, *, now: datetime
) -> "Written | None":
    """Do `record` in a transaction of its own; once more, where stories have to be merged."""
    try:
        with database.writing() as session:
            return record(session, work, examined, judgement, now=now)
    except MergeNeeded:
        with database.writing() as session:
            return record(session, work, examined, judgement, merging_stories=True, now=now)


def record(
    session: Session,
    work: Work,
    examined: Examined,
    judgement: Judgement,
    *,
    merging_stories: bool = False,
    now: datetime,
) -> "Written | None":
    """Store a new revision with its tagging, settle its story, and tell what happened.

    Returns what was stored; None where the article is not waiting any more, because
    another worker has done this already or newer bytes have come meanwhile. Raises `MergeNeeded`
    where stories turn out to be one, and merging was not asked for.
    """
    may_merge = merge.hold(session, merging=merging_stories)
    article = _still_waiting(session, work)
    if article is None:
        return None
    written = write(session, article, work, examined, judgement, may_merge=may_merge, now=now)
    events.write(session, happenings(work, written, judgement), now=now)
    return written


@dataclass(frozen=True, slots=True)
class Written:
    """A new revision of an article, its tagging, and where it has come to stand."""

    number: int
    revision_id: int
    tagging_id: int
    joined: Joined


def write(
    session: Session,
    article: Row[Any],
    work: Work,
    examined: Examined,
    judgement: Judgement,
    *,
    may_merge: bool,
    now: datetime,
    run_id: int | None = None,
) -> Written:
    """Store a revision with its tagging and its story, and let the article show it.

    `article` is its row, locked: `revisions`, `source_id`, `story_id`, `title` and `error`.
    `run_id`: the reprocessing that made the revision; without one, the article has been waiting
    for this, and rests now.
    """
    document = examined.document
    number: int = article.revisions + 1
    revision = _revision(work, examined, number, now) | {"run_id": run_id}
    revision_id: int = session.execute(_INSERT_REVISION, revision).scalar_one()
    (tagging_id,) = taggings.store(session, [(revision_id, judgement)], now=now, run_id=run_id)
    joined = assignment.join(
        session,
        Bringing(
            article_id=work.article_id,
            source_id=article.source_id,
            title=document.title or article.title,
            story_id=article.story_id,
            revision_id=revision_id,
            has_text=examined.has_text,
        ),
        examined.brought,
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
            "credited": examined.agency,
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
    assignment.refresh(session, joined.story_id)
    return Written(number, revision_id, tagging_id, joined)


def _still_waiting(session: Session, work: Work) -> Row[Any] | None:
    """The article, locked, if it still waits for the processing of these very snapshots."""
    row = session.execute(_LOCK, {"article": work.article_id, "its_url": work.url}).first()
    seen = max(filter(None, (work.page_snapshot, work.entry_snapshot)), default=None)
    return row if row is not None and row.newest == seen else None


def _revision(work: Work, examined: Examined, number: int, now: datetime) -> dict[str, Any]:
    document = examined.document
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
        "text_hash": examined.brought.fingerprint.text_hash,
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


def happenings(
    work: Work, written: Written, judgement: Judgement, *, run_id: int | None = None
) -> list[Happening]:
    """The events that a new revision makes; `run_id`: the reprocessing that made it.

    What our code of today reads otherwise is no edit by the outlet.
    """
    joined = written.joined
    about = events.about(work.url, revision=written.number)
    article, story = work.article_id, joined.story_id
    happenings = []
    for merged in joined.merged:
        told = {"into": merged.into, "because": merged.because}
        happenings.append(Happening("story.merged", story_id=merged.story_id, payload=told))
    if joined.event is not None:
        event = Happening(joined.event, article_id=article, story_id=story, payload=about)
        happenings.append(event)
    if run_id is not None:
        told = about | {"run": run_id}
        happenings.append(Happening("article.reextracted", article_id=article, payload=told))
    elif written.number > 1:
        happenings.append(Happening("article.revised", article_id=article, payload=about))
    judged = about | {
        "relevance": judgement.relevance,
        "score": round(judgement.score, taggings.SCORE_DIGITS),
        "topics": [topic.id for topic in judgement.topics],
    }
    happenings.append(Happening("story.tagged", article_id=article, story_id=story, payload=judged))
    return happenings
