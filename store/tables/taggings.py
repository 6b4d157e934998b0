"""What the tagger said of a revision, its topics and its actors."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import Id, id_column, json_column, owned_by, time_column


class Tagging(SQLModel, table=True):
    """What the tagger of one version said of one revision."""

    __tablename__ = "taggings"
    __table_args__ = (UniqueConstraint("revision_id", "tagger_version", "lexicon_version"),)

    id: int | None = id_column()
    revision_id: int = owned_by("revisions.id")
    tagged_at: datetime = time_column()
    tagger_version: str
    lexicon_version: str
    relevance: str
    score: float
    stance: str | None = None
    language: str | None = None
    evidence: list[dict[str, Any]] = json_column(default_factory=list)
    run_id: int | None = Field(default=None, sa_type=Id)  # the reprocessing that made it


class TaggingTopic(SQLModel, table=True):
    """A topic of a tagging."""

    __tablename__ = "tagging_topics"
    __table_args__ = (Index("ix_tagging_topics_topic", "topic", "tagging_id"),)

    tagging_id: int = owned_by("taggings.id", primary_key=True)
    topic: str = Field(primary_key=True)
    score: float


class TaggingActor(SQLModel, table=True):
    """A person, institution, company or country named in a tagged text."""

    __tablename__ = "tagging_actors"
    __table_args__ = (Index("ix_tagging_actors_actor", "actor", "tagging_id"),)

    tagging_id: int = owned_by("taggings.id", primary_key=True)
    actor: str = Field(primary_key=True)  # the lexicon's id
    name: str
    kind: str
    side: str
    role: str | None = None
    mentions: int
    first_offset: int
