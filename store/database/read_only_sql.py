"""One statement of an analyst, run so that it can do nothing but read.

It gets a connection of its own. On SQLite that is a read-only file, with an authorizer that lets
nothing but reading through. On PostgreSQL it is a read-only transaction, and the statement is a
cursor's: the grammar then takes a query alone, one of them, and no SET, COPY or DO. A query can
still call functions, and a superuser's may read files and end connections; so the transaction
takes on the role `pg_read_all_data`, where it may. Whoever should not see everything is given a
login of their own (analyst_logins.py): these fences are for the accidents of one who may.
"""

import re
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql as composing

from store.database.connection import (
    SQLITE_BUSY_SECONDS,
    Database,
    DatabaseError,
    read_only_uri,
)
from store.database.faults import is_of_the_file, sentence

# Rows that one round trip to PostgreSQL brings: with articles' texts, some 3 MB.
BATCH = 500
# SQLite instructions between two looks at the clock: well under a millisecond.
_INSTRUCTIONS = 10_000
# Bytes of the longest value that SQLite may make: more than any page, less than a small machine.
_LONGEST_VALUE = 100_000_000

_VIEWS = "v\\_%"  # the analysts' views, as LIKE has them with the escape \
_FIRST_WORD = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*(\w*)", re.DOTALL)
_READING = ("select", "values", "with")
# Functions that leave the role, or run a text as SQL, and so what a role had been checked for; and
# the spelling that hides a name. No analyst's question needs them.
_ESCAPES = re.compile(
    r"\b(?:set_config|(?:query|cursor)_to_xml\w*|ts_stat|ts_rewrite|dblink\w*)\b|\bu&",
    re.IGNORECASE,
)
_PERMITTED = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
)
_REFUSED = (
    "only one statement that reads is run here, a SELECT, WITH or VALUES{}; "
    "what is stored is changed by the other commands, see `transpacific --help`"
)
# PostgreSQL's numbers for the types of columns (pg_type.oid); what is not here is given as text.
_TYPES: dict[int, type] = {
    16: bool, 20: int, 21: int, 23: int, 26: int, 700: float, 701: float, 1700: float,
    1082: date, 1114: datetime, 1184: datetime,
}  # fmt: skip


class StatementError(Exception):
    """The statement cannot be run; the message is the database's, with where to look."""


class TooSlow(Exception):
    """The statement took longer than it may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Names of the columns, their types (None: unknown beforehand), and the rows as they come."""

    columns: tuple[str, ...]
    types: tuple[type | None, ...]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def answered(database: Database, statement: str, *, seconds: float) -> Iterator[Answer]:
    """Run a statement; its rows are there within the context, and take no more room for being many.

    Raises `StatementError` and `TooSlow`, at once or while the rows are read, and `DatabaseError`.
    Ctrl-C ends the statement in the database too.
    """
    _refuse(statement)
    run = _on_sqlite if database.is_sqlite else _on_postgres
    with run(database, statement, time.monotonic() + seconds) as answer:
        yield answer


def views(database: Database) -> dict[str, tuple[str, ...]]:
    """The analysts' views that this connection may read, with their columns."""
    found: dict[str, tuple[str, ...]] = {}
    rows: Iterable[Any]
    if database.is_sqlite:
        with closing(open_sqlite(database)) as connection:
            rows = connection.execute(
                "SELECT tables.name, columns.name"
                " FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns"
                " WHERE tables.type IN ('view', 'table') AND tables.name LIKE ? ESCAPE '\\'"
                " ORDER BY tables.rowid, columns.cid",
                (_VIEWS,),
            ).fetchall()
    else:
        with database.engine.connect() as read:
            rows = read.exec_driver_sql(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND table_name LIKE %s"
                " ORDER BY table_name, ordinal_position",
                (_VIEWS,),
            ).all()
    for view, column in rows:
        found[view] = (*found.get(view, ()), column)
    return found


def _refuse(statement: str) -> None:
    """Raise `StatementError` for what is plainly no query: a better line than the database's."""
    if "\0" in statement:
        raise StatementError("the statement holds a NUL character")
    found = _FIRST_WORD.match(statement)
    word = found[1] if found else ""
    if word.lower() not in _READING:
        raise StatementError(_REFUSED.format(f", not {word.upper()}" if word else ""))


def _wrong(message: str) -> StatementError:
    return StatementError(
        f"{message}; `transpacific sql --views` lists the views and their columns"
    )


# SQLite -------------------------------------------------------------------------------------------


def open_sqlite(database: Database) -> sqlite3.Connection:
    """The driver's own connection to the file, which cannot write to it."""
    file = Path(database.url.database or "")
    if not file.is_file():
        raise DatabaseError(f"there is no database {file} yet: run `transpacific db upgrade`")
    return sqlite3.connect(
        read_only_uri(file),
        uri=True,
        timeout=SQLITE_BUSY_SECONDS,
        isolation_level=None,
    )


@contextmanager
def _on_sqlite(database: Database, statement: str, deadline: float) -> Iterator[Answer]:
    with closing(open_sqlite(database)) as connection:
        with _telling_sqlite(database, deadline):
            connection.execute("PRAGMA query_only = ON")
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        connection.set_authorizer(_authorize)
        # Called between instructions, so that Ctrl-C is heard too: it ends the statement.
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
        with _telling_sqlite(database, deadline):
            cursor = connection.execute(statement)
            columns = tuple(column for column, *_ in cursor.description)
            yield Answer(columns, (None,) * len(columns), cursor)


def _authorize(action: int, name: str | None, _detail: str | None, *_where: str | None) -> int:
    # Full-text search asks for one pragma on its own: whether somebody has written meanwhile.
    allowed = action in _PERMITTED or (action == sqlite3.SQLITE_PRAGMA and name == "data_version")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


@contextmanager
def _telling_sqlite(database: Database, deadline: float) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:  # Warning: two statements, to Python 3.11
        said = str(error)
        if said == "interrupted":
            if time.monotonic() > deadline:
                raise _too_slow() from None
            raise KeyboardInterrupt from None
        if "authorized" in said or "prohibited" in said or "one statement" in said:
            raise StatementError(_REFUSED.format("")) from None
        if is_of_the_file(error):
            raise DatabaseError(sentence(error, f"the database {database.name}")) from error
        raise _wrong(said) from None


# PostgreSQL ---------------------------------------------------------------------------------------


@contextmanager
def _on_postgres(database: Database, statement: str, deadline: float) -> Iterator[Answer]:
    if found := _ESCAPES.search(statement):
        raise StatementError(f"{found[0]} is not run here: it can do more than read")
    database.check()
    pooled = database.engine.raw_connection()
    connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
    try:
        connection.read_only = True
        milliseconds = max(1, round((deadline - time.monotonic()) * 1000))
        _set_locally(connection, "statement_timeout", str(milliseconds))
        # Every row will be read: plan for the last of them, not for the first.
        _set_locally(connection, "cursor_tuple_fraction", "1")
        if _may_read_everything(connection):
            connection.execute("SET LOCAL ROLE pg_read_all_data")
        with _telling_postgres():
            cursor = connection.cursor(name="transpacific_sql")
            cursor.itersize = BATCH
            cursor.execute(statement.encode())
            described = cursor.description or ()
            types = tuple(_TYPES.get(column.type_code, str) for column in described)
            yield Answer(
                tuple(column.name for column in described), types, _until(deadline, cursor)
            )
    finally:
        # Nothing that the statement set outlives it.
        pooled.invalidate()


def _set_locally(connection: "psycopg.Connection[Any]", name: str, value: str) -> None:
    connection.execute(composing.SQL("SET LOCAL {} = {}").format(composing.Identifier(name), value))


def _may_read_everything(connection: "psycopg.Connection[Any]") -> bool:
    """Whether there is such a role (from PostgreSQL 14 on) and this one may act as it."""
    row = connection.execute(
        "SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = 'pg_read_all_data'"
    ).fetchone()
    return row is not None and bool(row[0])


def _until(deadline: float, rows: "psycopg.ServerCursor[Any]") -> Iterator[tuple[Any, ...]]:
    """The rows; PostgreSQL's own timeout counts anew for each batch of them."""
    for number, row in enumerate(rows):
        if number % BATCH == 0 and time.monotonic() > deadline:
            raise _too_slow()
        yield row


@contextmanager
def _telling_postgres() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.QueryCanceled:
        raise _too_slow() from None
    except psycopg.errors.ReadOnlySqlTransaction:
        raise StatementError(_REFUSED.format("")) from None
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error).partition("\n")[0]
        if "multiple commands" in said:
            raise StatementError(_REFUSED.format("")) from None
        raise _wrong(said) from None


def _too_slow() -> TooSlow:
    return TooSlow("the statement took longer than it may: narrow it, or allow more by --timeout")
