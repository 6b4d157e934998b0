"""Reprocessing: runs, their chunks, and what they have changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from store.tables.articles import Step
from store.tables.columns import (
    Id,
    id_column,
    json_column,
    owned_by,
    text_column,
    time_column,
)


class Run(SQLModel, table=True):
    """One reprocessing: what was chosen, by whom, with which code, and how far it is."""

    __tablename__ = "runs"

    id: int | None = id_column()
    step: Step = Field(sa_type=Text)  # the first of the steps that are done again
    selection: dict[str, Any] = json_column(default_factory=dict)
    started_at: datetime = time_column()
    started_by: str = text_column()
    state: str  # running, stopped, done, undone
    finished_at: datetime | None = time_column(default=None)
    undone_at: datetime | None = time_column(default=None)
    articles: int
    without_page: int = 0  # of them; their pages' bytes are let go, and their texts stay
    extractor_version: str
    algorithm_version: str
    tagger_version: str
    lexicon_version: str


class RunChunk(SQLModel, table=True):
    """Some articles of a run, done by one worker at a time. Its row is the queue."""

    __tablename__ = "run_chunks"
    __table_args__ = (Index("ix_run_chunks_work", "run_id", "state", "number"),)

    run_id: int = owned_by("runs.id", primary_key=True)
    number: int = Field(primary_key=True)
    article_ids: list[int] = json_column(default_factory=list)
    size: int  # how many they are
    state: str  # waiting, done, failed
    attempts: int = 0
    claimed_by: str | None = text_column(default=None)  # the process, as host:pid
    claimed_until: datetime | None = time_column(default=None)
    error: str | None = text_column(default=None)


class RunChange(SQLModel, table=True):
    """What a run has changed of an article, so that it can be told and undone."""

    __tablename__ = "run_changes"

    run_id: int = owned_by("runs.id", primary_key=True)
    article_id: int = owned_by("articles.id", primary_key=True, index=True)
    revision_before: int = Field(sa_type=Id)
    revision_after: int = Field(sa_type=Id)
    tagging_before: int | None = Field(default=None, sa_type=Id)
    tagging_after: int | None = Field(default=None, sa_type=Id)
    story_before: int = Field(sa_type=Id)
    story_after: int = Field(sa_type=Id)
    # What else the article showed before, where its revision does not tell.
    joined_before: str | None = text_column(default=None)
    agency_before: str | None = None
    title_before: str = text_column(default="")
    error_before: str | None = text_column(default=None)
