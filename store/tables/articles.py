"""Articles: where they were seen, what their pages were, and the texts read from them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from store.tables.columns import (
    Id,
    id_column,
    json_column,
    owned_by,
    refers_to,
    text_column,
    time_column,
)


class Stage(StrEnum):
    """What an article waits for. Its row is the queue; messages are only nudges."""

    FETCH = "fetch"
    PROCESS = "process"
    DONE = "done"
    QUARANTINED = "quarantined"


class Article(SQLModel, table=True):
    """One page of one source, known by its canonical URL."""

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_work", "stage", "next_attempt_at", "host"),
        Index("ix_articles_host_work", "host", "stage", "next_attempt_at"),
        Index(
            "ix_articles_refetch",
            "refetch_at",
            "host",
            sqlite_where=Column("refetch_at").is_not(None),
            postgresql_where=Column("refetch_at").is_not(None),
        ),
    )

    id: int | None = id_column()
    url: str = text_column()
    url_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    source_id: int = refers_to("sources.id", index=True)
    first_seen_at: datetime = time_column(index=True)
    origin: str | None = text_column(default=None)  # the import that brought it; None: a feed did

    stage: Stage = Field(sa_type=Text)
    attempts: int = 0
    next_attempt_at: datetime = time_column()
    claimed_by: str | None = None
    claimed_until: datetime | None = time_column(default=None)
    failed_stage: str | None = None
    error: str | None = text_column(default=None)

    host: str = text_column()  # empty where there is no page: its feed gives no link
    etag: str | None = text_column(default=None)
    last_modified: str | None = text_column(default=None)
    fetched_at: datetime | None = time_column(default=None)
    gone_at: datetime | None = time_column(default=None)  # the page answered 404 or 410
    page_status: int | None = None  # of the last fetch
    refetch_at: datetime | None = time_column(default=None)  # when its page is fetched again
    refetches: int = 0  # how often that has been done

    # The current revision, repeated here so that a list of articles is one look-up.
    revisions: int = 0
    revision_id: int | None = Field(default=None, sa_type=Id)
    tagging_id: int | None = Field(default=None, sa_type=Id)
    story_id: int | None = refers_to("stories.id", nullable=True, index=True)
    joined_because: str | None = text_column(default=None)  # why it is in that story
    # The duplicate rules that placed it there; 0: a run that had placed it was undone.
    duplicates_version: int | None = None
    agency: str | None = None  # that its text credits: reuters, xinhua, …
    title: str = text_column(default="")
    published_at: datetime | None = time_column(default=None, index=True)
    language: str | None = None
    quality: str | None = None


class ArticleAddress(SQLModel, table=True):
    """Another address of an article than its URL: one that led to it, or that its page states."""

    __tablename__ = "article_addresses"

    url_hash: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    article_id: int = owned_by("articles.id", primary_key=True, index=True)
    url: str = text_column()  # canonical
    # What leads here is this article. Else its page states it, and nothing more is known.
    leads_here: bool


class ArticleState(SQLModel, table=True):
    """What an article showed until it showed something else; what it shows now is its own row."""

    __tablename__ = "article_states"

    id: int | None = id_column()
    article_id: int = owned_by("articles.id", index=True)
    until: datetime = time_column()
    # The columns of the article, as they were. No foreign keys: a story may be no more.
    revision_id: int = Field(sa_type=Id)
    tagging_id: int | None = Field(default=None, sa_type=Id)
    story_id: int = Field(sa_type=Id, index=True)
    joined_because: str | None = text_column(default=None)
    agency: str | None = None
    title: str = text_column()


class Step(StrEnum):
    """What is done with stored bytes to make a tagged text of them; each comes before the next."""

    EXTRACT = "extract"
    DEDUPE = "dedupe"
    TAG = "tag"


class Sighting(SQLModel, table=True):
    """This entry in that feed led to this article."""

    __tablename__ = "sightings"
    __table_args__ = (Index("ix_sightings_guid", "feed_id", "guid_hash"),)

    feed_id: int = owned_by("feeds.id", primary_key=True)
    article_id: int = owned_by("articles.id", primary_key=True, index=True)
    guid: str | None = text_column(default=None)
    guid_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    entry_url: str = text_column()  # as the feed gave it
    title: str = text_column(default="")
    categories: list[str] = json_column(default_factory=list)
    published_raw: str | None = text_column(default=None)
    content_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    updated_raw: str | None = text_column(default=None)
    first_seen_at: datetime = time_column()
    last_seen_at: datetime = time_column()


_HELD = "kind = 'page' AND length(body) > 0 AND imported = false"


class Snapshot(SQLModel, table=True):
    """The bytes that were fetched, so that everything after can be done again."""

    __tablename__ = "snapshots"
    __table_args__ = (
        Index("ix_snapshots_article", "article_id", "kind", "id"),
        # The pages that retention has to look at, by their age.
        Index(
            "ix_snapshots_held",
            "taken_at",
            "id",
            "article_id",
            sqlite_where=text(_HELD),
            postgresql_where=text(_HELD),
        ),
    )

    id: int | None = id_column()
    article_id: int = owned_by("articles.id")
    kind: str  # page: the response's body · entry: the feed entry as JSON
    taken_at: datetime = time_column()
    url: str = text_column()  # the address that answered, after redirects
    content_type: str | None = text_column(default=None)
    sha256: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    size: int  # bytes before compression
    # Zstandard. Empty: retention let the bytes go, and size and hash tell what they were.
    body: bytes = Field(sa_type=LargeBinary)
    # An admin brought it: retention keeps what nobody could fetch again.
    imported: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class Revision(SQLModel, table=True):
    """The text of an article at one time. A changed text is a new revision, never an overwrite."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: int | None = id_column()
    article_id: int = owned_by("articles.id")
    number: int  # from 1
    seen_at: datetime = time_column()
    # Without its index, every snapshot that is purged would have all revisions read.
    snapshot_id: int | None = refers_to("snapshots.id", nullable=True, index=True)
    title: str = text_column()
    text: str = text_column()
    content_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    text_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    authors: list[str] = json_column(default_factory=list)
    published_at: datetime | None = time_column(default=None)
    published_raw: str | None = text_column(default=None)
    published_origin: str | None = None
    published_confidence: str | None = None
    language: str | None = None
    site_name: str | None = text_column(default=None)
    canonical_url: str | None = text_column(default=None)
    quality: str
    taken_from: str  # page, feed
    extractor_version: str
    # The newest extractor that made the same text of the same bytes.
    confirmed_version: str | None = None
    run_id: int | None = Field(default=None, sa_type=Id)  # the reprocessing that made it


class Tombstone(SQLModel, table=True):
    """What an admin has purged: the next poll that finds it again skips it."""

    __tablename__ = "tombstones"

    # The digest of the article's URL, or of a feed's id with the entry's GUID and title.
    key: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    url: str = text_column()
    purged_at: datetime = time_column()
    reason: str | None = text_column(default=None)
