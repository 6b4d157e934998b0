"""Running commands, and a home in which a small web has been polled."""

import io
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from admin.app import run
from tests.admin.wire import FEEDS, serve
from tests.site import Site
from tests.support.waiting import run as run_command
from worker import settings

ROOT = Path(__file__).parents[2]
# One process that extracts: a second costs more to start than a few pages take.
LOCAL = {"TRANSPACIFIC_PRIVATE_HOSTS": "127.0.0.0/8", "TRANSPACIFIC_CPU_PROCESSES": "1"}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left behind."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def err(self) -> str:
        return self.stderr.decode()

    @property
    def records(self) -> list[Any]:
        """The JSON of each line of stdout."""
        return [json.loads(line) for line in self.stdout.splitlines()]


@dataclass(frozen=True, slots=True)
class Cli:
    """The command line over one home: in this process, or in one of its own."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", **settings: str) -> Ended:
        """Run a command here as `main` does; redis_url="…" sets TRANSPACIFIC_REDIS_URL."""
        with _environment(self.variables(settings)), _streams(stdin) as (out, err):
            status = run([str(argument) for argument in arguments])
            sys.stdout.flush()
            sys.stderr.flush()
            return Ended(status, out.getvalue(), err.getvalue())

    def process(self, *arguments: str | Path, stdin: bytes = b"", **settings: str) -> Ended:
        """Run a command in a process of its own."""
        environment = self.process_environment(settings)
        done = run_command(command(*arguments), stdin, cwd=ROOT, env=environment)
        return Ended(done.returncode, done.stdout, done.stderr)

    def variables(self, settings: Mapping[str, str]) -> dict[str, str]:
        own = {f"TRANSPACIFIC_{name.upper()}": value for name, value in settings.items()}
        return {"TRANSPACIFIC_HOME": str(self.home)} | dict(self.environment) | own

    def process_environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        return _without_settings(os.environ) | self.variables(settings)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "admin", *map(str, arguments)]


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environment.items() if not key.startswith("TRANSPACIFIC_")}


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(_without_settings(before) | variables)
    settings.load.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.load.cache_clear()


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Streams of the command's own, as a process has them; logging as it was before."""
    out, err = io.BytesIO(), io.BytesIO()
    before = sys.stdin, sys.stdout, sys.stderr
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    sys.stdout = io.TextIOWrapper(out, "utf-8")
    sys.stderr = io.TextIOWrapper(err, "utf-8")
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.disable(logging.NOTSET)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The command line over a home in which nothing has happened yet."""
    return Cli(tmp_path / "home")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def local_cli(tmp_path: Path) -> Cli:
    """The command line of an operator who lets it fetch from loopback."""
    return Cli(tmp_path / "home", LOCAL)


@pytest.fixture(scope="session")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A home in which the small wire of `tests.admin.wire` has been read. Only for reading."""
    home = tmp_path_factory.mktemp("polled") / "home"
    cli = Cli(home, LOCAL)
    with Site() as running:
        serve(running)
        for path, source in FEEDS.items():
            added = cli("feeds", "add", running.url(path), "--source", source)
            assert added.status == 0, added.err
        ended = cli("poll", "--json")
        assert ended.status == 0, ended.err
        assert sum(record["new"] for record in ended.records) == 5, ended.out
    return cli
