"""Exports keep the contract's fields, and read everything whatever the batch."""

import pytest

from store.database.connection import Database
from store.exports import rows
from tests.store.building import ingest_one

FIELDS = {
    "articles": (
        "id url title text authors published first_seen source feed language quality story "
        "relevance score topics stance agency joined_because origin"
    ),
    "revisions": "article url number seen title text",
    "stories": (
        "id title first_published first_seen language articles sources relevance score topics "
        "actors stance urls copies first_source agency"
    ),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_the_fields_are_those_of_the_contract(database: Database, kind: str) -> None:
    ingest_one(database)
    with database.reading() as session:
        (row,) = getattr(rows, kind)(session)
    assert list(row) == FIELDS[kind].split()


def test_an_article_is_exported_whole(database: Database) -> None:
    article_id = ingest_one(database)
    with database.reading() as session:
        (row,) = rows.articles(session)
    assert row["id"] == article_id
    assert row["feed"] == "http://outlet1.example/feed.xml"
    assert row["topics"] == ["agriculture", "diplomacy"]
    assert row["published"].tzinfo is not None


def test_every_row_is_exported_across_batches(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BATCH", 2)
    for number in range(1, 6):
        ingest_one(database, number)
    with database.reading() as session:
        assert [row["id"] for row in rows.articles(session)] == [1, 2, 3, 4, 5]
    with database.reading() as session:
        assert [row["number"] for row in rows.revisions(session)] == [1] * 5
    with database.reading() as session:
        assert sum(row["articles"] for row in rows.stories(session)) == 5
