"""Taking a reprocessing back: articles show again what they showed before it.

Nothing is deleted: revisions and taggings of the run stay on record, and are only not shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, bindparam, func, select, update
from sqlmodel import Session, col

from store import merging, outbox, stories
from store.database import Database
from store.outbox import Happening
from store.runs import RUNNING, UNDONE, RunError, get
from store.tables import (
    Article,
    Revision,
    Run,
    RunChange,
    Story,
    StoryMove,
    StoryRedirect,
    StoryText,
    table,
)

# Articles in one transaction: some tens of milliseconds.
BATCH = 200

_articles, _changes, _revisions = table(Article), table(RunChange), table(Revision)
_stories, _texts, _redirects = table(Story), table(StoryText), table(StoryRedirect)
_moves = table(StoryMove)

_PART: Any = (
    select(_changes, _articles.c.joined_because)
    .join(_articles, _articles.c.id == _changes.c.article_id)
    .where(_changes.c.run_id == bindparam("run"), _changes.c.article_id > bindparam("after"))
    .order_by(_changes.c.article_id)
    .limit(BATCH)
)
_LOCK: Any = (
    select(
        _articles.c.id, _articles.c.revision_id, _articles.c.tagging_id, _articles.c.story_id
    )
    .where(_articles.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_articles.c.id)
    .with_for_update(key_share=True)
)  # fmt: skip
_SHOWN_BY: Any = (
    select(_revisions.c.id, _revisions.c.title, _revisions.c.published_at, _revisions.c.language,
           _revisions.c.quality)
    .where(_revisions.c.id.in_(bindparam("ids", expanding=True)))
)  # fmt: skip
_RESTORE = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"))
    .values(
        revision_id=bindparam("revision"),
        tagging_id=bindparam("tagging"),
        story_id=bindparam("story"),
        # Where the text had none, its feed's stood in for it.
        title=func.coalesce(func.nullif(bindparam("its_title", type_=Text), ""), _articles.c.title),
        published_at=bindparam("its_date"),
        language=bindparam("its_language"),
        quality=bindparam("its_quality"),
    )
)
_TEXTS_BACK = (
    _texts.update()
    .where(
        _texts.c.story_id == bindparam("left"),
        _texts.c.revision_id.in_(
            select(_revisions.c.id).where(_revisions.c.article_id == bindparam("article"))
        ),
    )
    .values(story_id=bindparam("story"))
)
# Why it had been in the story that it left.
_WHY: Any = (
    select(_moves.c.because)
    .where(_moves.c.article_id == bindparam("article"))
    .where(_moves.c.from_id == bindparam("left"), _moves.c.to_id == bindparam("to"))
    .order_by(_moves.c.id.desc())
    .limit(1)
)
_TELL_WHY = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"))
    .values(joined_because=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the articles that a run changed, looked at; and how many of them were put back."""

    looked_at: int
    restored: int


def begin(session: Session, run_id: int) -> int:
    """Say how many articles a run has changed. Raises `RunError` where it cannot be undone."""
    run = get(session, run_id)
    if run.state == UNDONE:
        raise RunError(f"run {run_id} is undone already")
    if run.state == RUNNING:
        raise RunError(f"run {run_id} is under way: stop it first (Ctrl-C where it was begun)")
    count = select(func.count()).select_from(RunChange).where(col(RunChange.run_id) == run_id)
    return int(session.execute(count).scalar_one())


def undo(database: Database, run_id: int, *, now: datetime) -> Iterator[Part]:
    """Put back what a run changed, as far as nothing else has changed it since.

    A transaction a part; interrupted, it can be begun again.
    """
    after = 0
    while True:
        with database.writing() as session:
            merging.hold(session, merging=True)
            changes = session.execute(_PART, {"run": run_id, "after": after}).all()
            if not changes:
                session.execute(
                    update(Run).where(col(Run.id) == run_id).values(state=UNDONE, undone_at=now)
                )
                return
            restored = _restore(session, run_id, changes, now)
        after = changes[-1].article_id
        yield Part(len(changes), restored)


def _restore(session: Session, run_id: int, changes: Sequence[Row[Any]], now: datetime) -> int:
    locked = {
        row.id: row
        for row in session.execute(_LOCK, {"ids": [change.article_id for change in changes]})
    }
    untouched = [change for change in changes if _still_shows(locked[change.article_id], change)]
    if not untouched:
        return 0
    shown = {
        row.id: row
        for row in session.execute(_SHOWN_BY, {"ids": [c.revision_before for c in untouched]})
    }
    moved = [change for change in untouched if change.story_before != change.story_after]
    for story_id in sorted({change.story_before for change in moved}):
        _reopen(session, story_id, now)
    session.execute(
        _RESTORE, [_restored(change, shown[change.revision_before]) for change in untouched]
    )
    for change in moved:
        _move_back(session, change, now)
    left = {change.story_after for change in moved}
    emptied = {story_id for story_id in sorted(left) if stories.drop_if_empty(session, story_id)}
    for story_id in sorted({change.story_before for change in untouched} | left - emptied):
        stories.refresh(session, story_id)
    outbox.write(
        session,
        [
            Happening(
                "story.tagged",
                article_id=change.article_id,
                story_id=change.story_before,
                payload={"undone": run_id},
            )
            for change in untouched
        ],
        now=now,
    )
    return len(untouched)


def _still_shows(article: Row[Any], change: Row[Any]) -> bool:
    """Whether the article is as the run has left it."""
    return (article.revision_id, article.tagging_id, article.story_id) == (
        change.revision_after,
        change.tagging_after,
        change.story_after,
    )


def _restored(change: Row[Any], revision: Row[Any]) -> dict[str, Any]:
    return {
        "article": change.article_id,
        "revision": change.revision_before,
        "tagging": change.tagging_before,
        "story": change.story_before,
        "its_title": revision.title,
        "its_date": revision.published_at,
        "its_language": revision.language,
        "its_quality": revision.quality,
    }


def _reopen(session: Session, story_id: int, now: datetime) -> None:
    """Make a story again that the run had merged into another; `refresh` fills it."""
    there = session.execute(select(_stories.c.id).where(_stories.c.id == story_id)).first()
    if there is not None:
        return
    session.execute(_redirects.delete().where(_redirects.c.story_id == story_id))
    session.execute(
        _stories.insert().values(
            id=story_id, first_seen_at=now, title="", articles=0, sources=0,
            relevance="none", score=0.0,
        )
    )  # fmt: skip


def _move_back(session: Session, change: Row[Any], now: datetime) -> None:
    """Bring an article back to the story that it was in, with its texts and its reason."""
    moved = {"article": change.article_id, "left": change.story_before, "to": change.story_after}
    why = session.execute(_WHY, moved).scalar()
    session.execute(_TELL_WHY, {"article": change.article_id, "why": why})
    session.execute(
        _TEXTS_BACK,
        {"left": change.story_after, "article": change.article_id, "story": change.story_before},
    )
    session.execute(
        _moves.insert().values(
            article_id=change.article_id,
            at=now,
            from_id=change.story_after,
            to_id=change.story_before,
            because=change.joined_because,
        )
    )
