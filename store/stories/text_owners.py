"""Texts that stand for a story, handed on to a copy when what brought them goes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import Session

from store.tables import Article, Revision, StoryKey, StoryText, table

_articles, _revisions = table(Article), table(Revision)
_texts, _keys = table(StoryText), table(StoryKey)


def hand_on(session: Session, condition: ColumnElement[bool], *, going: Select[Any]) -> None:
    """Let the texts of this condition stand by another revision of their story, or not at all.

    `going` are the ids of the revisions that they must not stand by. A revision that is left, of
    an article of that story, is its successor where it has the very same text.
    """
    found = select(_texts.c.id, _texts.c.story_id, _texts.c.text_hash).where(condition)
    texts = session.execute(found).all()
    successors = _successors(session, texts, going)
    dropped = list[int]()
    for text_id, story_id, text_hash in texts:
        successor = successors.get((story_id, bytes(text_hash)))
        if successor is None:
            dropped.append(text_id)
        else:
            handed_on = _texts.update().where(_texts.c.id == text_id).values(revision_id=successor)
            session.execute(handed_on)
    if dropped:
        # In this transaction: SQLite gives the id of the newest row, once it is gone, to the next.
        session.execute(_keys.delete().where(_keys.c.text_id.in_(dropped)))
        session.execute(_texts.delete().where(_texts.c.id.in_(dropped)))


def _successors(
    session: Session, texts: Sequence[Any], going: Select[Any]
) -> dict[tuple[int, bytes], int]:
    """The earliest revision that can stand in, by story and text."""
    if not texts:
        return {}
    copies = session.execute(
        select(_articles.c.story_id, _revisions.c.text_hash, func.min(_revisions.c.id))
        .join(_revisions, _revisions.c.article_id == _articles.c.id)
        .where(_articles.c.story_id.in_({text.story_id for text in texts}))
        .where(_revisions.c.id.not_in(going))
        .where(_revisions.c.text_hash.in_({bytes(text.text_hash) for text in texts}))
        .group_by(_articles.c.story_id, _revisions.c.text_hash)
    )
    return {(story_id, bytes(text_hash)): revision for story_id, text_hash, revision in copies}
