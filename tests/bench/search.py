"""How fast stories are found: `python -m tests.bench.search [--stories N] [--on sqlite]`.

Fills a database of each kind with a year of made-up news, indexes it, and prints one JSON object a
database: what indexing costs, and the 50th and 95th percentile of some 200 questions, each asked
for its newest and for its best twenty stories, in ms; then coverage by day over the year, and the
memory that an export of all articles to Parquet takes.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from store.database import migrate
from store.database.connection import Database
from store.search import index
from store.search.choices import Order
from store.search.query import parse
from store.search.search import Question, find, find_ids
from tests.bench import archive
from tests.support.postgres import PostgresServer, drop_database, find_programs, fresh_database

STORIES = 200_000
SHOWN = 20
# As compose.yaml has it: a quarter of the memory that the server may take.
SETTINGS = {"shared_buffers": "512MB"}
# Each question is asked so often, and its fastest answer counts: what else the machine does is
# no figure of ours, and a store that is in use is in memory.
ROUNDS = 3
RANDOM_STRINGS = 10_000
_STRANGE = (
    [chr(number) for number in range(0x180)]
    + list("“”„「」（）＊｜－大豆中国\u0301\u200b\ud800\U0001f600")
    + ['"', "'", "(", ")", "*", ":", "-", " ", "\\", "OR ", " NOT ", "NEAR(", "^", "{", "the"] * 8
)
_SIZES = {
    "sqlite": "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'story_words%'"
    " OR name = 'story_documents'",
    "postgresql": "SELECT pg_total_relation_size('story_words')"
    " + pg_total_relation_size('story_documents')",
}
_COVERAGE = text(
    "SELECT day, sum(stories), sum(articles) FROM v_coverage_daily GROUP BY day ORDER BY day"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=STORIES)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--slowest", type=int, default=0, help="show so many of the questions")
    arguments = parser.parse_args()
    for system in arguments.on or ("sqlite", "postgresql"):
        with database_of(system) as database:
            measured = {"database": system, "stories": arguments.stories}
            measured |= _indexed(database, arguments.stories)
            _tell(measured)
            measured |= _asked(database, arguments.slowest)
            measured |= _random_strings(database)
            _tell(measured)
            measured |= _coverage(database) | _exported(database)
        print(json.dumps(measured, indent=1))


def _tell(measured: dict[str, Any]) -> None:
    """What is known so far: the whole takes a quarter of an hour."""
    print(json.dumps(measured), file=sys.stderr)


def _random_strings(database: Database) -> dict[str, Any]:
    """How many of so many random strings are answered with an error."""
    rng = random.Random(5)
    errors = 0
    for _ in range(RANDOM_STRINGS):
        typed = "".join(rng.choices(_STRANGE, k=rng.randint(0, 30)))
        try:
            with database.reading() as session:
                find_ids(session, Question(query=parse(typed)), limit=SHOWN)
        except Exception as error:
            errors += 1
            print(f"{typed!r}: {error!r}", file=sys.stderr)
    return {"random_strings": RANDOM_STRINGS, "errors": errors}


@contextmanager
def database_of(system: str) -> Iterator[Database]:
    """An empty database with the schema."""
    if system == "sqlite":
        with tempfile.TemporaryDirectory() as directory:
            database = Database(f"sqlite:///{directory}/bench.db")
            migrate.ensure(database)
            yield database
            database.dispose()
        return
    with PostgresServer(find_programs(), SETTINGS) as server:
        url = fresh_database(server.url)
        database = Database(url)
        migrate.ensure(database)
        yield database
        database.dispose()
        drop_database(server.url, url)


def _indexed(database: Database, stories: int) -> dict[str, Any]:
    archive.fill(database, stories, lambda _: None)
    started, cpu = time.perf_counter(), time.process_time()
    assert index.rebuild(database) == stories
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        size = connection.execute(text(_SIZES[database.engine.dialect.name])).scalar_one()
    return {
        "indexing_ms_a_story": round(spent / stories * 1_000, 3),
        "indexing_cpu_ms_a_story": round(cpu / stories * 1_000, 3),
        "index_bytes_a_story": int(size) // stories,
    }


def questions() -> list[Question]:
    """The same on every run: words of all frequencies, phrases, either, exclusions, filters."""
    rng = random.Random(4)
    english, chinese = archive.english().words, archive.chinese().words
    ranks = (0, 5, 20, 45, 60, 120, 400, 1_500, 6_000, 15_000)
    words = [english[rank + rng.randrange(5)] for rank in ranks for _ in range(3)]
    runs = [chinese[rank + rng.randrange(5)] for rank in ranks[2:] for _ in range(2)]
    phrases = [f'"{phrase}"' for phrase in archive.PHRASES]
    typed = [
        *words,
        *runs,
        *phrases,
        *archive.CHINESE_PHRASES,
        *(f"{rng.choice(words)} {rng.choice(words)}" for _ in range(25)),
        *(f"{rng.choice(words)} OR {rng.choice(runs)}" for _ in range(15)),
        *(f"{rng.choice(phrases)} -{rng.choice(words)}" for _ in range(15)),
        'soybeans OR 大豆 -hogs "phase one"',
        "(trade OR 贸易战) -(minister OR 外交部)",
    ]
    asked = [Question(query=parse(query)) for query in typed]
    filters: Sequence[dict[str, Any]] = (
        {"topics": ("trade",)},
        {"actor": "actor-1"},
        {"actor": "Actor 77"},
        {"source": "outlet 1"},
        {"country": "CN"},
        {"kind": "wire"},
        {"state_media": True},
        {"stance": "tension"},
        {"relevance": ("primary",)},
        {"since": archive.LAST - timedelta(days=30)},
        {"since": archive.LAST - timedelta(days=200), "until": archive.LAST - timedelta(days=170)},
        {"topics": ("trade", "taiwan"), "country": "US", "relevance": ("primary",)},
    )
    some = [*words[::3], *runs[::4], *phrases, *archive.CHINESE_PHRASES]
    asked += [Question(**values) for values in filters]
    for number, query in enumerate(some * 4):
        asked.append(Question(query=parse(query), **filters[number % len(filters)]))
    return asked


def _asked(database: Database, slowest: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    asked = questions()
    figures["questions"] = len(asked)
    for order in Order:
        fastest: list[tuple[float, int, Question]] = []
        for question in asked:
            answers = [_timed(database, question, order) for _ in range(ROUNDS)]
            fastest.append((*min(answers), question))
        times = statistics.quantiles([spent for spent, *_ in fastest], n=20)
        figures[f"{order}_ms"] = {
            "p50": round(times[9], 1),
            "p95": round(times[18], 1),
            "most": round(max(spent for spent, *_ in fastest), 1),
        }
        for spent, found, question in sorted(fastest, key=lambda one: -one[0])[:slowest]:
            print(f"{order} {spent:.1f} ms, {found} found: {question}", file=sys.stderr)
    return figures


def _timed(database: Database, question: Question, order: Order) -> tuple[float, int]:
    """Milliseconds, and how many stories were found."""
    started = time.perf_counter()
    with database.reading() as session:
        found = len(list(find(session, question, order=order, limit=SHOWN)))
    return (time.perf_counter() - started) * 1_000, found


def _coverage(database: Database) -> dict[str, Any]:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        with database.reading() as session:
            days = len(session.execute(_COVERAGE).all())
        times.append((time.perf_counter() - started) * 1_000)
    return {"coverage_days": days, "coverage_ms": round(min(times))}


def _exported(database: Database) -> dict[str, Any]:
    """The memory of an export in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        child = os.spawnve(
            os.P_NOWAIT,
            sys.executable,
            [
                *(sys.executable, "-m", "admin", "export", "articles"),
                *("--format", "parquet", "-o", f"{home}/articles.parquet"),
            ],
            os.environ
            | {
                "TRANSPACIFIC_HOME": home,
                "TRANSPACIFIC_DATABASE_URL": database.url.render_as_string(hide_password=False),
            },
        )
        _, status, usage = os.wait4(child, 0)
        assert status == 0
        size = Path(home, "articles.parquet").stat().st_size
    return {
        "export_seconds": round(time.perf_counter() - started, 1),
        "export_bytes": size,
        "export_rss_mb": round(usage.ru_maxrss / 1_024),
    }


if __name__ == "__main__":
    main()
