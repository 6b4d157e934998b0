"""Stories as analysts see them: with their copies, their people and their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlmodel import Session

from store.history import stories_as_of as past
from store.history.stories_as_of import Judged, Then
from store.search import labels
from store.tables import (
    Article,
    Revision,
    Source,
    Story,
    StoryRedirect,
    Tagging,
    TaggingActor,
    table,
)

# Stories are read with their parts in batches of this many, so that memory stays flat.
BATCH = 200

_stories, _articles, _sources = table(Story), table(Article), table(Source)
_revisions, _taggings = table(Revision), table(Tagging)
_actors, _redirects = table(TaggingActor), table(StoryRedirect)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_STORIES: Select[Any] = select(
    *(
        _stories.c[name]
        for name in (
            "id",
            "first_published_at",
            "first_seen_at",
            "language",
            "articles",
            "relevance",
            "score",
            "stance",
            "tagging_id",
        )
    )
).where(_stories.c.id.in_(_IDS), _stories.c.tagging_id.is_not(None))
_COPIES = (
    select(
        _articles.c.story_id,
        _articles.c.url,
        _sources.c.name,
        _sources.c.country,
        _articles.c.agency,
    )
    .join(_sources, _articles.c.source_id == _sources.c.id)
    .where(_articles.c.story_id.in_(_IDS))
    .order_by(_articles.c.first_seen_at, _articles.c.id)
)
_JUDGED = (
    select(_taggings.c.id, _taggings.c.evidence, _revisions.c.title, _revisions.c.text)
    .join(_revisions, _revisions.c.id == _taggings.c.revision_id)
    .where(_taggings.c.id.in_(_IDS))
)
_ACTORS = (
    select(
        *(
            _actors.c[name]
            for name in ("tagging_id", "actor", "name", "kind", "side", "role", "mentions")
        )
    )
    .where(_actors.c.tagging_id.in_(_IDS))
    .order_by(_actors.c.mentions.desc(), _actors.c.first_offset)
)
_INTO = select(_redirects.c.story_id, _redirects.c.into_id).where(_redirects.c.story_id.in_(_IDS))


@dataclass(frozen=True, slots=True)
class ActorFound:
    """Somebody a story names, and how often."""

    id: str
    name: str
    kind: str
    side: str
    role: str | None
    mentions: int


@dataclass(frozen=True, slots=True)
class Copy:
    """Who prints a story, and where; `agency` is what this copy credits."""

    url: str
    source: str
    country: str | None
    agency: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """A story as it is counted: its labels, and its copies in the order of first sight.

    `tagging_id` is the tagging that it is labelled by.
    """

    id: int
    first_published: datetime | None
    first_seen: datetime
    language: str | None
    articles: int
    relevance: str
    score: float
    stance: str | None
    tagging_id: int
    copies: tuple[Copy, ...]

    @property
    def at(self) -> datetime:
        """The time that stories are filtered and ordered by."""
        return self.first_published or self.first_seen


@dataclass(frozen=True, slots=True)
class StoryFound:
    """A story with what an analyst asks next: its copies, its people, its evidence.

    `title` and `text` are of the copy that was judged, so that the evidence's offsets fit.
    `sources` and `urls` are in the order of first sight; `agency` is what the earliest copy that
    credits one credits.
    """

    id: int
    title: str
    first_published: datetime | None
    first_seen: datetime
    language: str | None
    articles: int
    sources: tuple[str, ...]
    relevance: str
    score: float
    stance: str | None
    topics: tuple[str, ...]
    actors: tuple[ActorFound, ...]
    urls: tuple[str, ...]
    agency: str | None
    evidence: tuple[dict[str, Any], ...]
    text: str


def load(
    session: Session, story_ids: Sequence[int], *, as_of: datetime | None = None
) -> list[StoryFound]:
    """These stories whole, in the order of their ids as given.

    Old ids lead to where they went. As of a time, what was no story then is left out
    (`stories_as_of.known_as` tells where an older id led by then).
    """
    found = heads(session, story_ids, as_of=as_of)
    taggings = [head.tagging_id for head in found]
    judged = _grouped(session, _JUDGED, taggings)
    topics, actors = labels.topics_of(session, taggings), actors_of(session, taggings)
    return [
        _whole(head, row, topics.get(head.tagging_id, ()), actors.get(head.tagging_id, ()))
        for head in found
        for row in judged.get(head.tagging_id, ())
    ]


def heads(
    session: Session, story_ids: Sequence[int], *, as_of: datetime | None = None
) -> list[Head]:
    """The same without texts, people and evidence."""
    if as_of is not None:
        return _heads_then(session, story_ids, as_of)
    rows = {row.id: row for row in session.execute(_STORIES, {"ids": story_ids})}
    if gone := [story_id for story_id in story_ids if story_id not in rows]:
        led = {row.story_id: row.into_id for row in session.execute(_INTO, {"ids": gone})}
        story_ids = list(dict.fromkeys(led.get(story_id, story_id) for story_id in story_ids))
        rows = {row.id: row for row in session.execute(_STORIES, {"ids": story_ids})}
    copies = _grouped(session, _COPIES, story_ids)
    return [
        Head(
            id=row.id,
            first_published=row.first_published_at,
            first_seen=row.first_seen_at,
            language=row.language,
            articles=row.articles,
            relevance=row.relevance,
            score=row.score,
            stance=row.stance,
            tagging_id=row.tagging_id,
            copies=tuple(Copy(*copy) for copy in copies.get(row.id, ())),
        )
        for row in (rows[story_id] for story_id in dict.fromkeys(story_ids) if story_id in rows)
    ]


def _heads_then(session: Session, story_ids: Sequence[int], as_of: datetime) -> list[Head]:
    there = past.load(session, story_ids, as_of)
    return [
        _head_then(there[story_id], best)
        for story_id in dict.fromkeys(story_ids)
        if story_id in there and (best := there[story_id].best) is not None
    ]


def _head_then(story: Then, best: Judged) -> Head:
    return Head(
        id=story.id,
        first_published=story.first_published,
        first_seen=story.first.shown.first_seen_at,
        language=story.first.language,
        articles=len(story.members),
        relevance=best.relevance,
        score=best.score,
        stance=best.stance,
        tagging_id=best.id,
        copies=tuple(
            Copy(one.shown.url, one.source, one.country, one.shown.agency) for one in story.members
        ),
    )


def _whole(
    head: Head,
    judged: tuple[Any, ...],
    topics: Sequence[str],
    actors: Sequence[ActorFound],
) -> StoryFound:
    evidence, title, text = judged
    return StoryFound(
        id=head.id,
        title=title,
        first_published=head.first_published,
        first_seen=head.first_seen,
        language=head.language,
        articles=head.articles,
        sources=tuple(dict.fromkeys(copy.source for copy in head.copies)),
        relevance=head.relevance,
        score=head.score,
        stance=head.stance,
        topics=tuple(topics),
        actors=tuple(actors),
        urls=tuple(copy.url for copy in head.copies),
        agency=next((copy.agency for copy in head.copies if copy.agency), None),
        evidence=tuple(evidence),
        text=text,
    )


def actors_of(session: Session, tagging_ids: Sequence[int]) -> dict[int, list[ActorFound]]:
    """Whom these taggings name, those first that are named most often."""
    found = _grouped(session, _ACTORS, tagging_ids)
    return {tagging_id: [ActorFound(*row) for row in rows] for tagging_id, rows in found.items()}


def _grouped(
    session: Session, statement: Select[Any], ids: Sequence[int]
) -> dict[int, list[tuple[Any, ...]]]:
    """Rows by their first column."""
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for owner, *rest in session.execute(statement, {"ids": ids}):
        groups.setdefault(owner, []).append(tuple(rest))
    return groups
