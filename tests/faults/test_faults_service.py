"""A few of the faults with every test run, one after the other on one service at work.

All of them: `make faults`.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import pairwise

import pytest

from store.tables import Stage
from tests.faults.place import POSTGRESQL, Place
from tests.faults.scenarios.beats import more_beats
from tests.faults.service import Running
from tests.support.postgres import PostgresServer, find_programs

INTERVAL = 10
# Seconds of a quiet machine; many times what any of this takes there.
PATIENCE = 120.0
# What is not restarted by a message is found by a sweep: claims, and what was nudged, run out.
OVERDUE = 240.0
PAGES = 16


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with PostgresServer(find_programs(), {"synchronous_commit": "on"}) as server:
        yield Place(POSTGRESQL, scale=1.0, pages=0, minutes=0.0, server=server)


@pytest.fixture(scope="module")
def run(place: Place) -> Iterator[Running]:
    """A service on PostgreSQL that is hurt by one test after the other."""
    with (
        place.running(
            hosts=12,
            rigged=True,
            hurry=True,
            tick_seconds=0.5,
            sweep_seconds=1.0,
            cpu_processes=1,
            network_threads=4,
            shortest_interval=INTERVAL,
            longest_interval=60,
        ) as running,
        more_beats(running, 2),
    ):
        yield running


@pytest.fixture
def source(request: pytest.FixtureRequest) -> int:
    """An outlet of this test's own."""
    names = [name for name in globals() if name.startswith("test_")]
    return names.index(request.node.name)


def at_work(run: Running, source: int) -> None:
    """Have the service in the middle of new work, some of it done."""
    before = run.done()
    run.publish(source, range(0, PAGES))
    run.until(lambda: run.done() > before + 2, "it is at work", seconds=PATIENCE)


def unharmed(run: Running) -> None:
    """All that was published is done, once."""
    run.until(run.all_done, "everything is done", seconds=OVERDUE)
    counted = run.count()
    assert (counted.lost, counted.duplicated) == (0, 0)


def test_a_child_that_is_killed_at_its_work(run: Running, source: int) -> None:
    at_work(run, source)
    for child in run.children():
        child.kill()
    unharmed(run)


def test_a_queue_that_is_emptied(run: Running, source: int) -> None:
    at_work(run, source)
    run.redis().flushall()
    unharmed(run)


def test_a_cpu_worker_that_is_killed(run: Running, source: int) -> None:
    at_work(run, source)
    run.process("cpu").kill()
    unharmed(run)


def test_a_network_worker_that_is_killed(run: Running, source: int) -> None:
    at_work(run, source)
    run.process("network").kill()
    unharmed(run)


def test_a_redis_that_is_killed_and_comes_back_empty(run: Running, source: int) -> None:
    at_work(run, source)
    killed = run.process("redis")
    killed.kill()
    run.until(lambda: not killed.is_running(), "it is gone", seconds=PATIENCE)
    unharmed(run)


def test_a_database_that_is_killed_and_comes_back(run: Running, source: int, place: Place) -> None:
    at_work(run, source)
    assert place.server is not None
    place.server.kill()
    run.database.dispose()
    run.until(partial(is_noticed, run), "the workers miss it", seconds=PATIENCE)
    place.server.start()
    unharmed(run)


def is_noticed(run: Running) -> bool:
    """Whether some worker has said that the database is away."""
    logs = [(run.folder / f"{name}.log").read_text() for name in ("cpu", "network")]
    return any("database.away" in log for log in logs)


def test_a_page_that_ends_every_process_that_reads_it(run: Running, source: int) -> None:
    run.publish(source, range(0, 1), like="kills", expect=False)
    run.publish(source, range(10, 10 + PAGES))

    def set_aside() -> bool:
        return run.stages().get(Stage.QUARANTINED, 0) == 1

    run.until(set_aside, "it is set aside", seconds=PATIENCE)
    [poisoned] = [each for each in run.articles() if each.stage == Stage.QUARANTINED]
    assert "/kills-0.html" in poisoned.url
    assert poisoned.revisions == 0
    unharmed(run)


def test_three_beats_have_polled_no_feed_more_often_than_once_an_interval(run: Running) -> None:
    """They were there all the time."""
    polled = defaultdict[int, list[datetime]](list)
    for poll in run.polls():
        polled[poll.feed_id].append(poll.at)
    apart = [
        (later - at).total_seconds()
        for times in polled.values()
        for at, later in pairwise(sorted(times))
    ]
    assert len(polled) > 1
    assert min(apart, default=INTERVAL) >= 0.8 * INTERVAL
