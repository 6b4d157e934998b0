"""Workers that end: killed at random, by a page, or held up by one."""

import contextlib
import random
import time
from collections.abc import Iterator

import psutil

from store.tables import Stage
from tests.faults.place import Place
from tests.faults.recovery import Recoveries
from tests.faults.rows import Row, row
from tests.faults.service import Running

PAGES_A_KILL = 100
SOURCES = 50
PAGES_A_FEED = 100
FAULTS = 0.1
# Articles under way that keep all workers busy. More of them only wait, in any service.
UNDER_WAY = 300
LONGEST_P99 = 120.0
# Who is killed, and in how many of a hundred kills.
VICTIMS = {"child": 60, "cpu": 15, "network": 15, "beat": 10}
DEADLINE = 3_000.0

POISONED = 4
LONGEST_QUARANTINE = 60.0


def kills(place: Place) -> Row:
    """SIGKILL for children and workers at random, while pages and hosts fail too."""
    pages = place.of(place.pages, least=PAGES_A_FEED)
    times = pages // PAGES_A_KILL
    with place.running(hosts=SOURCES, faults=FAULTS) as run:
        recoveries, began = Recoveries(run.database), time.monotonic()
        _kill_at_random(run, recoveries, times, pages)
        took = time.monotonic() - began
        counted = run.count()
    p99 = recoveries.p99()
    each = ", ".join(f"{whom} {spent:.0f}" for whom, spent in sorted(recoveries.longest.items()))
    return row(
        "SIGKILL of children and workers",
        database=place.system,
        times=times,
        items=counted.items,
        lost=counted.lost,
        duplicated=counted.duplicated,
        recovery=max(recoveries.seconds),
        asked=f"0 lost, 0 duplicated, p99 ≤ {LONGEST_P99:.0f} s",
        measured=f"p99 {p99:.0f} s, longest {each}; {counted.items / took:.0f} pages/s",
        ok=not counted.lost and not counted.duplicated and p99 <= LONGEST_P99,
    )


def _kill_at_random(run: Running, recoveries: Recoveries, times: int, pages: int) -> None:
    """Spread the kills over the work, and publish what keeps the workers busy."""
    chance = random.Random(times)
    feeds, killed = _feeds(pages), 0
    deadline = time.monotonic() + DEADLINE

    def over() -> bool:
        nonlocal killed
        done = run.done()
        under_way = len(run.expected) - done
        if under_way < UNDER_WAY:
            for source, numbers in [next(feeds, (0, range(0)))]:
                if numbers:
                    run.publish(source, numbers)
        if killed < times and done > (killed + 0.5) * pages / times:
            killed += _kill_one(run, recoveries, chance)
        recoveries.watch()
        return killed == times and len(run.expected) == pages == done and recoveries.over

    run.until(over, "all is done in spite of it", seconds=deadline - time.monotonic())


def _feeds(pages: int) -> Iterator[tuple[int, range]]:
    """Feeds of one outlet after the other, until they have so many pages."""
    for number, start in enumerate(range(0, pages, PAGES_A_FEED)):
        first = number // SOURCES * PAGES_A_FEED
        yield number % SOURCES, range(first, first + min(PAGES_A_FEED, pages - start))


def _kill_one(run: Running, recoveries: Recoveries, chance: random.Random) -> bool:
    """Kill one of those that run; False where the one that was drawn does not run just now."""
    name = chance.choices(list(VICTIMS), list(VICTIMS.values()))[0]
    try:
        victim = chance.choice(run.children()) if name == "child" else run.process(name)
        victim.kill()
    except (KeyError, IndexError, psutil.NoSuchProcess):
        return False
    if name in ("child", "cpu"):
        recoveries.begin(name, recoveries.cpu_in_hand(queued=name == "cpu"))
    elif name == "network":
        recoveries.begin(name, recoveries.network_in_hand())
    else:
        recoveries.begin(name, {})
    return True


def poison(place: Place) -> Row:
    """Pages that end every process that reads them, among others."""
    return _poison(place, "kills", "pages that end their process")


def hanging(place: Place) -> Row:
    """Pages that hold their process up for ever, among others."""
    return _poison(place, "hangs", "pages that never come to an end")


def _poison(place: Place, like: str, fault: str) -> Row:
    number = place.of(POISONED) if like == "kills" else 2
    with place.running(hosts=3, rigged=True, tick_seconds=1.0) as run:
        seconds = poisoned(run, like, number)
        counted = run.count()
        # Each of those that hang has a process for the whole of its time, twice.
        limit = LONGEST_QUARANTINE * (1 if like == "kills" else number)
        runs = max((each.attempts for each in run.articles()), default=0)
    return row(
        fault,
        database=place.system,
        times=number,
        items=counted.items,
        lost=counted.lost,
        duplicated=counted.duplicated,
        recovery=seconds,
        asked=f"≤ 4 runs, all aside ≤ {limit:.0f} s, others unharmed",
        measured=f"{runs - (like == 'kills')} runs",
        ok=seconds <= limit and not counted.lost and not counted.duplicated,
    )


def poisoned(run: Running, like: str, number: int) -> float:
    """Publish such pages among others; seconds from the first's fetch until all are set aside."""
    run.publish(0, range(0, 20))
    run.publish(1, range(0, number), like=like, expect=False)
    run.publish(2, range(0, 20))

    def fetched() -> bool:
        return any(f"/{like}-" in each.url and each.fetched_at for each in run.articles())

    run.until(fetched, "the first is fetched", seconds=120.0)

    def aside() -> bool:
        return run.stages().get(Stage.QUARANTINED, 0) == number

    seconds = run.until(aside, "all are set aside", seconds=600.0)
    run.until(run.all_done, "the others are done", seconds=120.0)
    return seconds


def orphans(place: Place) -> Row:
    """A CPU worker that is killed while its child is held up: nobody is left to end the child."""
    with place.running(hosts=1, rigged=True, tick_seconds=1.0, cpu_processes=1) as run:
        run.publish(0, range(0, 1), like="hangs", expect=False)
        run.until(lambda: _is_busy(run), "a child is at it", seconds=120.0)
        [child] = run.children()
        run.process("cpu").kill()
        seconds = run.until(lambda: not child.is_running(), "it has ended", seconds=60.0)
    return row(
        "a worker that leaves a busy child behind",
        database=place.system,
        recovery=seconds,
        asked="none is left within 5 s",
        measured=f"{seconds:.1f} s",
        ok=seconds <= 5.0,
    )


def _is_busy(run: Running) -> bool:
    with contextlib.suppress(psutil.Error):
        at_it = any(each.claimed_until is not None for each in run.articles())
        return at_it and any(child.cpu_times().user > 0.5 for child in run.children())
    return False
