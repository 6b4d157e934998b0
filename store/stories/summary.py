"""What a story shows, taken anew from its articles: counts, dates, title, the best tagging."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, bindparam, distinct, func, select
from sqlmodel import Session

from store.search import index
from store.tables import Article, Revision, Story, StoryText, Tagging, table

_articles, _stories, _revisions = table(Article), table(Story), table(Revision)
_texts, _taggings = table(StoryText), table(Tagging)


# Stories locked by one statement.
MOST_AT_ONCE = 500


_LOCK_STORY = (
    select(_stories.c.id).where(_stories.c.id == bindparam("story")).with_for_update(key_share=True)
)


_LOCK_STORIES = (
    select(_stories.c.id)
    .where(_stories.c.id.in_(bindparam("stories", expanding=True)))
    .order_by(_stories.c.id)
    .with_for_update(key_share=True)
)


def _of_first(column: ColumnElement[Any]) -> Any:
    """A column of the story's article that was seen first."""
    return (
        select(column)
        .where(_articles.c.story_id == bindparam("story"))
        .order_by(_articles.c.first_seen_at, _articles.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _of_best(column: ColumnElement[Any]) -> Any:
    """A column of the story's tagging with the best score."""
    return (
        select(column)
        .join(_articles, _articles.c.tagging_id == _taggings.c.id)
        .where(_articles.c.story_id == bindparam("story"))
        .order_by(_taggings.c.score.desc(), _taggings.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _over_all(value: ColumnElement[Any]) -> Any:
    """A value over all articles of the story."""
    return select(value).where(_articles.c.story_id == bindparam("story")).scalar_subquery()


_REFRESH = (
    _stories.update()
    .where(_stories.c.id == bindparam("story"))
    .values(
        articles=_over_all(func.count()),
        sources=_over_all(func.count(distinct(_articles.c.source_id))),
        first_published_at=_over_all(func.min(_articles.c.published_at)),
        first_seen_at=_of_first(_articles.c.first_seen_at),
        article_id=_of_first(_articles.c.id),
        title=_of_first(_articles.c.title),
        language=_of_first(_articles.c.language),
        tagging_id=_of_best(_taggings.c.id),
        relevance=_of_best(_taggings.c.relevance),
        score=_of_best(_taggings.c.score),
        stance=_of_best(_taggings.c.stance),
    )
)


def refresh(session: Session, story_id: int) -> None:
    """Count a story's articles anew, and take its title, dates and tagging from them.

    The story shows the article that was seen first, and is judged by the one with the best score.
    The row is locked first, so that of two articles joining at once both are counted: with the
    lock that foreign keys to it do not conflict with, since both hold such a key already.
    """
    session.execute(_LOCK_STORY, {"story": story_id})
    session.execute(_REFRESH, {"story": story_id})
    index.note_changed(session, [story_id])


def refresh_all(session: Session, story_ids: Collection[int]) -> None:
    """The same for many stories, in their order and for a fraction of the time."""
    each = sorted(set(story_ids))
    for start in range(0, len(each), MOST_AT_ONCE):
        some = each[start : start + MOST_AT_ONCE]
        session.execute(_LOCK_STORIES, {"stories": some}).all()
        session.execute(_REFRESH, [{"story": story_id} for story_id in some])
        index.note_changed(session, some)
