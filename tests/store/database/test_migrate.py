"""Migrations lead to the tables of the code, from nothing and again."""

from importlib.resources import files

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

from store.database import migrate
from store.database.connection import Database, DatabaseError

VIEWS = (
    "v_stories",
    "v_articles",
    "v_copies",
    "v_story_redirects",
    "v_evidence",
    "v_coverage_daily",
    "v_feed_health",
)


def test_an_empty_database_gets_the_schema_of_the_tables(database_url: str) -> None:
    database = Database(database_url)
    assert migrate.version(database) is None
    migrate.ensure(database)
    assert migrate.version(database) == migrate.HEAD
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _ours})
        assert compare_metadata(context, SQLModel.metadata) == []
    database.dispose()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Not the views, and not the index for search, which each database has in its own way."""
    return not (kind == "table" and name is not None and name.startswith(("v_", "story_words")))


def test_head_names_the_newest_migration() -> None:
    script = ScriptDirectory(str(files("store") / "migrations"))
    assert script.get_current_head() == migrate.HEAD


def test_an_upgrade_of_an_upgraded_database_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    assert migrate.version(database) == migrate.HEAD


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_answers_on_an_empty_database(database: Database, view: str) -> None:
    with database.reading() as session:
        assert session.execute(text(f"SELECT * FROM {view}")).all() == []


def test_a_database_of_another_version_is_refused_with_the_mend(database_url: str) -> None:
    database = Database(database_url)
    migrate.ensure(database)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="transpacific db upgrade"):
        migrate.ensure(database)
    database.dispose()
