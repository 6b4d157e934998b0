"""Looking again at pages that have been read: every edit kept, and nothing lost by looking."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from ingest.refetch import FIRST_RETRY, LOOK_ATTEMPTS, OFF, parse_schedule
from ingest.retry import FETCH_ATTEMPTS
from store import hosts, looks
from store.articles import FETCH_CLAIM
from store.tables import Article, Event, Feed, Host, Revision, Snapshot, Stage, Story
from tests.site import Answer, Exchange, Site, answers
from tests.support.waiting import PATIENCE, until
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    FEED,
    add_feed,
    article,
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
from worker.draining import Drained, drain_host
from worker.following import follow
from worker.processing import process_article

HOST = "127.0.0.1"
PAGE = "/1.html"
HOUR = timedelta(hours=1)
TITLE = item(1).title
EDITED = text(1).replace("forty people", "forty-one people")
WALL = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}'
    "</script>"
)
CONSENT = page("Your privacy", "We value your privacy. Accept all cookies. Manage my choices.")


@pytest.fixture
def read(context: Context, site: Site, nudges: Heard, clock: Clock) -> datetime:
    """One article whose page has been read; the time of it. Its feed rests from now on."""
    publish(site, [item(1, summary="The ferry opens its line.")])
    feed_id = add_feed(context.database, site.url(FEED))
    assert drain(context, nudges) is Drained.EMPTY
    with context.database.writing() as session:
        session.get_one(Feed, feed_id).paused = True
    assert [row.text for row in rows(context.database, Revision)] == [text(1)]
    return clock()


def drain(context: Context, nudges: Heard) -> Drained:
    """Drain the host, and process what came."""
    drained = drain_host(context, HOST, nudges)
    process_all(context, nudges)
    return drained


def process_all(context: Context, nudges: Heard) -> None:
    while nudges.articles:
        process_article(context, nudges.articles.pop(0), owner="test")


def look_when_due(context: Context, nudges: Heard, clock: Clock) -> timedelta:
    """Let the time pass until the next look is due, look, and return how long that was."""
    due = only(context.database, Article).refetch_at
    assert due is not None
    wait = due - clock()
    clock.forward(seconds=wait.total_seconds() + 1)
    drain(context, nudges)
    return wait


def events(context: Context) -> list[str]:
    """What was told since the article was read."""
    return [event.kind for event in rows(context.database, Event)][5:]


def texts(context: Context) -> list[str]:
    return [row.text for row in rows(context.database, Revision)]


def about(wait: timedelta) -> timedelta:
    """A time that has passed between two steps of a test, to the minute."""
    return timedelta(minutes=round(wait / timedelta(minutes=1)))


# The schedule


def test_a_read_page_is_looked_at_after_an_hour_six_a_day_and_three_days_and_then_left(
    context: Context, site: Site, nudges: Heard, clock: Clock, read: datetime
) -> None:
    ago = []
    for _ in range(4):
        look_when_due(context, nudges, clock)
        ago.append(about(clock() - read))
    assert ago == [HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR]
    done = only(context.database, Article)
    assert (done.refetches, done.refetch_at) == (4, None)
    assert site.count(PAGE) == 5
    clock.forward(days=300)
    drain(context, nudges)
    assert site.count(PAGE) == 5


@pytest.mark.usefixtures("read")
def test_a_page_is_not_asked_for_before_it_is_due(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    clock.forward(minutes=59)
    assert drain(context, nudges) is Drained.EMPTY
    assert site.count(PAGE) == 1


def test_a_page_is_not_asked_for_while_it_says_that_it_is_fresh(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1)])
    site.page(PAGE, item(1).page, headers={"Cache-Control": "max-age=7200"})
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    assert about(look_when_due(context, nudges, clock)) == 2 * HOUR


@pytest.mark.usefixtures("read")
def test_an_article_that_is_edited_is_looked_at_sooner(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.page(PAGE, page(TITLE, EDITED))
    waits = [about(look_when_due(context, nudges, clock)) for _ in range(4)]
    assert waits == [HOUR, 5 * HOUR, 5 * HOUR, 48 * HOUR]


def test_the_times_are_a_setting(context: Context, site: Site, nudges: Heard, clock: Clock) -> None:
    times = parse_schedule("90s,10m")
    context.settings = context.settings.model_copy(update={"refetch": times})
    publish(site, [item(1)])
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    for _ in range(2):
        look_when_due(context, nudges, clock)
    assert site.count(PAGE) == 3
    assert only(context.database, Article).refetch_at is None


@pytest.mark.usefixtures("read")
def test_switched_off_no_page_is_looked_at_again_not_even_one_that_was_to_be(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    context.settings = context.settings.model_copy(update={"refetch": OFF})
    clock.forward(days=10)
    assert drain(context, nudges) is Drained.EMPTY
    with context.database.writing() as session:
        assert hosts.wake(session, now=clock(), looks=False) == []
        assert hosts.wake(session, now=clock()) == [HOST]
    publish(site, [item(2)])
    add_feed(context.database, site.url("/other.xml"))
    site.feed("/other.xml", rss(site, [item(2)]))
    drain(context, nudges)
    assert article(context.database, "/2.html").refetch_at is None
    assert site.count(PAGE) == 1


def test_an_article_whose_text_is_the_feeds_is_not_looked_at(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    publish(site, [item(1, summary=text(1, times=3))])
    add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    assert only(context.database, Article).refetch_at is None
    clock.forward(days=10)
    drain(context, nudges)
    assert site.count(PAGE) == 0


@pytest.mark.usefixtures("read")
def test_due_looks_are_made_where_feeds_are_followed_without_a_broker(
    context: Context, site: Site, clock: Clock
) -> None:
    site.page(PAGE, page(TITLE, EDITED))
    clock.forward(hours=1, seconds=1)
    follow(context, frozenset({only(context.database, Feed).id or 0}), lambda _waiting: None)
    assert texts(context) == [text(1), EDITED]


# What a look finds


@pytest.mark.usefixtures("read")
def test_a_page_that_is_not_modified_is_asked_for_by_its_validators_and_left_as_it_is(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    before = only(context.database, Article)
    look_when_due(context, nudges, clock)
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
    look_when_due(context, nudges, clock)
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
    look_when_due(context, nudges, clock)
    assert texts(context) == [text(1)]
    assert only(context.database, Article).stage == Stage.DONE


@pytest.mark.usefixtures("read")
def test_edits_that_come_one_after_the_other_are_all_kept(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    for number in range(2, 6):
        site.page(PAGE, page(TITLE, text(number)))
        look_when_due(context, nudges, clock)
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
    look_when_due(context, nudges, clock)
    assert texts(context) == [text(1)]
    done = only(context.database, Article)
    assert (done.stage, done.quality, done.error) == (Stage.DONE, "ok", None)
    site.page(PAGE, page(TITLE, EDITED))
    look_when_due(context, nudges, clock)
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
    look_when_due(context, nudges, clock)
    gone = only(context.database, Article)
    assert gone.gone_at is not None
    assert about(gone.gone_at - read) == HOUR
    assert (gone.stage, gone.quality, gone.error) == (Stage.DONE, "ok", None)
    assert (texts(context), only(context.database, Story).articles) == ([text(1)], 1)
    assert events(context) == ["article.gone"]

    look_when_due(context, nudges, clock)  # it is told once, with its first time
    assert only(context.database, Article).gone_at == gone.gone_at
    assert events(context) == ["article.gone"]


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("edited", [False, True])
def test_a_page_that_comes_back_is_told_too(
    context: Context, site: Site, nudges: Heard, clock: Clock, edited: bool
) -> None:
    site.remove(PAGE)
    look_when_due(context, nudges, clock)
    site.page(PAGE, page(TITLE, EDITED if edited else text(1)))
    look_when_due(context, nudges, clock)
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
    drain(context, nudges)
    assert texts(context) == ["The ferry opens its line."]
    look_when_due(context, nudges, clock)
    assert texts(context) == ["The ferry opens its line.", text(1)]
    read = only(context.database, Article)
    assert (read.gone_at, read.error, read.page_status) == (None, None, 200)


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
    look_when_due(context, nudges, clock)
    kept = only(context.database, Article)
    assert (kept.stage, kept.error, kept.quality, kept.gone_at) == (Stage.DONE, None, "ok", None)
    site.page(PAGE, page(TITLE, EDITED))
    assert about(look_when_due(context, nudges, clock)) == FIRST_RETRY
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
        waits.append(about(look_when_due(context, nudges, clock)))
    assert len(waits) == 4 * LOOK_ATTEMPTS
    assert waits[: LOOK_ATTEMPTS + 1] == [HOUR, FIRST_RETRY, 4 * FIRST_RETRY, 5 * HOUR]
    kept = only(context.database, Article)
    assert (kept.stage, kept.error, kept.attempts, kept.refetches) == (Stage.DONE, None, 0, 4)
    assert texts(context) == [text(1)]
    assert events(context) == []


@pytest.mark.usefixtures("read")
def test_a_host_that_refuses_a_look_is_left_alone(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.serve(PAGE, answers.status(429, headers={"Retry-After": "1800"}))
    look_when_due(context, nudges, clock)
    wait = only(context.database, Host).next_request_at - clock()
    assert about(wait) == HOUR / 2
    assert about(look_when_due(context, nudges, clock)) == HOUR / 2


@pytest.mark.usefixtures("read")
def test_what_robots_txt_forbids_by_now_is_not_asked_for(
    context: Context, site: Site, nudges: Heard, clock: Clock
) -> None:
    site.robots("User-agent: *\nDisallow: /\n")
    restarted = Context(context.settings)
    look_when_due(restarted, nudges, clock)
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
    drain(context, nudges)
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
        assert len(looks.claim(session, HOST, limit=4, now=clock())) == 1
    with context.database.writing() as session:
        assert looks.claim(session, HOST, limit=4, now=clock()) == []
    restarted = Context(context.settings)
    drain(restarted, nudges)
    assert site.count(PAGE) == 1
    clock.forward(seconds=FETCH_CLAIM.total_seconds() + 1)
    with context.database.writing() as session:
        assert hosts.wake(session, now=clock()) == [HOST]
    drain(restarted, nudges)
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
        drain(context, nudges)
        gate.set()
        slow.result(PATIENCE)
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
        with context.database.writing() as session:  # as `store.discoveries` does
            changed = session.get_one(Article, 1)
            changed.stage, changed.next_attempt_at, changed.attempts = Stage.FETCH, clock(), 0
        gate.set()
        assert looking.result(PATIENCE) is Drained.EMPTY
    until(lambda: site.count(PAGE) == 3, "the page is fetched for its entry")
    with context.database.writing() as session:
        waiting = session.get_one(Article, 1)
        assert (waiting.stage, waiting.error) == (Stage.PROCESS, None)
        process_id = waiting.id or 0
    process_article(context, process_id, owner="test")
    assert texts(context) == [text(1), EDITED]
    assert only(context.database, Article).refetch_at is not None


def held_back(until_set: threading.Event, answer: Answer) -> Answer:
    """`answer`, once the event is set."""

    def wait_first(exchange: Exchange) -> None:
        assert until_set.wait(PATIENCE)
        answer(exchange)

    return wait_first


@pytest.mark.parametrize("entry_changes", [False, True])
def test_an_unchanged_page_is_extracted_again_where_its_entry_has_changed(
    context: Context, site: Site, nudges: Heard, clock: Clock, entry_changes: bool
) -> None:
    first = item(1, summary="The ferry opens.")
    publish(site, [first])
    site.page(PAGE, page(TITLE, "Subscribe to continue reading.", head=WALL))
    feed_id = add_feed(context.database, site.url(FEED))
    drain(context, nudges)
    assert texts(context) == ["The ferry opens."]
    if entry_changes:
        site.feed(FEED, rss(site, [item(1, summary="The ferry opens on Monday.")]))
        make_due(context.database, feed_id)
        drain(context, nudges)
    else:
        look_when_due(context, nudges, clock)
    assert [request.status for request in site.log if request.path == PAGE] == [200, 304]
    assert len(rows(context.database, Revision)) == (2 if entry_changes else 1)
