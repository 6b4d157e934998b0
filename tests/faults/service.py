"""The service as `up` runs it, over a farm: started, supervised, hurt, and counted afterwards."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import psutil
import redis
from sqlalchemy import func
from sqlmodel import select

from ingest.feeds.subscription import FeedSpec
from store.database import migrate
from store.database.connection import Database
from store.intake import feeds
from store.tables import Article, Poll, Revision, Stage, Story
from tests.faults import farm
from tests.site import LOOPBACK
from tests.support.waiting import Patience
from worker import clock
from worker.context import prepare_home
from worker.home.lock import running_broker
from worker.service import embedded
from worker.service.embedded import Embedded
from worker.settings import Settings

ROOT = Path(__file__).parents[2]
_CHECK_SECONDS = 0.1
RIGGED = "tests.faults.rigged"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the database has of what the farm has."""

    items: int
    lost: int
    duplicated: int


@contextmanager
def running_farm(*, hosts: int, faults: float, tarpits: int) -> Iterator[int]:
    """A farm in a process of its own; its port."""
    command = [sys.executable, "-m", "tests.faults.farm"]
    options = {"--hosts": hosts, "--faults": faults, "--tarpits": tarpits}
    words = [str(word) for option in options.items() for word in option]
    with subprocess.Popen(
        [*command, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


class Running:
    """A service at work over its own farm and the database that is named. A context manager.

    `rigged`, `hurry`: see tests/faults/rigged.py. `settings` are the service's, by their names.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        hosts: int = 10,
        faults: float = 0.0,
        tarpits: int = 0,
        rigged: bool = False,
        hurry: bool = False,
        **settings: Any,
    ) -> None:
        self.folder = folder
        own = {"private_hosts": LOOPBACK, "refetch": "off", "log_format": "json"} | settings
        self.settings = Settings(home=folder / "home", database_url=database_url, **own)
        self._rigged = rigged
        self._hurry = {"FAULTS_HURRY": "1"} if hurry else {}
        self._farm = running_farm(hosts=hosts, faults=faults, tarpits=tarpits)
        self._clock = folder / "clock"
        self.published, self.expected = set[str](), set[str]()

    def __enter__(self) -> Self:
        prepare_home(self.settings.home)
        self.database = Database(self.settings.database)
        migrate.ensure(self.database)
        self.port = self._farm.__enter__()
        self.service = Embedded(self.settings, output=self.folder)
        commands = embedded.commands
        self.set_clock(0.0)
        with (
            patch.object(embedded, "commands", lambda of: self._commands(commands(of))),
            patch.dict(os.environ, {"FAULTS_CLOCK": str(self._clock)} | self._hurry),
        ):
            self.service.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.service.stop()
        self._farm.__exit__(*error)
        self.database.dispose()

    def _commands(self, of_the_service: dict[str, list[str]]) -> dict[str, list[str]]:
        if not self._rigged:
            return of_the_service
        return {
            name: [RIGGED if word == "worker.app" else word for word in command]
            for name, command in of_the_service.items()
        }

    # Work

    def publish(self, source: int, numbers: range, *, like: str = "", expect: bool = True) -> int:
        """Add an outlet's feed of these pages, due now; returns its id.

        `expect`: that they are done in the end.
        """
        host = f"{farm.address(source)}:{self.port}"
        asked = f"from={numbers.start}&to={numbers.stop}" + (f"&like={like}" if like else "")
        spec = FeedSpec(url=f"http://{host}/feed.xml?{asked}", source=f"Outlet {source}")
        with self.database.writing() as session:
            feed, _ = feeds.add(session, spec, now=clock.now() + self._ahead)
            number = feed.id or 0
        urls = {f"http://{host}{farm.path_of(each, like)}" for each in numbers}
        self.published |= urls
        if expect:
            self.expected |= urls
        return number

    def until(self, condition: Callable[[], bool], promise: str, *, seconds: float) -> float:
        """Supervise until the condition holds; how long it took. Fails when it does not in time.

        `seconds` are of a quiet machine: see tests/support/waiting.py.
        """
        began, patience = time.monotonic(), Patience(seconds)
        while not condition():
            if patience.is_over():
                raise AssertionError(f"not within {seconds:.0f} s: {promise} ({self.stages()})")
            self.service.check()
            time.sleep(_CHECK_SECONDS)
        return time.monotonic() - began

    # Faults

    def set_clock(self, ahead: float) -> None:
        """Have the clock of a rigged service be so many seconds ahead from now on."""
        self._ahead = timedelta(seconds=ahead)
        self._clock.write_text(str(ahead))

    def process(self, name: str) -> psutil.Process:
        """One of the service's processes: beat, network, cpu, redis."""
        return psutil.Process(self.service.pids()[name])

    def children(self) -> list[psutil.Process]:
        """Those that extract."""
        try:
            return self.process("cpu").children()
        except (KeyError, psutil.NoSuchProcess):  # ended, and not started again yet
            return []

    def redis(self) -> redis.Redis:
        """A client of the service's Redis."""
        broker = running_broker(self.settings.home)
        assert broker is not None
        return redis.Redis.from_url(broker.replace("redis+socket://", "unix://", 1))

    # What came of it

    def stages(self) -> dict[str, int]:
        """How many articles are at each stage."""
        statement = select(Article.stage, func.count()).group_by(Article.stage)
        with self.database.reading() as session:
            return {str(stage): number for stage, number in session.execute(statement)}

    def done(self) -> int:
        """How many articles are done."""
        return self.stages().get(Stage.DONE, 0)

    def all_done(self) -> bool:
        """Whether everything that was published is done."""
        return self.done() >= len(self.expected)

    def polls(self) -> Sequence[Poll]:
        """Every poll that was made."""
        with self.database.reading() as session:
            return session.exec(select(Poll)).all()

    def articles(self) -> Sequence[Article]:
        """Every row."""
        with self.database.reading() as session:
            return session.exec(select(Article)).all()

    def count(self) -> Counted:
        """Compare with the farm: each page is one article of one revision and one story."""
        with self.database.reading() as session:
            revisions = session.execute(
                select(Article.url, Revision.title, Revision.text).join(
                    Revision, Revision.article_id == Article.id
                )
            ).all()
            articles = session.execute(select(func.count()).select_from(Article)).scalar_one()
            stories = session.execute(
                select(func.count(), func.sum(Story.articles)).select_from(Story)
            ).one()
        right = {url for url, title, text in revisions if _is_right(url, title, text)}
        extra = max(articles - len(self.published), 0) + max(len(revisions) - len(right), 0)
        extra += abs((stories[1] or 0) - stories[0])
        return Counted(len(self.expected), len(self.expected - right), extra)


def _is_right(url: str, title: str, text: str) -> bool:
    """Whether a revision is what stands at that address."""
    host, path = url.removeprefix("http://").split("/", 1)
    number = int(path.removesuffix(".html").rpartition("-")[2])
    unique = farm.article(host.split(":")[0], number)
    return title.endswith(f" {unique}") and farm.beginning(unique) in text
