"""Fetching pages: what must not be asked for, what is withheld, what is tried again."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ingest.crawl_policy.page_retry import FETCH_ATTEMPTS
from store.tables import Article, Feed, Host, Snapshot, Stage
from tests.site import Answer, Exchange, Site, answers
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    FEED,
    NAMES,
    add_feed,
    all_are,
    article,
    drain,
    item,
    only,
    page,
    publish,
    rows,
    rss,
)
from worker.context import Context
from worker.network.host_drain import Drained


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
