"""Looking again at pages that have been read: when, and every edit kept."""

from datetime import datetime

import pytest

from ingest.crawl_policy.refetch import OFF, parse_schedule
from store.crawl import host_leases
from store.tables import Article, Feed, Revision, Snapshot, Stage, Story
from tests.site import Answer, Site, answers
from tests.worker.network.refetching import (
    CONSENT,
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
    article,
    item,
    only,
    page,
    publish,
    rows,
    rss,
    text,
)
from worker.context import Context
from worker.network.host_drain import Drained, drain_host
from worker.run_to_end import follow

# The schedule


def test_a_read_page_is_looked_at_after_an_hour_six_a_day_and_three_days_and_then_left(
    context: Context, site: Site, nudges: Heard, clock: Clock, read: datetime
) -> None:
    ago = []
    for _ in range(4):
        refetch_when_due(context, nudges, clock)
        ago.append(about(clock() - read))
    assert ago == [HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR]
    done = only(context.database, Article)
    assert (done.refetches, done.refetch_at) == (4, None)
    assert site.count(PAGE) == 5
    clock.forward(days=300)
    drain_and_process(context, nudges)
    assert site.count(PAGE) == 5


@pytest.mark.usefixtures("read")
def test_a_page_is_not_asked_for_before_it_is_due(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    clock.forward(minutes=59)
    assert drain_and_process(context, nudges) is Drained.EMPTY
    assert site.count(PAGE) == 1


def test_a_page_is_not_asked_for_while_it_says_that_it_is_fresh(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1)])
    site.page(PAGE, item(1).page, headers={"Cache-Control": "max-age=7200"})
    add_feed(context.database, site.url(FEED))
    drain_and_process(context, nudges)
    assert about(refetch_when_due(context, nudges, clock)) == 2 * HOUR


@pytest.mark.usefixtures("read")
def test_an_article_that_is_edited_is_looked_at_sooner(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.page(PAGE, page(TITLE, EDITED))
    waits = [about(refetch_when_due(context, nudges, clock)) for _ in range(4)]
    assert waits == [HOUR, 5 * HOUR, 5 * HOUR, 48 * HOUR]


def test_the_times_are_a_setting(context: Context, site: Site, nudges: Heard, clock: Clock) -> None:
    times = parse_schedule("90s,10m")
    context.settings = context.settings.model_copy(update={"refetch": times})
    publish(site, [item(1)])
    add_feed(context.database, site.url(FEED))
    drain_and_process(context, nudges)
    for _ in range(2):
        refetch_when_due(context, nudges, clock)
    assert site.count(PAGE) == 3
    assert only(context.database, Article).refetch_at is None


@pytest.mark.usefixtures("read")
def test_switched_off_no_page_is_looked_at_again_not_even_one_that_was_to_be(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    context.settings = context.settings.model_copy(update={"refetch": OFF})
    clock.forward(days=10)
    assert drain_and_process(context, nudges) is Drained.EMPTY
    with context.database.writing() as session:
        assert host_leases.wake(session, now=clock(), refetches=False) == []
        assert host_leases.wake(session, now=clock()) == [HOST]
    publish(site, [item(2)])
    add_feed(context.database, site.url("/other.xml"))
    site.feed("/other.xml", rss(site, [item(2)]))
    drain_and_process(context, nudges)
    assert article(context.database, "/2.html").refetch_at is None
    assert site.count(PAGE) == 1


def test_an_article_whose_text_is_the_feeds_is_not_looked_at(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1, summary=text(1, times=3))])
    add_feed(context.database, site.url(FEED))
    drain_and_process(context, nudges)
    assert only(context.database, Article).refetch_at is None
    clock.forward(days=10)
    drain_and_process(context, nudges)
    assert site.count(PAGE) == 0


@pytest.mark.usefixtures("read")
def test_due_looks_are_made_where_feeds_are_followed_without_a_broker(
    context: Context, site: Site, clock: Clock
) -> None:
    site.page(PAGE, page(TITLE, EDITED))
    clock.forward(hours=1, seconds=1)
    follow(context, frozenset({only(context.database, Feed).id or 0}), lambda _waiting: None)
    assert texts(context) == [text(1), EDITED]


# What a refetch finds


@pytest.mark.usefixtures("read")
def test_a_page_that_is_not_modified_is_asked_for_by_its_validators_and_left_as_it_is(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    before = only(context.database, Article)
    refetch_when_due(context, nudges, clock)
    assert [request.status for request in site.log if request.path == PAGE] == [200, 304]
    assert nudges.articles == []
    after = only(context.database, Article)
    assert (after.stage, after.attempts, after.revisions) == (Stage.DONE, 0, 1)
    assert (after.error, after.quality, after.revision_id) == (None, "ok", before.revision_id)
    assert after.fetched_at is not None
    assert before.fetched_at is not None
    assert after.fetched_at > before.fetched_at
    assert events(context) == []


@pytest.mark.usefixtures("read")
def test_the_same_bytes_again_are_not_extracted_again(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.serve(PAGE, answers.status(200, item(1).page))
    clock.forward(hours=1, seconds=1)
    drain_host(context, HOST, nudges)
    assert nudges.articles == []
    assert only(context.database, Article).stage == Stage.DONE
    assert [row.kind for row in rows(context.database, Snapshot)].count("page") == 1
    assert events(context) == []


@pytest.mark.usefixtures("read")
def test_an_edited_page_is_a_second_revision(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.page(PAGE, page(TITLE, EDITED))
    refetch_when_due(context, nudges, clock)
    assert texts(context) == [text(1), EDITED]
    done = only(context.database, Article)
    assert (done.stage, done.revisions, done.refetches) == (Stage.DONE, 2, 1)
    assert events(context)[0] == "article.fetched"
    assert events(context).count("article.revised") == 1
    assert only(context.database, Story).articles == 1


@pytest.mark.usefixtures("read")
def test_a_page_on_which_something_else_has_changed_is_no_new_revision(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.page(PAGE, page(TITLE, text(1), head='<meta name="served" content="2">'))
    refetch_when_due(context, nudges, clock)
    assert texts(context) == [text(1)]
    assert only(context.database, Article).stage == Stage.DONE


@pytest.mark.usefixtures("read")
def test_edits_that_come_one_after_the_other_are_all_kept(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    for number in range(2, 6):
        site.page(PAGE, page(TITLE, text(number)))
        refetch_when_due(context, nudges, clock)
    assert texts(context) == [text(number) for number in range(1, 6)]
    assert [row.number for row in rows(context.database, Revision)] == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(
    "wall",
    [
        answers.page(page(TITLE, "Subscribe to continue reading.", head=WALL)),
        answers.page(CONSENT),
        answers.page(page("Page not found", "The page you asked for could not be found.")),
        answers.page(""),
        answers.status(401),
        answers.status(403),
        answers.redirect("/private.html"),
    ],
    ids=["paywall", "consent", "soft 404", "empty", "401", "403", "disallowed"],
)
def test_a_wall_never_replaces_a_text_and_the_text_behind_it_is_found_again(
    context: Context, site: Site, nudges: Heard, clock: Clock, wall: Answer
) -> None:
    site.serve("/private.html", answers.page(CONSENT))
    site.serve(PAGE, wall)
    refetch_when_due(context, nudges, clock)
    assert texts(context) == [text(1)]
    done = only(context.database, Article)
    assert (done.stage, done.quality, done.error) == (Stage.DONE, "ok", None)
    site.page(PAGE, page(TITLE, EDITED))
    refetch_when_due(context, nudges, clock)
    assert texts(context) == [text(1), EDITED]


# Gone, and back


@pytest.mark.parametrize(
    "answer",
    [answers.status(404), answers.status(410), answers.redirect("/")],
    ids=["404", "410", "the front page"],
)
def test_a_page_that_has_vanished_is_told_with_its_time_and_its_text_is_kept(
    context: Context, site: Site, nudges: Heard, clock: Clock, read: datetime, answer: Answer
) -> None:
    site.page("/", page("Bay News", text(7)))
    site.serve(PAGE, answer)
    refetch_when_due(context, nudges, clock)
    gone = only(context.database, Article)
    assert gone.gone_at is not None
    assert about(gone.gone_at - read) == HOUR
    assert (gone.stage, gone.quality, gone.error) == (Stage.DONE, "ok", None)
    assert (texts(context), only(context.database, Story).articles) == ([text(1)], 1)
    assert events(context) == ["article.gone"]

    refetch_when_due(context, nudges, clock)  # it is told once, with its first time
    assert only(context.database, Article).gone_at == gone.gone_at
    assert events(context) == ["article.gone"]


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("edited", [False, True])
def test_a_page_that_comes_back_is_told_too(
    context: Context, site: Site, nudges: Heard, clock: Clock, edited: bool
) -> None:
    site.remove(PAGE)
    refetch_when_due(context, nudges, clock)
    site.page(PAGE, page(TITLE, EDITED if edited else text(1)))
    refetch_when_due(context, nudges, clock)
    back = only(context.database, Article)
    assert (back.gone_at, back.stage) == (None, Stage.DONE)
    assert events(context)[:2] == ["article.gone", "article.back"]
    assert texts(context) == [text(1), EDITED] if edited else [text(1)]


def test_a_page_that_was_not_there_at_first_is_read_when_it_is(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1, summary="The ferry opens its line.")])
    site.fail(PAGE, status=404)
    add_feed(context.database, site.url(FEED))
    drain_and_process(context, nudges)
    assert texts(context) == ["The ferry opens its line."]
    refetch_when_due(context, nudges, clock)
    assert texts(context) == ["The ferry opens its line.", text(1)]
    read = only(context.database, Article)
    assert (read.gone_at, read.error, read.page_status) == (None, None, 200)
