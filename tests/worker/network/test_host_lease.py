"""Turns on hosts: one worker at a time, as far apart as the host wants it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from ingest.http import Fetcher
from store.crawl import host_leases
from store.tables import Article, Host, Poll, Stage
from tests.site import LOOPBACK, Answer, Exchange, Site, answers
from tests.support.waiting import Patience, result, until
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    FEED,
    HOST,
    NAMES,
    add_feed,
    all_are,
    drain,
    feed_row,
    held_back,
    host_row,
    item,
    make_due,
    only,
    publish,
    rows,
    rss,
)
from worker.context import Context
from worker.network import host_lease
from worker.network.host_drain import Drained


def noting(times: list[float], answer: Answer) -> Answer:
    """`answer`, and the time at which it was asked for."""

    def note(exchange: Exchange) -> None:
        times.append(time.monotonic())
        answer(exchange)

    return note


def test_a_host_that_is_being_drained_is_busy_for_a_second_drain(
    context: Context, site: Site, nudges: Heard
) -> None:
    gate = threading.Event()
    publish(site, [item(1)])
    site.fail("/1.html", held_back(gate, answers.page(item(1).page)))
    add_feed(context.database, site.url(FEED))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(drain, context, nudges)
        until(lambda: site.count("/1.html") == 1, "the page is asked for")
        assert drain(context, nudges) is Drained.BUSY
        gate.set()
        assert result(first) is Drained.EMPTY
    assert site.count("/1.html") == 1
    assert all_are(context.database, Stage.PROCESS, of=1)


def test_never_two_requests_are_in_flight_on_a_host_with_many_drains_at_once(
    context: Context, site: Site, nudges: Heard
) -> None:
    items = [item(number) for number in range(8)]
    publish(site, items)
    for each in items:
        site.serve(each.path, answers.late(0.01, answers.page(each.page)))
    add_feed(context.database, site.url(FEED))

    def drain_again_and_again() -> None:
        patience = Patience()
        while not all_are(context.database, Stage.PROCESS, of=len(items)):
            assert not patience.is_over()
            drain(context, nudges)

    with ThreadPoolExecutor(6) as pool:
        for drained in [pool.submit(drain_again_and_again) for _ in range(6)]:
            drained.result()
    assert site.most_in_flight() == 1
    assert [site.count(each.path) for each in items] == [1] * len(items)


def test_the_turn_of_a_worker_that_died_passes_on_when_its_lease_is_over(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1)])
    add_feed(context.database, site.url(FEED))
    with context.database.writing() as session:
        host_leases.acquire(session, HOST, owner="the dead", now=clock(), lease=host_lease.LEASE)
    assert drain(context, nudges) is Drained.BUSY
    clock.forward(seconds=host_lease.LEASE.total_seconds())
    assert drain(context, nudges) is Drained.EMPTY
    assert all_are(context.database, Stage.PROCESS, of=1)


def test_requests_to_a_host_are_spaced_by_the_setting(
    names: Context, site: Site, nudges: Heard
) -> None:
    names.settings = names.settings.model_copy(update={"host_delay": 0.3})
    times: list[float] = []
    items = [item(number, host=NAMES[0]) for number in range(2)]
    site.serve(FEED, noting(times, answers.page(rss(site, items), content_type="text/xml")))
    site.serve("/robots.txt", noting(times, answers.status(404)))
    for each in items:
        site.serve(each.path, noting(times, answers.page(each.page)))
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    assert drain(names, nudges, NAMES[0]) is Drained.EMPTY
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 3
    assert min(gaps) >= 0.3


def test_a_crawl_delay_is_kept(context: Context, site: Site, nudges: Heard, clock: Clock) -> None:
    items = [item(number) for number in range(3)]
    publish(site, items)
    site.robots("User-agent: *\nCrawl-delay: 20\n")
    add_feed(context.database, site.url(FEED))

    def pages_asked() -> int:
        return sum(site.count(each.path) for each in items)

    for so_far in (0, 1, 2):  # robots.txt is a request too
        assert drain(context, nudges) is Drained.UNFINISHED
        assert pages_asked() == so_far
        clock.forward(seconds=10)
        assert drain(context, nudges) is Drained.UNFINISHED
        assert pages_asked() == so_far
        clock.forward(seconds=10)
    assert {row.attempts for row in rows(context.database, Article)} == {0}


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_by_the_whole_host(
    context: Context, site: Site, nudges: Heard, clock: Clock, status: int
) -> None:
    publish(site, [item(1)])
    publish(site, [item(1)], feed="/other.xml")
    site.fail(FEED, status=status, headers={"Retry-After": "300"})
    add_feed(context.database, site.url(FEED))
    add_feed(context.database, site.url("/other.xml"))
    assert drain(context, nudges) is Drained.UNFINISHED
    clock.forward(seconds=290)
    assert drain(context, nudges) is Drained.UNFINISHED
    assert [request.path for request in site.log] == [FEED]
    clock.forward(seconds=11)
    assert drain(context, nudges) is Drained.EMPTY
    assert all_are(context.database, Stage.PROCESS, of=1)
    assert host_row(context).refusals == 0


def test_a_host_that_refuses_again_is_left_alone_for_twice_as_long(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1)])
    site.serve("/1.html", answers.status(429))
    add_feed(context.database, site.url(FEED))
    waits = []
    for _ in range(3):
        assert drain(context, nudges) is Drained.UNFINISHED
        wait = host_row(context).next_request_at - clock()
        waits.append(round(wait / timedelta(minutes=1)))
        clock.forward(seconds=wait.total_seconds() + 1)
    assert waits == [1, 2, 4]


def test_a_redirect_to_another_host_takes_that_hosts_lease(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    gate = threading.Event()
    site.feed(FEED, rss(site, [item(1, path="/go", host=NAMES[0])]))
    site.redirect("/go", site.url("/1.html", host=NAMES[1]))
    site.serve("/1.html", held_back(gate, answers.page(item(1).page)))
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    with ThreadPoolExecutor(1) as pool:
        drained = pool.submit(drain, names, nudges, NAMES[0])
        until(lambda: site.count("/1.html") == 1, "the other host is asked")
        held = host_row(names, NAMES[1]).lease_until
        gate.set()
        assert result(drained) is Drained.EMPTY
    assert held is not None
    assert held > clock()
    assert host_row(names, NAMES[1]).lease_until is None
    assert all_are(names.database, Stage.PROCESS, of=1)


def test_a_redirects_target_that_answers_has_refused_none_in_a_row(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.feed(FEED, rss(site, [item(1, path="/go", host=NAMES[0])]))
    site.redirect("/go", site.url("/1.html", host=NAMES[1]))
    site.serve("/1.html", answers.page(item(1).page))
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    with names.database.writing() as session:
        session.add(Host(name=NAMES[1], next_request_at=clock(), refusals=2))
    assert drain(names, nudges, NAMES[0]) is Drained.EMPTY
    assert host_row(names, NAMES[1]).refusals == 0


def test_a_redirect_to_a_busy_host_waits_without_losing_an_attempt(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.feed(FEED, rss(site, [item(1, path="/go", host=NAMES[0])]))
    site.redirect("/go", site.url("/1.html", host=NAMES[1]))
    site.page("/1.html", item(1).page)
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    with names.database.writing() as session:
        host_leases.acquire(
            session, NAMES[1], owner="other", now=clock(), lease=timedelta(minutes=1)
        )
    assert drain(names, nudges, NAMES[0]) is Drained.EMPTY
    waiting = only(names.database, Article)
    assert (waiting.stage, waiting.attempts) == (Stage.FETCH, 0)
    assert waiting.next_attempt_at <= clock() + host_lease.BUSY_WAIT
    assert site.count("/1.html") == 0

    clock.forward(minutes=1)
    assert drain(names, nudges, NAMES[0]) is Drained.EMPTY
    assert all_are(names.database, Stage.PROCESS, of=1)


def test_a_feed_that_leads_to_a_busy_host_is_not_counted_as_polled(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.redirect("/moved.xml", site.url(FEED, host=NAMES[1]))
    site.feed(FEED, rss(site, []))
    add_feed(names.database, site.url("/moved.xml", host=NAMES[0]))
    with names.database.writing() as session:
        host_leases.acquire(
            session, NAMES[1], owner="other", now=clock(), lease=timedelta(minutes=1)
        )
    drain(names, nudges, NAMES[0])
    assert rows(names.database, Poll) == []
    assert feed_row(names.database).failures == 0
    clock.forward(minutes=1)
    drain(names, nudges, NAMES[0])
    assert only(names.database, Poll).outcome == "read"


# What is learnt of a host goes with its row


def another_process(context: Context) -> Context:
    """A context over the same database, which has read no robots.txt yet."""
    other = Context(context.settings)
    other.fetcher = Fetcher(
        user_agent="Transpacific/test", private_hosts=LOOPBACK, resolve=lambda _name: [HOST]
    )
    return other


def test_a_crawl_delay_holds_in_another_process_too(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.feed(FEED, rss(site, [item(1, host=NAMES[0])]))
    site.page("/1.html", item(1).page)
    site.robots("User-agent: *\nCrawl-delay: 20\n")
    feed_id = add_feed(names.database, site.url(FEED, host=NAMES[0]))
    drain(names, nudges, NAMES[0])
    assert host_row(names, NAMES[0]).crawl_delay == 20.0
    other = another_process(names)
    clock.forward(seconds=20)
    make_due(names.database, feed_id)
    asked = len(site.log)
    assert drain(other, nudges, NAMES[0]) is Drained.UNFINISHED  # the feed alone
    assert [request.path for request in site.log[asked:]] == [FEED]
    assert host_row(names, NAMES[0]).next_request_at - clock() > timedelta(seconds=19)
    other.close()


def test_a_host_that_wants_no_crawl_delay_any_more_is_asked_as_any(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1, host=NAMES[0])])
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    with names.database.writing() as session:
        host_leases.acquire(
            session, NAMES[0], owner="before", now=clock(), lease=timedelta(minutes=1)
        )
        host_leases.release(
            session, NAMES[0], owner="before", next_request_at=clock(), refusals=0, crawl_delay=0.2
        )
    site.robots("User-agent: *\nDisallow: /private/\n")
    assert drain(names, nudges, NAMES[0]) is Drained.EMPTY
    assert host_row(names, NAMES[0]).crawl_delay == 0.0


def test_the_crawl_delay_of_a_redirects_target_is_kept_between_its_robots_txt_and_the_page(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    asked: list[datetime] = []

    def at_the_target(answer: Answer) -> Answer:
        def note(exchange: Exchange) -> None:
            if exchange.request.headers["host"].startswith(NAMES[1]):
                asked.append(clock())
            answer(exchange)

        return note

    rules = answers.page("User-agent: *\nCrawl-delay: 20\n", content_type="text/plain")
    site.feed(FEED, rss(site, [item(1, path="/go", host=NAMES[0])]))
    site.redirect("/go", site.url("/1.html", host=NAMES[1]))
    site.serve("/robots.txt", at_the_target(rules))
    site.serve("/1.html", at_the_target(answers.page(item(1).page)))
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    for _ in range(9):
        drain(names, nudges, NAMES[0])
        clock.forward(seconds=7)
    robots_txt, page = asked
    assert page - robots_txt >= timedelta(seconds=20)
    assert host_row(names, NAMES[1]).crawl_delay == 20.0
    assert all_are(names.database, Stage.PROCESS, of=1)


@pytest.mark.parametrize("status", [429, 503])
def test_a_refused_robots_txt_slows_the_whole_host(
    context: Context, site: Site, nudges: Heard, clock: Clock, status: int
) -> None:
    publish(site, [item(1), item(2)])
    site.fail("/robots.txt", status=status, headers={"Retry-After": "300"})
    add_feed(context.database, site.url(FEED))
    assert drain(context, nudges) is Drained.UNFINISHED
    assert host_row(context).refusals == 1
    clock.forward(seconds=290)
    assert drain(context, nudges) is Drained.UNFINISHED
    assert [request.path for request in site.log] == [FEED, "/robots.txt"]


def test_a_reset_between_two_refusals_does_not_soften_the_second(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    feed_id = add_feed(context.database, site.url(FEED))
    counted = []
    for answer in (answers.status(429), answers.reset(), answers.status(429)):
        site.serve(FEED, answer)
        make_due(context.database, feed_id)
        drain(context, nudges)
        counted.append(host_row(context).refusals)
        clock.forward(hours=2)
    assert counted == [1, 1, 2]
