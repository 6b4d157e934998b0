"""What the pipeline costs beside bare extraction: CPU a page, all processes, one run.

The whole embedded service (beat, Redis, both workers) reads a farm's pages; its CPU time, fetch,
parse, extract, fingerprint, tag, store and queue together, is set against that of
`trafilatura.bare_extraction(fast=True, with_metadata=False)` on the very same bytes afterwards.
The farm runs in a process of its own and is not counted; nor is what starting up costs.
"""

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil
import trafilatura
from sqlmodel import select

from ingest.feeds.subscription import FeedSpec
from store.articles import snapshots
from store.intake import feeds
from store.operations import status
from store.tables import Feed, Snapshot, Stage
from worker import clock
from worker.context import Context
from worker.service.embedded import Embedded
from worker.settings import Settings

# Feeds read before the measurement, so that every process has imported and loaded all it needs.
WARM_UP_FEEDS = 2
DEADLINE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Overhead:
    """CPU seconds of the service and of bare extraction over the same pages."""

    pages: int
    wall: float
    service: dict[str, float]  # by process
    bare: float

    @property
    def ratio(self) -> float:
        """The service's CPU over bare extraction's."""
        return sum(self.service.values()) / self.bare

    def as_dict(self) -> dict[str, object]:
        """The figures as they are printed."""

        def milliseconds(seconds: float) -> float:
            return round(1000 * seconds / self.pages, 2)

        return {
            "pages": self.pages,
            "pages_per_second": round(self.pages / self.wall, 1),
            "service_cpu_ms_per_page": milliseconds(sum(self.service.values())),
            "by_process": {name: milliseconds(cpu) for name, cpu in self.service.items()},
            "bare_cpu_ms_per_page": milliseconds(self.bare),
            "ratio": round(self.ratio, 3),
        }


def measure(farm: str | None) -> Overhead:
    """Run the service over a farm at this address, or over one of our own."""
    with nullcontext(farm) if farm else _own_farm() as address:
        with urllib.request.urlopen(f"{address}/_list") as answer:
            urls = answer.read().decode().split()
        with tempfile.TemporaryDirectory(prefix="transpacific-bench-") as folder:
            return _measure(Path(folder), urls)


@contextmanager
def _own_farm() -> Iterator[str]:
    farm = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.farm"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert farm.stdout is not None
        yield farm.stdout.readline().strip()
    finally:
        farm.terminate()
        farm.wait()


def _measure(home: Path, urls: list[str]) -> Overhead:
    settings = Settings(
        home=home, database_url="", redis_url="", private_hosts=("127.0.0.0/8",), log_format="json"
    )
    context = Context(settings)
    with context.database.writing() as session:
        feeds.add_all(session, [FeedSpec(url=url) for url in urls], now=clock.now())
        everything = list(session.exec(select(Feed)))
        for feed in everything[WARM_UP_FEEDS:]:
            feed.paused = True
    with Embedded(settings, output=home) as service:
        warmed = _until_read(context, WARM_UP_FEEDS)
        before, started = _cpu(service), time.monotonic()
        with context.database.writing() as session:
            for feed in everything[WARM_UP_FEEDS:]:
                feeds.set_paused(session, feed.id or 0, False, now=clock.now())
        pages = _until_read(context, len(urls)) - warmed
        wall, after = time.monotonic() - started, _cpu(service)
    with context.database.reading() as session:
        ids = list(
            session.exec(
                select(Snapshot.id).where(Snapshot.kind == snapshots.PAGE).order_by(Snapshot.id)
            )
        )[warmed:]
        pages_read = [
            snapshots.decompress(session.get_one(Snapshot, number).body) for number in ids
        ]
    bare = _bare_on_all_cores(pages_read, settings.cpu_processes)
    context.close()
    return Overhead(pages, wall, {name: after[name] - before[name] for name in before}, bare)


def _until_read(context: Context, polled: int) -> int:
    """Wait until that many feeds are polled and all their articles done; how many these are."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with context.database.reading() as session:
            read = session.exec(select(Feed).where(Feed.last_success_at != None)).all()  # noqa: E711
            now = status.read(session, now=clock.now())
        if len(read) >= polled and set(now.stages) == {Stage.DONE}:
            return now.stages[Stage.DONE]
        time.sleep(0.5)
    raise SystemExit(f"not read within {DEADLINE_SECONDS:.0f} s: {now.stages}")


def _cpu(service: Embedded) -> dict[str, float]:
    """CPU seconds of each child with all its descendants, ended ones included."""

    def spent(process: psutil.Process) -> float:
        times = process.cpu_times()
        return sum(times[:4])  # user, system, and those of children that were waited for

    totals = {}
    for name, pid in service.pids().items():
        process = psutil.Process(pid)
        totals[name] = sum(map(spent, [process, *process.children(recursive=True)]))
    return totals


def _bare_on_all_cores(pages: list[bytes], processes: int) -> float:
    """CPU seconds of bare extraction, with as many cores at work as the service had.

    Two threads of one core share its units: the same work takes more CPU time beside other work
    than alone, by up to a third, and the service never runs alone.
    """
    shares = [pages[number::processes] for number in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(_bare, shares))


def _bare(pages: list[bytes]) -> float:
    """CPU seconds of bare extraction over these pages."""
    trafilatura.bare_extraction(pages[0], fast=True, with_metadata=False)  # loads what it needs
    started = time.process_time()
    for page in pages:
        trafilatura.bare_extraction(page, fast=True, with_metadata=False)
    return time.process_time() - started
