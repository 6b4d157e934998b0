"""Polling feeds: again and again, where they have moved, at growing intervals in trouble."""

import re
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import text

from ingest.crawl_policy import redirect_trust
from ingest.feeds.entries import FullText
from store.intake.polls import FAILING_AFTER
from store.operations import status
from store.tables import Article, EventRow, Poll, Stage
from tests.site import Answer, Site, answers
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    FEED,
    add_feed,
    drain,
    feed_row,
    item,
    make_due,
    only,
    publish,
    rows,
    rss,
)
from worker.context import Context
from worker.network.host_drain import Drained


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


# Where a feed has moved


@pytest.mark.parametrize(("status", "believed"), [(301, True), (308, True), (302, False)])
def test_a_permanent_redirect_is_followed_at_once_and_believed_once_it_has_held(
    context: Context, site: Site, nudges: Heard, clock: Clock, status: int, believed: bool
) -> None:
    site.redirect("/old.xml", FEED, status=status)
    publish(site, [item(1)])
    add_feed(context.database, site.url("/old.xml"))
    asked = []
    for _ in range(redirect_trust.POLLS + 1):
        drain(context, nudges)
        asked.append((site.count("/old.xml"), site.count(FEED)))
        clock.forward(hours=25)
    held = redirect_trust.POLLS
    assert asked[:held] == [(number, number) for number in range(1, held + 1)]
    assert asked[held] == ((held, held + 1) if believed else (held + 1, held + 1))
    assert feed_row(context.database).url == site.url("/old.xml")


# Gaps


def gaps(context: Context) -> list[tuple[object, ...]]:
    with context.database.reading() as session:
        return [tuple(row) for row in session.execute(text("SELECT since, until FROM v_feed_gaps"))]


def without_guids(site: Site, numbers: Sequence[int]) -> None:
    body = rss(site, [item(number) for number in numbers])
    site.feed(FEED, re.sub("<guid>.*?</guid>", "", body))


def with_guids(site: Site, numbers: Sequence[int]) -> None:
    site.feed(FEED, rss(site, [item(number) for number in numbers]))


def nothing_new(_site: Site) -> None:
    """A poll that is answered by 304."""


def failing(site: Site) -> None:
    site.fail(FEED, status=500)


@pytest.mark.parametrize(
    ("publish_entries", "between"),
    [(without_guids, None), (with_guids, nothing_new), (without_guids, failing)],
    ids=["at once", "after a 304", "after a failure"],
)
def test_a_poll_that_shares_no_entry_with_the_last_is_a_gap_and_the_next_comes_sooner(
    context: Context,
    site: Site,
    nudges: Heard,
    clock: Clock,
    publish_entries: Callable[[Site, Sequence[int]], None],
    between: Callable[[Site], None] | None,
) -> None:
    context.settings = context.settings.model_copy(update={"full_text": FullText.FEED})
    publish_entries(site, [1, 2, 3])
    feed_id = add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    if between is not None:
        between(site)
        poll_again(context, nudges, clock, feed_id)
    before = feed_row(context.database).interval_seconds
    publish_entries(site, [7, 8, 9])
    poll_again(context, nudges, clock, feed_id)
    assert before is not None
    after = feed_row(context.database).interval_seconds
    assert after is not None
    assert after <= before / 2
    assert rows(context.database, Poll)[-1].rolled_over
    [gap] = gaps(context)
    assert gap[0] < gap[1]  # type: ignore[operator]
    publish_entries(site, [8, 9, 10])
    poll_again(context, nudges, clock, feed_id)
    assert len(gaps(context)) == 1
    told = [event.kind for event in rows(context.database, EventRow)]
    assert told.count("feed.gap") == 1


def poll_again(context: Context, nudges: Heard, clock: Clock, feed_id: int) -> None:
    clock.forward(hours=1)
    make_due(context.database, feed_id)
    drain(context, nudges)


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
    told = [event.kind for event in rows(context.database, EventRow) if event.kind != "feed.polled"]
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
    assert rows(context.database, EventRow)[-1].kind == "feed.gone"
