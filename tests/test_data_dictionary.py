"""The data dictionary's examples run on both databases, and its columns are there."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from store.database.connection import Database
from tests.store.building import ingest_one

DICTIONARY = (Path(__file__).parents[1] / "docs" / "data-dictionary.md").read_text("utf-8")
EXAMPLES = re.findall(r"```sql\n(.*?)```", DICTIONARY, re.S)
VIEWS = re.findall(r"^## (v_\w+)", DICTIONARY, re.M)


@pytest.fixture
def database(database: Database) -> Database:
    """With one article in it."""
    ingest_one(database)
    return database


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(database: Database, number: int) -> None:
    with database.reading() as session:
        session.execute(text(EXAMPLES[number])).all()


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_of_a_view_is_told(database: Database, view: str) -> None:
    section = DICTIONARY.split(f"## {view} ")[1].split("\n## ")[0]
    with database.reading() as session:
        columns = session.execute(text(f"SELECT * FROM {view}")).keys()
    untold = [column for column in columns if not re.search(rf"\b{column}\b", section)]
    assert untold == []


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_an_example(view: str) -> None:
    section = DICTIONARY.split(f"## {view} ")[1].split("\n## ")[0]
    assert "```sql" in section
