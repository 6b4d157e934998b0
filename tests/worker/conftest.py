"""What the worker's tests work with: a context over each database, a small web, a clock."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site import LOOPBACK, Site
from tests.support.postgres import URL_VARIABLE
from tests.worker.standins import Clock, Heard
from worker import settings as reading
from worker.context import Context
from worker.settings import PREFIX, Settings


@pytest.fixture(autouse=True)
def no_settings_of_the_operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing that is set on this machine reaches a test, and no test reaches the real home."""
    for name in os.environ:
        if name.startswith(PREFIX) and name != URL_VARIABLE:
            monkeypatch.delenv(name)
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    reading.load.cache_clear()
    yield
    reading.load.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("worker.context.now", clock)
    return clock


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path) -> Settings:
    """Settings over a database with the schema, on each system in turn; loopback may be asked."""
    return Settings(
        home=tmp_path / "home",
        database_url=migrated_url,
        private_hosts=LOOPBACK,
        network_threads=4,
        cpu_processes=1,
        log_format="json",
    )


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    context = Context(settings)
    yield context
    context.close()


@pytest.fixture
def nudges() -> Heard:
    return Heard()
