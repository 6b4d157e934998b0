"""The tables, one class a word of the house (docs/data-dictionary.md tells them to analysts).

Times are aware and in UTC. Long unique texts (URLs) are indexed by their SHA-256, since a URL of
9 kB does not fit an index page. JSON columns hold what is shown but never searched by.
"""

import hashlib
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

Json = JSON().with_variant(JSONB(), "postgresql")
# SQLite numbers rows itself only where the column is called INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz on PostgreSQL, ISO text in UTC on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def digest(text: str) -> bytes:
    """The 32 bytes by which a long text (a URL, a GUID) is looked up."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _time(**options: Any) -> Any:
    return Field(sa_type=UtcDateTime, **options)


def _text(**options: Any) -> Any:
    return Field(sa_type=Text, **options)


def _json(**options: Any) -> Any:
    return Field(sa_column=Column(Json, nullable=False), **options)


def _id() -> Any:
    return Field(default=None, sa_column=Column(Id, primary_key=True))


def _refers_to(target: str, *, nullable: bool = False, index: bool = False) -> Any:
    column = Column(Id, ForeignKey(target), nullable=nullable, index=index)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def _owned_by(target: str, *, primary_key: bool = False, index: bool = False) -> Any:
    """A foreign key whose row goes when its owner goes."""
    return Field(
        sa_column=Column(
            Id,
            ForeignKey(target, ondelete="CASCADE"),
            nullable=False,
            primary_key=primary_key,
            index=index,
        )
    )


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model.

    Statements that run for every page are built once over it, with bound parameters: building an
    ORM statement costs five times as much as running it on SQLite (0.4 ms against 0.05).
    """
    made: Table = model.__table__  # type: ignore[attr-defined]
    return made


class Stage(StrEnum):
    """What an article waits for. Its row is the queue; messages are only nudges."""

    FETCH = "fetch"
    PROCESS = "process"
    DONE = "done"
    QUARANTINED = "quarantined"


class Source(SQLModel, table=True):
    """An outlet."""

    __tablename__ = "sources"

    id: int | None = _id()
    name: str = _text(unique=True)
    home_url: str | None = _text(default=None)
    country: str | None = None
    language: str | None = None
    kind: str = "newspaper"
    state_media: bool = False


class Feed(SQLModel, table=True):
    """One RSS, Atom or JSON Feed URL of a source, and what the next poll of it needs."""

    __tablename__ = "feeds"
    __table_args__ = (Index("ix_feeds_due", "next_poll_at", "host"),)

    id: int | None = _id()
    source_id: int = _refers_to("sources.id", index=True)
    url: str = _text()
    url_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    title: str = _text(default="")
    added_at: datetime = _time()
    paused: bool = False

    location: str = _text()  # where it is asked for: `url`, or where that has moved for good
    host: str = _text()
    next_poll_at: datetime = _time()
    interval_seconds: int | None = None
    etag: str | None = _text(default=None)
    last_modified: str | None = _text(default=None)
    body_hash: bytes | None = Field(default=None, sa_type=LargeBinary)

    last_polled_at: datetime | None = _time(default=None)
    last_success_at: datetime | None = _time(default=None)
    last_new_at: datetime | None = _time(default=None)
    failures: int = 0  # in a row
    failing_since: datetime | None = _time(default=None)
    last_error: str | None = _text(default=None)
    gone_at: datetime | None = _time(default=None)  # 410: not polled any more


class Poll(SQLModel, table=True):
    """One attempt to read a feed."""

    __tablename__ = "polls"
    __table_args__ = (Index("ix_polls_feed_at", "feed_id", "at"),)

    id: int | None = _id()
    feed_id: int = _owned_by("feeds.id")
    at: datetime = _time(index=True)
    outcome: str  # read, unchanged, failed
    status: int | None = None
    error: str | None = _text(default=None)
    wire_bytes: int = 0
    seconds: float = 0.0
    entries: int = 0
    new: int = 0
    revised: int = 0
    rolled_over: bool = False


class Host(SQLModel, table=True):
    """A host that is asked for feeds and pages: whose turn it is, and when it may be asked next."""

    __tablename__ = "hosts"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    next_request_at: datetime = _time()
    lease_owner: str | None = None
    lease_until: datetime | None = _time(default=None)
    nudged_until: datetime | None = _time(default=None)
    refusals: int = 0  # 429 and 503 in a row


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

    id: int | None = _id()
    url: str = _text()
    url_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    source_id: int = _refers_to("sources.id", index=True)
    first_seen_at: datetime = _time(index=True)
    origin: str | None = _text(default=None)  # the import that brought it; None: a feed did

    stage: Stage = Field(sa_type=Text)
    attempts: int = 0
    next_attempt_at: datetime = _time()
    claimed_by: str | None = None
    claimed_until: datetime | None = _time(default=None)
    failed_stage: str | None = None
    error: str | None = _text(default=None)

    host: str = _text()
    etag: str | None = _text(default=None)
    last_modified: str | None = _text(default=None)
    fetched_at: datetime | None = _time(default=None)
    gone_at: datetime | None = _time(default=None)  # the page answered 404 or 410
    page_status: int | None = None  # of the last fetch
    refetch_at: datetime | None = _time(default=None)  # when its page is looked at again for edits
    refetches: int = 0  # how often that has been done

    # The current revision, repeated here so that a list of articles is one look-up.
    revisions: int = 0
    revision_id: int | None = Field(default=None, sa_type=Id)
    tagging_id: int | None = Field(default=None, sa_type=Id)
    story_id: int | None = _refers_to("stories.id", nullable=True, index=True)
    joined_because: str | None = _text(default=None)  # why it is in that story
    agency: str | None = None  # that its text credits: reuters, xinhua, …
    title: str = _text(default="")
    published_at: datetime | None = _time(default=None, index=True)
    language: str | None = None
    quality: str | None = None


class Step(StrEnum):
    """What is done with stored bytes to make a tagged text of them; each comes before the next."""

    EXTRACT = "extract"
    DEDUPE = "dedupe"
    TAG = "tag"


class Sighting(SQLModel, table=True):
    """This entry in that feed led to this article."""

    __tablename__ = "sightings"
    __table_args__ = (Index("ix_sightings_guid", "feed_id", "guid_hash"),)

    feed_id: int = _owned_by("feeds.id", primary_key=True)
    article_id: int = _owned_by("articles.id", primary_key=True, index=True)
    guid: str | None = _text(default=None)
    guid_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    entry_url: str = _text()  # as the feed gave it
    title: str = _text(default="")
    categories: list[str] = _json(default_factory=list)
    published_raw: str | None = _text(default=None)
    content_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    updated_raw: str | None = _text(default=None)
    first_seen_at: datetime = _time()
    last_seen_at: datetime = _time()


class Snapshot(SQLModel, table=True):
    """The bytes that were fetched, so that everything after can be done again."""

    __tablename__ = "snapshots"
    __table_args__ = (Index("ix_snapshots_article", "article_id", "kind", "id"),)

    id: int | None = _id()
    article_id: int = _owned_by("articles.id")
    kind: str  # page: the response's body · entry: the feed entry as JSON
    taken_at: datetime = _time()
    url: str = _text()  # the address that answered, after redirects
    content_type: str | None = _text(default=None)
    sha256: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    size: int  # bytes before compression
    body: bytes = Field(sa_type=LargeBinary)  # Zstandard


class Revision(SQLModel, table=True):
    """The text of an article at one time. A changed text is a new revision, never an overwrite."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: int | None = _id()
    article_id: int = _owned_by("articles.id")
    number: int  # from 1
    seen_at: datetime = _time()
    # Without its index, every snapshot that is purged would have all revisions read.
    snapshot_id: int | None = _refers_to("snapshots.id", nullable=True, index=True)
    title: str = _text()
    text: str = _text()
    content_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    text_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    authors: list[str] = _json(default_factory=list)
    published_at: datetime | None = _time(default=None)
    published_raw: str | None = _text(default=None)
    published_origin: str | None = None
    published_confidence: str | None = None
    language: str | None = None
    site_name: str | None = _text(default=None)
    canonical_url: str | None = _text(default=None)
    quality: str
    taken_from: str  # page, feed
    extractor_version: str
    # The newest extractor that made the same text of the same bytes.
    confirmed_version: str | None = None
    run_id: int | None = Field(default=None, sa_type=Id)  # the reprocessing that made it


class Story(SQLModel, table=True):
    """One text, however many articles carry it. The columns below are kept from its articles."""

    __tablename__ = "stories"
    __table_args__ = (Index("ix_stories_relevance_seen", "relevance", "first_seen_at"),)

    id: int | None = _id()
    first_seen_at: datetime = _time(index=True)
    first_published_at: datetime | None = _time(default=None)
    article_id: int | None = Field(
        default=None, sa_type=Id, index=True
    )  # the one that was seen first
    tagging_id: int | None = Field(
        default=None, sa_type=Id, index=True
    )  # of the article with the best score
    title: str = _text(default="")
    language: str | None = None
    articles: int = 0
    sources: int = 0
    relevance: str = "none"
    score: float = 0.0
    stance: str | None = None


class StoryText(SQLModel, table=True):
    """A text that stands for a story. The key of its exact fingerprint settles races."""

    __tablename__ = "story_texts"

    id: int | None = _id()
    text_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    story_id: int = _owned_by("stories.id", index=True)
    # The revision that brought it, which a near copy is compared with.
    revision_id: int | None = Field(default=None, sa_type=Id)
    seen_at: datetime = _time()
    algorithm_version: str


class StoryKey(SQLModel, table=True):
    """A key by which near copies of a text are found: a band of its MinHash, or a like digest.

    The day is part of the key, so that a look-up within a window reads that window alone. There
    is no foreign key: an index for it would double the table, and a key whose text is gone finds
    nothing.
    """

    __tablename__ = "story_keys"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    day: int = Field(primary_key=True)  # days since 1970 on which the text was first seen
    text_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class StoryRedirect(SQLModel, table=True):
    """A story that was merged into another: its id still leads there."""

    __tablename__ = "story_redirects"

    story_id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    into_id: int = _owned_by("stories.id", index=True)
    merged_at: datetime = _time()
    because: str = _text()


class Tombstone(SQLModel, table=True):
    """What an admin has purged: the next poll that finds it again lets it lie."""

    __tablename__ = "tombstones"

    # The digest of the article's URL, or of a feed's id with the entry's GUID and title.
    key: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    url: str = _text()
    purged_at: datetime = _time()
    reason: str | None = _text(default=None)


class Tagging(SQLModel, table=True):
    """What the tagger of one version said of one revision."""

    __tablename__ = "taggings"
    __table_args__ = (UniqueConstraint("revision_id", "tagger_version", "lexicon_version"),)

    id: int | None = _id()
    revision_id: int = _owned_by("revisions.id")
    tagged_at: datetime = _time()
    tagger_version: str
    lexicon_version: str
    relevance: str
    score: float
    stance: str | None = None
    language: str | None = None
    evidence: list[dict[str, Any]] = _json(default_factory=list)
    run_id: int | None = Field(default=None, sa_type=Id)  # the reprocessing that made it


class TaggingTopic(SQLModel, table=True):
    """A topic of a tagging."""

    __tablename__ = "tagging_topics"
    __table_args__ = (Index("ix_tagging_topics_topic", "topic", "tagging_id"),)

    tagging_id: int = _owned_by("taggings.id", primary_key=True)
    topic: str = Field(primary_key=True)
    score: float


class TaggingActor(SQLModel, table=True):
    """A person, institution, company or country named in a tagged text."""

    __tablename__ = "tagging_actors"
    __table_args__ = (Index("ix_tagging_actors_actor", "actor", "tagging_id"),)

    tagging_id: int = _owned_by("taggings.id", primary_key=True)
    actor: str = Field(primary_key=True)  # the lexicon's id
    name: str
    kind: str
    side: str
    role: str | None = None
    mentions: int
    first_offset: int


class Event(SQLModel, table=True):
    """Something that happened, written with the change that it tells of, delivered afterwards."""

    __tablename__ = "events"
    __table_args__ = (
        Index(
            "ix_events_undelivered",
            "id",
            sqlite_where=Column("delivered_at").is_(None),
            postgresql_where=Column("delivered_at").is_(None),
        ),
    )

    id: int | None = _id()
    kind: str
    at: datetime = _time()
    feed_id: int | None = Field(default=None, sa_type=Id)
    article_id: int | None = Field(default=None, sa_type=Id)
    story_id: int | None = Field(default=None, sa_type=Id)
    payload: dict[str, Any] = _json(default_factory=dict)
    delivered_at: datetime | None = _time(default=None)


class StoryMove(SQLModel, table=True):
    """An article that left one story for another: merged, split off, or undone."""

    __tablename__ = "story_moves"

    id: int | None = _id()
    article_id: int = _owned_by("articles.id", index=True)
    at: datetime = _time()
    from_id: int = Field(sa_type=Id)
    to_id: int = Field(sa_type=Id)
    because: str | None = _text(default=None)  # why it had been in the story that it left


class Run(SQLModel, table=True):
    """One reprocessing: what was chosen, by whom, with which code, and how far it is."""

    __tablename__ = "runs"

    id: int | None = _id()
    step: Step = Field(sa_type=Text)  # the first of the steps that are done again
    selection: dict[str, Any] = _json(default_factory=dict)
    started_at: datetime = _time()
    started_by: str = _text()
    state: str  # running, stopped, done, undone
    finished_at: datetime | None = _time(default=None)
    undone_at: datetime | None = _time(default=None)
    articles: int
    extractor_version: str
    algorithm_version: str
    tagger_version: str
    lexicon_version: str


class RunChunk(SQLModel, table=True):
    """Some articles of a run, done by one worker at a time. Its row is the queue."""

    __tablename__ = "run_chunks"
    __table_args__ = (Index("ix_run_chunks_work", "run_id", "state", "number"),)

    run_id: int = _owned_by("runs.id", primary_key=True)
    number: int = Field(primary_key=True)
    article_ids: list[int] = _json(default_factory=list)
    size: int  # how many they are
    state: str  # waiting, done, failed
    attempts: int = 0
    claimed_until: datetime | None = _time(default=None)
    error: str | None = _text(default=None)


class RunChange(SQLModel, table=True):
    """What a run has changed of an article, so that it can be told and undone."""

    __tablename__ = "run_changes"

    run_id: int = _owned_by("runs.id", primary_key=True)
    article_id: int = _owned_by("articles.id", primary_key=True, index=True)
    revision_before: int = Field(sa_type=Id)
    revision_after: int = Field(sa_type=Id)
    tagging_before: int | None = Field(default=None, sa_type=Id)
    tagging_after: int | None = Field(default=None, sa_type=Id)
    story_before: int = Field(sa_type=Id)
    story_after: int = Field(sa_type=Id)


class StoryChange(SQLModel, table=True):
    """A note that a story has changed since it was indexed for search, or may have."""

    __tablename__ = "story_changes"

    id: int | None = _id()
    # No foreign key: the note of a story that is gone settles itself.
    story_id: int = Field(sa_type=Id)


class StoryCoverage(SQLModel, table=True):
    """How many articles of a story an outlet's country printed in a day on a topic."""

    __tablename__ = "story_coverage"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: date = Field(primary_key=True)  # in UTC, on which the articles were first seen
    topic: str = Field(primary_key=True)
    source_country: str = Field(primary_key=True)  # empty where it is not known
    story_id: int = _owned_by("stories.id", primary_key=True, index=True)
    articles: int


class StoryDocument(SQLModel, table=True):
    """A story as it is indexed for search. Its words are in `story_words`, which each database
    has in its own way (store/fulltext), and which is no table of the ORM."""

    __tablename__ = "story_documents"

    story_id: int = _owned_by("stories.id", primary_key=True)
    day: int  # days since 1970 of `at`
    at: datetime = _time()  # when it was first published, or else first seen
    digest: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False))
