"""Undoing a reprocessing: everything that is shown is again as it was, row for row."""

from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from ingest.pages.quality import Quality
from store.database.connection import Database
from store.reprocessing import undo as undoing
from store.stories import assignment, summary
from store.tables import (
    Article,
    EventRow,
    Step,
    Story,
    StoryKey,
    StoryRedirect,
    StoryText,
    table,
)
from tests.store.building import NOW, document, ingest_one, process
from tests.support import printings
from tests.worker.reprocessing.test_reprocessing import (
    WHOLE,
    apart,
    bring,
    judged_long_ago,
    reprocess,
    stories_of,
)
from worker.context import Context

# All that a run may change, but what only grows: how many texts an article has had.
SHOWN = (Article, Story, StoryText, StoryRedirect, StoryKey)


def shown(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.reading() as session:
        return {model.__tablename__: _rows(session, model) for model in SHOWN}  # type: ignore[misc]


def _rows(session: Any, model: type[SQLModel]) -> list[dict[str, Any]]:
    # How many there were is never taken back; which rules placed it is told by what placed it.
    columns = [c for c in table(model).c if c.name not in ("revisions", "duplicates_version")]
    rows = session.execute(select(*columns).order_by(*table(model).primary_key.columns))
    return [dict(row) for row in rows.mappings()]


def undo(context: Context, run_id: int) -> None:
    list(undoing.undo(context.database, run_id, now=NOW))


def kinds(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.execute(select(table(EventRow).c.kind)).scalars())


def older(article_id: int, context: Context) -> None:
    """Let an article show what an older extractor made of its page: a summary with a credit."""
    text = "WASHINGTON (Reuters) - A text as an older extractor left it. " * 10
    made = document(text, title="As it was", quality=Quality.SHORT, language="fr")
    process(context.database, article_id, made)


def test_a_text_that_is_read_otherwise_is_undone_row_for_row(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    older(article_id, context)
    before = shown(context.database)
    (was,) = before["articles"]
    assert (was["agency"], was["title"]) == ("reuters", "As it was")
    run_id = reprocess(context, Step.EXTRACT)
    after = shown(context.database)
    assert after != before
    assert "article.reextracted" in kinds(context.database)
    assert "article.revised" not in kinds(context.database)
    undo(context, run_id)
    assert shown(context.database) == before
    # And once more: what was undone leaves nothing in the way.
    undo(context, reprocess(context, Step.EXTRACT))
    assert shown(context.database) == before


def test_stories_that_a_new_text_made_one_are_parted_row_for_row(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    older(article_id, context)
    today = _read(context, article_id)
    others = [ingest_one(context.database, n, made=document(today)) for n in (2, 3)]
    own, theirs, _ = stories_of(context, article_id, *others)
    assert own != theirs
    with context.database.writing() as session:  # stories that had gone into theirs before
        for old, into in ((90, theirs), (91, 90)):
            session.add(
                StoryRedirect(
                    story_id=old, into_id=theirs, merged_into_id=into, merged_at=NOW, because="so"
                )
            )
            session.flush()
    before = shown(context.database)
    run_id = reprocess(context, Step.EXTRACT)
    assert stories_of(context, article_id, *others) == [own] * 3
    assert {row["into_id"] for row in shown(context.database)["story_redirects"]} == {own}
    undo(context, run_id)
    assert shown(context.database) == before
    assert "story.reopened" in kinds(context.database)


def _read(context: Context, article_id: int) -> str:
    """What today's extractor makes of an article's page."""
    from store.articles import inputs
    from worker.processing import make_document

    with context.database.reading() as session:
        made = make_document(inputs.load(session, article_id))
    assert made is not None
    return made.text


def test_the_text_that_a_later_copy_joined_by_stands_by_that_copy(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    older(article_id, context)
    run_id = reprocess(context, Step.EXTRACT)
    copy = ingest_one(context.database, 2, made=document(_read(context, article_id)))
    own, joined = stories_of(context, article_id, copy)
    assert own == joined
    undo(context, run_id)
    third = ingest_one(context.database, 3, made=document(_read(context, article_id)))
    assert stories_of(context, copy, third) == [own, own]


def test_merges_and_splits_of_the_story_decision_are_undone_row_for_row(context: Context) -> None:
    first, second = bring(context, 1, WHOLE), bring(context, 2, printings.edited(WHOLE, 1))
    apart(context, second)
    with context.database.writing() as session:
        summary.refresh(session, stories_of(context, second)[0] or 0)
    stray = bring(context, 3, printings.text(2, words=400))
    astray(context, stray, into=first)
    before = shown(context.database)
    run_id = reprocess(context, Step.DEDUPE)
    one, same, other = stories_of(context, first, second, stray)
    assert one == same != other
    undo(context, run_id)
    assert shown(context.database) == before


def astray(context: Context, article_id: int, *, into: int) -> None:
    """Put an article into another's story, as a worse decision would have left it."""
    from tests.worker.reprocessing.test_reprocessing import article

    left, joined = (article(context.database, each).story_id for each in (article_id, into))
    with context.database.writing() as session:
        session.execute(
            table(StoryText).update().where(table(StoryText).c.story_id == left)
            .values(story_id=joined)
        )  # fmt: skip
        session.execute(
            table(Article).update().where(table(Article).c.id == article_id)
            .values(story_id=joined, joined_because="a mistake")
        )  # fmt: skip
        assert left is not None and joined is not None
        assignment.drop_if_empty(session, left)
        summary.refresh(session, joined)
