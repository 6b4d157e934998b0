"""Where an old id led at a time, what a purge takes for good, what an upgrade finds on record."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, select, text

from store.articles import purge
from store.database import migrate
from store.database.connection import Database
from store.exports import rows as export
from store.history import stories_as_of
from store.history.stories_as_of import known_as
from store.search.search import Question, find
from store.tables import ArticleState
from tests.store.building import MINUTE, NOW, document, ingest_one, process
from tests.store.history.histories import History
from tests.support import printings

ONE = document(printings.text(1), title=printings.title(1))
OTHER = document(printings.text(2), title=printings.title(2))
LATER = NOW + 10 * MINUTE


def edit(database: Database, article_id: int, **values: object) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE articles SET stage = 'process' WHERE id = :id"),
                        {"id": article_id})  # fmt: skip
    process(database, article_id, now=LATER, **values)  # type: ignore[arg-type]


@pytest.fixture
def merged(database: Database) -> Database:
    """Two stories, of which the second went into the first ten minutes later."""
    ingest_one(database, 1, made=ONE)
    ingest_one(database, 2, made=OTHER)
    edit(database, 2, made=ONE)
    return database


def test_an_old_id_is_its_own_story_until_the_merger(merged: Database) -> None:
    with merged.reading() as session:
        assert known_as(session, 2, LATER - MINUTE) == 2
        assert known_as(session, 2, LATER) == 1
        assert known_as(session, 1, NOW) == known_as(session, 1, LATER) == 1
        assert known_as(session, 77, LATER) == 77
        then, now = (
            [story.id for story in find(session, Question(story=2, as_of=at))]
            for at in (NOW, LATER)
        )
    assert (then, now) == ([2], [1])


def test_a_story_shows_what_its_copies_showed(merged: Database) -> None:
    with merged.reading() as session:
        then = stories_as_of.load(session, [1, 2], NOW)
        now = stories_as_of.load(session, [1, 2], LATER)
    assert [len(then[story].members) for story in (1, 2)] == [1, 1]
    assert then[2].first.shown.joined_because == "first of its text"
    assert list(now) == [1]
    assert [member.shown.id for member in now[1].members] == [1, 2]


def test_nothing_is_told_of_a_time_before_the_first_text(merged: Database) -> None:
    with merged.reading() as session:
        for read in (export.articles, export.stories, export.revisions):
            assert list(read(session, as_of=NOW - MINUTE / 60)) == []


def test_what_was_purged_is_not_brought_back(merged: Database) -> None:
    with merged.reading() as session:
        before = list(export.articles(session, as_of=NOW))
    with merged.writing() as session:
        purge.purge(session, [2], reason="a mistake", now=LATER + MINUTE)
    with merged.reading() as session:
        assert list(export.articles(session, as_of=NOW)) == before[:1]
        assert [row["id"] for row in export.stories(session, as_of=NOW)] == [1]
        assert session.execute(select(ArticleState)).all() == []


def test_an_article_that_never_changed_costs_nothing(database: Database) -> None:
    ingest_one(database, 1, made=ONE)
    ingest_one(database, 2, made=ONE)
    with database.reading() as session:
        assert session.execute(select(ArticleState)).all() == []


def test_an_upgrade_makes_the_states_of_what_is_on_record(database: Database) -> None:
    """Edits, mergers, runs and their undoing: all but which agency an earlier text credited."""
    history = History(database, seed=10)
    at_the_time = {}
    for at in history.steps(14):
        with database.reading() as session:
            at_the_time[at] = [_kept(row) for row in export.articles(session)]
    with database.writing() as session:
        session.execute(delete(ArticleState))
        session.execute(text(_states_so_far()))
    for at, rows in at_the_time.items():
        with database.reading() as session:
            told = [_kept(row) for row in export.articles(session, as_of=at)]
        assert told == rows, (at, history.happened)


def _kept(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in ("agency", "joined_because")}


def _states_so_far() -> str:
    """The statement of the migration."""
    script = ScriptDirectory(str(Path(migrate.__file__).parents[1] / "migrations"))
    statement: str = script.get_revision("0006").module._STATES_SO_FAR
    return statement
