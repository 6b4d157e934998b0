"""Looks that fail, and what happens in the midst of one: nothing is lost by looking."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.crawl_policy.page_retry import FETCH_ATTEMPTS
from ingest.crawl_policy.refetch import FIRST_RETRY, REFETCH_ATTEMPTS
from store.crawl import host_leases, refetches
from store.crawl.page_fetches import FETCH_CLAIM
from store.tables import Article, Host, Revision, Stage
from tests.site import Answer, Site, answers
from tests.support.waiting import result, until
from tests.worker.network.refetching import (
    EDITED,
    HOUR,
    PAGE,
    TITLE,
    WALL,
    about,
    drain_and_process,
    events,
    refetch_when_due,
    texts,
)
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    FEED,
    HOST,
    add_feed,
    held_back,
    item,
    make_due,
    only,
    page,
    publish,
    rows,
    rss,
    text,
)
from worker.context import Context
from worker.network.host_drain import Drained, drain_host
from worker.processing import process_article

# Looks that fail


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(
    "fault",
    [answers.status(500), answers.reset(), answers.cut_off(b"x", announced=9)],
    ids=["500", "reset", "cut-off"],
)
def test_a_look_that_fails_is_repeated_and_takes_nothing_from_the_article(
    context: Context, site: Site, nudges: Heard, clock: Clock, fault: Answer
) -> None:
    site.serve(PAGE, fault)
    refetch_when_due(context, nudges, clock)
    kept = only(context.database, Article)
    assert (kept.stage, kept.error, kept.quality, kept.gone_at) == (Stage.DONE, None, "ok", None)
    site.page(PAGE, page(TITLE, EDITED))
    assert about(refetch_when_due(context, nudges, clock)) == FIRST_RETRY
    assert texts(context) == [text(1), EDITED]
    assert only(context.database, Article).refetches == 1


@pytest.mark.usefixtures("read")
def test_looks_that_always_fail_come_to_an_end_without_any_quarantine(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.serve(PAGE, answers.status(502))
    waits = []
    while only(context.database, Article).refetch_at is not None:
        assert len(waits) < 4 * FETCH_ATTEMPTS
        waits.append(about(refetch_when_due(context, nudges, clock)))
    assert len(waits) == 4 * REFETCH_ATTEMPTS
    assert waits[: REFETCH_ATTEMPTS + 1] == [HOUR, FIRST_RETRY, 4 * FIRST_RETRY, 5 * HOUR]
    kept = only(context.database, Article)
    assert (kept.stage, kept.error, kept.attempts, kept.refetches) == (Stage.DONE, None, 0, 4)
    assert texts(context) == [text(1)]
    assert events(context) == []


@pytest.mark.usefixtures("read")
def test_a_host_that_refuses_a_look_is_left_alone(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.serve(PAGE, answers.status(429, headers={"Retry-After": "1800"}))
    refetch_when_due(context, nudges, clock)
    wait = only(context.database, Host).next_request_at - clock()
    assert about(wait) == HOUR / 2
    assert about(refetch_when_due(context, nudges, clock)) == HOUR / 2


@pytest.mark.usefixtures("read")
def test_what_robots_txt_forbids_by_now_is_not_asked_for(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.robots("User-agent: *\nDisallow: /\n")
    restarted = Context(context.settings)
    refetch_when_due(restarted, nudges, clock)
    restarted.close()
    assert site.count(PAGE) == 1
    kept = only(context.database, Article)
    assert (kept.stage, kept.error, kept.page_status) == (Stage.DONE, None, 200)
    assert kept.refetch_at is not None


# In the midst of it


@pytest.mark.usefixtures("read")
def test_new_pages_are_fetched_before_read_ones_are_looked_at(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    clock.forward(hours=1, seconds=1)
    publish(site, [item(2), item(3)], feed="/other.xml")
    add_feed(context.database, site.url("/other.xml"))
    asked = len(site.log)
    drain_and_process(context, nudges)
    paths = [request.path for request in site.log[asked:]]
    assert (paths[0], sorted(paths[1:3]), paths[3:]) == (
        "/other.xml",
        ["/2.html", "/3.html"],
        [PAGE],
    )


@pytest.mark.usefixtures("read")
def test_a_look_whose_worker_died_is_made_when_its_claim_is_over(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.page(PAGE, page(TITLE, EDITED))
    clock.forward(hours=1, seconds=1)
    with context.database.writing() as session:
        assert len(refetches.claim(session, HOST, limit=4, now=clock())) == 1
    with context.database.writing() as session:
        assert refetches.claim(session, HOST, limit=4, now=clock()) == []
    restarted = Context(context.settings)
    drain_and_process(restarted, nudges)
    assert site.count(PAGE) == 1
    clock.forward(seconds=FETCH_CLAIM.total_seconds() + 1)
    with context.database.writing() as session:
        assert host_leases.wake(session, now=clock()) == [HOST]
    drain_and_process(restarted, nudges)
    restarted.close()
    assert texts(context) == [text(1), EDITED]


@pytest.mark.usefixtures("read")
def test_an_answer_that_comes_after_another_worker_has_looked_is_dropped(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    gate = threading.Event()
    site.fail(PAGE, held_back(gate, answers.status(404)))
    clock.forward(hours=1, seconds=1)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(drain_host, context, HOST, Heard())
        until(lambda: site.count(PAGE) == 2, "the page is asked for")
        clock.forward(minutes=10)  # the lease and the claim of the slow one are over
        drain_and_process(context, nudges)
        gate.set()
        result(slow)
    after = only(context.database, Article)
    assert (after.gone_at, after.refetches) == (None, 1)
    assert events(context) == []


@pytest.mark.usefixtures("read")
def test_an_entry_that_changes_while_its_page_is_looked_at_has_it_fetched_anew(
    context: Context, site: Site, clock: Clock
) -> None:
    gate = threading.Event()
    site.fail(PAGE, held_back(gate, answers.status(500)))
    clock.forward(hours=1, seconds=1)
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(drain_host, context, HOST, Heard())
        until(lambda: site.count(PAGE) == 2, "the page is asked for")
        site.page(PAGE, page(TITLE, EDITED))
        with context.database.writing() as session:  # as `store.intake.entries` does
            changed = session.get_one(Article, 1)
            changed.stage, changed.next_attempt_at, changed.attempts = Stage.FETCH, clock(), 0
        gate.set()
        assert result(looking) is Drained.EMPTY
    until(lambda: site.count(PAGE) == 3, "the page is fetched for its entry")
    with context.database.writing() as session:
        waiting = session.get_one(Article, 1)
        assert (waiting.stage, waiting.error) == (Stage.PROCESS, None)
        process_id = waiting.id or 0
    process_article(context, process_id, owner="test")
    assert texts(context) == [text(1), EDITED]
    assert only(context.database, Article).refetch_at is not None


@pytest.mark.parametrize("entry_changes", [False, True])
def test_an_unchanged_page_is_extracted_again_where_its_entry_has_changed(
    context: Context, site: Site, nudges: Heard, clock: Clock, entry_changes: bool
) -> None:
    first = item(1, summary="The ferry opens.")
    publish(site, [first])
    site.page(PAGE, page(TITLE, "Subscribe to continue reading.", head=WALL))
    feed_id = add_feed(context.database, site.url(FEED))
    drain_and_process(context, nudges)
    assert texts(context) == ["The ferry opens."]
    if entry_changes:
        site.feed(FEED, rss(site, [item(1, summary="The ferry opens on Monday.")]))
        make_due(context.database, feed_id)
        drain_and_process(context, nudges)
    else:
        refetch_when_due(context, nudges, clock)
    assert [request.status for request in site.log if request.path == PAGE] == [200, 304]
    assert len(rows(context.database, Revision)) == (2 if entry_changes else 1)
