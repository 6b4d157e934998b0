"""Signs of life of the service's processes."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from store.tables.columns import time_column


class Heartbeat(SQLModel, table=True):
    """When a part of the service was last seen at work, by whichever of its processes."""

    __tablename__ = "heartbeats"

    name: str = Field(sa_column=Column(Text, primary_key=True))  # beat, network, cpu
    at: datetime = time_column()
