"""`db grant-analyst` and `db revoke-analyst`: the URL that is printed is all one needs."""

import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from store.database.connection import Database
from tests.admin.conftest import Cli
from tests.store.building import ingest_one
from tests.support.postgres import drop_database, fresh_database

ANA = f"ana_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def production(postgres_url: str, tmp_path: Path) -> Iterator[Cli]:
    """The command line over a PostgreSQL with one story."""
    url = fresh_database(postgres_url)
    cli = Cli(tmp_path / "home", {"TRANSPACIFIC_DATABASE_URL": url})
    assert cli("db", "upgrade").status == 0
    database = Database(url)
    ingest_one(database)
    yield cli
    database.dispose()
    drop_database(postgres_url, url)


def test_on_postgresql_the_url_is_of_a_login_that_reads_the_views(production: Cli) -> None:
    granted = production("db", "grant-analyst", ANA)
    assert granted.status == 0, granted.err
    (url,) = granted.out.splitlines()
    assert re.match(rf"postgresql://{ANA}:[\w-]{{32}}@", url)
    assert "shown this once" in granted.err
    password = url.split(":")[2].split("@")[0]
    assert password not in granted.err
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM v_stories").fetchone() == (1,)
    asked = production("sql", "SELECT title FROM v_stories", "--format", "jsonl", database_url=url)
    assert asked.records == [{"title": "Envoy settles visit"}]
    refused = production("sql", "SELECT url FROM feeds", database_url=url)
    assert (refused.status, refused.out) == (2, "")
    assert "permission denied" in refused.err
    assert production("db", "revoke-analyst", ANA).status == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    again = production("db", "revoke-analyst", ANA)
    assert (again.status, len(again.err.splitlines())) == (1, 1)


def test_an_analysts_url_does_nothing_else_on_the_command_line(production: Cli) -> None:
    url = production("db", "grant-analyst", ANA).out.strip()
    for arguments in (["feeds", "list"], ["export", "articles"], ["db", "upgrade"], ["status"]):
        ended = production(*arguments, database_url=url)
        assert (ended.status, ended.out) == (1, ""), arguments
        assert len(ended.err.splitlines()) == 1
        assert "Traceback" not in ended.err
    production("db", "revoke-analyst", ANA)


def test_on_sqlite_the_url_is_of_a_copy_of_the_views(polled: Cli) -> None:
    granted = polled("db", "grant-analyst", "ana")
    assert granted.status == 0, granted.err
    (url,) = granted.out.splitlines()
    assert url == f"file://{polled.home}/analysts/ana.db?mode=ro"
    assert "a copy of the views as of now" in granted.err
    with closing(sqlite3.connect(url, uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM v_articles").fetchone() == (5,)
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            connection.execute("SELECT url FROM feeds")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM v_articles")
    assert polled("db", "revoke-analyst", "ana").status == 0
    assert list((polled.home / "analysts").iterdir()) == []
    again = polled("db", "revoke-analyst", "ana")
    assert (again.status, len(again.err.splitlines())) == (1, 1)


@pytest.mark.parametrize("name", ["../../etc/x", "Ana", "", "a b", "ana;drop"])
@pytest.mark.parametrize("command", ["grant-analyst", "revoke-analyst"])
def test_an_odd_name_is_told(cli: Cli, command: str, name: str) -> None:
    ended = cli("db", command, name)
    assert (ended.status, ended.out) == (1, "")
    assert "no name for an analyst" in ended.err
    assert not cli.home.exists()


def test_where_there_is_no_database_yet_nobody_is_granted_anything(cli: Cli) -> None:
    ended = cli("db", "grant-analyst", "ana")
    assert ended.status == 1
    assert "transpacific db upgrade" in ended.err
    assert not cli.home.exists()
