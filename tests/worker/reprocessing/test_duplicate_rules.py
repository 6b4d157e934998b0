"""Which articles the duplicate rules of another version have placed, and are to be placed again."""

import pytest
from sqlalchemy import text

from ingest.duplicates import decide
from store.articles import revisions
from store.reprocessing import reassign, undo
from store.tables import Article, Step
from tests.support import printings
from tests.worker.reprocessing.test_reprocessing import (
    NOW,
    apart,
    begin,
    bring,
    judged_long_ago,
    read_by_today,
    reprocess,
    rows,
)
from worker.context import Context
from worker.reprocessing import steps

WHOLE = printings.text(7, words=400)


def raise_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (decide, revisions, reassign, steps):
        monkeypatch.setattr(module, "DUPLICATES_VERSION", decide.DUPLICATES_VERSION + 1)


def outdated(context: Context) -> set[int]:
    """The articles that `reprocess --from dedupe --outdated` would do again.

    The tagger of these texts is of another version too, which a run of it settles first.
    """
    from store.reprocessing.selection import Selection, choose

    today = steps.versions(context)
    with context.database.reading() as session:
        return set(choose(session, Selection(outdated=True), Step.DEDUPE, today))


@pytest.fixture
def settled(context: Context) -> Context:
    """Two articles of one story and one of another, all judged by today's tagger."""
    bring(context, 1, WHOLE)
    bring(context, 2, printings.edited(WHOLE, 1))
    bring(context, 3, printings.text(8, words=400))
    reprocess(context, Step.TAG)
    return context


def test_what_todays_rules_have_placed_is_not_outdated(settled: Context) -> None:
    assert {row.duplicates_version for row in rows(settled.database, Article)} == {
        decide.DUPLICATES_VERSION
    }
    assert outdated(settled) == set()


def test_raised_rules_name_exactly_what_was_placed_before(
    settled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {row.id for row in rows(settled.database, Article)}
    raise_rules(monkeypatch)
    after = bring(settled, 4, printings.text(9, words=400))
    reprocess(settled, Step.TAG)
    assert outdated(settled) == before
    assert after not in before
    reprocess(settled, Step.DEDUPE, outdated=True)
    assert outdated(settled) == set()


def test_a_run_from_the_pages_places_again_what_older_rules_have_placed(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    article_id = judged_long_ago(context.database)
    read_by_today(context, article_id)
    (each,) = steps.redo(context, [article_id], Step.EXTRACT)
    assert not each.settle
    raise_rules(monkeypatch)
    (each,) = steps.redo(context, [article_id], Step.EXTRACT)
    assert each.settle


def test_an_undone_run_leaves_nothing_that_passes_for_placed(settled: Context) -> None:
    apart(settled, 2)
    run_id = reprocess(settled, Step.DEDUPE)
    moved = {row.id for row in rows(settled.database, Article)} - outdated(settled)
    assert moved
    assert list(undo.undo(settled.database, run_id, now=NOW))
    assert outdated(settled)


def test_what_was_stored_before_the_rules_had_a_version_is_of_version_one(
    settled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the migration stamps it: see tests/store/database/test_upgrades.py."""
    with settled.database.writing() as session:
        session.execute(text("UPDATE articles SET duplicates_version = 1"))
    monkeypatch.setattr(steps, "DUPLICATES_VERSION", 1)
    assert outdated(settled) == set()
    assert begin(settled, Step.DEDUPE, outdated=True)
