"""Fixtures of the whole suite: the databases and the Redis that tests run against.

Servers are started when a test first asks for one, once for each test process. So is the schema
made: tests get a copy of a database that was migrated once, or one that was cleared after use.
"""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from store.database import migrate
from store.database.connection import Database
from tests.support.postgres import clear_rows, drop_database, fresh_database, postgres_server
from worker.service.redis_server import RedisServer

SYSTEMS = ["sqlite", "postgresql"]

# A shell has what it runs in the background ignore interrupts, and children inherit that: those
# that tests interrupt would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The maintenance database of a real PostgreSQL; use `database_url` or `fresh_database`."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=SYSTEMS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of this test alone, on each system in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'transpacific.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    url = fresh_database(server)
    yield url
    drop_database(server, url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "transpacific.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database with the schema, which one test after the other fills and clears."""
    url = fresh_database(postgres_url)
    _migrate(url)
    yield url
    drop_database(postgres_url, url)


def _migrate(url: str) -> None:
    database = Database(url)
    migrate.ensure(database)
    database.dispose()


@pytest.fixture(params=SYSTEMS)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the schema and no rows, this test's alone, on each system in turn.

    A test that changes the schema takes `database_url`.
    """
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path)
        yield f"sqlite:///{copy}"
        return
    url = request.getfixturevalue("migrated_postgres")
    yield url
    clear_rows(url, SQLModel.metadata.sorted_tables)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """The same, opened."""
    database = Database(migrated_url)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis of this test process alone."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(redis_server: RedisServer) -> str:
    """Its URL as Celery and TRANSPACIFIC_REDIS_URL take it."""
    return redis_server.url
