"""What is kept so that stories are found and counted fast; all of it can be made anew."""

from datetime import date, datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from store.tables.columns import Id, id_column, owned_by, text_column, time_column


class StoryChange(SQLModel, table=True):
    """A note that a story has changed since it was indexed for search, or may have."""

    __tablename__ = "story_changes"

    id: int | None = id_column()
    # No foreign key: the note of a story that is gone goes when it is read.
    story_id: int = Field(sa_type=Id)


class StoryCoverage(SQLModel, table=True):
    """How many articles of a story an outlet's country printed in a day on a topic."""

    __tablename__ = "story_coverage"
    __table_args__ = ({"sqlite_with_rowid": False},)

    # In UTC, on which the articles were news (store/search/coverage.py).
    day: date = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    source_country: str = Field(primary_key=True)  # empty where it is not known
    story_id: int = owned_by("stories.id", primary_key=True, index=True)
    articles: int


class StoryDocument(SQLModel, table=True):
    """A story as it is indexed for search. Its words are in `story_words`, which each database
    has in its own way (store/search), and which is no table of the ORM."""

    __tablename__ = "story_documents"

    story_id: int = owned_by("stories.id", primary_key=True)
    day: int  # days since 1970 of `at`
    at: datetime = time_column()  # when it was first published, or else first seen
    digest: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False))


class ActorName(SQLModel, table=True):
    """What an actor of the indexed stories is called. To read it off all taggings takes 25 ms."""

    __tablename__ = "actor_names"

    actor: str = Field(primary_key=True)  # the lexicon's id
    name: str = text_column()
