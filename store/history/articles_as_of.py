"""What articles showed at a time: their rows of today, and what is kept of the time before.

An article is there from its first text on. The rows of today are read first and the kept states
after them: whatever changes between the two is in a state by then, so that no lock is needed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, select, union
from sqlmodel import Session

from store.history.recording import KEPT
from store.tables import Article, ArticleState, Id, Revision, UtcDateTime, table

_articles, _states, _revisions = table(Article), table(ArticleState), table(Revision)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True, type_=Id)
_AT: BindParameter[Any] = bindparam("at", type_=UtcDateTime)
_AFTER: BindParameter[Any] = bindparam("after", type_=Id)
_MOST: BindParameter[Any] = bindparam("most", type_=Id)

_TODAY: Select[Any] = (
    select(
        _articles.c.id,
        _articles.c.url,
        _articles.c.source_id,
        _articles.c.first_seen_at,
        _articles.c.origin,
        *(_articles.c[name] for name in KEPT),
    )
    .where(_articles.c.revision_id.is_not(None))
    .order_by(_articles.c.id)
)  # fmt: skip
_READ_BY_THEN = _TODAY.join(
    _revisions, (_revisions.c.article_id == _articles.c.id) & (_revisions.c.number == 1)
).where(_revisions.c.seen_at <= _AT)
_THESE = _READ_BY_THEN.where(_articles.c.id.in_(_IDS))
_BATCH_TODAY = _TODAY.where(_articles.c.id > _AFTER).limit(_MOST)
_BATCH_THEN = _READ_BY_THEN.where(_articles.c.id > _AFTER).limit(_MOST)
_STATES = (
    select(_states.c.article_id, *(_states.c[name] for name in KEPT))
    .where(_states.c.article_id.in_(_IDS), _states.c.until > _AT)
    .order_by(_states.c.id.desc())
)
# Articles that are in these stories, or have been.
_EVER_IN = union(
    select(_articles.c.id).where(_articles.c.story_id.in_(_IDS)),
    select(_states.c.article_id).where(_states.c.story_id.in_(_IDS)),
)
_LAST_IN: Select[Any] = (
    select(_states.c.article_id)
    .where(_states.c.story_id == bindparam("story", type_=Id), _states.c.until <= _AT)
    .order_by(_states.c.until.desc(), _states.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What an article shows at a time: which text and tagging, and where it stands."""

    id: int
    url: str
    source_id: int
    first_seen_at: datetime
    origin: str | None
    revision_id: int
    tagging_id: int | None
    story_id: int
    joined_because: str | None
    agency: str | None
    title: str


def batch(session: Session, *, after: int, limit: int, as_of: datetime | None) -> list[Shown]:
    """The next articles in the order of their ids, as they are or as they were."""
    values = {"after": after, "most": limit}
    if as_of is None:
        return [Shown(*row) for row in session.execute(_BATCH_TODAY, values)]
    return _then(session, session.execute(_BATCH_THEN, values | {"at": as_of}).all(), as_of)


def of_stories(session: Session, story_ids: Sequence[int], as_of: datetime) -> list[Shown]:
    """The articles that were in these stories at a time, in the order of their ids."""
    ids = session.execute(_EVER_IN, {"ids": story_ids}).scalars().all()
    wanted = set(story_ids)
    return [one for one in these(session, ids, as_of) if one.story_id in wanted]


def these(session: Session, article_ids: Iterable[int], as_of: datetime) -> list[Shown]:
    """What these articles showed, in the order of their ids, as far as they were read by then."""
    ids = sorted(article_ids)
    return _then(session, session.execute(_THESE, {"ids": ids, "at": as_of}).all(), as_of)


def last_in(session: Session, story_id: int, as_of: datetime) -> list[Shown]:
    """The article that was the last to leave a story by then; none where none had left it."""
    last = session.execute(_LAST_IN, {"story": story_id, "at": as_of}).scalars().all()
    return these(session, last, as_of)


def _then(session: Session, rows: Sequence[Row[Any]], as_of: datetime) -> list[Shown]:
    """The rows of today, turned back."""
    ids = [row.id for row in rows]
    # Of several states after that time the earliest is what was shown at it: it comes last.
    states = {
        article_id: kept
        for article_id, *kept in session.execute(_STATES, {"ids": ids, "at": as_of})
    }
    return [Shown(*row[: -len(KEPT)], *states.get(row.id, row[-len(KEPT) :])) for row in rows]
