"""Stories: the texts that stand for them, the keys that find near copies, and what was merged."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from store.tables.columns import Id, id_column, owned_by, text_column, time_column


class Story(SQLModel, table=True):
    """One text, however many articles carry it. The columns below are kept from its articles."""

    __tablename__ = "stories"
    __table_args__ = (Index("ix_stories_relevance_seen", "relevance", "first_seen_at"),)

    id: int | None = id_column()
    first_seen_at: datetime = time_column(index=True)
    first_published_at: datetime | None = time_column(default=None)
    article_id: int | None = Field(
        default=None, sa_type=Id, index=True
    )  # the one that was seen first
    tagging_id: int | None = Field(
        default=None, sa_type=Id, index=True
    )  # of the article with the best score
    title: str = text_column(default="")
    language: str | None = None
    articles: int = 0
    sources: int = 0
    relevance: str = "none"
    score: float = 0.0
    stance: str | None = None


class StoryText(SQLModel, table=True):
    """A text that stands for a story. The key of its exact fingerprint settles races."""

    __tablename__ = "story_texts"

    id: int | None = id_column()
    text_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    story_id: int = owned_by("stories.id", index=True)
    # The revision that brought it, which a near copy is compared with.
    revision_id: int | None = Field(default=None, sa_type=Id)
    seen_at: datetime = time_column()
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
    into_id: int = owned_by("stories.id", index=True)
    merged_into_id: int = Field(sa_type=Id)  # by that merge; `into_id` is where that one is now
    merged_at: datetime = time_column()
    because: str = text_column()


class StoryMove(SQLModel, table=True):
    """An article that left one story for another: merged, split off, or undone."""

    __tablename__ = "story_moves"

    id: int | None = id_column()
    article_id: int = owned_by("articles.id", index=True)
    at: datetime = time_column()
    from_id: int = Field(sa_type=Id)
    to_id: int = Field(sa_type=Id)
    because: str | None = text_column(default=None)  # why it had been in the story that it left
