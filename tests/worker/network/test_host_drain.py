"""Draining a host: feeds and pages in order, over one connection, within its time."""

from datetime import timedelta

import pytest

from store.tables import Article, Snapshot, Stage
from tests.site import Site, answers
from tests.support.waiting import until
from tests.worker.standins import Heard
from tests.worker.wire import (
    FEED,
    HOST,
    add_feed,
    all_are,
    drain,
    item,
    publish,
    rows,
    rss,
    stages,
)
from worker.context import Context
from worker.network import host_lease
from worker.network.host_drain import Drained, drain_host


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


def test_a_drain_that_is_out_of_time_leaves_the_rest_to_the_next(
    context: Context, site: Site, nudges: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_lease, "BUDGET", timedelta(seconds=1))
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
