"""Two stories that turn out to be one: the younger goes into the older, and its id leads there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, or_, select, text
from sqlmodel import Session

from store import events
from store.events import Event
from store.history import recording
from store.stories.assignment_decision import FIRST
from store.tables import (
    Article,
    Id,
    Story,
    StoryMove,
    StoryRedirect,
    StoryText,
    UtcDateTime,
    table,
)

_articles, _stories = table(Article), table(Story)
_texts, _redirects = table(StoryText), table(StoryRedirect)

# An advisory lock of this program's; two numbers, where keys of texts are one.
_LOCK = "(20774, 1)"
_JOINING = text(f"SELECT pg_advisory_xact_lock_shared{_LOCK}")
_MERGING = text(f"SELECT pg_advisory_xact_lock{_LOCK}")

# What a reprocessing changes of articles, and `runs undo` puts back.
SHOWN = tuple(_articles.c[name] for name in ("id", *recording.KEPT, "error"))

_either: Any = or_(
    _articles.c.story_id == bindparam("old"), _articles.c.story_id == bindparam("into")
)
# In the order and with the strength of polls, which go on meanwhile (store/intake/entries.py).
_LOCK_ARTICLES: Any = (
    select(*SHOWN).where(_either).order_by(_articles.c.id).with_for_update(key_share=True)
)
_LOCK_STORIES = (
    select(_stories.c.id)
    .where(or_(_stories.c.id == bindparam("old"), _stories.c.id == bindparam("into")))
    .order_by(_stories.c.id)
    .with_for_update()
)
_REMEMBER_MOVES = table(StoryMove).insert().from_select(
    ["article_id", "at", "from_id", "to_id", "because"],
    select(
        _articles.c.id,
        bindparam("now", type_=UtcDateTime),
        bindparam("old", type_=Id),
        bindparam("into", type_=Id),
        _articles.c.joined_because,
    ).where(_articles.c.story_id == bindparam("old")),
)  # fmt: skip
_MOVE_ARTICLES = (
    _articles.update()
    .where(_articles.c.story_id == bindparam("old"))
    .values(
        story_id=bindparam("into"),
        joined_because=case(
            (_articles.c.joined_because == FIRST, bindparam("why")),
            else_=_articles.c.joined_because,
        ),
    )
)
_MOVE_TEXTS = (
    _texts.update().where(_texts.c.story_id == bindparam("old")).values(story_id=bindparam("into"))
)
_MOVE_REDIRECTS = (
    _redirects.update()
    .where(_redirects.c.into_id == bindparam("old"))
    .values(into_id=bindparam("into"))
)
_REDIRECT = _redirects.insert()
_DELETE = _stories.delete().where(_stories.c.id == bindparam("old"))


class MergeNeeded(Exception):
    """Two stories are one, and this transaction may not merge them: begin again as one that may."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A story that is no more, and the one that its id leads to.

    `moved` are the rows of its articles as they were, with the columns `SHOWN`.
    """

    story_id: int
    into: int
    because: str
    moved: tuple[Row[Any], ...] = ()


def hold(session: Session, *, merging: bool) -> bool:
    """Take the lock under which articles join stories; returns whether stories may be merged too.

    To be called before any row is locked. A merge moves articles that other workers have
    locked, and ends stories that others are about to join, so it has to be alone; merges are rare,
    so articles join side by side until one is needed. On SQLite every writer is alone.
    """
    if session.get_bind().dialect.name == "sqlite":
        return True
    session.execute(_MERGING if merging else _JOINING)
    return merging


def merge(session: Session, old: int, into: int, because: str, *, now: datetime) -> Merged:
    """Move all that is of a story into another, leave a redirect, and tell of it.

    The caller takes anew what the other shows (`summary.refresh`).
    """
    both = {"old": old, "into": into}
    articles = session.execute(_LOCK_ARTICLES, both).all()
    session.execute(_LOCK_STORIES, both)
    session.execute(_REMEMBER_MOVES, {**both, "now": now})
    recording.keep_story(session, old, now=now)
    session.execute(
        _MOVE_ARTICLES, {**both, "why": f"its story {old} was merged into this one: {because}"}
    )
    session.execute(_MOVE_TEXTS, both)
    session.execute(_MOVE_REDIRECTS, both)
    session.execute(_DELETE, {"old": old})
    leads = {"story_id": old, "into_id": into, "merged_into_id": into}
    redirect = leads | {"merged_at": now, "because": because}
    session.execute(_REDIRECT, redirect)
    told = {"into": into, "because": because}
    events.write(session, [Event("story.merged", story_id=old, payload=told)], now=now)
    return Merged(old, into, because, tuple(row for row in articles if row.story_id == old))
