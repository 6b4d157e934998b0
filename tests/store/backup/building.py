"""Taking and restoring in tests, and comparing what two stores hold."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from store.backup import restoring, taking
from store.backup.file import Manifest
from store.database.connection import Database
from tests.store.building import NOW


def untold(_what: str, _done: int, _of: int | None) -> None:
    """Nobody looks on."""


def take(database: Database, file: Path) -> Manifest:
    return taking.take(database, file, program="1.2.3", now=NOW, told=untold)


def restore(url: str, file: Path, *, force: bool = False) -> Manifest:
    with opened(url) as database:
        return restoring.restore(database, file, force=force, told=untold)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every table, to be compared."""
    found = {}
    with database.engine.connect() as connection:
        for name in taking.tables():
            if name == "story_words":
                continue
            rows = connection.execute(text(f"SELECT * FROM {name}"))
            found[name] = sorted(_plain(tuple(row)) for row in rows)
    return found


def _plain(row: tuple[object, ...]) -> str:
    return repr(
        tuple(
            hashlib.sha256(bytes(value)).hexdigest()
            if isinstance(value, bytes | memoryview)
            else value
            for value in row
        )
    )
