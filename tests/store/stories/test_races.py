"""Copies that arrive at the same instant are one story: between threads, and between processes."""

import threading
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import pytest
from sqlmodel import select

from ingest.pages.extract import Document
from store.articles import inputs, processing, stages
from store.database.connection import Database
from store.tables import Article, EventRow, Story, StoryRedirect
from tests.store.building import (
    NOW,
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    ingest_one,
    prepare,
    tagger_output,
)
from tests.support import machine, printings
from tests.support.waiting import PATIENCE, join

WORKERS = 8
PROCESSES = 4

WHOLE = printings.text(1, words=400)
TITLE = printings.title(1)


def _exact(_number: int) -> str:
    return WHOLE


def _near(number: int) -> str:
    return printings.edited(printings.extended(WHOLE) if number % 2 else WHOLE, number)


def _excerpts(number: int) -> str:
    """Beginnings, ends and wholes: which copies there are depends on who comes first."""
    lines = WHOLE.splitlines()
    half = len(lines) // 2
    cut = {0: lines[: half + 1], 1: lines[half:]}.get(number % 4, lines)
    return printings.edited("\n".join(cut), number)


def waiting(database: Database, count: int) -> list[int]:
    """Articles of so many outlets whose pages were fetched."""
    ready = []
    for number in range(count):
        found = discovery(number, url=f"http://outlet{number}.example/copy.html")
        discover(database, add_feed(database, number), found)
        ready.append(fetch(database, found.host))
    return ready


def bring(database: Database, article_id: int, made: Document, gate: Callable[[], object]) -> None:
    """Process an article; everybody records at the same instant, knowing nothing of the others."""
    with database.writing() as session:
        assert stages.claim_processing(session, article_id, owner="w", now=NOW)
        work = inputs.load(session, article_id)
    to_store = prepare(database, work, made)
    gate()
    processing.settle(database, work, to_store, tagger_output(), now=NOW)


def in_threads(database: Database, ready: Sequence[int], made: Sequence[Document]) -> None:
    gate = threading.Barrier(len(ready), timeout=machine.scaled(PATIENCE))
    failures = []

    def one(article_id: int, document: Document) -> None:
        try:
            bring(database, article_id, document, gate.wait)
        except Exception as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=one, args=pair, daemon=True)
        for pair in zip(ready, made, strict=True)
    ]
    for thread in threads:
        thread.start()
    join(*threads)  # a deadlock shows as an end that never comes
    assert failures == []


def _one_process(url: str, article_id: int, made: Document, gate: Barrier) -> None:
    database = Database(url)
    bring(database, article_id, made, lambda: gate.wait(machine.scaled(PATIENCE)))
    database.dispose()


def in_processes(database: Database, ready: Sequence[int], made: Sequence[Document]) -> None:
    forking = get_context("fork")  # as the workers of the service are made
    gate = forking.Barrier(len(ready))
    url = database.url.render_as_string(hide_password=False)
    processes = [
        forking.Process(target=_one_process, args=(url, *pair, gate), daemon=True)
        for pair in zip(ready, made, strict=True)
    ]
    for process in processes:
        process.start()
    join(*processes)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def the_story(database: Database) -> Story:
    with database.reading() as session:
        (story,) = session.exec(select(Story)).all()
        assert {article.story_id for article in session.exec(select(Article))} == {story.id}
    return story


def assert_one_story(database: Database, count: int) -> None:
    story = the_story(database)
    assert (story.articles, story.sources) == (count, count)
    with database.reading() as session:
        kinds = [event.kind for event in session.exec(select(EventRow))]
    assert (kinds.count("story.created"), kinds.count("story.grew")) == (1, count - 1)


@pytest.mark.parametrize("printed", [_exact, _near], ids=["exact", "near"])
def test_copies_brought_in_the_same_instant_are_one_story(
    database: Database, printed: Callable[[int], str]
) -> None:
    ready = waiting(database, WORKERS)
    in_threads(database, ready, [document(printed(n), title=TITLE) for n in range(WORKERS)])
    assert_one_story(database, WORKERS)


def test_copies_brought_by_several_processes_are_one_story(database: Database) -> None:
    ready = waiting(database, PROCESSES)
    made = [document(text, title=TITLE) for text in (WHOLE, WHOLE, _near(1), _near(2))]
    in_processes(database, ready, made)
    assert_one_story(database, PROCESSES)


@pytest.mark.parametrize("attempt", range(3))
def test_excerpts_and_wholes_in_any_order_end_as_one_story(
    database: Database, attempt: int
) -> None:
    ready = waiting(database, WORKERS)
    made = [
        document(_excerpts(number + attempt * WORKERS), title=TITLE) for number in range(WORKERS)
    ]
    in_threads(database, ready, made)
    story = the_story(database)
    assert (story.articles, story.sources) == (WORKERS, WORKERS)
    with database.reading() as session:
        redirects = session.exec(select(StoryRedirect)).all()
    assert {redirect.into_id for redirect in redirects} <= {story.id}


def test_two_bridges_in_the_same_instant_merge_once(database: Database) -> None:
    lines = WHOLE.splitlines()
    half = len(lines) // 2
    ingest_one(database, 90, made=document("\n".join(lines[half:]), title=TITLE))
    ingest_one(database, 91, made=document("\n".join(lines[: half + 1]), title=TITLE))
    ready = waiting(database, WORKERS)
    in_threads(database, ready, [document(_near(n), title=TITLE) for n in range(WORKERS)])
    story = the_story(database)
    assert (story.id, story.articles) == (1, WORKERS + 2)
    with database.reading() as session:
        assert [row.story_id for row in session.exec(select(StoryRedirect))] == [2]
        merges = [e for e in session.exec(select(EventRow)) if e.kind == "story.merged"]
    assert len(merges) == 1
