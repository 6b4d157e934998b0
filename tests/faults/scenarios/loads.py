"""Hosts that hold their visitors up, a long time at full load, and a pool opened before a fork."""

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import linear_regression

import psutil
from sqlalchemy import text

from store.database.connection import Database
from tests.faults.place import Place
from tests.faults.rows import Row, row
from tests.faults.service import Running
from worker import clock
from worker.delivering import STREAM, STREAM_LENGTH

HOSTS = 100
TARPITS = 50
PAGES_A_HOST = 60
THROUGHPUT = 0.9

# A feed's pages are new all the time; so many outlets' worth at once keep all workers busy.
SOAK_SOURCES = 20
SOAK_FEED = 50
UNDER_WAY = 300
# Seconds from the start in which caches fill, which is no leak.
WARM_UP_SHARE = 0.4
# A slope that nobody would notice within a week: children are replaced long before.
BYTES_AN_HOUR = 60e6
KEYS_AN_HOUR = 60.0

CHILDREN, ASKED_EACH = 30, 40


def tarpits(place: Place) -> Row:
    """Half of all hosts drip for ever: the others are read nearly as fast as without them."""
    pages = place.of(PAGES_A_HOST, least=10)
    alone = _pages_per_second(place, HOSTS - TARPITS, 0, pages)
    beside = _pages_per_second(place, HOSTS, TARPITS, pages)
    return row(
        f"{TARPITS} tarpits among {HOSTS} hosts",
        database=place.system,
        times=TARPITS,
        items=pages * (HOSTS - TARPITS),
        asked=f"≥ {THROUGHPUT:.0%} of the throughput",
        measured=f"{beside:.1f} of {alone:.1f} pages/s: {beside / alone:.0%}",
        ok=beside / alone >= THROUGHPUT,
    )


def _pages_per_second(place: Place, hosts: int, tarpits: int, pages: int) -> float:
    """The pace at which the good hosts' pages are done, from the first of them on."""
    with place.running(hosts=hosts, tarpits=tarpits) as run:
        for source in range(hosts):
            run.publish(source, range(0, pages), expect=source < hosts - tarpits)
        run.until(lambda: run.done() > 0, "the first is done", seconds=180.0)
        took = run.until(run.all_done, "all are done", seconds=1_200.0)
        return len(run.expected) / took


@dataclass
class _Curve:
    """A figure over time."""

    seconds: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def slope(self) -> float:
        """How much it grows in an hour."""
        return linear_regression(self.seconds, self.values).slope * 3600


def soak(place: Place) -> Row:
    """Full load for a long time: no process grows, and nothing piles up in Redis."""
    duration = place.minutes * 60
    curves, keys = dict[str, _Curve](), _Curve()
    with place.running(hosts=SOAK_SOURCES) as run:
        _fill_stream(run)
        fed, began, looked = 0, time.monotonic(), 0.0

        def over() -> bool:
            nonlocal fed, looked
            if len(run.expected) - run.done() < UNDER_WAY:
                first = fed // SOAK_SOURCES * SOAK_FEED
                run.publish(fed % SOAK_SOURCES, range(first, first + SOAK_FEED))
                fed += 1
            past = time.monotonic() - began
            if past - looked > 2 and past > WARM_UP_SHARE * duration:
                looked = past
                _check(run, past, curves, keys)
            return past > duration

        run.until(over, "the time is over", seconds=duration + 60)
        run.until(run.all_done, "all is done", seconds=300.0)
        counted = run.count()
        pace = counted.items / (time.monotonic() - began)
    steep = {name: curve.slope() for name, curve in curves.items()}
    growing = {name: slope for name, slope in steep.items() if slope > BYTES_AN_HOUR}
    slopes = ", ".join(f"{name} {slope / 1e6:+.0f}" for name, slope in sorted(steep.items()))
    return row(
        f"{place.minutes:.0f} minutes at full load",
        database=place.system,
        items=counted.items,
        lost=counted.lost,
        duplicated=counted.duplicated,
        asked=f"RSS ≤ {BYTES_AN_HOUR / 1e6:+.0f} MB/h, keys of Redis flat",
        measured=f"MB/h: {slopes}; keys {keys.slope():+.0f}/h; {pace:.0f} pages/s",
        ok=not growing and keys.slope() <= KEYS_AN_HOUR and not counted.lost,
    )


def _fill_stream(run: Running) -> None:
    """Begin with as many events as the stream keeps: until then it grows, which is no leak."""
    details = json.dumps({"article": 1, "story": 1, "url": "http://outlet.example/" + "a" * 60})
    event = {"id": "1", "kind": "article.stored", "at": clock.now().isoformat(), "event": details}
    with run.redis() as client:
        pipeline = client.pipeline(transaction=False)
        for _ in range(STREAM_LENGTH):
            pipeline.xadd(STREAM, event)
        pipeline.execute()


def _check(run: Running, past: float, curves: dict[str, _Curve], keys: _Curve) -> None:
    """Note the memory of every process, and the number of keys."""
    sizes = dict[str, int]()
    for name, pid in run.service.pids().items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            sizes[name] = process.memory_info().rss
            children = [child.memory_info().rss for child in process.children()]
            if children:
                sizes[f"{name} child"] = max(children)
    for name, size in sizes.items():
        curve = curves.setdefault(name, _Curve())
        curve.seconds.append(past)
        curve.values.append(float(size))
    with run.redis() as client:
        keys.seconds.append(past)
        keys.values.append(float(client.dbsize()))


def opened_before_fork(place: Place) -> Row:
    """Children of a process whose connections are open: each asks for a number of its own."""
    children = place.of(CHILDREN, least=4)
    with place.database() as database:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        wrong = sum(_wait(pid) for pid in [_fork(database, n) for n in range(children)])
        with database.reading() as session:
            ours = session.execute(text("SELECT 4711")).scalar_one()
    return row(
        "connections opened before a fork",
        database=place.system,
        times=children,
        items=children * ASKED_EACH,
        asked=f"0 wrong answers in {children * ASKED_EACH:,}",
        measured=f"{wrong} children with wrong answers, errors or none",
        ok=wrong == 0 and ours == 4711,
    )


def _fork(database: Database, number: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    wrong = 1
    with suppress(Exception):
        database.dispose(close=False)  # as worker/app.py has it done in a child
        wrong = _ask(database, range(number * ASKED_EACH, (number + 1) * ASKED_EACH))
    os._exit(min(wrong, 1))


def _ask(database: Database, numbers: Sequence[int]) -> int:
    """How many answers are wrong."""
    wrong = 0
    for number in numbers:
        with database.reading() as session:
            answer = session.execute(text("SELECT CAST(:n AS INTEGER)"), {"n": number}).scalar_one()
            wrong += answer != number
    return wrong


def _wait(pid: int, seconds: float = 60.0) -> int:
    """1 where a child did not end well, or not at all."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return int(status != 0)
        time.sleep(0.02)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return 1
