"""More than one beat, clocks that jump, and schedule files that cannot be read."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import pairwise

from tests.faults.place import Place
from tests.faults.rows import Row, row
from tests.faults.service import ROOT, Running
from worker.service.embedded import commands

BEATS = 3
# Seconds; the least that a feed's longest interval may be.
INTERVAL = 60
INTERVALS = 3
# An interval is shortened and stretched by a tenth, so that feeds do not come all at once.
LEAST_APART = 0.8 * INTERVAL
DAY = 86_400.0
QUICK = {"tick_seconds": 0.5, "sweep_seconds": 1.0, "cpu_processes": 1}


def several(place: Place) -> Row:
    """Beats that know nothing of each other: a feed is polled once an interval all the same."""
    intervals = place.of(INTERVALS)
    bounds = {"shortest_interval": INTERVAL, "longest_interval": INTERVAL}
    with place.running(hosts=2, **QUICK, **bounds) as run, more_beats(run, BEATS - 1):
        feed = run.publish(0, range(0, 5))
        run.until(lambda: len(_polled(run, feed)) > intervals, "the polls", seconds=900.0)
        run.until(run.all_done, "all is done", seconds=60.0)
        polled, counted = _polled(run, feed), run.count()
    apart = [(later - former).total_seconds() for former, later in pairwise(polled)]
    extra = sum(seconds < LEAST_APART for seconds in apart)
    return row(
        f"{BEATS} beats at once",
        database=place.system,
        times=BEATS,
        items=counted.items,
        lost=counted.lost,
        duplicated=extra + counted.duplicated,
        asked=f"one poll an interval of {INTERVAL} s",
        measured=f"{len(polled)} polls, {min(apart):.0f} to {max(apart):.0f} s apart",
        ok=not extra and not counted.lost and not counted.duplicated,
    )


def _polled(run: Running, feed: int) -> list[datetime]:
    return sorted(poll.at for poll in run.polls() if poll.feed_id == feed)


@contextmanager
def more_beats(run: Running, number: int) -> Iterator[None]:
    """Further beats over the same broker, by the very command of the first."""
    command = commands(run.settings)["beat"]
    environment = run.service._environment
    with ExitStack() as stack:
        for _ in range(number):
            beat = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(beat.wait)
            stack.callback(beat.kill)
        yield


def schedule_file(place: Place) -> Row:
    """Rubbish where beat kept its schedule once, or what a clock a day ahead wrote there."""
    with place.running(hosts=2, **QUICK) as run:
        run.process("beat").kill()
        for name in ("beat-schedule", "beat-schedule.db", "beat-schedule.dat"):
            (run.settings.home / name).write_bytes(b"no schedule" * 100)
        run.publish(0, range(0, 20))
        seconds = run.until(run.all_done, "all is done", seconds=120.0)
        counted = run.count()
    return row(
        "a broken schedule file of beat",
        database=place.system,
        items=counted.items,
        lost=counted.lost,
        duplicated=counted.duplicated,
        recovery=seconds,
        asked="all is done",
        measured=f"{seconds:.0f} s",
        ok=not counted.lost and not counted.duplicated,
    )


def clock_jumps(place: Place) -> Row:
    """The service's clock is a day ahead for a while, then right again; then an hour behind."""
    with place.running(hosts=4, rigged=True, **QUICK) as run:
        again = 0.0
        for number, ahead in enumerate([0.0, DAY, 0.0, -3600.0]):
            run.set_clock(ahead)
            run.publish(number, range(0, 20))
            again = max(again, run.until(run.all_done, "all is done", seconds=120.0))
        counted = run.count()
    return row(
        "the clock jumps a day ahead, back, and an hour back",
        database=place.system,
        times=3,
        items=counted.items,
        lost=counted.lost,
        duplicated=counted.duplicated,
        recovery=again,
        asked="the work goes on ≤ 120 s after each",
        measured=f"{again:.0f} s",
        ok=again <= 120 and not counted.lost and not counted.duplicated,
    )
