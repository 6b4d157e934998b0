"""A statement that reads is answered; one that would do anything else is refused, on both."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL

from store.database import read_only_sql
from store.database.connection import Database, DatabaseError
from store.database.read_only_sql import StatementError, TooSlow
from tests.store.building import ingest_one
from tests.support import machine

FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def rows(database: Database, statement: str, seconds: float = 30) -> list[tuple[object, ...]]:
    with read_only_sql.answered(database, statement, seconds=seconds) as answer:
        return list(answer.rows)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT relevance, title FROM v_stories",
        "  select relevance, title from v_stories ;  ",
        "-- who\n/* what */ SELECT relevance, title FROM v_stories -- where",
        "WITH s AS (SELECT * FROM v_stories) SELECT relevance, title FROM s WHERE title LIKE '%E%'",
        "VALUES ('primary', 'Envoy settles visit')",
    ],
)
def test_a_statement_that_reads_is_answered(database: Database, statement: str) -> None:
    ingest_one(database)
    assert rows(database, statement) == [("primary", "Envoy settles visit")]


def test_every_kind_of_value_comes_with_its_column(database: Database) -> None:
    statement = "SELECT 1 AS whole, 1.5 AS part, 'x' AS text, NULL AS none"
    with read_only_sql.answered(database, statement, seconds=9) as answer:
        assert answer.columns == ("whole", "part", "text", "none")
        ((whole, part, text, none),) = answer.rows
    assert (whole, float(part), text, none) == (1, 1.5, "x", None)


WRITES = [
    "DELETE FROM feeds",
    "INSERT INTO story_redirects SELECT 1, 1, '2026-01-01', 'x', 1",
    "UPDATE stories SET title = 'x'",
    "DROP VIEW v_stories",
    "CREATE TABLE x (y INTEGER)",
    "CREATE TEMP TABLE x AS SELECT 1",
    "SELECT 1; DELETE FROM feeds",
    "SELECT 1; SELECT 2",
    "COMMIT",
    "ATTACH ':memory:' AS x",
    "PRAGMA query_only = OFF",
    "SELECT * FROM pragma_journal_mode('delete')",
    "SELECT load_extension('x')",
    "SET ROLE postgres",
    "RESET ROLE",
    "COPY feeds TO '/tmp/x'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "DO $$ BEGIN DELETE FROM feeds; END $$",
    "CALL x()",
    "VACUUM",
    "LOCK TABLE feeds",
    "EXPLAIN ANALYZE DELETE FROM feeds",
    "SELECT 1 INTO x",
    "WITH gone AS (DELETE FROM feeds RETURNING id) SELECT * FROM gone",
    "",
    ";",
    "SELECT",
    "SELECT '\0'",
    "SELECT nothing_of_that_name FROM v_stories",
]


@pytest.mark.parametrize("statement", WRITES)
def test_anything_else_is_refused_in_one_line(database: Database, statement: str) -> None:
    ingest_one(database)
    if statement == "SELECT" and not database.is_sqlite:
        statement = "SELECT FROM WHERE"  # PostgreSQL knows a row without columns
    with pytest.raises(StatementError) as refused:
        rows(database, statement)
    assert "\n" not in str(refused.value)
    assert rows(database, "SELECT count(*) FROM feeds") == [(1,)]
    assert rows(database, "SELECT title FROM v_stories") == [("Envoy settles visit",)]


# The tests' own login is a superuser, as that of compose.yaml is: nothing holds it back by itself.
AS_SUPERUSER = [
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('PG_VERSION')",
    "SELECT lo_import('/etc/hostname')",
    "SELECT lo_export(1, '/tmp/x')",
    "SELECT nextval('articles_id_seq')",
    "SELECT setval('articles_id_seq', 99)",
    "SELECT pg_reload_conf()",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = session_user"
    " AND pid <> pg_backend_pid()",
    "SELECT set_config('role', 'none', true)",
    "SELECT \"set_config\"('role', 'none', true)",
    "SELECT U&\"\\0073et_config\"('role', 'none', true)",
    "SELECT set_config('role', 'none', true), query_to_xml('SELECT 1', true, true, '')",
    "SELECT query_to_xml('SELECT pg_read_file(''PG_VERSION'')', true, true, '')",
    "SELECT * FROM ts_stat('SELECT pg_read_file(''PG_VERSION'')::tsvector')",
    "SELECT * FROM v_stories FOR UPDATE",
]


@pytest.fixture
def on_postgres(migrated_postgres: str) -> Iterator[Database]:
    database = Database(migrated_postgres)
    yield database
    database.dispose()


@pytest.mark.parametrize("statement", AS_SUPERUSER)
def test_functions_that_do_more_than_read_are_refused_to_a_superuser_too(
    on_postgres: Database, statement: str
) -> None:
    with on_postgres.engine.connect() as other:  # which would be ended
        other.exec_driver_sql("SELECT 1")
        with pytest.raises(StatementError):
            rows(on_postgres, statement)
        assert other.exec_driver_sql("SELECT 1").scalar() == 1


def test_what_a_statement_does_does_not_outlive_it(on_postgres: Database) -> None:
    with suppress(StatementError):  # which versions before 16 let through, to be undone
        rows(on_postgres, "SELECT lo_create(0)")
    assert rows(on_postgres, "SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]
    with on_postgres.engine.begin() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "0"
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
        assert connection.exec_driver_sql("SELECT current_user = session_user").scalar()


def test_postgresql_tells_the_types_of_columns(on_postgres: Database) -> None:
    statement = "SELECT 1, 1.5, true, 'x'::text, now(), current_date, ARRAY[1], '{}'::jsonb, NULL"
    with read_only_sql.answered(on_postgres, statement, seconds=9) as answer:
        assert answer.types == (
            int, float, bool, str, datetime, type(datetime.now(UTC).date()), str, str, str,
        )  # fmt: skip


def test_a_statement_that_takes_too_long_is_ended(database: Database) -> None:
    with machine.stopwatch() as took, pytest.raises(TooSlow, match="--timeout"):
        rows(database, FOREVER, seconds=0.2)
    assert took.quiet < 10


def test_reading_its_rows_may_not_take_too_long_either(database: Database) -> None:
    many = FOREVER.replace("max(i)", "i") + " LIMIT 100000000"
    with (
        pytest.raises(TooSlow),
        read_only_sql.answered(database, many, seconds=0.5) as answer,
    ):
        for _ in answer.rows:
            pass


def test_ctrl_c_ends_the_statement(database: Database) -> None:
    ended = threading.Timer(machine.scaled(0.3), os.kill, (os.getpid(), signal.SIGINT))
    longest = machine.scaled(60)
    with machine.stopwatch() as took, pytest.raises(KeyboardInterrupt):
        ended.start()
        rows(database, FOREVER, seconds=longest)
    assert took.quiet < 20
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            running = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND state = 'active'"
                " AND pid <> pg_backend_pid() AND datname = current_database()",
                ("%RECURSIVE n(i)%",),
            ).scalar()
        assert running == 0


def test_the_views_are_listed_with_their_columns(database: Database) -> None:
    found = read_only_sql.views(database)
    assert found["v_evidence"][:3] == ("story", "tagging", "field")
    assert all(name.startswith("v_") for name in found)
    for view, columns in found.items():
        rows(database, f"SELECT {', '.join(columns)} FROM {view}")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(DatabaseError, match="db upgrade"):
        rows(database, "SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_a_path_of_odd_characters_is_that_file(migrated_file: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a ?mode=rwc #1%20ü.db"
    shutil.copy(migrated_file, odd)
    database = Database(URL.create("sqlite", database=str(odd)).render_as_string())
    assert rows(database, "SELECT count(*) FROM feeds") == [(0,)]
    with pytest.raises(StatementError):
        rows(database, "WITH x AS (SELECT 1) DELETE FROM feeds")
