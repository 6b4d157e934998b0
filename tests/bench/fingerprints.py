"""Near copies under load, on SQLite and PostgreSQL: `python -m tests.bench.fingerprints`.

races    32 writers bring 10,000 URLs, 30 % of them copies: no article too many, no story split
scale    what a look for copies costs with 10 thousand, 100 thousand and a million stored
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.database import migrate
from store.database.connection import Database
from tests.bench import racing, scaling
from tests.support.postgres import fresh_database, postgres_server

# The least width of a column.
WIDTH = 10


@contextmanager
def _databases(only: str | None) -> Iterator[dict[str, str]]:
    """The URL of an empty database of each system, by its name."""
    with tempfile.TemporaryDirectory(prefix="transpacific-bench-") as folder:
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'transpacific.db'}"}
        if only == "sqlite":
            yield urls
            return
        with postgres_server() as server:
            urls |= {"postgresql": fresh_database(server)}
            yield urls if only is None else {only: urls[only]}


def _prepared(url: str) -> Database:
    database = Database(url)
    migrate.ensure(database)
    return database


def races(only: str | None, urls: int, writers: int) -> int:
    """Print what came of the races; returns how much of it is wrong."""
    wrong = 0
    with _databases(only) as addresses:
        for name, url in addresses.items():
            _prepared(url).dispose()
            outcome = racing.race(url, urls=urls, writers=writers)
            _print_row({"database": name} | outcome.row(), header=name == next(iter(addresses)))
            wrong += outcome.wrong
    return wrong


def scale(only: str | None, sizes: list[int]) -> None:
    """Print what looks cost, and what fingerprints weigh."""
    header = True
    with _databases(only) as addresses:
        for name, url in addresses.items():
            database = _prepared(url)
            for cost in scaling.measure(database, sizes):
                _print_row({"database": name} | cost.row(), header=header)
                header = False
            database.dispose()


def _print_row(row: dict[str, object], *, header: bool) -> None:
    """One line of a table, at once: the next may be minutes away."""
    widths = [max(len(name), WIDTH) + 2 for name in row]
    lines = ([row.keys()] if header else []) + [row.values()]
    for line in lines:
        print("".join(str(value).ljust(width) for value, width in zip(line, widths, strict=True)))
    sys.stdout.flush()


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["races", "scale"])
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--urls", type=int, default=10_000)
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    arguments = parser.parse_args()
    if arguments.what == "scale":
        scale(arguments.only, arguments.sizes)
    elif wrong := races(arguments.only, arguments.urls, arguments.writers):
        raise SystemExit(f"{wrong} things are not as they should be")


if __name__ == "__main__":
    main()
