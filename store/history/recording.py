"""Keeping what articles show, before they show something else.

Whoever lets an article show another text, tagging or story calls `keep` first, in the same
transaction. An article that was read once and never changed costs nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Insert, bindparam, select
from sqlmodel import Session

from store.tables import Article, ArticleState, Id, UtcDateTime, table

# The columns of an article that are kept; all else that it shows is of its revision or tagging, and
# those are never changed.
KEPT = ("revision_id", "tagging_id", "story_id", "joined_because", "agency", "title")

_articles = table(Article)
_NOW: BindParameter[Any] = bindparam("now", type_=UtcDateTime)


def _keep(condition: ColumnElement[bool]) -> Insert:
    columns = [_articles.c[name] for name in KEPT]
    read = _articles.c.revision_id.is_not(None)
    kept = select(_articles.c.id, _NOW, *columns).where(condition, read).order_by(_articles.c.id)
    return table(ArticleState).insert().from_select(["article_id", "until", *KEPT], kept)


_KEEP = _keep(_articles.c.id.in_(bindparam("ids", expanding=True)))
_KEEP_STORY = _keep(_articles.c.story_id == bindparam("story", type_=Id))


def keep(session: Session, article_ids: Sequence[int], *, now: datetime) -> None:
    """Remember what these articles show until now; they are locked."""
    if article_ids:
        session.execute(_KEEP, {"ids": list(article_ids), "now": now})


def keep_story(session: Session, story_id: int, *, now: datetime) -> None:
    """Remember it of every article of a story."""
    session.execute(_KEEP_STORY, {"story": story_id, "now": now})
