"""Taking a reprocessing back: articles show again what they showed before it.

Revisions and taggings of the run stay on record, and are only not shown; nor do its texts stand
for stories any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlmodel import Session, col

from store import events
from store.database.connection import Database
from store.events import Event
from store.history import recording
from store.reprocessing.runs import RUNNING, UNDONE, RunError, get, in_hand
from store.stories import assignment, merge, summary, text_owners
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
_moves, _runs = table(StoryMove), table(Run)

_PART: Any = (
    select(_changes, _articles.c.joined_because, _articles.c.url)
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
    select(_revisions.c.id, _revisions.c.published_at, _revisions.c.language, _revisions.c.quality)
    .where(_revisions.c.id.in_(bindparam("ids", expanding=True)))
)  # fmt: skip
_RESTORE = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"))
    .values(
        revision_id=bindparam("revision"),
        tagging_id=bindparam("tagging"),
        story_id=bindparam("story"),
        joined_because=bindparam("why"),
        agency=bindparam("its_agency"),
        title=bindparam("its_title"),
        error=bindparam("its_error"),
        published_at=bindparam("its_date"),
        language=bindparam("its_language"),
        quality=bindparam("its_quality"),
    )
)
# Where it is again is not where the rules of the run would have it.
_NOT_PLACED = (
    _articles.update().where(_articles.c.id == bindparam("article")).values(duplicates_version=0)
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
# Redirects that came to lead to where this story was merged.
_LED_HERE: Any = (
    select(_redirects.c.story_id)
    .where(_redirects.c.merged_into_id.in_(bindparam("stories", expanding=True)))
    .where(_redirects.c.into_id != bindparam("story"))
)
_LEAD_BACK = (
    _redirects.update()
    .where(_redirects.c.story_id.in_(bindparam("redirects", expanding=True)))
    .values(into_id=bindparam("story"))
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the articles that a run changed, looked at; and how many of them were put back."""

    looked_at: int
    restored: int


def begin(session: Session, run_id: int, *, now: datetime) -> int:
    """Say how many articles a run has changed. Raises `RunError` where it cannot be undone."""
    run = get(session, run_id)
    if run.state == UNDONE:
        raise RunError(f"run {run_id} is undone already")
    if run.state == RUNNING:
        raise RunError(f"run {run_id} is under way: `transpacific runs stop {run_id}` first")
    if owners := in_hand(session, run_id, now=now):
        raise RunError(f"run {run_id} is not at rest yet: {', '.join(owners)} is at its last part")
    count = select(func.count()).select_from(RunChange).where(col(RunChange.run_id) == run_id)
    return int(session.execute(count).scalar_one())


def undo(database: Database, run_id: int, *, now: datetime) -> Iterator[Part]:
    """Put back what a run changed, as far as nothing else has changed it since.

    A transaction a part; interrupted, it can be begun again.
    """
    after = 0
    while True:
        with database.writing() as session:
            merge.hold(session, merging=True)
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
    left = {change.story_after for change in moved}
    assignment.lock(session, {change.story_before for change in untouched} | left)
    reopened = [
        story_id
        for story_id in sorted({change.story_before for change in moved})
        if _reopen(session, story_id, now)
    ]
    _forget_texts(session, run_id, untouched)
    recording.keep(session, [change.article_id for change in untouched], now=now)
    session.execute(
        _RESTORE, [_restored(change, shown[change.revision_before]) for change in untouched]
    )
    for change in moved:
        _move_back(session, change, now)
    emptied = {story_id for story_id in sorted(left) if assignment.drop_if_empty(session, story_id)}
    summary.refresh_all(session, {change.story_before for change in untouched} | left - emptied)
    events.write(session, list(_new_events(run_id, untouched, reopened)), now=now)
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
        "why": change.joined_before,
        "its_agency": change.agency_before,
        "its_title": change.title_before,
        "its_error": change.error_before,
        "its_date": revision.published_at,
        "its_language": revision.language,
        "its_quality": revision.quality,
    }


def _reopen(session: Session, story_id: int, now: datetime) -> bool:
    """Make a story again that the run had merged into another; `summary.refresh` fills it.

    What had been merged into it before leads to it again. False where it is there.
    """
    there = session.execute(select(_stories.c.id).where(_stories.c.id == story_id)).first()
    if there is not None:
        return False
    session.execute(
        _stories.insert().values(
            id=story_id, first_seen_at=now, title="", articles=0, sources=0,
            relevance="none", score=0.0,
        )
    )  # fmt: skip
    session.execute(_redirects.delete().where(_redirects.c.story_id == story_id))
    merged = [story_id]
    while merged:
        led = {"stories": merged, "story": story_id}
        merged = list(session.execute(_LED_HERE, led).scalars())
        if merged:
            session.execute(_LEAD_BACK, {"redirects": merged, "story": story_id})
    return True


def _forget_texts(session: Session, run_id: int, changes: Sequence[Row[Any]]) -> None:
    """Let the texts that the run has made stand for no story, unless a copy has them too."""
    made = [c.revision_after for c in changes if c.revision_before != c.revision_after]
    undone = select(_runs.c.id).where((_runs.c.id == run_id) | (_runs.c.state == UNDONE))
    going = select(_revisions.c.id).where(_revisions.c.run_id.in_(undone))
    text_owners.hand_on(session, _texts.c.revision_id.in_(made), going=going)


def _move_back(session: Session, change: Row[Any], now: datetime) -> None:
    """Bring the texts of an article back to the story that it was in, and note the move."""
    session.execute(_NOT_PLACED, {"article": change.article_id})
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


def _new_events(
    run_id: int, changes: Sequence[Row[Any]], reopened: Sequence[int]
) -> Iterator[Event]:
    for story_id in reopened:
        yield Event("story.reopened", story_id=story_id, payload={"undone": run_id})
    for change in changes:
        told = events.about(change.url, undone=run_id)
        article, story = change.article_id, change.story_before
        if change.revision_before != change.revision_after:
            yield Event("article.reextracted", article_id=article, payload=told)
        yield Event("story.tagged", article_id=article, story_id=story, payload=told)
