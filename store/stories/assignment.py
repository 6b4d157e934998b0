"""Which story a text belongs to: it joins one, founds one, or shows that two are one.

An article with a text that is known joins that text's story; else it joins the story of its copy
(near_duplicates.py), or founds its own. The key of `story_texts` settles races over one text, the
locks of `near_duplicates.lock` those over near copies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select
from sqlmodel import Session

from ingest.duplicates.fingerprint import ALGORITHM_VERSION
from store.database.connection import insert_for
from store.stories import merge, near_duplicates
from store.stories.assignment_decision import Same, StoryDecision, place
from store.stories.merge import Merged, MergeNeeded
from store.stories.near_duplicates import Found, TextToPlace
from store.tables import Article, Revision, Story, StoryText, Tagging, table

_articles, _stories, _revisions = table(Article), table(Story), table(Revision)
_texts, _taggings = table(StoryText), table(Tagging)

_STANDS_FOR: Any = (
    select(_texts.c.story_id, _revisions.c.article_id)
    .outerjoin(_revisions, _revisions.c.id == _texts.c.revision_id)
    .where(_texts.c.text_hash == bindparam("text"))
)


@cache
def _insert_story(dialect: str) -> Any:
    """What a story shows is filled in by `summary.refresh`, in the same transaction."""
    values: dict[str, Any] = {"title": "", "articles": 0, "sources": 0} | {
        "relevance": "none", "score": 0.0
    }  # fmt: skip
    if dialect == "sqlite":
        # It would give the id of a story that was the newest, and was merged, to the next one.
        highest = "(SELECT coalesce(max({}), 0) FROM {})".format
        values["id"] = literal_column(
            f"1 + max({highest('id', 'stories')}, {highest('story_id', 'story_redirects')})"
        )
    return _stories.insert().values(**values).returning(_stories.c.id)


@cache
def _claim(dialect: str) -> Any:
    claim = insert_for(dialect, StoryText).on_conflict_do_nothing()
    return claim.returning(_texts.c.id)


_SAME_SOURCE = (
    select(_articles.c.id)
    .where(_articles.c.story_id == bindparam("story"))
    .where(_articles.c.source_id == bindparam("of_source"))
    .where(_articles.c.title != bindparam("other_than"))
    .limit(1)
)
_COUNT_OF = select(func.count()).where(_articles.c.story_id == bindparam("story"))
_DELETE_STORY = _stories.delete().where(_stories.c.id == bindparam("story"))


@dataclass(frozen=True, slots=True)
class JoinedStory:
    """The story of an article, and the event that joining it makes: none where it was in it.

    `because` is None where it stays. `merged` are the stories that have become one by it.
    """

    story_id: int
    event: str | None
    because: str | None
    merged: tuple[Merged, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleToPlace:
    """The article that brings a text, as far as it matters to which story it belongs."""

    article_id: int
    source_id: int
    title: str
    story_id: int | None  # that it is in already
    revision_id: int
    has_text: bool  # False: a wall, or nothing; its fingerprint is the article's own


def join(
    session: Session,
    article: ArticleToPlace,
    to_place: TextToPlace,
    *,
    may_merge: bool,
    now: datetime,
) -> JoinedStory:
    """Find the story of an article with this text, and let the text stand for it.

    Raises `MergeNeeded` where stories turn out to be one, and `may_merge` is False.
    """
    same = _same(session, article, to_place)
    if same is None and to_place.fingerprint.keys and near_duplicates.lock(session, to_place):
        same = _same(session, article, to_place)
    placed, found = _placed(session, article, to_place, same)
    event = "story.grew" if placed.because else None
    merged = list[Merged]()
    if placed.stories:
        story_id, *younger = sorted(placed.stories)
        if younger and not may_merge:
            raise MergeNeeded
        for other in younger:
            why = f"article {article.article_id} is {placed.because}"
            merged.append(merge.merge(session, other, story_id, why, now=now))
    else:
        story_id = new_story(session, to_place.first_seen_at)
        event = "story.created"
    if placed.stands and not _stand(session, article, to_place, found, story_id):
        # Another worker has brought this very text at the same instant: its story is the one.
        same = _same(session, article, to_place)
        assert same is not None
        if event == "story.created":
            session.execute(_DELETE_STORY, {"story": story_id})
            return JoinedStory(same.story_id, "story.grew", same.because)
    return JoinedStory(story_id, event, placed.because, tuple(merged))


def preview(session: Session, article: ArticleToPlace, to_place: TextToPlace) -> StoryDecision:
    """Where an article with this text would come to stand; nothing is written."""
    return _placed(session, article, to_place, _same(session, article, to_place))[0]


def _placed(
    session: Session, article: ArticleToPlace, to_place: TextToPlace, same: Same | None
) -> tuple[StoryDecision, Found]:
    current = article.story_id
    found = Found((), ()) if same else near_duplicates.find(session, to_place, story_id=current)
    alone = current is not None and _is_alone(session, current)
    return place(current, same, found.copies, alone=alone, has_text=article.has_text), found


def is_known(session: Session, to_place: TextToPlace) -> bool:
    """Whether exactly this text stands for a story already."""
    values = {"text": to_place.fingerprint.text_hash}
    return session.execute(_STANDS_FOR, values).first() is not None


def new_story(session: Session, first_seen_at: datetime) -> int:
    """Make a story; `summary.refresh` fills it from its articles."""
    insert = _insert_story(session.get_bind().dialect.name)
    story_id: int = session.execute(insert, {"first_seen_at": first_seen_at}).scalar_one()
    return story_id


def _same(session: Session, article: ArticleToPlace, to_place: TextToPlace) -> Same | None:
    """The story that this very text stands for.

    A page that is made by scripts leaves nothing to extract but what stands on every page: a text
    that the outlet prints under another headline too is boilerplate.
    """
    row = session.execute(_STANDS_FOR, {"text": to_place.fingerprint.text_hash}).first()
    if row is None:
        return None
    if row.story_id == article.story_id:
        return Same(row.story_id, row.article_id)
    boilerplate = is_boilerplate(
        session, row.story_id, source_id=article.source_id, title=article.title
    )
    return Same(row.story_id, row.article_id, is_boilerplate=boilerplate)


def is_boilerplate(session: Session, story_id: int, *, source_id: int, title: str) -> bool:
    """Whether a source prints this story's text under another headline than this too."""
    values = {"story": story_id, "of_source": source_id, "other_than": title}
    return session.execute(_SAME_SOURCE, values).first() is not None


def _is_alone(session: Session, story_id: int) -> bool:
    return bool(session.execute(_COUNT_OF, {"story": story_id}).scalar_one() == 1)


def _stand(
    session: Session, article: ArticleToPlace, to_place: TextToPlace, found: Found, story_id: int
) -> bool:
    """Let this text stand for this story; False where it stands for one already."""
    values = {
        "text_hash": to_place.fingerprint.text_hash,
        "story_id": story_id,
        "revision_id": article.revision_id,
        "seen_at": to_place.first_seen_at,
        "algorithm_version": ALGORITHM_VERSION,
    }
    claim = _claim(session.get_bind().dialect.name)
    text_id: int | None = session.execute(claim, values).scalar()
    if text_id is None:
        return False
    near_duplicates.store(session, text_id, found.keys, to_place.day)
    return True


def lock(session: Session, story_ids: Iterable[int]) -> None:
    """Lock stories of which some may go, in the one order in which all are locked."""
    rows = select(_stories.c.id).where(_stories.c.id.in_(list(story_ids)))
    session.execute(rows.order_by(_stories.c.id).with_for_update()).all()


def drop_if_empty(session: Session, story_id: int) -> bool:
    """Remove a story that no article is in any more; say whether it was so."""
    if session.execute(_COUNT_OF, {"story": story_id}).scalar_one():
        return False
    session.execute(_DELETE_STORY, {"story": story_id})
    return True
