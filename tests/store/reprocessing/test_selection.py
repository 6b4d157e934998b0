"""Which articles are chosen: by their date or else when they came, by a story's old id, by code."""

from dataclasses import replace
from datetime import timedelta

import pytest

from store.articles import snapshots
from store.database.connection import Database
from store.reprocessing import selection as selecting
from store.reprocessing.selection import Selection
from store.tables import Article, Revision, Snapshot, Step, StoryRedirect
from tests.store.building import NOW, document, ingest_one
from tests.store.history.histories import VERSIONS
from tests.support import printings

DAY = timedelta(days=1)
NEXT = replace(VERSIONS, extractor="next")


@pytest.fixture
def two(database: Database) -> Database:
    """Two articles of two stories."""
    for number in (1, 2):
        ingest_one(database, number, made=document(printings.text(number)))
    return database


def _chosen(database: Database, step: Step = Step.TAG, **asked: object) -> list[int]:
    versions = NEXT if "outdated" in asked else VERSIONS
    with database.reading() as session:
        return selecting.choose(session, Selection(**asked), step, versions)  # type: ignore[arg-type]


def test_an_article_is_of_its_own_date_and_else_of_the_day_it_came(two: Database) -> None:
    with two.writing() as session:
        session.get_one(Article, 1).published_at = NOW - 9 * DAY
        session.get_one(Article, 2).published_at = None
    assert _chosen(two, until=NOW - DAY) == [1]
    assert _chosen(two, since=NOW - DAY) == [2]


def test_a_story_that_was_merged_is_asked_for_by_its_old_id(two: Database) -> None:
    with two.writing() as session:
        session.add(
            StoryRedirect(story_id=7, into_id=2, merged_into_id=2, merged_at=NOW, because="so")
        )
    assert (_chosen(two, story=7), _chosen(two, story=2), _chosen(two, story=8)) == ([2], [2], [])


def test_a_text_that_an_extractor_has_confirmed_is_of_that_extractor(two: Database) -> None:
    assert _chosen(two, Step.EXTRACT, outdated=True) == [1, 2]
    with two.writing() as session:
        session.get_one(
            Revision, session.get_one(Article, 1).revision_id
        ).confirmed_version = "next"
    assert _chosen(two, Step.EXTRACT, outdated=True) == [2]


def test_what_cannot_be_made_again_is_not_outdated_for_its_extractor(two: Database) -> None:
    with two.writing() as session:
        revision = session.get_one(Revision, session.get_one(Article, 1).revision_id)
        page = session.get_one(Snapshot, revision.snapshot_id)
        assert page.kind == snapshots.PAGE
        page.body = b""
    assert _chosen(two, Step.EXTRACT, outdated=True) == [2]
    assert _chosen(two, Step.EXTRACT) == [1, 2]
    with two.reading() as session:
        assert selecting.without_page(session, [1, 2]) == 1
