"""Signs of life of the service's processes, and how far its upkeep has come."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from store.tables.columns import Id, time_column


class Heartbeat(SQLModel, table=True):
    """When a part of the service was last seen at work, by whichever of its processes."""

    __tablename__ = "heartbeats"

    name: str = Field(sa_column=Column(Text, primary_key=True))  # beat, network, cpu
    at: datetime = time_column()


class Walk(SQLModel, table=True):
    """A walk through a table, a part at a time: where it goes on."""

    __tablename__ = "walks"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    began_at: datetime = time_column()
    # The last row that was looked at, by its time and id; null: the walk came to its end.
    reached_at: datetime | None = time_column(default=None)
    reached_id: int | None = Field(default=None, sa_type=Id)
