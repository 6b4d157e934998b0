"""Which story a text belongs to, and what a story is, kept from its articles.

The decision here is by the exact fingerprint of the text; the key of `story_texts` settles it
between workers. Near-duplicates will be looked up in `_story_of`, where a text has no exact
match yet, under the same key.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, distinct, func, select
from sqlmodel import Session

from ingest.fingerprint import ALGORITHM_VERSION
from store.database import insert_for
from store.tables import Article, Story, StoryText, Tagging, table

_articles, _stories = table(Article), table(Story)
_texts, _taggings = table(StoryText), table(Tagging)

_STORY_OF = select(_texts.c.story_id).where(_texts.c.text_hash == bindparam("text"))
# What a story shows is filled in by `refresh`, in the same transaction.
_INSERT_STORY = (
    _stories.insert()
    .values(title="", articles=0, sources=0, relevance="none", score=0.0)
    .returning(_stories.c.id)
)


@cache
def _claim(dialect: str) -> Any:
    claim = insert_for(dialect, StoryText).on_conflict_do_nothing()
    return claim.returning(_texts.c.story_id)


_SAME_SOURCE = (
    select(_articles.c.id)
    .where(_articles.c.story_id == bindparam("story"))
    .where(_articles.c.source_id == bindparam("of_source"))
    .where(_articles.c.title != bindparam("other_than"))
    .limit(1)
)
_COUNT_OF = select(func.count()).where(_articles.c.story_id == bindparam("story"))
_DELETE_STORY = _stories.delete().where(_stories.c.id == bindparam("story"))
_LOCK_STORY = (
    select(_stories.c.id).where(_stories.c.id == bindparam("story")).with_for_update(key_share=True)
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


@dataclass(frozen=True, slots=True)
class Joined:
    """The story of an article, and the event that joining it makes: none where it was in it.

    `left`: the story that it was alone in before, and that is no more.
    """

    story_id: int
    event: str | None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Bringing:
    """An article that brings a text: what decides whether it is a copy.

    `own_key` stands for the article alone, whatever its text.
    """

    source_id: int
    title: str
    story_id: int | None  # that it is in already
    first_seen_at: datetime
    text_hash: bytes
    own_key: bytes
    revision_id: int


def join(session: Session, article: Bringing) -> Joined:
    """The story of an article with this text: its own already, that of a copy, or a new one.

    An article stays in its story when it is edited, and its new text stands for it too; but one
    that was alone in its story, and now has a text that others carry, joins them.
    """
    known = _story_of(session, article.text_hash)
    current = article.story_id
    if known is not None and known != current and _is_boilerplate(session, known, article):
        return _own_story(session, article, article.own_key)
    if current is not None:
        if known is None:
            _claim_text(session, article, article.text_hash, current)
        elif known != current and _is_alone(session, current):
            return Joined(known, "story.grew", left=current)
        return Joined(current, None)
    if known is not None:
        return Joined(known, "story.grew")
    return _own_story(session, article, article.text_hash)


def _own_story(session: Session, article: Bringing, key: bytes) -> Joined:
    """The article's own story, or a new one under this key, or that of whoever was first."""
    if article.story_id is not None:
        return Joined(article.story_id, None)
    story_id: int = session.execute(
        _INSERT_STORY, {"first_seen_at": article.first_seen_at}
    ).scalar_one()
    if _claim_text(session, article, key, story_id):
        return Joined(story_id, "story.created")
    # Another worker has brought a copy at the same instant: its story is the one.
    session.execute(_DELETE_STORY, {"story": story_id})
    first = _story_of(session, key)
    assert first is not None
    return Joined(first, "story.grew")


def drop(session: Session, story_id: int) -> None:
    """Remove a story that has no article any more."""
    session.execute(_DELETE_STORY, {"story": story_id})


def _is_boilerplate(session: Session, known: int, article: Bringing) -> bool:
    """Whether this outlet prints the same text under another headline: then it is furniture.

    A page that is made by scripts leaves nothing to extract but what stands on every page.
    """
    values = {"story": known, "of_source": article.source_id, "other_than": article.title}
    return session.execute(_SAME_SOURCE, values).first() is not None


def _is_alone(session: Session, story_id: int) -> bool:
    return bool(session.execute(_COUNT_OF, {"story": story_id}).scalar_one() == 1)


def _story_of(session: Session, text_hash: bytes) -> int | None:
    found: int | None = session.execute(_STORY_OF, {"text": text_hash}).scalar()
    return found


def _claim_text(session: Session, article: Bringing, text_hash: bytes, story_id: int) -> bool:
    """Let this text stand for this story; False where it stands for one already."""
    values = {
        "text_hash": text_hash,
        "story_id": story_id,
        "revision_id": article.revision_id,
        "seen_at": article.first_seen_at,
        "algorithm_version": ALGORITHM_VERSION,
    }
    return session.execute(_claim(session.get_bind().dialect.name), values).first() is not None


def refresh(session: Session, story_id: int) -> None:
    """Count a story's articles anew, and take its title, dates and tagging from them.

    The story shows the article that was seen first, and is judged by the one with the best score.
    The row is locked first, so that of two articles joining at once both are counted: with the
    lock that foreign keys to it do not conflict with, since both hold such a key already.
    """
    session.execute(_LOCK_STORY, {"story": story_id})
    session.execute(_REFRESH, {"story": story_id})
