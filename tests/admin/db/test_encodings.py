"""A PostgreSQL database that is not UTF-8 is refused, with the command that makes the right one."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from store.database import migrate
from store.database.connection import Database, DatabaseError
from tests.admin.conftest import Cli
from tests.support.postgres import drop_database


@pytest.fixture(params=["SQL_ASCII", "LATIN1"])
def url(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    name = f"not_utf8_{request.param.lower()}"
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE DATABASE {name} ENCODING '{request.param}' LC_COLLATE 'C' LC_CTYPE 'C'"
            " TEMPLATE template0"
        )
    made = sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    yield made
    drop_database(postgres_url, made)


def test_it_is_refused_before_anything_is_asked_of_it(url: str) -> None:
    database = Database(url)
    for ask in (database.check, lambda: migrate.upgrade(database), lambda: _read(database)):
        with pytest.raises(DatabaseError, match="not UTF-8: make another by `createdb -E UTF8"):
            ask()
    database.dispose()


def _read(database: Database) -> None:
    with database.reading() as session:
        session.execute(text("SELECT 1"))


@pytest.mark.parametrize("arguments", [("db", "upgrade"), ("feeds", "list"), ("doctor",)])
def test_commands_say_so_in_one_line(cli: Cli, url: str, arguments: tuple[str, ...]) -> None:
    ended = cli(*arguments, database_url=url)
    assert ended.status == 1
    said = [line for line in (ended.out + ended.err).splitlines() if "not UTF-8" in line]
    assert len(said) == 1
    assert "createdb -E UTF8" in ended.out + ended.err
    assert "report it" not in ended.err
