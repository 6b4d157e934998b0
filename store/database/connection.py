"""The way to the database: one engine, sessions that read, sessions that write.

SQLite and PostgreSQL are equal here. What differs (how a transaction begins, which INSERT
knows ON CONFLICT) is settled in this file, so that the rest of the room reads the same for both.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlmodel import Session

from store.database.faults import sentence
from store.database.write_lock import TooLong, Writers

# A writer on SQLite waits this long for those before it (measured: 32 writers, none over 1 s).
SQLITE_BUSY_SECONDS = 30
# Long enough for a slow network, short enough that a wrong address is told at once.
POSTGRES_CONNECT_SECONDS = 10
# Threads of a network worker share one engine. Most of them wait for the web: fewer connections do.
POOL_SIZE = 20
POOL_OVERFLOW = 20

_WRITE_OPTION = "transpacific_write"


class DatabaseError(Exception):
    """The database cannot be used; the message says what to do. Trying again later may help."""


class Database:
    """One database, named by an SQLAlchemy URL (`sqlite:///…` or `postgresql+psycopg://…`).

    Safe to share between threads; after a fork the child calls `dispose` first.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = _parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self._writers = Writers(Path(str(self.url.database))) if self.is_sqlite else None
        self._write_engine = self.engine.execution_options(**{_WRITE_OPTION: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent view that is never written to."""
        with Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is one write transaction: committed at the end, undone on any error.

        On SQLite it begins with BEGIN IMMEDIATE: a deferred transaction that turns into a write
        fails at once with "database is locked" or, with the driver's defaults, loses updates.
        And writers there stand in line (store/database/write_lock.py).
        """
        with (
            self._turn(),
            Session(self._write_engine, autoflush=False, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._writers is None:
            yield
            return
        try:
            with self._writers.turn(seconds=SQLITE_BUSY_SECONDS):
                yield
        except TooLong as error:
            reason = sqlite3.OperationalError(f"database is locked: another writer, {error}")
            reason.sqlite_errorcode = sqlite3.SQLITE_BUSY  # as the driver says it
            raise OperationalError("BEGIN IMMEDIATE", None, reason) from None

    def check(self) -> None:
        """Raise `DatabaseError` unless the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except DBAPIError as error:
            raise DatabaseError(sentence(error, f"the database {self.name}")) from error

    @property
    def name(self) -> str:
        """The URL as it may be shown: without its password."""
        # A password may also stand among the options, as libpq has it.
        options = {name: "***" if "password" in name else v for name, v in self.url.query.items()}
        return self.url.set(query=options).render_as_string(hide_password=True)

    def dispose(self, *, close: bool = True) -> None:
        """Drop the connections; a forked child passes close=False, since they are its parent's."""
        self.engine.dispose(close=close)


def insert_into(session: Session, table: type[Any]) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of this session's database."""
    return insert_for(session.get_bind().dialect.name, table)


def insert_for(dialect: str, table: type[Any]) -> Any:
    """The same for a dialect by its name, for statements that are built once."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def rows_by_id(
    session: Session, statement: Any, ids: Iterable[int | None]
) -> dict[int | None, Row[Any]]:
    """The rows of a statement over `ids`, each once, by their column `id`; None asks for none."""
    wanted = sorted({each for each in ids if each is not None})
    return {row.id: row for row in session.execute(statement, {"ids": wanted})}


def _parse(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):  # ValueError: a port that is no number
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise DatabaseError(
            "TRANSPACIFIC_DATABASE_URL is not a URL of a known database: "
            "write sqlite:////path/to/file.db or postgresql+psycopg://user:password@host/name"
        )
    if backend == "sqlite":
        _refuse_no_file(parsed)
    # The drivers that are installed, whatever form the operator wrote.
    return parsed.set(drivername="sqlite" if backend == "sqlite" else "postgresql+psycopg")


def _refuse_no_file(url: URL) -> None:
    """Refuse a SQLite URL that is more or less than the path of a file."""
    if url.host is not None or url.database in (None, "", ":memory:"):
        raise DatabaseError(
            "TRANSPACIFIC_DATABASE_URL names no file, and what is in memory alone is no store: "
            "write sqlite:////path/to/file.db"
        )
    if url.query:
        # Its options (timeout, threads, transactions) are set here; an unknown one means a typo.
        raise DatabaseError(
            f"TRANSPACIFIC_DATABASE_URL: SQLite takes no ?{next(iter(url.query))}=… here: "
            "write sqlite:////path/to/file.db"
        )


def read_only_uri(file: Path) -> str:
    """How SQLite opens a file without writing to it.

    It keeps locks in a file beside it, which cannot be made where the folder is not to be written
    to; nobody else can write there either, and what stands in no log is all there is.
    """
    beside = file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")
    unchanging = not _writable(file.parent) and not any(map(Path.exists, beside))
    return f"{file.absolute().as_uri()}?mode=ro" + ("&immutable=1" if unchanging else "")


def _may_be_written(file: Path) -> bool:
    return not file.exists() or (_writable(file) and _writable(file.parent))


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


def _sqlite_engine(url: URL) -> Engine:
    file = Path(str(url.database))

    def connect() -> sqlite3.Connection:
        written = _may_be_written(file)
        return sqlite3.connect(
            str(file) if written else read_only_uri(file),
            uri=not written,
            timeout=SQLITE_BUSY_SECONDS,
            check_same_thread=False,
        )

    engine = create_engine(
        url,
        creator=connect,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
    )

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is switched off: `_begin` below does it.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        if _may_be_written(file):
            cursor.execute("PRAGMA journal_mode = WAL")
        # With WAL, NORMAL can lose the last commits on a power cut but never corrupts, and every
        # step of the pipeline may run twice.
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE_OPTION, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": POSTGRES_CONNECT_SECONDS,
            # By it a restore knows who else is at work.
            "fallback_application_name": "transpacific",
        },
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        # A server that was restarted leaves dead connections in the pool; ask before use.
        pool_pre_ping=True,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        connection = dialect.connect(*arguments, **options)
        _refuse_encoding(url, connection)
        return connection

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: Any) -> None:
        # Days and hours are counted in UTC, wherever the server stands. Not by the connection's
        # `options`: they would displace the operator's own, and older poolers refuse them.
        dbapi_connection.autocommit = True
        dbapi_connection.execute("SET TIME ZONE 'UTC'")
        dbapi_connection.autocommit = False

    return engine


def _refuse_encoding(url: URL, connection: Any) -> None:
    """Refuse a database that is not UTF-8: it gives bytes for text, or has no room for Chinese."""
    encoding = connection.pgconn.parameter_status(b"server_encoding") or b"UTF8"
    if encoding == b"UTF8":
        return
    connection.close()
    raise DatabaseError(
        f"the database {url.database} is {encoding.decode()}, not UTF-8: make another by "
        "`createdb -E UTF8 -T template0 NAME`, and name it in TRANSPACIFIC_DATABASE_URL"
    )
