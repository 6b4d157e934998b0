"""Analysts' questions: which stories, filtered and newest first, with people and evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Text, and_, exists, func, or_
from sqlmodel import Session, col, select

from store.tables import (
    Article,
    Revision,
    Source,
    Story,
    Tagging,
    TaggingActor,
    TaggingTopic,
)

# A title keeps its non-breaking spaces; who looks for words types plain ones.
_title = func.replace(col(Revision.title), "\u00a0", " ", type_=Text)

RELEVANT = ("primary", "secondary")
# Stories are read with their parts in batches of this many, so that memory stays flat.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for; an empty field asks nothing.

    `words` must all stand in the title or the text of one article of the story, whatever their
    case. `actor` is an id of the lexicon or a part of a name, `source` a part of an outlet's name.
    `since` and `until` bound the time when the story was first published, or else first seen.
    """

    words: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    actor: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    relevance: tuple[str, ...] = RELEVANT


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
    evidence: tuple[dict[str, Any], ...]
    text: str


def find(session: Session, question: Question, *, limit: int | None = None) -> Iterator[StoryFound]:
    """The stories that answer the question, newest first."""
    when = func.coalesce(col(Story.first_published_at), col(Story.first_seen_at))
    statement = select(Story.id).where(*_conditions(question, when))
    statement = statement.order_by(when.desc(), col(Story.id).desc())
    if limit is not None:
        statement = statement.limit(limit)
    ids = [story_id for story_id in session.exec(statement) if story_id is not None]
    for start in range(0, len(ids), BATCH):
        yield from load(session, ids[start : start + BATCH])


def load(session: Session, story_ids: Sequence[int]) -> list[StoryFound]:
    """These stories whole, in the order of their ids as given."""
    rows = session.execute(
        select(Story, Tagging, Revision.title, Revision.text)
        .join(Tagging, col(Tagging.id) == col(Story.tagging_id))
        .join(Revision, col(Revision.id) == col(Tagging.revision_id))
        .where(col(Story.id).in_(story_ids))
    ).all()
    taggings = [tagging.id for _, tagging, _, _ in rows]
    copies = _grouped(
        session,
        select(Article.story_id, Article.url, Source.name)
        .join(Source, col(Article.source_id) == col(Source.id))
        .where(col(Article.story_id).in_(story_ids))
        .order_by(col(Article.first_seen_at), col(Article.id)),
    )
    topics = _grouped(
        session,
        select(TaggingTopic.tagging_id, TaggingTopic.topic)
        .where(col(TaggingTopic.tagging_id).in_(taggings))
        .order_by(col(TaggingTopic.score).desc(), col(TaggingTopic.topic)),
    )
    actors: dict[int, list[ActorFound]] = {}
    for actor in session.exec(
        select(TaggingActor)
        .where(col(TaggingActor.tagging_id).in_(taggings))
        .order_by(col(TaggingActor.mentions).desc(), col(TaggingActor.first_offset))
    ):
        actors.setdefault(actor.tagging_id, []).append(
            ActorFound(actor.actor, actor.name, actor.kind, actor.side, actor.role, actor.mentions)
        )
    found = {
        story.id: StoryFound(
            id=story.id,
            title=title,
            first_published=story.first_published_at,
            first_seen=story.first_seen_at,
            language=story.language,
            articles=story.articles,
            sources=tuple(dict.fromkeys(source for _, source in copies.get(story.id, []))),
            relevance=story.relevance,
            score=story.score,
            stance=story.stance,
            topics=tuple(topic for (topic,) in topics.get(tagging.id, [])),
            actors=tuple(actors.get(tagging.id, ())),
            urls=tuple(url for url, _ in copies.get(story.id, [])),
            evidence=tuple(tagging.evidence),
            text=text,
        )
        for story, tagging, title, text in rows
    }
    return [found[story_id] for story_id in story_ids if story_id in found]


def _grouped(session: Session, statement: Executable) -> dict[int, list[tuple[Any, ...]]]:
    """Rows by their first column."""
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for owner, *rest in session.execute(statement):
        groups.setdefault(owner, []).append(tuple(rest))
    return groups


def _conditions(question: Question, when: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Story.relevance).in_(question.relevance)]
    conditions.extend(
        exists().where(
            col(TaggingTopic.tagging_id) == col(Story.tagging_id),
            col(TaggingTopic.topic) == topic,
        )
        for topic in question.topics
    )
    if question.actor:
        conditions.append(
            exists().where(
                col(TaggingActor.tagging_id) == col(Story.tagging_id),
                or_(
                    col(TaggingActor.actor) == question.actor,
                    _contains(col(TaggingActor.name), question.actor),
                ),
            )
        )
    if question.source:
        conditions.append(
            exists().where(
                col(Article.story_id) == col(Story.id),
                col(Article.source_id) == col(Source.id),
                _contains(col(Source.name), question.source),
            )
        )
    if question.words:
        conditions.append(
            exists().where(
                col(Article.story_id) == col(Story.id),
                col(Revision.id) == col(Article.revision_id),
                and_(
                    *(
                        _contains(_title, word) | _contains(col(Revision.text), word)
                        for word in question.words
                    )
                ),
            )
        )
    if question.since is not None:
        conditions.append(when >= question.since)
    if question.until is not None:
        conditions.append(when < question.until)
    return conditions


def _contains(column: Any, part: str) -> ColumnElement[bool]:
    """Whether the column holds this text, in any case; % and _ in it mean themselves."""
    contains: ColumnElement[bool] = column.icontains(part, autoescape=True)
    return contains
