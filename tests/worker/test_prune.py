"""Letting go with time: the task, and reprocessing and fetching once a page is gone."""

from datetime import timedelta

import pytest

from ingest.relations.codebook import Relevance
from store.operations import retention
from store.operations.retention import Freed
from store.reprocessing import runs, selection
from store.reprocessing.selection import Selection
from store.tables import Article, Revision, Stage, Step
from tests.store.building import NOW, fetch, ingest_one, process, tagger_output
from tests.worker.reprocessing.test_reprocessing import (
    judged_long_ago,
    read_by_today,
    reprocess,
    rows,
)
from worker import prune
from worker.context import Context
from worker.reprocessing.report import report
from worker.reprocessing.steps import preview, redo, versions
from worker.settings import Settings

DAY = timedelta(days=1)


LATER = NOW + 100 * DAY


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a hundred days after everything happened."""
    monkeypatch.setattr("worker.clock.now", lambda: LATER)


def test_days_are_times_and_none_of_them_is_for_ever() -> None:
    assert prune.policy(Settings(keep_polls_days=7)) == retention.Policy(
        pages=90 * DAY, relevant_pages=None, polls=7 * DAY, events=30 * DAY
    )
    nothing = Settings(keep_snapshots_days=0, keep_polls_days=0, keep_events_days=0)
    assert prune.policy(nothing) == retention.Policy(None, None, None, None)


@pytest.mark.usefixtures("later")
def test_the_task_may_come_twice_and_ends_after_a_while(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        ingest_one(context.database, number, judged=tagger_output(relevance=Relevance.NONE))
    with monkeypatch.context() as hurried:
        hurried.setattr(prune, "SECONDS", 0.0)
        assert prune.keep_up(context) == Freed()  # it came no farther than to old polls
    assert prune.keep_up(context).pages == 2
    assert prune.keep_up(context) == Freed()


def let_go(context: Context) -> int:
    """An article whose page was let go."""
    article_id = judged_long_ago(context.database)
    read_by_today(context, article_id)
    assert prune.keep_up(context).pages == 1
    return article_id


@pytest.mark.usefixtures("later")
def test_a_text_whose_page_is_gone_stays_and_is_counted_and_judged_again(context: Context) -> None:
    let_go(context)
    with context.database.writing() as session:
        session.get_one(Revision, 1).extractor_version = "of long ago"
    told = report(preview(context, each) for each in redo(context, [1], Step.EXTRACT))
    assert (told.articles, told.without_page, told.texts) == (1, 1, {})
    assert told.described()["without_page"] == 1
    run_id = reprocess(context, Step.EXTRACT)
    with context.database.reading() as session:
        assert runs.get(session, run_id).without_page == 1
        outdated = Selection(outdated=True)
        # It cannot be brought up to date: it is not found outdated again and again.
        assert selection.choose(session, outdated, Step.EXTRACT, versions(context)) == []
    (kept,) = rows(context.database, Revision)
    assert (kept.extractor_version, kept.confirmed_version) == ("of long ago", None)
    with context.database.reading() as session:
        assert session.get_one(Article, 1).revision_id == kept.id
        assert runs.changed(session, [run_id])[run_id] == runs.Changed(0, 1, 0)


@pytest.mark.usefixtures("later")
def test_a_page_that_is_fetched_again_is_read_again(context: Context) -> None:
    article_id = let_go(context)
    with context.database.writing() as session:
        article = session.get_one(Article, article_id)
        article.stage, article.next_attempt_at = Stage.FETCH, NOW
    body = b"<html><p>The page has changed since then.</p></html>"
    assert fetch(context.database, "outlet1.example", body=body, now=LATER) == article_id
    assert process(context.database, article_id, now=LATER) == 2
