"""PostgreSQL: a dump by pg_dump, and its tables put in the place of the old ones, all or none.

The programs are found on PATH. They are told where the database is by their arguments and the
password by their environment, where other users of the machine cannot read it.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, inspect

from store.backup.file import PART, BackupError, Payload, Told
from store.database.connection import Database

# What restoring waits for others to let go of a table.
_LOCK_TIMEOUT = "10s"
# As libpq's own variable, which the programs read too.
_PASSWORD = "PGPASSWORD"
# Lines of a program's complaint that are passed on.
_LINES_TOLD = 3


@dataclass(frozen=True, slots=True)
class Dumped:
    """What a dump holds."""

    schema: str | None
    rows: dict[str, int]


def dump(database: Database, tables: Sequence[str], payload: Payload, told: Told) -> Dumped:
    """Write these tables, as they are at one moment, as pg_dump's archive."""
    program = _found("pg_dump")
    with database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
        _refuse_older(connection, program)
        there = [name for name in tables if inspect(connection).has_table(name)]
        if "alembic_version" not in there:
            return Dumped(None, {})
        (schema,) = connection.exec_driver_sql("SELECT version_num FROM alembic_version").one()
        rows = {name: _count(connection, name) for name in there}
        # The dump sees what this transaction sees.
        moment = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        command = [
            program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}",
            *(f"--table={name}" for name in there), f"--dbname={_conninfo(database)}",
        ]  # fmt: skip
        with _running(command, database, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            while part := child.stdout.read(PART):
                payload.write(part)
                told("dumping", payload.bytes, None)
    return Dumped(str(schema), rows)


def restore(
    database: Database,
    archive: IO[bytes],
    tables: Sequence[str],
    rows: Mapping[str, int],
    told: Told,
) -> None:
    """Put the tables of an archive in the place of these, in one transaction.

    It ends well only if all of them are there with so many rows. Raises `BackupError`.
    """
    with database.engine.connect() as connection:
        server = _server(connection)
    script = [_found("pg_restore"), "--no-owner", "--no-privileges", "--file=-"]
    apply = [
        _found("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-",
        f"--dbname={_conninfo(database)}",
    ]  # fmt: skip
    with _running(apply, database, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as applying:
        assert applying.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, and says why
            applying.stdin.write(_before(tables))
            with _running(script, database, stdin=archive, stdout=subprocess.PIPE) as reading:
                assert reading.stdout is not None
                done = 0
                while part := reading.stdout.read(PART):
                    applying.stdin.write(part if done else _understood(part, server))
                    done += len(part)
                    told("restoring", done, None)
            # Without this line, whatever ends us, all is as it was.
            applying.stdin.write(_after(rows))
            applying.stdin.close()


def _understood(script: bytes, server: int) -> bytes:
    """The beginning of a script of newer programs, without what an older server does not know."""
    return script if server >= 17 else script.replace(b"\nSET transaction_timeout = 0;\n", b"\n", 1)


def others(database: Database) -> int:
    """How many sessions of this program, besides this one, are connected to the database."""
    with database.engine.connect() as connection:
        (number,) = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
            " AND application_name = current_setting('application_name')"
        ).one()
    return int(number)


def _before(tables: Sequence[str]) -> bytes:
    # The views go with them; the upgrade that follows makes them anew.
    gone = [f"DROP TABLE IF EXISTS {name} CASCADE;" for name in tables]
    settings = [
        f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}';",
        "SET LOCAL client_min_messages = warning;",
    ]
    return "\n".join(["BEGIN;", *settings, *gone, ""]).encode()


def _after(rows: Mapping[str, int]) -> bytes:
    """Count, and commit; an archive names its tables with their schema, we do not know it."""
    checks = [
        f"IF (SELECT count(*) FROM {name}) <> {number} THEN"
        f" RAISE EXCEPTION 'the table {name} does not hold the rows that it should'; END IF;"
        for name, number in rows.items()
    ]
    lines = ["RESET search_path;", "DO $$ BEGIN", *checks, "END $$;", "COMMIT;", ""]
    return "\n".join(lines).encode()


def _found(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise BackupError(
            f"{name} is not on PATH: install PostgreSQL's client programs, of the server's version "
            "or newer"
        )
    return program


def _refuse_older(connection: Connection, program: str) -> None:
    """pg_dump knows older servers than itself, and no newer ones."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"(\d+)(\.\d+)*", told.stdout)
    server = _server(connection)
    if version is None or int(version[1]) < server:
        is_of = version[1] if version else "no known version"
        raise BackupError(
            f"{program} is of version {is_of}, and the server of {server}: put the client programs "
            f"of PostgreSQL {server} or newer on PATH"
        )


def _server(connection: Connection) -> int:
    """The server's major version."""
    return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000


def _conninfo(database: Database) -> str:
    """Where the database is, without its password."""
    options = _options(database)
    return make_conninfo("", **{name: options[name] for name in options if name != "password"})


def _environment(database: Database) -> dict[str, str]:
    password = _options(database).get("password")
    return dict(os.environ) | ({_PASSWORD: password} if password else {})


def _options(database: Database) -> dict[str, str]:
    """What the URL says to libpq; the driver's own options aside."""
    _, options = database.engine.dialect.create_connect_args(database.url)
    return {name: str(value) for name, value in options.items() if isinstance(value, str | int)}


@contextmanager
def _running(
    command: Sequence[str],
    database: Database,
    *,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int,
) -> Iterator[subprocess.Popen[bytes]]:
    """A child; it is ended where we fail. Raises `BackupError` with its words where it does."""
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(
            command, env=_environment(database), stdin=stdin, stdout=stdout, stderr=complaints
        )
        try:
            yield child
            child.wait()
        except BaseException:
            child.kill()
            child.wait()
            raise
        finally:
            for pipe in filter(None, (child.stdin, child.stdout)):
                _close(pipe)
        if child.returncode:
            complaints.seek(0)
            lines = complaints.read().decode(errors="replace").strip().splitlines()
            told = "; ".join(lines[:_LINES_TOLD]) or f"it ended with status {child.returncode}"
            raise BackupError(f"{os.path.basename(command[0])}: {told}")  # noqa: PTH119


def _close(pipe: IO[bytes]) -> None:
    with suppress(BrokenPipeError):  # what was not read is not wanted
        pipe.close()


def _count(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())
