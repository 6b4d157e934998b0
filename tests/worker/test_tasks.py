"""The tasks in real workers over a real Redis: messages are lost, doubled, cut off: no matter."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from sqlmodel import SQLModel

from ingest.crawl_policy.page_retry import PROCESS_ATTEMPTS
from store.crawl import host_leases
from store.database.connection import Database
from store.tables import Article, EventRow, Poll, Revision, Stage, Story
from tests.conftest import SYSTEMS
from tests.site import LOOPBACK, Answer, Exchange, Site, answers
from tests.support import machine
from tests.support.postgres import clear_rows
from tests.support.waiting import PATIENCE, until
from tests.worker.processes import Service, let_time_pass
from tests.worker.wire import (
    FEED,
    add_feed,
    all_are,
    article,
    feed_row,
    item,
    only,
    page,
    publish,
    rows,
    text,
)
from worker import clock
from worker.delivering import STREAM
from worker.queues import LONG_QUEUE
from worker.service.redis_server import RedisServer
from worker.settings import Settings

ITEMS = [item(number) for number in range(6)]


@pytest.fixture(scope="module", params=SYSTEMS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Both workers, over each database in turn."""
    home = tmp_path_factory.mktemp("service")
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_file'), home)}"
    else:
        url = request.getfixturevalue("migrated_postgres")
    settings = Settings(
        home=home,
        database_url=url,
        private_hosts=LOOPBACK,
        network_threads=4,
        cpu_processes=1,
    )
    with RedisServer(home / "redis") as server:
        service = Service(settings, server, home)
        service.start("network")
        service.start("cpu")
        yield service
        service.stop()
    if request.param == "postgresql":
        clear_rows(url, SQLModel.metadata.sorted_tables)


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """The service with nothing to do and nothing in its database."""
    running.clear()
    yield running
    # A page that is held by a test must not hold the next one.
    until(running.idle, "the workers have done what they were told")


def long_text() -> str:
    """Long enough to be met while a worker is at it: it takes a second or two on any machine."""
    return text(2, times=round(machine.per_second(4_000)))


def settled(database: Database, number: int) -> bool:
    return all_are(database, Stage.DONE, of=number)


def revisions_each(database: Database) -> set[int]:
    """How many revisions articles have."""
    return set(Counter(row.article_id for row in rows(database, Revision)).values())


def held_back(until_set: threading.Event, answer: Answer) -> Answer:
    def wait_first(exchange: Exchange) -> None:
        until(until_set.is_set, "the answer may go")
        answer(exchange)

    return wait_first


def fetched_but_not_processed(service: Service, site: Site) -> list[int]:
    """Bring ITEMS so far that only their processing is left; the CPU worker is frozen meanwhile."""
    publish(site, ITEMS)
    add_feed(service.database, site.url(FEED))
    service.send("tick")
    until(partial(all_are, service.database, Stage.PROCESS, of=len(ITEMS)), "all are fetched")
    until(lambda: service.redis.llen("network") == 0, "and the network worker is done")
    return [row.id or 0 for row in rows(service.database, Article)]


def test_a_tick_leads_from_a_due_feed_to_its_stories(service: Service, site: Site) -> None:
    publish(site, ITEMS)
    add_feed(service.database, site.url(FEED))
    service.send("tick")
    until(partial(settled, service.database, len(ITEMS)), "every article is done")
    assert revisions_each(service.database) == {1}
    assert len(rows(service.database, Story)) == len(ITEMS)
    assert all(story.relevance != "none" for story in rows(service.database, Story))
    assert site.most_in_flight() == 1
    assert len(site.log) == len(ITEMS) + 2


def test_many_ticks_at_once_poll_a_feed_once(service: Service, site: Site) -> None:
    publish(site, ITEMS[:2])
    add_feed(service.database, site.url(FEED))
    for _ in range(10):
        service.send("tick")
    until(partial(settled, service.database, 2), "every article is done")
    until(service.idle, "all ticks are done")
    assert site.count(FEED) == len(rows(service.database, Poll)) == 1


def test_a_lost_nudge_to_a_host_is_made_good_by_a_later_tick(service: Service, site: Site) -> None:
    publish(site, ITEMS[:2])
    add_feed(service.database, site.url(FEED))
    with service.database.writing() as session:
        assert host_leases.wake(session, now=clock.now()) == [
            "127.0.0.1"
        ]  # and no message goes out
    service.send("tick")
    until(service.idle, "the tick is done")
    assert site.log == []
    let_time_pass(service.database, seconds=61)
    service.send("tick")
    until(partial(settled, service.database, 2), "every article is done")


def test_a_redis_that_loses_everything_costs_a_sweep(service: Service, site: Site) -> None:
    with service.frozen("cpu"):
        fetched_but_not_processed(service, site)
        service.redis.flushall()
        assert service.redis.llen("cpu") == 0
    service.send("sweep")  # nothing is overdue yet
    until(service.idle, "the sweep is done")
    let_time_pass(service.database, minutes=3)
    service.send("sweep")
    until(partial(settled, service.database, len(ITEMS)), "every article is done")
    assert revisions_each(service.database) == {1}


def test_what_only_stands_in_a_long_queue_is_not_asked_for_again(
    service: Service, site: Site
) -> None:
    with service.frozen("cpu"):
        fetched_but_not_processed(service, site)
        for _ in range(LONG_QUEUE + 8):  # the frozen worker has taken some of them already
            service.send("process_articles", [0])
        let_time_pass(service.database, minutes=3)
        taken = service.redis.hlen("unacked")
        service.send("sweep")
        until(
            lambda: not service.redis.llen("network") and service.redis.hlen("unacked") == taken,
            "the sweep is done",
        )
        overdue = [row.next_attempt_at < clock.now() for row in rows(service.database, Article)]
        assert overdue == [True] * len(ITEMS)
    until(partial(settled, service.database, len(ITEMS)), "every article is done")


def test_a_redis_that_is_restarted_is_used_again(service: Service, site: Site) -> None:
    publish(site, ITEMS[:2])
    add_feed(service.database, site.url(FEED))
    service.redis_server.stop()
    service.redis_server.start()
    service.redis_server.wait_ready(time.monotonic() + machine.scaled(PATIENCE))
    service.send("tick")
    until(partial(settled, service.database, 2), "every article is done")
    assert revisions_each(service.database) == {1}


def test_messages_that_come_twice_do_no_harm(service: Service, site: Site) -> None:
    with service.frozen("cpu"):
        ids = fetched_but_not_processed(service, site)
        for _ in range(3):
            service.send("process_articles", ids)
            service.send("fetch_host", "127.0.0.1")
    until(partial(settled, service.database, len(ITEMS)), "every article is done")
    until(service.idle, "and every message")
    assert revisions_each(service.database) == {1}
    assert [site.count(each.path) for each in ITEMS] == [1] * len(ITEMS)
    assert {row.attempts for row in rows(service.database, Article)} == {0}


def test_articles_that_are_not_there_any_more_stop_nobody(service: Service, site: Site) -> None:
    service.send("process_articles", [4711, 4712])
    service.send("fetch_host", "nowhere.test")
    publish(site, ITEMS[:1])
    add_feed(service.database, site.url(FEED))
    service.send("tick")
    until(partial(settled, service.database, 1), "the article is done")


# Processes that end in the middle of their work


def claimed(database: Database, path: str, *, attempt: int) -> bool:
    """Whether a worker is at this attempt to process the article."""
    return any(
        row.url.endswith(path)
        and (row.stage, row.attempts) == (Stage.PROCESS, attempt)
        and row.claimed_until is not None
        for row in rows(database, Article)
    )


def kill_children(service: Service) -> None:
    for child in service.children("cpu"):
        child.kill()


def test_a_child_that_is_killed_at_its_work_loses_nothing_and_doubles_nothing(
    service: Service, site: Site
) -> None:
    publish(site, ITEMS)
    site.page("/2.html", page(ITEMS[2].title, long_text()))
    add_feed(service.database, site.url(FEED))
    service.send("tick")
    until(partial(claimed, service.database, "/2.html", attempt=1), "a child is at the long page")
    kill_children(service)
    until(partial(settled, service.database, len(ITEMS)), "every article is done")
    until(service.idle, "and every message")
    assert revisions_each(service.database) == {1}
    assert len(rows(service.database, Revision)) == len(ITEMS)


def test_a_page_that_always_kills_its_child_is_set_aside_and_the_others_are_done(
    service: Service, site: Site
) -> None:
    publish(site, ITEMS)
    site.page("/2.html", page(ITEMS[2].title, long_text()))
    add_feed(service.database, site.url(FEED))
    service.send("tick")
    for attempt in range(1, PROCESS_ATTEMPTS + 1):
        until(partial(claimed, service.database, "/2.html", attempt=attempt), f"attempt {attempt}")
        kill_children(service)

    def set_aside() -> bool:
        return article(service.database, "/2.html").stage == Stage.QUARANTINED

    # By its own message, that is: no sweep is sent here.
    until(set_aside, "the page is set aside")
    others = [each for each in ITEMS if each.path != "/2.html"]
    until(
        lambda: all(article(service.database, each.path).revisions == 1 for each in others),
        "the others are done",
    )
    assert article(service.database, "/2.html").error == "processing did not come to an end"
    assert len(rows(service.database, Revision)) == len(others)


def test_a_network_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    service: Service, site: Site
) -> None:
    gate = threading.Event()
    publish(site, ITEMS)
    site.fail("/2.html", held_back(gate, answers.page(ITEMS[2].page)))
    add_feed(service.database, site.url(FEED))
    service.send("tick")
    until(lambda: site.count("/2.html") == 1, "the page is asked for")
    service.kill("network")
    gate.set()
    service.redis.flushall()  # its message would come again in five minutes
    service.start("network")
    let_time_pass(service.database, minutes=6)
    service.send("tick")
    # What it had fetched and not told of is found by the sweep.
    service.send("sweep")
    until(partial(settled, service.database, len(ITEMS)), "every article is done")
    assert revisions_each(service.database) == {1}
    assert site.most_in_flight() <= 2  # the dead worker's request was still being answered


# What is left in Redis


def test_nothing_piles_up_in_redis(service: Service, site: Site) -> None:
    for number in range(3):
        items = [item(10 * number + offset) for offset in range(3)]
        publish(site, items, feed=f"/feed{number}.xml")
        add_feed(service.database, site.url(f"/feed{number}.xml"))
        service.send("tick")
        service.send("sweep")
        until(partial(settled, service.database, 3 * (number + 1)), "every article is done")
        let_time_pass(service.database, minutes=2)
        until(lambda: service.work() == set(), "nothing but housekeeping is left")
    assert service.redis.dbsize() < 10


def test_events_are_delivered_to_the_stream_in_order_and_once(service: Service, site: Site) -> None:
    publish(site, ITEMS[:2])
    add_feed(service.database, site.url(FEED))
    service.send("tick")
    until(partial(settled, service.database, 2), "every article is done")
    for _ in range(3):
        service.send("deliver")
    until(
        lambda: all(event.delivered_at is not None for event in rows(service.database, EventRow)),
        "every event is delivered",
    )
    until(service.idle, "the other deliveries are done")
    written = rows(service.database, EventRow)
    streamed = [fields[b"id"].decode() for _, fields in service.redis.xrange(STREAM)]
    assert streamed == [str(event.id) for event in written]
    assert feed_row(service.database).last_success_at is not None
    assert only(service.database, Poll).new == 2
