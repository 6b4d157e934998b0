"""What an error of the database means, by what the drivers say of it."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from store.database.connection import Database
from store.database.faults import LONGEST, Fault, described, fault_of, sentence
from tests.support.postgres import fresh_database


def wrapped(error: Exception, *, invalidated: bool = False) -> DBAPIError:
    kind = OperationalError if isinstance(error, sqlite3.OperationalError) else DBAPIError
    return kind("SELECT 1", {"a": 1}, error, connection_invalidated=invalidated)


def of_sqlite(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> DBAPIError:
    error = kind("as SQLite says it")
    error.sqlite_errorcode = code
    return wrapped(error)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (psycopg.OperationalError("connection refused"), Fault.AWAY),
        (errors.AdminShutdown(), Fault.AWAY),
        (errors.CannotConnectNow(), Fault.AWAY),
        (errors.TooManyConnections(), Fault.AWAY),
        (errors.ConnectionFailure(), Fault.AWAY),
        (errors.IdleInTransactionSessionTimeout(), Fault.AWAY),
        (errors.LockNotAvailable(), Fault.BUSY),
        (errors.DeadlockDetected(), Fault.BUSY),
        (errors.SerializationFailure(), Fault.BUSY),
        (errors.QueryCanceled(), Fault.BUSY),
        (errors.DiskFull(), Fault.UNABLE),
        (errors.OutOfMemory(), Fault.UNABLE),
        (errors.ReadOnlySqlTransaction(), Fault.UNABLE),
        (errors.IoError(), Fault.UNABLE),
        (errors.UniqueViolation(), None),
        (errors.ProgramLimitExceeded(), None),
        (psycopg.DataError("a NUL"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_postgresql_says(error: Exception, fault: Fault | None) -> None:
    assert fault_of(wrapped(error)) is fault


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Fault.BUSY),
        (sqlite3.SQLITE_LOCKED, Fault.BUSY),
        (sqlite3.SQLITE_FULL, Fault.UNABLE),
        (sqlite3.SQLITE_READONLY_DBMOVED, Fault.UNABLE),
        (sqlite3.SQLITE_IOERR_WRITE, Fault.UNABLE),
        (sqlite3.SQLITE_CANTOPEN, Fault.UNABLE),
        (sqlite3.SQLITE_NOTADB, Fault.UNABLE),
        (sqlite3.SQLITE_ERROR, None),
        (sqlite3.SQLITE_CORRUPT, None),
    ],
)
def test_what_sqlite_says(code: int, fault: Fault | None) -> None:
    assert fault_of(of_sqlite(code)) is fault


def test_other_errors_say_nothing_of_the_database() -> None:
    assert fault_of(ValueError("no")) is None


def test_a_lost_connection_is_told_by_sqlalchemy_too() -> None:
    assert fault_of(wrapped(psycopg.InterfaceError("closed"), invalidated=True)) is Fault.AWAY


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    database = Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(OperationalError) as raised, database.reading() as session:
        session.execute(text("SELECT 1"))
    assert fault_of(raised.value) is Fault.AWAY


def test_a_lock_that_is_not_to_be_had_is_no_absence(postgres_url: str) -> None:
    database = Database(fresh_database(postgres_url))
    with database.writing() as one:
        one.execute(text("CREATE TABLE held (a int)"))
    with database.writing() as one, pytest.raises(OperationalError) as raised:
        one.execute(text("LOCK TABLE held"))
        with database.writing() as other:
            other.execute(text("SET LOCAL lock_timeout = 1"))
            other.execute(text("INSERT INTO held VALUES (1)"))
    database.dispose()
    assert fault_of(raised.value) is Fault.BUSY


def test_an_error_is_kept_without_its_statement_and_in_a_line() -> None:
    said = described(wrapped(psycopg.DataError("one\ntwo\x00" + "x" * 1000)))
    assert said.startswith("DataError: one two")
    assert "SELECT" not in said
    assert len(said) == LONGEST
    assert described(ValueError("no")) == "ValueError: no"


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (of_sqlite(sqlite3.SQLITE_READONLY), ("cannot be written to", "give its file")),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), ("is broken", "`transpacific db restore` a backup")),
        (of_sqlite(sqlite3.SQLITE_NOTADB), ("another kind of file", "db restore")),
        (of_sqlite(sqlite3.SQLITE_FULL), ("no room left", "make room on its disk")),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), ("written", "whether its disk is full")),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), ("cannot be opened", "its folder is there")),
        (of_sqlite(sqlite3.SQLITE_BUSY), ("is held by others", "try again")),
        (of_sqlite(sqlite3.SQLITE_ERROR), ("says as SQLite says it", "`transpacific db check`")),
        (wrapped(errors.DiskFull("no space\nHINT: x")), ("no room left (no space)", "make room")),
        (wrapped(errors.LockNotAvailable("timeout")), ("is held by others", "try again")),
        (wrapped(errors.ReadOnlySqlTransaction("no")), ("can do nothing of the kind", "its log")),
        (wrapped(errors.CannotConnectNow("starting")), ("does not answer", "start it, or correct")),
        (wrapped(psycopg.OperationalError("refused")), ("does not answer", "start it, or correct")),
        (sqlite3.DatabaseError("odd"), ("says odd", "`transpacific db check`")),
    ],
)
def test_what_is_wrong_is_said_with_what_mends_it(error: Exception, parts: tuple[str, str]) -> None:
    said = sentence(error, "the {database}")
    assert said.startswith("the {database} ")
    what, _, mend = said.rpartition(": ")
    assert parts[0] in what
    assert parts[1] in mend
    may_be_another = any(part in said for part in ("answer", "kind of file", "opened"))
    assert ("TRANSPACIFIC_DATABASE_URL" in said) == may_be_another
