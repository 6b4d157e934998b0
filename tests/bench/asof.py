"""What the past costs: `python -m tests.bench.asof [--stories N] [--on sqlite]`.

Fills a database of each kind with a year of made-up news and prints one JSON object a database:
seconds of this process for exports, searches and counts of now, as of the end of the year, and as
of its middle; then the same after every article has been judged again.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from store.database.connection import Database
from store.exports import rows as export
from store.history import recording
from store.search import aggregates, index
from store.search.choices import By
from store.search.query import parse
from store.search.search import Question, find_ids
from store.tables import Article
from tests.bench import archive
from tests.bench.search import SHOWN, database_of

STORIES = 20_000
BATCH = 500
TIMES: dict[str, datetime | None] = {
    "now": None,
    "end": archive.LAST,
    "middle": archive.LAST - archive.SPAN / 2,
}
BY_LABEL = Question(topics=("trade",))
BY_WORDS = Question(query=parse("trade soybeans OR 大豆"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=STORIES)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), action="append")
    arguments = parser.parse_args()
    for system in arguments.on or ("sqlite", "postgresql"):
        with database_of(system) as database:
            archive.fill(database, arguments.stories, lambda _: None)
            index.rebuild(database)
            measured: dict[str, Any] = {"database": system, "stories": arguments.stories}
            measured["as written"] = dict(_measured(database))
            _judge_all_again(database)
            measured["all judged again"] = dict(_measured(database))
        print(json.dumps(measured, indent=1))


def _measured(database: Database) -> Iterator[tuple[str, dict[str, float]]]:
    jobs: dict[str, Callable[[Session, datetime | None], object]] = {
        "export articles": lambda session, at: _read(export.articles(session, as_of=at)),
        "export stories": lambda session, at: _read(export.stories(session, as_of=at)),
        "newest by a label": lambda session, at: _newest(session, BY_LABEL, at),
        "newest by words": lambda session, at: _newest(session, BY_WORDS, at),
        "counts by month": lambda session, at: aggregates.count(
            session, Question(as_of=at), [By.MONTH]
        ),
    }
    for what, job in jobs.items():
        yield what, {when: _timed(database, job, at) for when, at in TIMES.items()}


def _read(rows: Iterator[object]) -> int:
    return sum(1 for _ in rows)


def _newest(session: Session, question: Question, at: datetime | None) -> list[int]:
    return find_ids(session, replace(question, as_of=at), limit=SHOWN)


def _timed(
    database: Database, job: Callable[[Session, datetime | None], object], at: datetime | None
) -> float:
    started = time.process_time()
    with database.reading() as session:
        job(session, at)
    return round(time.process_time() - started, 3)


def _judge_all_again(database: Database) -> None:
    """As far as the past is concerned: what every article shows is remembered."""
    with database.writing() as session:
        ids = session.execute(select(Article.id).order_by(Article.id)).scalars().all()
        for start in range(0, len(ids), BATCH):
            later = archive.LAST + timedelta(days=30)
            recording.keep(session, ids[start : start + BATCH], now=later)


if __name__ == "__main__":
    main()
