"""Draining a host: politely, in order, and without losing what could not be had."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from ingest.http import Fetcher
from ingest.retry import FETCH_ATTEMPTS
from store import hosts, status
from store.feeds import FAILING_AFTER
from store.tables import Article, Event, Feed, Host, Poll, Snapshot, Stage
from tests.site import LOOPBACK, Answer, Exchange, Site, answers
from tests.support.waiting import PATIENCE, until
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    FEED,
    add_feed,
    all_are,
    article,
    feed_row,
    item,
    make_due,
    only,
    page,
    publish,
    rows,
    rss,
    stages,
)
from worker import draining
from worker.context import Context
from worker.draining import Drained, drain_host

HOST = "127.0.0.1"
NAMES = ("east.test", "west.test")


@pytest.fixture
def names(context: Context) -> Context:
    """A context to which the hosts of NAMES are known: names, so that they are spaced like any."""
    context.settings = context.settings.model_copy(update={"host_delay": 0.0})
    context.fetcher = Fetcher(
        user_agent="Transpacific/test", private_hosts=LOOPBACK, resolve=lambda _name: [HOST]
    )
    return context


def drain(context: Context, nudges: Heard, host: str = HOST) -> Drained:
    return drain_host(context, host, nudges)


def host_row(context: Context, name: str = HOST) -> Host:
    [found] = [row for row in rows(context.database, Host) if row.name == name]
    return found


def held_back(until_set: threading.Event, answer: Answer) -> Answer:
    """`answer`, once the event is set."""

    def wait_first(exchange: Exchange) -> None:
        assert until_set.wait(PATIENCE)
        answer(exchange)

    return wait_first


def noting(times: list[float], answer: Answer) -> Answer:
    """`answer`, and the time at which it was asked for."""

    def note(exchange: Exchange) -> None:
        times.append(time.monotonic())
        answer(exchange)

    return note


# What a drain does


def test_a_feed_is_polled_and_its_pages_are_fetched_in_one_drain_over_one_connection(
    context: Context, site: Site, nudges: Heard
) -> None:
    publish(site, [item(number) for number in range(3)])
    add_feed(context.database, site.url(FEED))
    assert drain(context, nudges) is Drained.EMPTY
    assert all_are(context.database, Stage.PROCESS, of=3)
    assert sorted(nudges.articles) == [row.id for row in rows(context.database, Article)]
    assert len(rows(context.database, Snapshot)) == 3 + 3  # each page, and each entry
    assert sorted(request.path for request in site.log) == sorted(
        [FEED, "/robots.txt", "/0.html", "/1.html", "/2.html"]
    )
    assert (site.connections, site.most_in_flight()) == (1, 1)


def test_a_host_without_due_work_is_not_asked(context: Context, site: Site, nudges: Heard) -> None:
    site.feed(FEED, rss(site, []))
    add_feed(context.database, site.url(FEED), paused=True)
    assert drain(context, nudges) is Drained.EMPTY
    assert site.log == []


def test_with_some_feeds_named_no_other_is_polled(
    context: Context, site: Site, nudges: Heard
) -> None:
    wanted, other = site.url(FEED), site.url("/other.xml")
    site.feed(FEED, rss(site, []))
    feed_id = add_feed(context.database, wanted)
    add_feed(context.database, other)
    drain_host(context, HOST, nudges, only_feeds=frozenset({feed_id}))
    assert [request.path for request in site.log] == [FEED]


# Turns


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
        assert first.result(PATIENCE) is Drained.EMPTY
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
        deadline = time.monotonic() + PATIENCE
        while not all_are(context.database, Stage.PROCESS, of=len(items)):
            assert time.monotonic() < deadline
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
        hosts.acquire(session, HOST, owner="the dead", now=clock(), lease=draining.LEASE)
    assert drain(context, nudges) is Drained.BUSY
    clock.forward(seconds=draining.LEASE.total_seconds())
    assert drain(context, nudges) is Drained.EMPTY
    assert all_are(context.database, Stage.PROCESS, of=1)


def test_a_drain_that_is_out_of_time_leaves_the_rest_to_the_next(
    context: Context, site: Site, nudges: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "BUDGET", timedelta(seconds=1))
    items = [item(number) for number in range(3)]
    publish(site, items)
    for each in items:
        site.serve(each.path, answers.late(0.6, answers.page(each.page)))
    add_feed(context.database, site.url(FEED))
    assert drain(context, nudges) is Drained.UNFINISHED
    assert Stage.FETCH in stages(context.database)
    until(lambda: drain(context, nudges) is Drained.EMPTY, "later drains do the rest")
    assert all_are(context.database, Stage.PROCESS, of=3)
    assert [site.count(each.path) for each in items] == [1, 1, 1]


# Spacing


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


# What must not be asked for


def test_a_page_that_robots_txt_disallows_is_never_asked_for(
    context: Context, site: Site, nudges: Heard
) -> None:
    publish(site, [item(1, path="/private/1.html"), item(2)])
    site.robots("User-agent: *\nDisallow: /private/\n")
    add_feed(context.database, site.url(FEED))
    assert drain(context, nudges) is Drained.EMPTY
    assert site.count("/private/1.html") == 0
    assert site.count("/2.html") == 1
    kept = article(context.database, "/private/1.html")
    assert kept.stage == Stage.PROCESS  # with what the feed says
    assert kept.error is not None
    assert "robots.txt" in kept.error


def test_pages_wait_while_robots_txt_cannot_be_read(
    context: Context, site: Site, nudges: Heard
) -> None:
    publish(site, [item(1)])
    site.fail("/robots.txt", status=500, times=10)
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    assert site.count("/1.html") == 0
    assert all_are(context.database, Stage.FETCH, of=1)


def test_a_page_at_a_private_address_is_withheld_and_the_setting_named(
    context: Context, site: Site, nudges: Heard
) -> None:
    site.feed(FEED, rss(site, [item(1, host="10.0.0.1")]))
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    drain(context, nudges, "10.0.0.1")
    withheld = only(context.database, Article)
    assert withheld.stage == Stage.PROCESS
    assert withheld.error is not None
    assert "TRANSPACIFIC_PRIVATE_HOSTS" in withheld.error


# Redirects


def test_a_redirect_to_another_host_takes_that_hosts_turn(
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
        assert drained.result(PATIENCE) is Drained.EMPTY
    assert held is not None
    assert held > clock()
    assert host_row(names, NAMES[1]).lease_until is None
    assert all_are(names.database, Stage.PROCESS, of=1)


@pytest.mark.parametrize("host", NAMES)
def test_where_robots_txt_of_a_redirects_target_disallows_it_it_is_not_followed(
    names: Context, site: Site, nudges: Heard, host: str
) -> None:
    site.feed(FEED, rss(site, [item(1, path="/go", host=NAMES[0])]))
    site.redirect("/go", site.url("/closed/1.html", host=host))
    site.page("/closed/1.html", item(1).page)
    asked: list[str] = []
    site.serve("/robots.txt", disallowing("/closed/", asked))
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    drain(names, nudges, NAMES[0])
    assert site.count("/closed/1.html") == 0
    assert [each.partition(":")[0] for each in asked] == list(dict.fromkeys([NAMES[0], host]))
    withheld = only(names.database, Article)
    assert withheld.stage == Stage.PROCESS
    assert "robots.txt" in (withheld.error or "")
    assert [row.lease_until for row in rows(names.database, Host)] == [None] * len(asked)


def disallowing(path: str, asked: list[str]) -> Answer:
    """A robots.txt for everybody, and the hosts for which it was asked."""
    rules = answers.page(f"User-agent: *\nDisallow: {path}\n", content_type="text/plain")

    def answer(exchange: Exchange) -> None:
        asked.append(exchange.request.headers["host"])
        rules(exchange)

    return answer


def test_a_redirect_to_a_busy_host_waits_without_losing_an_attempt(
    names: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.feed(FEED, rss(site, [item(1, path="/go", host=NAMES[0])]))
    site.redirect("/go", site.url("/1.html", host=NAMES[1]))
    site.page("/1.html", item(1).page)
    add_feed(names.database, site.url(FEED, host=NAMES[0]))
    with names.database.writing() as session:
        hosts.acquire(session, NAMES[1], owner="other", now=clock(), lease=timedelta(minutes=1))
    assert drain(names, nudges, NAMES[0]) is Drained.EMPTY
    waiting = only(names.database, Article)
    assert (waiting.stage, waiting.attempts) == (Stage.FETCH, 0)
    assert waiting.next_attempt_at <= clock() + draining.BUSY_WAIT
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
        hosts.acquire(session, NAMES[1], owner="other", now=clock(), lease=timedelta(minutes=1))
    drain(names, nudges, NAMES[0])
    assert rows(names.database, Poll) == []
    assert feed_row(names.database).failures == 0
    clock.forward(minutes=1)
    drain(names, nudges, NAMES[0])
    assert only(names.database, Poll).outcome == "read"


@pytest.mark.parametrize(("status", "asked_again"), [(301, 1), (308, 1), (302, 2), (307, 2)])
def test_a_permanent_redirect_of_a_feed_is_remembered_and_another_is_not(
    context: Context, site: Site, nudges: Heard, status: int, asked_again: int
) -> None:
    site.redirect("/old.xml", FEED, status=status)
    site.feed(FEED, rss(site, []))
    feed_id = add_feed(context.database, site.url("/old.xml"))
    drain(context, nudges)
    make_due(context.database, feed_id)
    drain(context, nudges)
    assert (site.count("/old.xml"), site.count(FEED)) == (asked_again, 2)
    assert feed_row(context.database).url == site.url("/old.xml")


# Polling again


def test_a_second_poll_is_answered_by_304_and_asks_for_no_page(
    context: Context, site: Site, nudges: Heard
) -> None:
    publish(site, [item(1), item(2)])
    feed_id = add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    asked = len(site.log)
    make_due(context.database, feed_id)
    assert drain(context, nudges) is Drained.EMPTY
    assert [(request.path, request.status) for request in site.log[asked:]] == [(FEED, 304)]
    assert [(poll.outcome, poll.new) for poll in rows(context.database, Poll)] == [
        ("read", 2),
        ("unchanged", 0),
    ]


def test_the_same_bytes_again_are_unchanged_where_the_server_knows_no_304(
    context: Context, site: Site, nudges: Heard
) -> None:
    body = rss(site, [])
    site.serve(FEED, answers.status(200, body, headers={"Content-Type": "application/rss+xml"}))
    feed_id = add_feed(context.database, site.url(FEED))
    for _ in range(2):
        make_due(context.database, feed_id)
        drain(context, nudges)
    polls = rows(context.database, Poll)
    assert [(poll.outcome, poll.status) for poll in polls] == [("read", 200), ("unchanged", 200)]


def test_an_entry_that_has_changed_has_its_page_fetched_again(
    context: Context, site: Site, nudges: Heard
) -> None:
    publish(site, [item(1), item(2)])
    feed_id = add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    settle(context)
    publish(site, [item(1, title="Ferry 1 opens its new line a week late"), item(2)])
    make_due(context.database, feed_id)
    drain(context, nudges)
    assert (site.count("/1.html"), site.count("/2.html")) == (2, 1)
    assert rows(context.database, Poll)[-1].revised == 1


def settle(context: Context) -> None:
    """As if all that was fetched had been processed."""
    with context.database.writing() as session:
        for row in rows(context.database, Article):
            session.get_one(Article, row.id).stage = Stage.DONE


# What goes wrong


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (answers.page(item(1).page), 200, "HTML"),
        (answers.status(404), 404, "404"),
        (answers.status(500), 500, "500"),
        (answers.reset(), None, "reset"),
        (answers.garbage(), None, "127.0.0.1"),
        (answers.page(b"", content_type="application/rss+xml"), 200, "no content"),
    ],
    ids=["html", "404", "500", "reset", "garbage", "empty"],
)
def test_a_feed_that_cannot_be_read_is_failing_and_says_why(
    context: Context, site: Site, nudges: Heard, answer: Answer, status: int | None, reason: str
) -> None:
    site.serve(FEED, answer)
    add_feed(context.database, site.url(FEED))
    assert drain(context, nudges) is Drained.EMPTY
    poll = only(context.database, Poll)
    assert (poll.outcome, poll.status) == ("failed", status)
    failing = feed_row(context.database)
    assert failing.failures == 1
    assert failing.last_error is not None
    assert reason.lower() in failing.last_error.lower()
    assert failing.next_poll_at > poll.at


def test_a_feed_that_keeps_failing_is_told_once_and_polled_less_often(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    feed_id = add_feed(context.database, site.url(FEED))
    waits = []
    for _ in range(FAILING_AFTER + 1):
        drain(context, nudges)
        waits.append(feed_row(context.database).next_poll_at - clock())
        make_due(context.database, feed_id)
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0]
    told = [event.kind for event in rows(context.database, Event) if event.kind != "feed.polled"]
    assert told == ["feed.failing"]
    with context.database.reading() as session:
        [trouble] = status.read(session, now=clock()).trouble
    assert (trouble.state, trouble.reason) == ("failing", "the server answered 404")


def test_a_feed_that_is_gone_is_not_asked_again(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.serve(FEED, answers.status(410))
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    clock.forward(days=30)
    drain(context, nudges)
    assert site.count(FEED) == 1
    assert rows(context.database, Event)[-1].kind == "feed.gone"


def _large(site: Site) -> None:
    site.page("/1.html", page("Large", "word " * 1_100_000))


def _gone(site: Site) -> None:
    site.remove("/1.html")


def _forbidden(site: Site) -> None:
    site.serve("/1.html", answers.status(403))


@pytest.mark.parametrize(
    ("trouble", "status", "reason"),
    [(_large, None, "5,000,000"), (_gone, 404, "404"), (_forbidden, 403, "403")],
    ids=["larger than 5 MB", "404", "403"],
)
def test_a_page_that_is_withheld_leaves_what_the_feed_gave(
    context: Context,
    site: Site,
    nudges: Heard,
    trouble: Callable[[Site], None],
    status: int | None,
    reason: str,
) -> None:
    publish(site, [item(1, summary="The ferry opens a line.")])
    trouble(site)
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    withheld = only(context.database, Article)
    assert (withheld.stage, withheld.page_status) == (Stage.PROCESS, status)
    assert withheld.error is not None
    assert reason in withheld.error
    assert [snapshot.kind for snapshot in rows(context.database, Snapshot)] == ["entry"]
    assert nudges.articles == [withheld.id]
    assert site.count("/1.html") == 1


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (answers.status(500), 1),
        # Twice: the fetcher asks anew when a connection that it kept has ended.
        (answers.reset(), 2),
        (answers.hang_up(), 2),
        (answers.cut_off(b"x", announced=9), 1),
    ],
    ids=["500", "reset", "hang-up", "cut-off"],
)
def test_a_page_with_a_passing_fault_is_asked_for_again_later(
    context: Context, site: Site, nudges: Heard, clock: Clock, fault: Answer, times: int
) -> None:
    publish(site, [item(1)])
    site.fail("/1.html", fault, times=times)
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    waiting = only(context.database, Article)
    assert (waiting.stage, waiting.attempts) == (Stage.FETCH, 1)
    assert waiting.next_attempt_at > clock() + timedelta(seconds=5)
    clock.forward(seconds=12)
    drain(context, nudges)
    assert all_are(context.database, Stage.PROCESS, of=1)


def test_a_page_that_never_answers_well_is_quarantined_with_its_error(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1), item(2)])
    site.serve("/1.html", answers.status(502))
    add_feed(context.database, site.url(FEED))
    for _ in range(FETCH_ATTEMPTS + 1):
        drain(context, nudges)
        clock.forward(hours=12)
    bad = article(context.database, "/1.html")
    assert (bad.stage, bad.failed_stage) == (Stage.QUARANTINED, Stage.FETCH)
    assert bad.error == "the server answered 502"
    assert site.count("/1.html") == FETCH_ATTEMPTS
    assert article(context.database, "/2.html").stage == Stage.PROCESS
    assert rows(context.database, Feed)[0].failures == 0
