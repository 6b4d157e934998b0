"""The topics and the actors of taggings, read for many of them at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlmodel import Session

from store.tables import TaggingActor, TaggingTopic, table

_topics, _actors = table(TaggingTopic), table(TaggingActor)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_TOPICS = (
    select(_topics.c.tagging_id, _topics.c.topic)
    .where(_topics.c.tagging_id.in_(_IDS))
    .order_by(_topics.c.score.desc(), _topics.c.topic)
)
_ACTORS = select(_actors.c.tagging_id, _actors.c.actor).where(_actors.c.tagging_id.in_(_IDS))


def topics_of(session: Session, tagging_ids: Sequence[int]) -> dict[int, list[str]]:
    """The topics of these taggings, the surest first; a tagging without any is not named."""
    return _by_tagging(session, _TOPICS, tagging_ids)


def actors_of(session: Session, tagging_ids: Sequence[int]) -> dict[int, list[str]]:
    """The ids of the actors of these taggings, in no order; one without any is not named."""
    return _by_tagging(session, _ACTORS, tagging_ids)


def _by_tagging(session: Session, query: Any, tagging_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for tagging_id, name in session.execute(query, {"ids": tagging_ids}):
        found.setdefault(tagging_id, []).append(name)
    return found
