"""The stories of a time that is past, put together from their articles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlmodel import Session

from store.database.connection import rows_by_id
from store.history import articles_as_of
from store.history.articles_as_of import Shown
from store.tables import ArticleState, Id, Revision, Source, Story, Tagging, table

_stories, _states = table(Story), table(ArticleState)
_revisions, _taggings, _sources = table(Revision), table(Tagging), table(Source)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True, type_=Id)
_AFTER: BindParameter[Any] = bindparam("after", type_=Id)
_MOST: BindParameter[Any] = bindparam("most", type_=Id)

_REVISIONS = select(_revisions.c.id, _revisions.c.published_at, _revisions.c.language).where(
    _revisions.c.id.in_(_IDS)
)
_TAGGINGS = select(
    _taggings.c.id, _taggings.c.score, _taggings.c.relevance, _taggings.c.stance
).where(_taggings.c.id.in_(_IDS))
_SOURCES = select(_sources.c.id, _sources.c.name, _sources.c.country).where(
    _sources.c.id.in_(_IDS)
)  # fmt: skip
_NEXT_STORIES = select(_stories.c.id).where(_stories.c.id > _AFTER).order_by(_stories.c.id)
_NEXT_STATES = (
    select(_states.c.story_id)
    .distinct()
    .where(_states.c.story_id > _AFTER)
    .order_by(_states.c.story_id)
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A tagging, as far as a story is told by it."""

    id: int
    score: float
    relevance: str
    stance: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """An article of a story, with what the story takes from its text and its tagging."""

    shown: Shown
    published: datetime | None
    language: str | None
    source: str
    country: str | None
    judged: Judged | None


@dataclass(frozen=True, slots=True)
class Then:
    """A story at a time; its `members` in the order in which they were first seen."""

    id: int
    members: tuple[Member, ...]

    @property
    def first(self) -> Member:
        """The article that was seen first."""
        return self.members[0]

    @property
    def first_published(self) -> datetime | None:
        """The earliest date that an article of it gives for itself."""
        return min((one.published for one in self.members if one.published), default=None)

    @property
    def at(self) -> datetime:
        """The time that stories are filtered and ordered by."""
        return self.first_published or self.first.shown.first_seen_at

    @property
    def best(self) -> Judged | None:
        """The tagging with the best score, of equal ones the earliest."""
        judged = (one.judged for one in self.members if one.judged)
        return min(judged, key=lambda one: (-one.score, one.id), default=None)


def together(members: Iterable[Member]) -> dict[int, Then]:
    """The stories that these articles make, by their ids."""
    stories: dict[int, list[Member]] = {}
    for member in sorted(members, key=lambda one: (one.shown.first_seen_at, one.shown.id)):
        stories.setdefault(member.shown.story_id, []).append(member)
    return {story_id: Then(story_id, tuple(members)) for story_id, members in stories.items()}


def load(session: Session, story_ids: Sequence[int], as_of: datetime) -> dict[int, Then]:
    """These stories as they were; those that were not there are left out."""
    articles = articles_as_of.of_stories(session, story_ids, as_of)
    revisions = rows_by_id(session, _REVISIONS, (one.revision_id for one in articles))
    taggings = rows_by_id(session, _TAGGINGS, (one.tagging_id for one in articles))
    sources = rows_by_id(session, _SOURCES, (one.source_id for one in articles))
    members = []
    for one in articles:
        text, source = revisions[one.revision_id], sources[one.source_id]
        label = taggings.get(one.tagging_id)
        judged = Judged(label.id, label.score, label.relevance, label.stance) if label else None
        members.append(
            Member(one, text.published_at, text.language, source.name, source.country, judged)
        )
    return together(members)


def known_as(session: Session, story_id: int, as_of: datetime) -> int:
    """The id that this one led to by then: its own, or that of the story it had been merged into.

    Redirects tell where it leads today; where its articles were at that time is told by them.
    """
    if not articles_as_of.of_stories(session, [story_id], as_of):
        for left in articles_as_of.last_in(session, story_id, as_of):
            return left.story_id
    return story_id


def next_ids(session: Session, *, after: int, limit: int) -> list[int]:
    """The next ids of stories that are there or have been, in order."""
    values = {"after": after, "most": limit}
    found = {
        story_id
        for statement in (_NEXT_STORIES, _NEXT_STATES)
        for story_id in session.execute(statement.limit(_MOST), values).scalars()
    }
    return sorted(found)[:limit]
