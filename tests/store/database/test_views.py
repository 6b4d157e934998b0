"""What the views say of weeks, versions, gaps and edits; and the copy of them for SQLite."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from ingest.relations.codebook import Relevance
from store.database import read_only_sql, views_copy
from store.database.connection import Database, DatabaseError
from store.tables import Article, Feed, Poll, Story
from tests.store.building import (
    NOW,
    TEXT,
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    ingest_one,
    only,
    process,
    tagger_output,
)

KEY = "sesame-4711"


def read(database: Database, statement: str) -> list[dict[str, Any]]:
    with database.reading() as session:
        return [dict(row._mapping) for row in session.execute(text(statement))]


def revise(database: Database, article_id: int, **values: Any) -> None:
    """Another text of the article, as if its page had been fetched again."""
    with database.writing() as session:
        session.execute(text("UPDATE articles SET stage = 'process'"))
    process(database, article_id, **values)


def test_actors_are_counted_by_week(database: Database) -> None:
    ingest_one(database)
    (actor,) = read(database, "SELECT * FROM v_actors_weekly WHERE actor = 'xi-jinping'")
    assert date.fromisoformat(str(actor.pop("week"))) == date(2026, 11, 2)
    assert actor == {
        "actor": "xi-jinping", "name": "Xi Jinping", "side": "china", "kind": "person",
        "stories": 1, "mentions": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "monday"),
    [
        (datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2026, 11, 2, 0, 0, tzinfo=UTC), date(2026, 11, 2)),
        (datetime(2026, 11, 8, 23, 59, 59, 999999, tzinfo=UTC), date(2026, 11, 2)),
        (datetime(2027, 1, 1, 12, tzinfo=UTC), date(2026, 12, 28)),
    ],
)
def test_a_week_is_named_by_its_monday(database: Database, seen: datetime, monday: date) -> None:
    ingest_one(database)
    with database.writing() as session:
        session.execute(update(Story).values(first_seen_at=seen))
    weeks = {str(row["week"]) for row in read(database, "SELECT week FROM v_actors_weekly")}
    assert weeks == {monday.isoformat()}


def test_a_story_that_was_imported_counts_in_the_week_of_its_publication(
    database: Database,
) -> None:
    ingest_one(database)
    with database.writing() as session:
        session.execute(update(Story).values(first_published_at=datetime(2019, 5, 8, tzinfo=UTC)))
        session.execute(update(Article).values(origin="import csv urls.csv"))
    weeks = {str(row["week"]) for row in read(database, "SELECT week FROM v_actors_weekly")}
    assert weeks == {"2019-05-06"}
    assert read(database, "SELECT origin FROM v_articles") == [{"origin": "import csv urls.csv"}]


def test_who_is_in_irrelevant_stories_alone_is_not_counted(database: Database) -> None:
    ingest_one(database, judged=tagger_output(relevance=Relevance.NONE, score=0.01))
    assert read(database, "SELECT * FROM v_actors_weekly") == []


def test_taggings_are_told_with_their_versions(database: Database) -> None:
    article_id = ingest_one(database)
    revise(
        database, article_id, made=document(TEXT + "It was edited. " * 9),
        judged=tagger_output(tagger_version="test-2"), now=NOW + timedelta(hours=1),
    )  # fmt: skip
    found = read(database, "SELECT * FROM v_taggings ORDER BY id")
    assert [(row["revision"], row["tagger_version"], bool(row["current"])) for row in found] == [
        (1, "test-1", False),
        (2, "test-2", True),
    ]
    assert {(row["article"], row["topics"]) for row in found} == {(1, "agriculture,diplomacy")}
    versions = read(database, "SELECT * FROM v_taggings_by_version ORDER BY tagger_version")
    assert [
        (row["tagger_version"], row["lexicon_version"], row["taggings"], row["current"])
        for row in versions
    ] == [("test-1", "abc", 1, 0), ("test-2", "abc", 1, 1)]


def test_a_revision_is_told_with_the_text_before_it(database: Database) -> None:
    article_id = ingest_one(database)
    longer = TEXT + "It was edited. " * 9
    revise(database, article_id, made=document(longer, title="Envoy settles two visits"))
    first, second = read(database, "SELECT * FROM v_revisions ORDER BY number")
    assert (first["title_before"], first["text_before"]) == (None, None)
    assert second["title_before"] == first["title"] == "Envoy settles visit"
    assert (second["text_before"], second["text"]) == (first["text"], longer)
    assert second["characters"] == len(longer)
    assert second["characters_before"] == len(TEXT)


def test_a_gap_is_told_with_the_polls_around_it(database: Database) -> None:
    feed = add_feed(database, 1, url=f"http://outlet1.example/feed.xml?key={KEY}")
    with database.writing() as session:
        for hour, outcome in enumerate(
            ("read", "failed", "rolled over", "unchanged", "rolled over")
        ):
            rolled_over = outcome == "rolled over"
            session.add(
                Poll(
                    feed_id=feed.id,
                    at=NOW + timedelta(hours=hour),
                    outcome="read" if rolled_over else outcome,
                    rolled_over=rolled_over,
                )
            )
    gaps = read(database, "SELECT * FROM v_feed_gaps ORDER BY until")
    assert [(_hour(gap["since"]), _hour(gap["until"])) for gap in gaps] == [(0, 2), (3, 4)]
    assert gaps[0]["source"] == "Outlet 1"
    assert gaps[0]["url"] == "http://outlet1.example/feed.xml?…"


def _hour(at: object) -> int:
    found = at if isinstance(at, datetime) else datetime.fromisoformat(str(at)).replace(tzinfo=UTC)
    return round((found - NOW).total_seconds() / 3600)


def test_a_feeds_key_is_in_no_view(database: Database) -> None:
    feed = add_feed(database, 1, url=f"http://outlet1.example/feed.xml?key={KEY}")
    discover(database, feed, discovery(1))
    process(database, fetch(database, "outlet1.example"))
    for view in read_only_sql.views(database):
        assert KEY not in str(read(database, f"SELECT * FROM {view}")), view
    with database.reading() as session:
        assert KEY in only(session, Feed).url


# The copy for SQLite ------------------------------------------------------------------------------


@pytest.fixture
def service(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path)}")
    ingest_one(database)
    add_feed(database, 2, url=f"http://outlet2.example/feed.xml?key={KEY}")
    yield database
    database.dispose()


@pytest.fixture
def copy(service: Database, tmp_path: Path) -> Path:
    file = tmp_path / "analysts" / "ana.db"
    views_copy.write(service, file)
    return file


def connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)


def test_the_copy_holds_what_the_views_show(service: Database, copy: Path) -> None:
    with closing(connect(copy)) as connection, service.engine.connect() as original:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in found]
        assert sorted(tables) == sorted(read_only_sql.views(service))
        for view in tables:
            statement = f"SELECT * FROM {view} ORDER BY 1, 2, 3"
            rows = connection.execute(statement).fetchall()
            assert rows == [tuple(row) for row in original.exec_driver_sql(statement)]
            columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({view})")]
            assert tuple(columns) == read_only_sql.views(service)[view]


def test_the_copy_holds_nothing_else(copy: Path) -> None:
    content = copy.read_bytes()
    assert b"Envoy settles visit" in content
    for secret in (KEY.encode(), b"<html>page</html>", b"snapshots", b"alembic_version"):
        assert secret not in content


def test_the_copy_cannot_be_written(copy: Path) -> None:
    with closing(connect(copy)) as connection:
        for statement in ("DELETE FROM v_stories", "CREATE TABLE x (y)", "DROP TABLE v_stories"):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                connection.execute(statement)
    assert copy.stat().st_mode & 0o222 == 0
    assert [file.name for file in copy.parent.iterdir()] == ["ana.db"]


def test_the_copy_is_made_anew_while_somebody_reads_it(service: Database, copy: Path) -> None:
    with closing(connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM v_articles").fetchone() == (1,)
        ingest_one(service, 3)
        views_copy.write(service, copy)
        assert connection.execute("SELECT count(*) FROM v_articles").fetchone() == (1,)
    with closing(connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM v_articles").fetchone() == (2,)


def test_a_copy_of_no_views_leaves_the_old_one(copy: Path, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").close()
    before = copy.read_bytes()
    with pytest.raises(DatabaseError, match="db upgrade"):
        views_copy.write(Database(f"sqlite:///{tmp_path / 'empty.db'}"), copy)
    assert copy.read_bytes() == before
    assert [file.name for file in copy.parent.iterdir()] == ["ana.db"]


def test_the_sql_command_reads_the_copy(copy: Path) -> None:
    database = Database(f"sqlite:///{copy}")
    with read_only_sql.answered(database, "SELECT title FROM v_stories", seconds=9) as answer:
        assert list(answer.rows) == [("Envoy settles visit",)]
    assert "v_stories" in read_only_sql.views(database)
