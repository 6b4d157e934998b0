"""Deciding again which story an article belongs to, with the fingerprints and rules of today.

The article that a story was seen in first is its anchor: it stays, and its story is merged with
another where its text is a copy of one there. Any other stays as long as its text is a copy of
one in its story; else it moves to the story of its copy, or to one of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, select
from sqlmodel import Session

from ingest.duplicates.decide import DUPLICATES_VERSION, Printing
from ingest.duplicates.fingerprint import ALGORITHM_VERSION, fingerprint
from ingest.pages.quality import is_wall
from store import events
from store.database.connection import insert_into
from store.events import Event
from store.history import recording
from store.reprocessing.changes import change, remember
from store.reprocessing.redo import Standing
from store.stories import assignment, merge, near_duplicates, summary
from store.stories.assignment_decision import Same, StoryDecision, place_again
from store.stories.boilerplate import Boilerplate
from store.stories.near_duplicates import TextToPlace
from store.tables import Article, Revision, Story, StoryKey, StoryMove, StoryText, table

# Texts of its own story that an article is compared with: more than a story has.
MOST_OF_STORY = 16

_articles, _stories, _revisions = table(Article), table(Story), table(Revision)
_texts, _keys, _moves = table(StoryText), table(StoryKey), table(StoryMove)

_ARTICLE: Any = (
    select(
        *merge.SHOWN,
        _articles.c.source_id,
        (_stories.c.article_id == _articles.c.id).label("is_first"),
    )
    .join(_stories, _stories.c.id == _articles.c.story_id)
    .where(_articles.c.id == bindparam("article"))
)
_LOCK = _ARTICLE.with_for_update(of=_articles)
_its = _revisions.alias("its")
_text_of_it: Any = exists().where(
    _its.c.id == _texts.c.revision_id, _its.c.article_id == bindparam("article")
)
# The texts that others brought into its story, the earliest first.
_OF_STORY: Any = (
    select(_texts.c.id)
    .where(_texts.c.story_id == bindparam("story"), ~_text_of_it)
    .order_by(_texts.c.seen_at, _texts.c.id)
    .limit(MOST_OF_STORY)
)
_ITS_TEXT: Any = select(_texts.c.id).where(_texts.c.text_hash == bindparam("text"), _text_of_it)
_RENEW_TEXT = (
    _texts.update()
    .where(_texts.c.id == bindparam("its_text"))
    .values(text_hash=bindparam("new_hash"), algorithm_version=bindparam("algorithm"))
)
_MOVE_TEXTS = (
    _texts.update()
    .where(_texts.c.story_id == bindparam("left"), _text_of_it)
    .values(story_id=bindparam("into"))
)
_MOVE = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"))
    .values(story_id=bindparam("into"), joined_because=bindparam("why"))
)
_PLACED_BY = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"))
    .values(duplicates_version=bindparam("rules"))
)
_STANDS_FOR: Any = (
    select(_texts.c.story_id, _revisions.c.article_id)
    .join(_revisions, _revisions.c.id == _texts.c.revision_id)
    .where(_texts.c.text_hash == bindparam("text"), ~_text_of_it)
)


def to_place(session: Session, standing: Standing, boilerplate: Boilerplate) -> TextToPlace | None:
    """The article's text, to be compared with others; None where it is a wall, or there is none."""
    if not standing.text or is_wall(standing.taken_from, standing.quality):
        return None
    row = session.execute(_ARTICLE, {"article": standing.article_id}).first()
    if row is None:
        return None
    without = boilerplate.of(session, row.source_id)
    return TextToPlace(
        fingerprint=fingerprint(standing.title, standing.text, without=without),
        printing=Printing(
            standing.title, standing.text, standing.published_at, standing.source, without
        ),
        first_seen_at=standing.first_seen_at,
        boilerplate=boilerplate,
    )


def compare_ahead(session: Session, standing: Standing, text: TextToPlace) -> None:
    """Compare the text with those that `assign_again` will ask for; before its transaction."""
    own = _own_texts(session, standing)
    near_duplicates.compare_ahead(session, text, story_id=standing.story_id, own=own)


def _own_texts(session: Session, standing: Standing) -> Sequence[int]:
    about = {"article": standing.article_id, "story": standing.story_id}
    return session.execute(_OF_STORY, about).scalars().all()


def preview(session: Session, standing: Standing, text: TextToPlace) -> StoryDecision:
    """Where the article would go now; nothing is written."""
    about = {"article": standing.article_id}
    same = session.execute(_STANDS_FOR, about | {"text": text.fingerprint.text_hash}).first()
    article = session.execute(_ARTICLE, about).one()
    if same and assignment.is_boilerplate(
        session, same.story_id, source_id=article.source_id, title=article.title
    ):
        return StoryDecision((standing.story_id,), None, stands=False)
    return place_again(
        standing.story_id,
        Same(same.story_id, same.article_id) if same else None,
        next(near_duplicates.among(session, text, _own_texts(session, standing)), None),
        near_duplicates.find(session, text, story_id=standing.story_id).copies,
        is_first=article.is_first,
    )


def assign_again(
    session: Session, run_id: int, standing: Standing, text: TextToPlace | None, *, now: datetime
) -> None:
    """Put an article where it belongs, and its text under the fingerprint of today.

    Without a `text` it stays where it is, by the rules of today too. `merge.hold` has let nobody
    else merge. An article that has changed meanwhile is passed over.
    """
    article = session.execute(_LOCK, {"article": standing.article_id}).first()
    if article is None or (article.revision_id, article.story_id) != (
        standing.revision_id,
        standing.story_id,
    ):
        return
    session.execute(_PLACED_BY, {"article": article.id, "rules": DUPLICATES_VERSION})
    if text is None:
        return
    placed = preview(session, standing, text)
    _renew(session, standing, text)
    stays = standing.story_id in placed.stories
    into = (
        min(placed.stories) if placed.stories else assignment.new_story(session, text.first_seen_at)
    )
    for other in sorted(set(placed.stories) - {into}):
        _merge(session, run_id, other, into, placed, now)
    if not stays:
        _move(session, run_id, article, into, placed, now)
        summary.refresh(session, standing.story_id)
    if not stays or len(placed.stories) > 1:
        summary.refresh(session, into)


def _merge(
    session: Session, run_id: int, old: int, into: int, placed: StoryDecision, now: datetime
) -> None:
    because = f"run {run_id}: {placed.because}"
    merged = merge.merge(session, old, into, because, now=now)
    remember(session, [change(run_id, each, story=into) for each in merged.moved])


def _move(
    session: Session,
    run_id: int,
    article: Row[Any],
    into: int,
    placed: StoryDecision,
    now: datetime,
) -> None:
    """Take an article out of its story, with the texts that it has brought there."""
    remember(session, [change(run_id, article, story=into)])
    left = article.story_id
    session.execute(
        _moves.insert().values(
            article_id=article.id, at=now, from_id=left, to_id=into, because=article.joined_because
        )
    )
    recording.keep(session, [article.id], now=now)
    session.execute(_MOVE, {"article": article.id, "into": into, "why": placed.because})
    session.execute(_MOVE_TEXTS, {"article": article.id, "left": left, "into": into})
    kind = "story.grew" if placed.stories else "story.created"
    events.write(session, [Event(kind, article_id=article.id, story_id=into)], now=now)


def _renew(session: Session, standing: Standing, text: TextToPlace) -> None:
    """Let the text be found by the keys of today; those of an older fingerprint find it as well."""
    new_hash = text.fingerprint.text_hash
    about = {"article": standing.article_id, "text": standing.text_hash}
    its_text = session.execute(_ITS_TEXT, about).scalar()
    if new_hash != standing.text_hash:
        session.execute(
            _revisions.update()
            .where(_revisions.c.id == standing.revision_id)
            .values(text_hash=new_hash)
        )
    if its_text is None:
        return  # a copy brought it
    taken = new_hash != standing.text_hash and assignment.is_known(session, text)
    session.execute(
        _RENEW_TEXT,
        {
            "its_text": its_text,
            "new_hash": standing.text_hash if taken else new_hash,
            "algorithm": str(ALGORITHM_VERSION),
        },
    )
    if standing.algorithm == str(ALGORITHM_VERSION):
        return
    free = near_duplicates.find(session, text, story_id=standing.story_id).keys
    keys = [{"key": key, "day": text.day, "text_id": its_text} for key in free]
    if keys:
        session.execute(insert_into(session, StoryKey).on_conflict_do_nothing(), keys)
