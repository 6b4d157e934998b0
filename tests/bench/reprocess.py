"""How fast stored articles are done again: `python -m tests.bench.reprocess HOME`.

HOME holds a SQLite store, which is copied, and whose copy is marked as made by older code. Printed:
articles a second from `tag` and from `extract`, beside bare trafilatura over the same pages with as
many processes; both without what it takes to start, which a store of any size takes once.
"""

import argparse
import multiprocessing
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from store import runs
from store.runs import Progress, Selection
from store.snapshots import decompress
from store.tables import Step
from worker import context as clock
from worker.context import Context
from worker.reprocessing.here import run_here
from worker.reprocessing.steps import versions
from worker.settings import Settings

DATABASE = "transpacific.db"


def main() -> None:
    """Measure a store, and print a line for each figure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("home", type=Path)
    home = asked.parse_args().home
    pages = _pages(home)
    bare = _bare(pages)
    print(f"bare trafilatura  {bare:8,.0f} pages a second")
    for step in (Step.TAG, Step.EXTRACT):
        with _copied(home) as copy:
            rate = _rate(copy, step)
        beside = f"  {rate / bare:.2f} of bare" if step is Step.EXTRACT else ""
        print(f"from {step:12} {rate:8,.0f} articles a second{beside}")


def _pages(home: Path) -> list[bytes]:
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        rows = connection.execute("SELECT body FROM snapshots WHERE kind = 'page'")
        return [decompress(body) for (body,) in rows]


def _bare(pages: list[bytes]) -> float:
    processes = os.cpu_count() or 2
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_extract, pages[: 4 * processes]))
        began = time.perf_counter()
        list(pool.map(_extract, pages, chunksize=8))
        return len(pages) / (time.perf_counter() - began)


def _extract(page: bytes) -> int:
    from trafilatura import bare_extraction

    found = bare_extraction(page, fast=True, include_comments=False, with_metadata=False)
    return len(found.text or "") if found else 0


@contextmanager
def _copied(home: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(home / DATABASE, copy)
        with closing(sqlite3.connect(copy / DATABASE)) as connection, connection:
            connection.execute("UPDATE taggings SET tagger_version = '0'")
            connection.execute("UPDATE revisions SET extractor_version = '0'")
        yield copy


def _rate(home: Path, step: Step) -> float:
    """Articles a second, from the first chunk that is done to the end."""
    context = Context(Settings(home=home))
    today, everything = versions(context), Selection()
    with context.database.writing() as session:
        articles = runs.choose(session, everything, step, today)
        run_id = runs.begin(
            session, articles, step=step, selection=everything, versions=today, by="bench",
            now=clock.now(),
        )  # fmt: skip
    seen: list[tuple[float, int]] = []

    def note(progress: Progress) -> None:
        seen.append((time.perf_counter(), progress.done))

    run_here(context, run_id, note)
    context.close()
    (began, before), (ended, after) = seen[0], next(s for s in seen if s[1] == seen[-1][1])
    return (after - before) / (ended - began)


if __name__ == "__main__":
    main()
