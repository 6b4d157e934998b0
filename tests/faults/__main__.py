"""`make faults`: hurt a real service in every way that we know of, and print what came of it.

    make faults                                          both databases, within an hour
    make faults-whole                                    the kills and the soak at full length
    make faults ARGS="--on sqlite --only kills flush"    some of them
    make faults ARGS="--scale 0.05"                      a look, in minutes

The exit status is 1 where one of the figures is missed. What does not come to an end, or is not
begun before the time is over, is told as missed too.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.faults.place import POSTGRESQL, SQLITE, Place
from tests.faults.rows import Row, row, table
from tests.faults.scenarios import beats, brokers, databases, loads, workers
from tests.faults.strangers.index import ONCE, STORED
from tests.support.postgres import PostgresServer, find_programs

# What differs from other tests' servers: what was committed is there after a kill.
SETTINGS = {"synchronous_commit": "on"}

Scenario = Callable[[Place], Row]

# The short ones first: an hour's end then cuts the soak, which is of use at any length.
SCENARIOS: dict[str, Scenario] = {
    **ONCE,
    **STORED,
    "policy": brokers.policy,
    "fork": loads.opened_before_fork,
    "batches": databases.batches,
    "sqlite-writers": databases.sqlite_writers,
    "same-urls": databases.same_urls,
    "orphans": workers.orphans,
    "poison": workers.poison,
    "hanging": workers.hanging,
    "flush": brokers.flush,
    "redis": brokers.restart,
    "postgresql": databases.server_killed,
    "beats": beats.several,
    "schedule-file": beats.schedule_file,
    "clock": beats.clock_jumps,
    "tarpits": loads.tarpits,
    "kills": workers.kills,
    "soak": loads.soak,
}
ONLY_ON = dict.fromkeys(ONCE, SQLITE) | {
    "batches": POSTGRESQL,
    "postgresql": POSTGRESQL,
    "sqlite-writers": SQLITE,
}


@contextmanager
def _place(system: str, arguments: argparse.Namespace) -> Iterator[Place]:
    asked = arguments.scale, arguments.pages, arguments.soak
    if system == SQLITE:
        yield Place(system, *asked)
        return
    with PostgresServer(find_programs(), SETTINGS) as server:
        yield Place(system, *asked, server)


def _rows(arguments: argparse.Namespace) -> Iterator[Row]:
    over = time.monotonic() + arguments.minutes * 60
    names = [name for name in SCENARIOS if name in (arguments.only or SCENARIOS)]
    for system in [arguments.on] if arguments.on else [SQLITE, POSTGRESQL]:
        with _place(system, arguments) as place:
            for name in names:
                if ONLY_ON.get(name, system) == system:
                    yield _row(name, place, time.monotonic() > over)


def _row(name: str, place: Place, over: bool) -> Row:
    """What came of one fault; a scenario that breaks down is a figure that is missed."""
    if over:
        measured = "not begun: the time is over"
        return row(name, database=place.system, asked="", measured=measured, ok=False)
    try:
        return SCENARIOS[name](place)
    except Exception as error:
        traceback.print_exc()
        measured = f"{type(error).__name__}: {error}".splitlines()[0]
        return row(name, database=place.system, asked="", measured=measured, ok=False)


def main() -> None:
    """Run, print, and fail where a figure is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--on", choices=[SQLITE, POSTGRESQL])
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, metavar="NAME")
    parser.add_argument("--minutes", type=float, default=60.0, help="nothing is begun after these")
    parser.add_argument("--pages", type=int, default=5_000, help="of the kills; one a hundred")
    parser.add_argument("--soak", type=float, default=5.0, help="minutes of the soak")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full figures")
    arguments = parser.parse_args()
    rows = []
    began = time.monotonic()
    for each in _rows(arguments):
        rows.append(each)
        told = f"{each.fault}: {each.measured}: {'ok' if each.ok else 'FAILED'}"
        print(f"{time.monotonic() - began:6.0f} s  {told}", file=sys.stderr)
    print(table(rows))
    raise SystemExit(not all(each.ok for each in rows))


if __name__ == "__main__":
    main()
