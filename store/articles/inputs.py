"""All that is known of an article when its text is to be made: its bytes, and what stands now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, bindparam, func, select
from sqlmodel import Session

from ingest.feeds.entries import entry_from_json
from ingest.feeds.parse import Entry
from ingest.pages.choose_text import Current
from ingest.pages.quality import Quality
from store.articles import snapshots
from store.tables import (
    Article,
    Revision,
    Snapshot,
    Source,
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
