"""Which story a text belongs to, and what a story is, kept from its articles.

The decision here is by the exact fingerprint of the text; the key of `story_texts` settles it
between workers. Near-duplicates will be looked up in `_story_of`, where a text has no exact
match yet, under the same key.
"""

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from ingest.fingerprint import ALGORITHM_VERSION
from store.database import insert_into
from store.outbox import Happening
from store.tables import Article, Story, StoryText, Tagging


def join(session: Session, article: Article, text_hash: bytes) -> tuple[int, Happening | None]:
    """The story of an article with this text: its own already, that of a copy, or a new one.

    An article stays in its story when it is edited; its new text then stands for the story too.
    Returns the story's id and the event that it makes: none where the article was in it before.
    """
    if article.story_id is not None:
        _claim_text(session, text_hash, article.story_id)
        return article.story_id, None
    known = _story_of(session, text_hash)
    if known is not None:
        return known, Happening("story.grew", article_id=article.id, story_id=known)
    story = Story(first_seen_at=article.first_seen_at)
    session.add(story)
    session.flush()
    assert story.id is not None
    if _claim_text(session, text_hash, story.id):
        return story.id, Happening("story.created", article_id=article.id, story_id=story.id)
    # Another worker has brought a copy at the same instant: its story is the one.
    session.execute(delete(Story).where(col(Story.id) == story.id))
    session.expunge(story)
    first = _story_of(session, text_hash)
    assert first is not None
    return first, Happening("story.grew", article_id=article.id, story_id=first)


def _story_of(session: Session, text_hash: bytes) -> int | None:
    return session.exec(select(StoryText.story_id).where(StoryText.text_hash == text_hash)).first()


def _claim_text(session: Session, text_hash: bytes, story_id: int) -> bool:
    """Let this text stand for this story; False where it stands for one already."""
    row = session.execute(
        insert_into(session, StoryText)
        .values(text_hash=text_hash, story_id=story_id, algorithm_version=ALGORITHM_VERSION)
        .on_conflict_do_nothing()
        .returning(col(StoryText.story_id))
    ).first()
    return row is not None


def refresh(session: Session, story_id: int) -> None:
    """Count a story's articles anew, and take its title, dates and tagging from them.

    The story shows the article that was seen first, and is judged by the one with the best score.
    The row is locked first, so that of two articles joining at once both are counted: with the
    lock that foreign keys to it do not conflict with, since both hold such a key already.
    """
    session.execute(select(Story.id).where(Story.id == story_id).with_for_update(key_share=True))
    counts = session.execute(
        select(
            func.count(),
            func.count(func.distinct(col(Article.source_id))),
            func.min(col(Article.first_seen_at)),
            func.min(col(Article.published_at)),
        ).where(Article.story_id == story_id)
    ).one()
    first = session.execute(
        select(Article.id, Article.title, Article.language)
        .where(Article.story_id == story_id)
        .order_by(col(Article.first_seen_at), col(Article.id))
        .limit(1)
    ).first()
    best = session.execute(
        select(Tagging.id, Tagging.relevance, Tagging.score, Tagging.stance)
        .join(Article, col(Article.tagging_id) == col(Tagging.id))
        .where(Article.story_id == story_id)
        .order_by(col(Tagging.score).desc(), col(Tagging.id))
        .limit(1)
    ).first()
    if first is None or best is None:
        return
    session.execute(
        update(Story)
        .where(col(Story.id) == story_id)
        .values(
            articles=counts[0],
            sources=counts[1],
            first_seen_at=counts[2],
            first_published_at=counts[3],
            article_id=first.id,
            title=first.title,
            language=first.language,
            tagging_id=best.id,
            relevance=best.relevance,
            score=best.score,
            stance=best.stance,
        )
        .execution_options(synchronize_session=False)
    )
