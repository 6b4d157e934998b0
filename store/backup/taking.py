"""Taking a backup, while the service works."""

import math
import shutil
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import SQLModel

from store.backup import postgresql, sqlite
from store.backup.file import BackupError, Manifest, Payload, Told, private, written
from store.database.connection import Database

# Tables that are no class of ours: the migration's, and the index for search on PostgreSQL. (On
# SQLite, which is copied as a file, a virtual table cannot be lost.)
_OTHER_TABLES = ("alembic_version", "story_words")


# No backup takes as long: what one writes, it writes all the time.
LEFT_OVER = timedelta(days=1)


def tables() -> list[str]:
    """The names of all tables, each before those that refer to it."""
    return [table.name for table in SQLModel.metadata.sorted_tables] + list(_OTHER_TABLES)


def take(database: Database, file: Path, *, program: str, now: datetime, told: Told) -> Manifest:
    """Write a backup of the database, of any version, into a file that only its user can read.

    It shows one moment, and holds all that was committed before. The file appears under its name
    when it is whole. Raises `BackupError`.
    """
    database.check()
    try:
        with written(file) as payload:
            if database.is_sqlite:
                manifest = _copy(database, file, payload, program, now, told)
            else:
                manifest = _dump(database, payload, program, now, told)
            payload.finish(manifest)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BackupError(f"no backup was written to {file}: {reason}") from error
    return manifest


def _copy(
    database: Database, file: Path, payload: Payload, program: str, now: datetime, told: Told
) -> Manifest:
    source = Path(str(database.url.database))
    # The copy, and beside it what is packed of it: pages are packed already.
    needed, free = 2 * sqlite.size(source), shutil.disk_usage(file.parent).free
    if free < needed:
        raise BackupError(
            f"{file.parent} has {free:,} bytes free, and a copy with its pack takes {needed:,}: "
            "name another folder with -o"
        )
    with private(file, "copy") as copy:
        copied = sqlite.copy(source, copy, tables(), told)
        schema = _known(database, copied.schema)
        sqlite.pack(copy, payload, told)
    return Manifest(
        system="sqlite",
        program=program,
        schema=schema,
        taken_at=now,
        rows=copied.rows,
        bytes=payload.bytes,
        sha256=payload.sha256,
        unpacked=copied.bytes,
    )


def _dump(
    database: Database, payload: Payload, program: str, now: datetime, told: Told
) -> Manifest:
    dumped = postgresql.dump(database, tables(), payload, told)
    return Manifest(
        system="postgresql",
        program=program,
        schema=_known(database, dumped.schema),
        taken_at=now,
        rows=dumped.rows,
        bytes=payload.bytes,
        sha256=payload.sha256,
    )


def _known(database: Database, schema: str | None) -> str:
    if schema is None:
        raise BackupError(f"the database {database.name} has no tables yet: nothing to back up")
    return schema


def remove_older(directory: Path, pattern: str, *, keep: int, now: datetime) -> Sequence[Path]:
    """Delete all but the newest files of that pattern, by their names; return what went.

    So does what a backup that was killed left beside them, LEFT_OVER ago or earlier.
    """
    began_before = (now - LEFT_OVER).timestamp()
    left = [part for part in directory.glob(f".{pattern}.*") if _written(part) < began_before]
    older = [*sorted(directory.glob(pattern))[:-keep], *sorted(left)]
    for file in older:
        file.unlink(missing_ok=True)
    return older


def _written(file: Path) -> float:
    """When a file was written to last, as a timestamp; one that has gone meanwhile: never old."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return math.inf
