"""What is remembered of a run's changes: what was before the first, and what is after the last."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from store.database.connection import Database
from store.reprocessing import changes, runs
from store.reprocessing.selection import Selection
from store.tables import RunChange, Step
from tests.store.building import NOW, document, ingest_one
from tests.store.history.histories import VERSIONS
from tests.support import printings

SHOWN: Any = SimpleNamespace(
    id=1, revision_id=10, tagging_id=20, story_id=30, joined_because="first of its text",
    agency="reuters", title="As it was", error=None,
)  # fmt: skip
KEPT = {
    "run_id": 7, "article_id": 1,
    "revision_before": 10, "revision_after": 10,
    "tagging_before": 20, "tagging_after": 20,
    "story_before": 30, "story_after": 30,
    "joined_before": "first of its text", "agency_before": "reuters",
    "title_before": "As it was", "error_before": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({}, {}),
        ({"revision": 11}, {"revision_after": 11}),
        ({"tagging": 21}, {"tagging_after": 21}),
        ({"story": 31}, {"story_after": 31}),
        (
            {"revision": 11, "tagging": 21, "story": 31},
            {"revision_after": 11, "tagging_after": 21, "story_after": 31},
        ),
    ],
)
def test_what_a_run_does_not_give_stays(given: dict[str, int], after: dict[str, int]) -> None:
    assert changes.change(7, SHOWN, **given) == KEPT | after


@pytest.fixture
def run_id(database: Database) -> int:
    """A run over two articles."""
    for number in (1, 2):
        ingest_one(database, number, made=document(printings.text(number)))
    with database.writing() as session:
        return runs.begin(
            session, [1, 2], step=Step.DEDUPE, selection=Selection(),
            versions=VERSIONS, by="me", now=NOW,
        )  # fmt: skip


def _remember(database: Database, *each: dict[str, Any]) -> None:
    with database.writing() as session:
        changes.remember(session, each)


def _kept(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        rows = session.exec(select(RunChange).order_by(RunChange.article_id))
        return [row.model_dump() for row in rows]


@pytest.mark.usefixtures("run_id")
def test_nothing_is_remembered_of_nothing(database: Database) -> None:
    _remember(database)
    assert _kept(database) == []


def test_changes_of_several_articles_are_kept_each(database: Database, run_id: int) -> None:
    other = SimpleNamespace(**vars(SHOWN) | {"id": 2, "title": "The other"})
    second = changes.change(run_id, other, story=31)
    first = changes.change(run_id, SHOWN, tagging=21)
    _remember(database, second, first)
    assert _kept(database) == [first, second]


def test_of_what_is_changed_twice_the_first_state_is_kept_and_the_last(
    database: Database, run_id: int
) -> None:
    """A second change knows the article as the first has left it; undoing goes back to before."""
    first = changes.change(run_id, SHOWN, revision=11, tagging=21)
    between = SimpleNamespace(
        id=1, revision_id=11, tagging_id=21, story_id=30, joined_because="so", agency=None,
        title="As it is", error="what",
    )  # fmt: skip
    _remember(database, first)
    _remember(database, changes.change(run_id, between, tagging=22, story=31))
    (kept,) = _kept(database)
    assert kept == first | {"tagging_after": 22, "story_after": 31}


def test_what_another_run_changes_is_kept_beside_it(database: Database, run_id: int) -> None:
    with database.writing() as session:
        other = runs.begin(
            session, [1], step=Step.TAG, selection=Selection(),
            versions=VERSIONS, by="me", now=NOW,
        )  # fmt: skip
    _remember(database, changes.change(run_id, SHOWN, tagging=21))
    _remember(database, changes.change(other, SHOWN, tagging=22))
    assert sorted((kept["run_id"], kept["tagging_after"]) for kept in _kept(database)) == [
        (run_id, 21), (other, 22),
    ]  # fmt: skip
