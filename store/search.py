"""Stories as analysts see them: with their copies, their people and their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlmodel import Session

from store.tables import (
    Article,
    Revision,
    Source,
    Story,
    StoryRedirect,
    Tagging,
    TaggingActor,
    TaggingTopic,
    table,
)

# Stories are read with their parts in batches of this many, so that memory stays flat.
BATCH = 200

_stories, _articles, _sources = table(Story), table(Article), table(Source)
_revisions, _taggings = table(Revision), table(Tagging)
_topics, _actors, _redirects = table(TaggingTopic), table(TaggingActor), table(StoryRedirect)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_STORIES: Select[Any] = (
    select(
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
        ),
        _taggings.c.evidence,
        _revisions.c.title,
        _revisions.c.text,
    )
    .join(_taggings, _taggings.c.id == _stories.c.tagging_id)
    .join(_revisions, _revisions.c.id == _taggings.c.revision_id)
    .where(_stories.c.id.in_(_IDS))
)
_COPIES = (
    select(_articles.c.story_id, _articles.c.url, _sources.c.name, _articles.c.agency)
    .join(_sources, _articles.c.source_id == _sources.c.id)
    .where(_articles.c.story_id.in_(_IDS))
    .order_by(_articles.c.first_seen_at, _articles.c.id)
)
_TOPICS = (
    select(_topics.c.tagging_id, _topics.c.topic)
    .where(_topics.c.tagging_id.in_(_IDS))
    .order_by(_topics.c.score.desc(), _topics.c.topic)
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


def load(session: Session, story_ids: Sequence[int]) -> list[StoryFound]:
    """These stories whole, in the order of their ids as given; old ids lead to where they went."""
    moved = session.execute(_INTO, {"ids": story_ids})
    redirects: dict[int, int] = {row.story_id: row.into_id for row in moved}
    story_ids = list(dict.fromkeys(redirects.get(story_id, story_id) for story_id in story_ids))
    rows = session.execute(_STORIES, {"ids": story_ids}).all()
    taggings = [row.tagging_id for row in rows]
    copies = _grouped(session, _COPIES, story_ids)
    topics = _grouped(session, _TOPICS, taggings)
    actors = _grouped(session, _ACTORS, taggings)
    found = {
        row.id: StoryFound(
            id=row.id,
            title=row.title,
            first_published=row.first_published_at,
            first_seen=row.first_seen_at,
            language=row.language,
            articles=row.articles,
            sources=tuple(dict.fromkeys(source for _, source, _ in copies.get(row.id, ()))),
            relevance=row.relevance,
            score=row.score,
            stance=row.stance,
            topics=tuple(topic for (topic,) in topics.get(row.tagging_id, ())),
            actors=tuple(ActorFound(*actor) for actor in actors.get(row.tagging_id, ())),
            urls=tuple(url for url, _, _ in copies.get(row.id, ())),
            agency=next((agency for _, _, agency in copies.get(row.id, ()) if agency), None),
            evidence=tuple(row.evidence),
            text=row.text,
        )
        for row in rows
    }
    return [found[story_id] for story_id in story_ids if story_id in found]


def _grouped(
    session: Session, statement: Select[Any], ids: Sequence[int]
) -> dict[int, list[tuple[Any, ...]]]:
    """Rows by their first column."""
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for owner, *rest in session.execute(statement, {"ids": ids}):
        groups.setdefault(owner, []).append(tuple(rest))
    return groups
