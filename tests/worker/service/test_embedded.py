"""The embedded service: its processes are supervised, and none is left behind."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from store.database import migrate
from store.database.connection import Database
from store.tables import Poll, Stage
from tests.site import LOOPBACK, Site
from tests.support import machine
from tests.support.waiting import PATIENCE, ended, until
from tests.worker.processes import ROOT, environment
from tests.worker.wire import FEED, add_feed, all_are, item, make_due, publish, rows
from worker.context import prepare_home
from worker.home.lock import running_broker
from worker.service.embedded import STOP_SECONDS, Embedded, EmbeddedError
from worker.settings import Settings

NAMES = {"beat", "network", "cpu", "redis"}
SETTINGS = {"tick_seconds": "0.2", "sweep_seconds": "1", "cpu_processes": "1"}


class Home:
    """A home with a site's feed in its database: an empty one would get the catalogue's."""

    def __init__(self, folder: Path, site: Site) -> None:
        publish(site, [item(1), item(2)])
        self.settings = Settings(
            home=folder,
            private_hosts=LOOPBACK,
            tick_seconds=0.2,
            sweep_seconds=1.0,
            cpu_processes=1,
        )
        prepare_home(folder)
        self.database = Database(self.settings.database)
        migrate.ensure(self.database)
        self.feed_id = add_feed(self.database, site.url(FEED))

    def is_read(self, *, polls: int = 1) -> bool:
        """Whether the feed was polled so often, and its articles are done."""
        done = all_are(self.database, Stage.DONE, of=2)
        return done and len(rows(self.database, Poll)) >= polls

    def up(self) -> subprocess.Popen[bytes]:
        """`transpacific up` over this home."""
        variables = {"home": str(self.settings.home), "private_hosts": ",".join(LOOPBACK)}
        with (self.settings.home / "up.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "admin", "up"],
                env=environment(**variables, **SETTINGS),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        return (self.settings.home / "up.log").read_text()


@pytest.fixture
def home(tmp_path: Path, site: Site) -> Iterator[Home]:
    made = Home(tmp_path / "home", site)
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Embedded]]:
    """A service that runs on for the tests that do not stop it."""
    folder = tmp_path_factory.mktemp("home")
    with Site() as site:
        home = Home(folder, site)
        with Embedded(home.settings, output=folder) as service:
            yield home, service
        home.database.dispose()


def looked_after(service: Embedded, name: str, *, not_pid: int) -> bool:
    """Let the service look after its children: whether this one is another process now."""
    service.check()
    return service.pids().get(name, not_pid) != not_pid


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() for process in processes)


def test_it_reads_what_is_due(shared: tuple[Home, Embedded]) -> None:
    home, service = shared
    assert set(service.pids()) == NAMES
    until(home.is_read, "the feed is read and its articles are done")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_child_that_was_killed_is_started_again_and_the_work_goes_on(
    shared: tuple[Home, Embedded], name: str
) -> None:
    home, service = shared
    until(home.is_read, "the service is at work")
    killed = psutil.Process(service.pids()[name])
    its_own = [killed, *killed.children(recursive=True)]
    killed.kill()
    until(partial(looked_after, service, name, not_pid=killed.pid), "it is there again")
    until(partial(gone, its_own), "and nothing of the killed one is left")
    polls = len(rows(home.database, Poll))
    make_due(home.database, home.feed_id)

    def polled_again() -> bool:
        # A worker that loses Redis in the middle of a task ends (kombu), and is started again too.
        service.check()
        return home.is_read(polls=polls + 1)

    # A nudge may have gone with the killed child: it is repeated after a minute.
    until(polled_again, "the feed is polled again", seconds=2 * PATIENCE)


def test_a_second_service_in_the_same_home_is_refused_and_the_first_unharmed(
    shared: tuple[Home, Embedded],
) -> None:
    home, service = shared
    before = service.pids()
    with pytest.raises(EmbeddedError, match="already running") as refused, Embedded(home.settings):
        pass
    assert "TRANSPACIFIC_HOME" in str(refused.value)
    assert service.pids() == before
    assert all(psutil.pid_exists(pid) for pid in before.values())
    assert running_broker(home.settings.home)


def test_it_stops_in_time_even_while_it_starts_and_leaves_no_process(home: Home) -> None:
    with machine.stopwatch() as took, Embedded(home.settings, output=home.settings.home) as service:
        own = [psutil.Process(pid) for pid in service.pids().values()]
        own += [child for process in own for child in process.children(recursive=True)]
        assert len(own) >= len(NAMES)
    assert took.wall < STOP_SECONDS + PATIENCE * took.slowness
    until(partial(gone, own), "no process is left")
    assert service.pids() == {}
    assert running_broker(home.settings.home) is None
    assert not (home.settings.home / "redis").exists()


def test_up_reads_what_is_due_and_ends_well_when_interrupted(home: Home) -> None:
    process = home.up()
    try:
        until(home.is_read, "the feed is read and its articles are done")
        own = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert ended(process, seconds=STOP_SECONDS + PATIENCE) == 0, home.log
    finally:
        process.kill()
        process.wait()
    until(partial(gone, own), "no process is left")
    assert "Traceback" not in home.log
    assert home.log.splitlines()[-1] == "stopped"


if sys.platform == "linux":  # no other system tells a child of its parent's end

    def test_when_up_is_killed_its_processes_end_too(home: Home) -> None:
        process = home.up()
        try:
            until(home.is_read, "the feed is read and its articles are done")
            own = psutil.Process(process.pid).children(recursive=True)
            assert len(own) > len(NAMES)  # the pool's child among them
        finally:
            process.kill()
            process.wait()
        until(partial(gone, own), "all of them have ended")
