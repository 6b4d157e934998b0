"""From bytes to a tagged revision in a story, through the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ingest.crawl_policy.page_retry import PROCESS_ATTEMPTS
from ingest.feeds.entries import FullText
from ingest.pages.extract import Document
from store.articles import stages
from store.tables import Article, EventRow, Revision, Snapshot, Stage, Story, Tagging
from tests.site import Site, answers
from tests.support.waiting import result, until
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    FEED,
    Item,
    add_feed,
    article,
    item,
    make_due,
    only,
    page,
    publish,
    rows,
    text,
)
from worker import processing
from worker.context import Context
from worker.network.host_drain import drain_host
from worker.processing import process_article

HOST = "127.0.0.1"
WALL = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}'
    "</script>"
)


@pytest.fixture
def feed_id(context: Context, site: Site) -> int:
    return add_feed(context.database, site.url(FEED))


def poll(context: Context, nudges: Heard, feed_id: int) -> None:
    """Poll the feed, fetch what it leads to, and process what was fetched."""
    make_due(context.database, feed_id)
    drain_host(context, HOST, nudges)
    process_all(context, nudges)


def process_all(context: Context, nudges: Heard) -> None:
    while nudges.articles:
        process_article(context, nudges.articles.pop(0), owner="test")


def revisions(context: Context) -> list[Revision]:
    return rows(context.database, Revision)


# What comes of an article


def test_a_page_becomes_a_tagged_revision_in_a_story(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1)])
    poll(context, nudges, feed_id)
    revision = only(context.database, Revision)
    assert (revision.number, revision.title) == (1, item(1).title)
    assert revision.text == text(1)
    assert (revision.quality, revision.taken_from, revision.language) == ("ok", "page", "en")
    [snapshot] = [s for s in rows(context.database, Snapshot) if s.id == revision.snapshot_id]
    assert snapshot.kind == "page"
    tagging = only(context.database, Tagging)
    assert tagging.relevance != "none"
    assert tagging.evidence
    done = only(context.database, Article)
    assert (done.stage, done.revisions, done.attempts) == (Stage.DONE, 1, 0)
    assert (done.revision_id, done.tagging_id) == (revision.id, tagging.id)
    story = only(context.database, Story)
    assert (story.articles, story.relevance) == (1, tagging.relevance)
    assert [event.kind for event in rows(context.database, EventRow)] == [
        "article.discovered",
        "feed.polled",
        "article.fetched",
        "story.created",
        "story.tagged",
    ]


def test_the_same_text_in_two_places_is_one_story(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1), item(1, path="/copy.html")])
    poll(context, nudges, feed_id)
    assert len(revisions(context)) == 2
    assert only(context.database, Story).articles == 2


def test_where_the_page_is_a_wall_the_feeds_text_is_kept_and_marked(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1, summary="The ferry opens its line on Monday.")])
    site.page("/1.html", page(item(1).title, "Subscribe to continue reading.", head=WALL))
    poll(context, nudges, feed_id)
    revision = only(context.database, Revision)
    assert revision.text == "The ferry opens its line on Monday."
    assert (revision.quality, revision.taken_from) == ("paywall", "feed")


def test_where_the_page_is_withheld_the_feeds_text_is_kept_with_the_reason(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1, summary="The ferry opens its line on Monday.")])
    site.robots("User-agent: *\nDisallow: /\n")
    poll(context, nudges, feed_id)
    revision = only(context.database, Revision)
    assert (revision.text, revision.taken_from) == ("The ferry opens its line on Monday.", "feed")
    assert "robots.txt" in (only(context.database, Article).error or "")


def test_a_page_without_any_text_leaves_the_feeds(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1, summary="The ferry opens its line on Monday.")])
    site.page("/1.html", bytes(range(256)) * 40, content_type="image/png")
    poll(context, nudges, feed_id)
    assert only(context.database, Revision).text == "The ferry opens its line on Monday."


def test_an_edited_page_is_a_second_revision_and_an_unchanged_one_none(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    first = [item(number, updated="2026-11-02T08:00:00Z") for number in range(8)]
    publish(site, first)
    poll(context, nudges, feed_id)
    assert len(revisions(context)) == 8

    edited = Item(first[1].path, first[1].title, text(100), updated="2026-11-02T09:00:00Z")
    touched = Item(first[2].path, first[2].title, text(2), updated="2026-11-02T09:00:00Z")
    publish(site, [first[0], edited, touched, *first[3:]])
    poll(context, nudges, feed_id)
    made = [row for row in revisions(context) if row.number > 1]
    assert [(row.number, row.text) for row in made] == [(2, text(100))]
    assert (site.count("/0.html"), site.count("/1.html"), site.count("/2.html")) == (1, 2, 2)
    assert article(context.database, "/1.html").revisions == 2
    assert article(context.database, "/2.html").revisions == 1
    assert {row.stage for row in rows(context.database, Article)} == {Stage.DONE}
    kinds = [event.kind for event in rows(context.database, EventRow)]
    assert kinds.count("article.revised") == 1


def test_a_text_is_not_overwritten_by_a_wall(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1, summary="One summary.")])
    poll(context, nudges, feed_id)
    publish(site, [item(1, summary="Another summary.")])
    site.page("/1.html", page(item(1).title, "Subscribe to continue reading.", head=WALL))
    poll(context, nudges, feed_id)
    assert site.count("/1.html") == 2
    assert [row.text for row in revisions(context)] == [text(1)]


FULL, CUT = text(1, times=3), "The ferry opens its line on Monday. Read more…"


@pytest.mark.parametrize(
    ("mode", "summary", "asks_for_page", "taken_from"),
    [
        (FullText.AUTO, FULL, False, "feed"),
        (FullText.AUTO, CUT, True, "page"),
        (FullText.PAGE, FULL, True, "page"),
        (FullText.FEED, FULL, False, "feed"),
        (FullText.FEED, CUT, False, "feed"),
    ],
)
def test_the_text_is_taken_from_where_the_setting_says(
    context: Context,
    site: Site,
    nudges: Heard,
    feed_id: int,
    mode: FullText,
    summary: str,
    asks_for_page: bool,
    taken_from: str,
) -> None:
    context.settings = context.settings.model_copy(update={"full_text": mode})
    publish(site, [item(1, summary=summary)])
    poll(context, nudges, feed_id)
    assert (site.count("/1.html") == 1) is asks_for_page
    assert only(context.database, Revision).taken_from == taken_from


def test_a_changed_full_text_in_the_feed_is_a_revision_without_any_page(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1, summary=FULL)])
    poll(context, nudges, feed_id)
    publish(site, [item(1, summary=text(2, times=3))])
    poll(context, nudges, feed_id)
    assert [(row.number, row.taken_from) for row in revisions(context)] == [
        (1, "feed"),
        (2, "feed"),
    ]
    assert site.count("/1.html") == 0


# Twice, at once, and not at all


def test_processing_again_changes_nothing(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1)])
    poll(context, nudges, feed_id)
    before = only(context.database, Article)
    for owner in ("test", "other"):
        process_article(context, before.id or 0, owner=owner)
    assert only(context.database, Article) == before
    assert len(revisions(context)) == 1


def test_of_two_workers_at_one_article_the_second_leaves_it_alone(
    context: Context,
    site: Site,
    nudges: Heard,
    feed_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(site, [item(1)])
    make_due(context.database, feed_id)
    drain_host(context, HOST, nudges)
    begun, go_on = threading.Event(), threading.Event()
    extract = processing.extract_page

    def slowly(*arguments: object, **named: object) -> Document:
        begun.set()
        until(go_on.is_set, "the second has come and gone")
        return extract(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(processing, "extract_page", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(process_article, context, nudges.articles[0], owner="first")
        until(begun.is_set, "the first is at it")
        process_article(context, nudges.articles[0], owner="second")
        waiting = only(context.database, Article)
        go_on.set()
        result(first)
    assert (waiting.stage, waiting.claimed_by, waiting.attempts) == (Stage.PROCESS, "first", 1)
    assert len(revisions(context)) == 1


def test_an_article_that_is_not_there_is_nobodys_work(context: Context) -> None:
    process_article(context, 4711, owner="test")
    assert rows(context.database, EventRow) == []


# What goes wrong


def test_an_error_is_tried_again_at_growing_intervals_and_then_set_aside(
    context: Context,
    site: Site,
    nudges: Heard,
    feed_id: int,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(site, [item(1), item(2)])
    make_due(context.database, feed_id)
    drain_host(context, HOST, nudges)
    extract = processing.extract_page

    def break_at_the_first(body: bytes, *, url: str, **named: object) -> Document:
        if url.endswith("/1.html"):
            raise ValueError("no way to read this")
        return extract(body, url=url, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(processing, "extract_page", break_at_the_first)
    process_all(context, nudges)
    waits = []
    for attempt in range(1, PROCESS_ATTEMPTS):
        waiting = article(context.database, "/1.html")
        assert (waiting.stage, waiting.attempts) == (Stage.PROCESS, attempt)
        waits.append(round((waiting.next_attempt_at - clock()).total_seconds(), -1))
        assert overdue(context, clock) == []
        clock.forward(seconds=waits[-1] + 5)
        nudges.articles.extend(overdue(context, clock))
        process_all(context, nudges)
    assert waits == [10, 40, 160]
    aside = article(context.database, "/1.html")
    assert (aside.stage, aside.failed_stage) == (Stage.QUARANTINED, Stage.PROCESS)
    assert aside.error == "ValueError: no way to read this"
    assert article(context.database, "/2.html").stage == Stage.DONE
    assert rows(context.database, EventRow)[-1].kind == "article.quarantined"

    monkeypatch.setattr(processing, "extract_page", extract)
    with context.database.writing() as session:
        assert stages.retry(session, stage=None, now=clock()) == 1
    nudges.articles.extend(overdue(context, clock))
    process_all(context, nudges)
    assert article(context.database, "/1.html").stage == Stage.DONE


def overdue(context: Context, clock: Clock) -> list[int]:
    with context.database.writing() as session:
        return list(stages.overdue(session, now=clock(), limit=10))


def test_an_article_that_ends_its_worker_time_and_again_is_set_aside(
    context: Context, site: Site, nudges: Heard, feed_id: int, clock: Clock
) -> None:
    publish(site, [item(1)])
    make_due(context.database, feed_id)
    drain_host(context, HOST, nudges)
    [article_id] = nudges.articles
    for _ in range(PROCESS_ATTEMPTS):  # claimed, and the worker is gone
        with context.database.writing() as session:
            assert stages.claim_processing(session, article_id, owner="lost", now=clock())
        clock.forward(seconds=stages.PROCESS_CLAIM / timedelta(seconds=1))
    process_article(context, article_id, owner="next")
    aside = only(context.database, Article)
    assert (aside.stage, aside.failed_stage) == (Stage.QUARANTINED, Stage.PROCESS)
    assert revisions(context) == []


def test_newer_bytes_that_come_meanwhile_are_not_lost(
    context: Context,
    site: Site,
    nudges: Heard,
    feed_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(site, [item(1, summary=FULL)])
    make_due(context.database, feed_id)
    drain_host(context, HOST, nudges)
    extract = processing.extract_entry

    def while_the_feed_changes(*arguments: object) -> Document:
        monkeypatch.setattr(processing, "extract_entry", extract)
        publish(site, [item(1, summary=text(2, times=3))])
        make_due(context.database, feed_id)
        drain_host(context, HOST, Heard())  # its nudge is lost
        return extract(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(processing, "extract_entry", while_the_feed_changes)
    process_all(context, nudges)
    process_article(context, only(context.database, Article).id or 0, owner="later")
    assert only(context.database, Article).stage == Stage.DONE
    assert "Ferry 2.2" in revisions(context)[-1].text


def test_a_page_that_is_an_error_later_keeps_its_text(
    context: Context, site: Site, nudges: Heard, feed_id: int
) -> None:
    publish(site, [item(1, summary="One summary.")])
    poll(context, nudges, feed_id)
    publish(site, [item(1, summary="Another summary.")])
    site.serve("/1.html", answers.status(404))
    poll(context, nudges, feed_id)
    row = only(context.database, Article)
    assert row.gone_at is not None
    assert [revision.text for revision in revisions(context)] == [text(1)]
