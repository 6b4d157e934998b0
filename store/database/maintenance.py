"""Care of the database itself: is it whole, and is it tidy."""

import os
import shutil
import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from store.database import migrate
from store.database.connection import SQLITE_BUSY_SECONDS, Database, DatabaseError
from store.database.write_lock import TooLong, Writers
from store.tables import Heartbeat, Poll

# SQLite tells of every damaged page; the first few say enough.
_FAULTS_TOLD = 3
# A table that everything else hangs on; reading it whole proves little, reading it at all enough.
_PROBE = "SELECT count(*) FROM feeds"


def check(database: Database) -> str:
    """Look whether the database answers, is of this program's version, and is whole.

    Returns its version. Raises `DatabaseError` with what is wrong and what to do.
    """
    database.check()
    version = migrate.version(database)
    if version != migrate.HEAD:
        state = "has no tables yet" if version is None else f"is at version {version}"
        raise DatabaseError(
            f"the database {database.name} {state} and this program needs version {migrate.HEAD}: "
            "run `transpacific db upgrade`"
        )
    try:
        with database.engine.connect() as connection:
            if database.is_sqlite:
                faults = _faults(connection, "integrity_check")
            else:
                connection.exec_driver_sql(_PROBE)
                faults = ()
    except DBAPIError as error:
        faults = (str(error.orig),)
    if faults:
        raise DatabaseError(
            f"the database {database.name} is damaged ({'; '.join(faults)}): "
            "restore it from a backup, or dump and reload what can be read"
        )
    return version


def _faults(connection: Connection, pragma: str) -> tuple[str, ...]:
    """What SQLite finds wrong with its file, by one of its own checks; empty where it is whole."""
    rows = connection.exec_driver_sql(f"PRAGMA {pragma}({_FAULTS_TOLD})")
    faults = tuple(str(fault) for (fault,) in rows)
    return () if faults == ("ok",) else faults


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """The bytes of the database before and after, and the seconds it took."""

    before: int
    after: int
    seconds: float


def vacuum(database: Database) -> Vacuumed:
    """Give back the room of what was deleted, and refresh the planner's statistics.

    On SQLite writers wait meanwhile, some of them in vain: their work comes again. Raises
    `DatabaseError` where there is no room for it, or others do not let go of the file.
    """
    began = time.monotonic()
    vacuumed = _vacuum_file if database.is_sqlite else _vacuum_tables
    before, after = vacuumed(database)
    return Vacuumed(before, after, round(time.monotonic() - began, 3))


def _vacuum_file(database: Database) -> tuple[int, int]:
    file = Path(str(database.url.database))
    log = file.with_name(f"{file.name}-wal")
    before = file.stat().st_size + (log.stat().st_size if log.exists() else 0)
    # Outside any transaction, which the engine would begin: the driver's own connection.
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        _refuse_without_room(cursor, file)
        with Writers(file).turn(seconds=SQLITE_BUSY_SECONDS):
            cursor.execute("VACUUM")
            cursor.execute("ANALYZE")
        # The new file stands in the log until it is written back.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
    except (sqlite3.OperationalError, TooLong) as error:
        raise DatabaseError(
            f"the database {database.name} was not tidied ({error}): stop the service, see whether "
            "its disk is full, and do it again"
        ) from error
    finally:
        connection.close()
    return before, file.stat().st_size


def _refuse_without_room(cursor: Any, file: Path) -> None:
    """What is in use is written twice before the old file is cut: a temporary file, and the log."""
    pages, free, size = (
        int(cursor.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    needed = (pages - free) * size
    here, temporary = file.parent.resolve(), _temporary_directory()
    if here.stat().st_dev == temporary.stat().st_dev:
        needs = {here: 2 * needed}
    else:
        needs = {here: needed, temporary: needed}
    for directory, wanted in needs.items():
        room = shutil.disk_usage(directory).free
        if room < wanted:
            raise DatabaseError(
                f"{directory} has {room:,} bytes free, and tidying needs {wanted:,} for a while: "
                "make room, or let SQLITE_TMPDIR name a folder of another disk"
            )


def _temporary_directory() -> Path:
    """Where SQLite writes temporary files: it looks here, in this order."""
    named = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"))
    for directory in (*named, "/var/tmp", "/usr/tmp", "/tmp"):
        if directory and Path(directory).is_dir() and os.access(directory, os.W_OK | os.X_OK):
            return Path(directory)
    return Path()


def _vacuum_tables(database: Database) -> tuple[int, int]:
    size = "SELECT pg_database_size(current_database())"
    with database.engine.connect() as session:
        session = session.execution_options(isolation_level="AUTOCOMMIT")
        before = session.exec_driver_sql(size).scalar_one()
        session.exec_driver_sql("VACUUM (ANALYZE)")
        return int(before), int(session.exec_driver_sql(size).scalar_one())


@dataclass(frozen=True, slots=True)
class Condition:
    """How a database is; `faults` is empty where it is whole, as far as a quick look shows."""

    server: str  # SQLite or PostgreSQL, with its version
    journal: str | None  # SQLite's mode
    server_time: datetime | None  # PostgreSQL's clock; SQLite has ours
    faults: tuple[str, ...]
    newest: datetime | None  # the latest time that was written down


def read_condition(session: Session) -> Condition:
    """Ask; on SQLite every page is looked at (a second for a gigabyte, where it is cached)."""
    newest = max(
        filter(
            None,
            (
                session.exec(select(func.max(col(Poll.at)))).one(),
                session.exec(select(func.max(col(Heartbeat.at)))).one(),
            ),
        ),
        default=None,
    )
    if session.get_bind().dialect.name == "sqlite":
        version = session.execute(text("SELECT sqlite_version()")).scalar_one()
        journal = session.execute(text("PRAGMA journal_mode")).scalar_one()
        faults = _faults(session.connection(), "quick_check")
        return Condition(f"SQLite {version}", str(journal), None, faults, newest)
    version = session.execute(text("SHOW server_version")).scalar_one()
    at = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return Condition(f"PostgreSQL {version}", None, at, (), newest)
