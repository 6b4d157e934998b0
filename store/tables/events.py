"""The outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from store.tables.columns import Id, id_column, json_column, time_column


class EventRow(SQLModel, table=True):
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

    id: int | None = id_column()
    kind: str
    at: datetime = time_column()
    feed_id: int | None = Field(default=None, sa_type=Id)
    article_id: int | None = Field(default=None, sa_type=Id)
    story_id: int | None = Field(default=None, sa_type=Id)
    payload: dict[str, Any] = json_column(default_factory=dict)
    delivered_at: datetime | None = time_column(default=None)
