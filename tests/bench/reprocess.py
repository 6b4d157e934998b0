"""How fast stored articles are done again: `python -m tests.bench.reprocess HOME`.

HOME holds a SQLite store, which is copied, and whose copy is marked as made by older code: by an
older tagger, or by an older extractor whose texts were the same, so that none is judged anew.
Printed: articles a second from `tag` and from `extract`, beside bare trafilatura over the same
pages with as many processes, as fast as it can be made and as it is by itself; all without what it
takes to start, which a store of any size takes once, and all of the low priority that reprocessing
has.
"""

import argparse
import multiprocessing
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from store.articles.snapshots import decompress
from store.reprocessing import runs, selection
from store.reprocessing.runs import Progress
from store.reprocessing.selection import Selection
from store.tables import Step
from worker import clock
from worker.context import Context
from worker.reprocessing.here import run_here
from worker.reprocessing.steps import versions
from worker.service.process_pool import NICE
from worker.settings import Settings

DATABASE = "transpacific.db"


def main() -> None:
    """Measure a store, and print a line for each figure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("home", type=Path)
    home = asked.parse_args().home
    pages = _pages(home)
    fastest, plain = _bare(pages, _extract_fast), _bare(pages, _extract_plain)
    print(f"trafilatura, fast {fastest}")
    print(f"trafilatura       {plain}")
    for step in (Step.TAG, Step.EXTRACT):
        with _copied(home, step) as copy:
            pace = _pace(copy, step)
        print(f"from {step:12} {pace}")
    for name, bare in (("the fast one", fastest), ("the plain one", plain)):
        ratio = f"{pace.rate / bare.rate:.2f}, by CPU {bare.cpu / pace.cpu:.2f}"
        print(f"from extract, of {name}: {ratio}")


@dataclass(frozen=True, slots=True)
class Pace:
    """Articles a second, and seconds of CPU an article, which others on the machine alter less."""

    rate: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.rate:8,.0f} articles a second, {1000 * self.cpu:6.2f} ms of CPU each"


def _pages(home: Path) -> list[bytes]:
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        rows = connection.execute("SELECT body FROM snapshots WHERE kind = 'page'")
        return [decompress(body) for (body,) in rows]


def _bare(pages: list[bytes], extract: Callable[[bytes], float]) -> Pace:
    processes = os.cpu_count() or 2
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=os.nice,
        initargs=(NICE,),
    ) as pool:
        list(pool.map(extract, pages[: 4 * processes]))
        began = time.perf_counter()
        spent = sum(pool.map(extract, pages, chunksize=8))
        return Pace(len(pages) / (time.perf_counter() - began), spent / len(pages))


def _extract_fast(page: bytes) -> float:
    """Extract a page as bare as can be; seconds of CPU."""
    from trafilatura import bare_extraction

    began = time.process_time()
    bare_extraction(page, fast=True, include_comments=False, with_metadata=False)
    return time.process_time() - began


def _extract_plain(page: bytes) -> float:
    """Extract a page by trafilatura's own defaults; seconds of CPU."""
    from trafilatura import extract

    began = time.process_time()
    extract(page)
    return time.process_time() - began


@contextmanager
def _copied(home: Path, step: Step) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(home / DATABASE, copy)
        with closing(sqlite3.connect(copy / DATABASE)) as connection, connection:
            if step is Step.TAG:
                connection.execute("UPDATE taggings SET tagger_version = '0'")
            connection.execute("UPDATE revisions SET extractor_version = '0'")
        yield copy


def _pace(home: Path, step: Step) -> Pace:
    """How fast a store is done again, from the first chunk that is done to the end."""
    context = Context(Settings(home=home))
    today, everything = versions(context), Selection()
    with context.database.writing() as session:
        articles = selection.choose(session, everything, step, today)
        run_id = runs.begin(
            session, articles, step=step, selection=everything, versions=today, by="bench",
            now=clock.now(),
        )  # fmt: skip
    seen: list[tuple[int, float, float]] = []

    def note(progress: Progress) -> None:
        if progress.done and (not seen or progress.done > seen[-1][0]):
            seen.append((progress.done, time.perf_counter(), _spent_by_children()))

    run_here(context, run_id, note)
    context.close()
    (before, began, spent_before), (after, ended, spent) = seen[0], seen[-1]
    return Pace((after - before) / (ended - began), (spent - spent_before) / (after - before))


def _spent_by_children() -> float:
    """Seconds of CPU of all processes that are ours."""
    times = (child.cpu_times() for child in psutil.Process().children(recursive=True))
    return sum(sum(spent[:2]) for spent in times)


if __name__ == "__main__":
    main()
