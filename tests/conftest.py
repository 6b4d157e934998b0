"""Fixtures of the whole suite: the databases and the Redis that tests run against.

Servers are started when a test first asks for one, once for each test process. So is the schema
made: every test gets a copy of a database that was migrated once.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import migrate
from store.database import Database
from tests.support.postgres import drop_database, fresh_database, postgres_server
from worker.redis_server import RedisServer

SYSTEMS = ["sqlite", "postgresql"]


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
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema of this code, to be copied."""
    file = tmp_path_factory.mktemp("template") / "transpacific.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """A PostgreSQL database with the schema of this code, to be copied."""
    url = fresh_database(postgres_url)
    _migrate(url)
    return url


def _migrate(url: str) -> None:
    database = Database(url)
    migrate.ensure(database)
    database.dispose()


@pytest.fixture(params=SYSTEMS)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test alone that has the schema and nothing in it, on each system."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path)
        yield f"sqlite:///{copy}"
        return
    server = request.getfixturevalue("postgres_url")
    url = fresh_database(server, like=request.getfixturevalue("postgres_template"))
    yield url
    drop_database(server, url)


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
