"""Processing with no broker: what waits is done, and a page that kills is set aside."""

import pytest

from ingest.crawl_policy.page_retry import PROCESS_ATTEMPTS
from ingest.imports.items import Arrival, ArrivedPage
from store.intake import imports
from store.intake.sources import SourceFinder
from store.tables import Article, Stage
from tests.worker.test_run_to_end import kill_at, pool_children
from tests.worker.wire import article, item, page, rows, stages, text
from worker import clock
from worker.context import Context
from worker.processing_here import process_waiting

on_sqlite = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


def bring(context: Context, number: int, *, times: int = 1) -> None:
    """An article with its page, waiting to be processed."""
    each, now = item(number), clock.now()
    url = f"http://archive.example{each.path}"
    body = page(each.title, text(number, times=times)).encode()
    to_place = Arrival("test", url, page=ArrivedPage(body, url, "text/html", now))
    with context.database.writing() as session:
        imports.record(session, [to_place], origin="a test", sources=SourceFinder(), now=now)


def silent(_done: int) -> None:
    """Progress that nobody looks at."""


def test_what_waits_is_processed_and_nothing_is_left_running(context: Context) -> None:
    for number in range(3):
        bring(context, number)
    told: list[int] = []
    assert process_waiting(context, told.append) == 3
    assert told[-1] == 3
    assert stages(context.database) == [Stage.DONE] * 3
    assert [row.revisions for row in rows(context.database, Article)] == [1] * 3
    assert pool_children() == []
    assert process_waiting(context, silent) == 0


@on_sqlite
def test_a_page_that_kills_its_process_is_set_aside_and_the_others_are_done(
    context: Context,
) -> None:
    for number in range(4):
        bring(context, number, times=4_000 if number == 2 else 1)  # long enough to be met at it
    killed = kill_at(context, "/2.html", times=PROCESS_ATTEMPTS)
    with killed:
        process_waiting(context, silent)
    poison = article(context.database, "/2.html")
    assert (poison.stage, poison.failed_stage) == (Stage.QUARANTINED, Stage.PROCESS)
    others = [row for row in rows(context.database, Article) if row.id != poison.id]
    assert {(row.stage, row.revisions) for row in others} == {(Stage.DONE, 1)}
    assert pool_children() == []


@on_sqlite
def test_an_interruption_ends_it_at_once_and_the_rest_is_left_for_later(context: Context) -> None:
    for number in range(3):
        bring(context, number)

    def interrupt(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process_waiting(context, interrupt)
    assert pool_children() == []
    process_waiting(context, silent)
    assert stages(context.database) == [Stage.DONE] * 3
