"""Redis that is emptied, restarted, or set up so that it drops messages."""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import redis

from tests.faults.place import Place
from tests.faults.rows import Row, row
from tests.faults.service import ROOT, Running
from tests.worker.processes import environment
from worker.service.embedded import commands
from worker.service.redis_server import RedisServer
from worker.settings import Settings

PAGES = 1_000
SOURCES = 10
AGAIN = 10.0
SETUP = 120.0

Hurt = Callable[[Running], None]


def flush(place: Place) -> Row:
    """FLUSHALL in the middle of the work: every message is gone, also those in hand."""

    def fault(run: Running) -> None:
        run.redis().flushall()

    return _hurt(place, "FLUSHALL in the middle of the work", fault)


def restart(place: Place) -> Row:
    """A Redis that is killed and comes back empty."""

    def fault(run: Running) -> None:
        killed = run.process("redis")
        killed.kill()
        psutil.wait_procs([killed], timeout=10)

    return _hurt(place, "kill -9 of Redis, which comes back empty", fault)


def _hurt(place: Place, fault: str, hurt: Hurt) -> Row:
    with place.running(hosts=SOURCES) as run:
        pages = place.of(PAGES, least=200)
        again, seconds = hurt_in_the_middle(run, pages, hurt)
        counted = run.count()
        limit = 2 * run.settings.sweep_seconds + work_seconds(run)
    return row(
        fault,
        database=place.system,
        items=counted.items,
        lost=counted.lost,
        duplicated=counted.duplicated,
        recovery=seconds,
        asked=f"consume again ≤ {AGAIN:.0f} s, all done ≤ 2 sweeps and the work",
        measured=f"again after {again:.1f} s, all after {seconds:.0f} of {limit:.0f} s",
        ok=again <= AGAIN and seconds <= limit and not counted.lost and not counted.duplicated,
    )


def hurt_in_the_middle(run: Running, pages: int, hurt: Hurt) -> tuple[float, float]:
    """Seconds from a fault until the next article is done, and until all are."""
    for source in range(SOURCES):
        run.publish(source, range(0, pages // SOURCES))
    run.until(lambda: run.done() > pages // 5, "a fifth is done", seconds=SETUP)
    hurt(run)
    before = run.done()
    again = run.until(lambda: run.done() > before, "the work goes on", seconds=300.0)
    return again, again + run.until(run.all_done, "all is done", seconds=600.0)


def work_seconds(run: Running) -> float:
    """What a service without faults needs for all of it, at a pace that any machine has."""
    return len(run.expected) / 10


def policy(place: Place) -> Row:
    """Each maxmemory-policy that drops messages is refused by both workers, in one line."""
    policies = ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl"]
    refused = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        place.database_url() as url,
        RedisServer(Path(folder) / "redis") as server,
    ):
        for number, each in enumerate(policies):
            refused += refuses(server, each, ("network", "cpu")[number % 2], url, folder)
    return row(
        "a Redis that drops messages when it is full",
        database=place.system,
        times=len(policies),
        asked="refused",
        measured=f"{refused} refused",
        ok=refused == len(policies),
    )


def refuses(server: RedisServer, policy: str, worker: str, url: str, folder: str) -> bool:
    """Whether a worker that is started over a Redis of that policy says so and ends."""
    with redis.Redis.from_url(server.redis_py_url) as client:
        client.config_set("maxmemory-policy", policy)
    ended = subprocess.run(
        commands(Settings(home=Path(folder)))[worker],
        env=environment(home=folder, database_url=url, redis_url=server.url, log_format="json"),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SETUP,
        check=False,
    )
    return ended.returncode == 1 and policy in ended.stderr and ended.stderr.count("\n") == 1
