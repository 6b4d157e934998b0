"""Which stories answer a question: its words and its filters in one query to the index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store.history.stories_as_of import known_as
from store.search import as_of as past
from store.search import index, ranking, results
from store.search.choices import Order
from store.search.documents import BREAK, mark
from store.search.query import Node, Phrase, all_of, any_of
from store.search.results import BATCH, StoryFound
from store.tables import ActorName, Source

RELEVANCES = ("primary", "secondary", "none")
RELEVANT = ("primary", "secondary")
# The best are chosen among so many of the newest hits: reading their texts takes most of 80 ms.
WEIGHED = 400
# More than any store holds, and what a LIMIT of either database takes.
ALL = 2**31 - 1

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for; an empty field asks nothing.

    `query` is a tree of `query.parse`. All `topics` must be there. `actor` is an id of the
    lexicon or a part of a name. One copy at least is of an outlet that answers all of `source` (a
    part of its name), `country`, `kind` and `state_media`. `since` and `until` bound the time when
    the story was first published, or else first seen. `story` is the id of one, also one that it
    had before a merger; with it nothing else is asked. `as_of` asks what was known then.
    """

    query: Node | None = None
    topics: tuple[str, ...] = ()
    actor: str | None = None
    source: str | None = None
    country: str | None = None
    kind: str | None = None
    state_media: bool | None = None
    stance: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    relevance: tuple[str, ...] = RELEVANT
    story: int | None = None
    as_of: datetime | None = None


def find(
    session: Session,
    question: Question,
    *,
    order: Order = Order.NEWEST,
    limit: int | None = None,
) -> Iterator[StoryFound]:
    """The stories that answer the question, the newest first or the best.

    The best are told among the WEIGHED newest; without words to weigh, the newest are the best.
    """
    ids = find_ids(session, question, order=order, limit=limit)
    for start in range(0, len(ids), BATCH):
        yield from results.load(session, ids[start : start + BATCH], as_of=question.as_of)


def find_ids(
    session: Session,
    question: Question,
    *,
    order: Order = Order.NEWEST,
    limit: int | None = None,
) -> list[int]:
    """The ids of these stories, in their order."""
    if question.story is not None:
        story, as_of = question.story, question.as_of
        return [story if as_of is None else known_as(session, story, as_of)]
    query = _whole_query(session, question)
    if query is None:
        return []
    weigh = order is Order.BEST and question.query is not None
    since, until = question.since or _FIRST, question.until or _LAST
    most = WEIGHED if weigh else ALL if limit is None else limit
    as_of = question.as_of
    if as_of is None:
        newest = index.engine(session).newest
        hits = newest(session, query, since=since, until=until, limit=most)
    else:
        hits = past.newest(session, query, as_of=as_of, since=since, until=until, limit=most)
    ids = [story_id for story_id, _ in hits]
    if not weigh:
        return ids
    texts = ranking.texts(session, ids) if as_of is None else past.texts(session, ids, as_of)
    return ranking.best_first(question.query, ids, texts)[:limit]


def _whole_query(session: Session, question: Question) -> Node | None:
    """The question's words and marks as one query; None where nothing can answer it."""
    parts: list[Node | None] = [question.query] if question.query is not None else []
    parts.extend(_marked("topic", (topic,)) for topic in question.topics)
    if question.stance:
        parts.append(_marked("stance", (question.stance,)))
    if question.actor:
        parts.append(_marked("actor", _actor_ids(session, question.actor)))
    if _of_sources(question):
        parts.append(_marked("source", _source_ids(session, question)))
    if not set(RELEVANCES) <= set(question.relevance):
        parts.append(_marked("relevance", question.relevance))
    if None in parts:
        return None
    return all_of([part for part in parts if part is not None]) or Phrase((BREAK,))


def _marked(kind: str, values: Sequence[object]) -> Node | None:
    """What has any of these marks; None where there are none to have."""
    return any_of([Phrase((mark(kind, value),)) for value in values])


def _of_sources(question: Question) -> bool:
    asked = (question.source, question.country, question.kind)
    return any(asked) or question.state_media is not None


def _source_ids(session: Session, question: Question) -> list[int]:
    query = select(col(Source.id))
    if question.source:
        query = query.where(col(Source.name).icontains(question.source, autoescape=True))
    if question.country:
        query = query.where(col(Source.country) == question.country.upper())
    if question.kind:
        query = query.where(col(Source.kind) == question.kind)
    if question.state_media is not None:
        query = query.where(col(Source.state_media) == question.state_media)
    return list(session.execute(query).scalars())


def _actor_ids(session: Session, asked: str) -> list[str]:
    """The ids of the actors whose id this is, or whose name holds it."""
    part = asked.casefold()
    return [
        actor
        for actor, name in session.execute(select(col(ActorName.actor), col(ActorName.name)))
        if actor == asked or part in name.casefold()
    ]
