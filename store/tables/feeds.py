"""Who publishes, where it is polled, and who holds the lease of a host."""

from datetime import datetime

from sqlalchemy import Column, ColumnElement, Index, LargeBinary, Text, and_
from sqlmodel import Field, SQLModel, col

from store.tables.columns import id_column, owned_by, refers_to, text_column, time_column


class Source(SQLModel, table=True):
    """An outlet."""

    __tablename__ = "sources"

    id: int | None = id_column()
    name: str = text_column(unique=True)
    home_url: str | None = text_column(default=None)
    country: str | None = None
    language: str | None = None
    kind: str = "newspaper"
    state_media: bool = False


class Feed(SQLModel, table=True):
    """One RSS, Atom or JSON Feed URL of a source, and what the next poll of it needs."""

    __tablename__ = "feeds"
    __table_args__ = (Index("ix_feeds_due", "next_poll_at", "host"),)

    id: int | None = id_column()
    source_id: int = refers_to("sources.id", index=True)
    url: str = text_column()
    url_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    title: str = text_column(default="")
    added_at: datetime = time_column()
    paused: bool = False

    location: str = text_column()  # where it is asked for: `url`, or where that has moved for good
    host: str = text_column()
    moving_to: str | None = text_column(default=None)  # where its polls are being sent for good
    moving_since: datetime | None = time_column(default=None)
    moving_polls: int = 0  # in a row
    next_poll_at: datetime = time_column()
    interval_seconds: int | None = None
    etag: str | None = text_column(default=None)
    last_modified: str | None = text_column(default=None)
    body_hash: bytes | None = Field(default=None, sa_type=LargeBinary)

    last_polled_at: datetime | None = time_column(default=None)
    last_success_at: datetime | None = time_column(default=None)
    last_new_at: datetime | None = time_column(default=None)
    read_at: datetime | None = time_column(default=None)  # its entries were seen, new or not
    failures: int = 0  # in a row
    failing_since: datetime | None = time_column(default=None)
    last_error: str | None = text_column(default=None)
    gone_at: datetime | None = time_column(default=None)  # 410: not polled any more


def is_polled() -> ColumnElement[bool]:
    """Whether a feed is polled: nobody has paused it, and it is not gone for good."""
    return and_(col(Feed.paused).is_(False), col(Feed.gone_at).is_(None))


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether a feed is polled, and its time has come."""
    return and_(is_polled(), col(Feed.next_poll_at) <= now)


class Poll(SQLModel, table=True):
    """One attempt to read a feed."""

    __tablename__ = "polls"
    __table_args__ = (Index("ix_polls_feed_at", "feed_id", "at"),)

    id: int | None = id_column()
    feed_id: int = owned_by("feeds.id")
    at: datetime = time_column(index=True)
    outcome: str  # read, unchanged, failed, unreached
    status: int | None = None
    error: str | None = text_column(default=None)
    wire_bytes: int = 0
    seconds: float = 0.0
    entries: int = 0
    new: int = 0
    revised: int = 0
    rolled_over: bool = False


class Host(SQLModel, table=True):
    """A host that is asked for feeds and pages: who holds it, and when it may be asked next."""

    __tablename__ = "hosts"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    next_request_at: datetime = time_column()
    lease_owner: str | None = None
    lease_until: datetime | None = time_column(default=None)
    nudged_until: datetime | None = time_column(default=None)
    refusals: int = 0  # 429 and 503 in a row
    crawl_delay: float | None = None  # seconds, of its robots.txt as it was last read
    reached_at: datetime | None = time_column(default=None)  # when it last answered
    unreached_since: datetime | None = time_column(default=None)  # no connection came about


class Outage(SQLModel, table=True):
    """A time in which nobody could be reached: our own network was down."""

    __tablename__ = "outages"

    id: int | None = id_column()
    began_at: datetime = time_column()  # the first host that could not be reached
    noticed_at: datetime = time_column()
    ended_at: datetime | None = time_column(default=None)
    ongoing: bool | None = Field(default=None, unique=True)  # true or null: so there is one at most
