"""The history of one article: whole, in order, and of no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from store.articles import purge, stages, trace
from store.articles.trace import History
from store.database.connection import Database
from store.tables import Run, RunChange, Step, StoryMove, StoryRedirect, trace_of
from tests.store.building import (
    MINUTE,
    NOW,
    add_feed,
    discover,
    discovery,
    document,
    entry,
    fetch,
    ingest_one,
    process,
)

URL = "http://outlet1.example/1.html"


def _history(database: Database, url: str = URL) -> History:
    with database.reading() as session:
        found = trace.history(session, url)
    assert found is not None
    return found


def _kinds(found: History) -> list[str]:
    return [each.details["name"] if each.kind == "event" else each.kind for each in found.moments]


@pytest.fixture
def read(database: Database) -> int:
    """An article that was seen, fetched and processed, minute by minute; and another."""
    feed = add_feed(database)
    discover(database, feed, discovery(1), now=NOW)
    article_id = fetch(database, feed.host, now=NOW + MINUTE)
    process(database, article_id, now=NOW + 2 * MINUTE)
    ingest_one(database, 2, made=document("Another text altogether, of another outlet. " * 9))
    return article_id


def test_an_article_is_told_from_its_sighting_to_its_story(database: Database, read: int) -> None:
    found = _history(database)
    assert _kinds(found) == [
        "seen", "entry", "article.discovered",
        "page", "article.fetched",
        "revision", "tagging", "story.created", "story.tagged",
    ]  # fmt: skip
    assert [each.at for each in found.moments] == sorted(each.at for each in found.moments)
    assert found.trace == trace_of(URL)
    assert found.article is not None
    assert (found.article["id"], found.article["stage"]) == (read, "done")
    assert (found.article["story"], found.article["because"]) == (1, "first of its text")
    by_kind = {each.kind: each.details for each in found.moments}
    assert by_kind["seen"]["guid"] == "guid-1"
    assert by_kind["seen"]["feed"] == "http://outlet1.example/feed.xml"
    assert (by_kind["page"]["bytes"], by_kind["page"]["kept"]) == (17, True)
    assert by_kind["revision"]["number"] == 1
    assert by_kind["tagging"]["strongest"] == ["envoy"]
    assert by_kind["tagging"]["topics"] == ["agriculture", "diplomacy"]


def test_what_failed_is_told_with_its_error(database: Database) -> None:
    discover(database, add_feed(database), discovery(1))
    with database.writing() as session:
        stages.quarantine(session, 1, "the server answered 500", now=NOW + MINUTE)
    found = _history(database)
    assert _kinds(found)[-1] == "article.quarantined"
    assert found.moments[-1].details["payload"]["error"] == "the server answered 500"
    assert found.article is not None
    assert found.article["stage"] == "quarantined"
    assert found.article["failed_stage"] == "fetch"
    assert found.article["next_attempt"] is None


def test_what_waits_says_when_it_is_tried_again(database: Database) -> None:
    discover(database, add_feed(database), discovery(1))
    found = _history(database)
    assert found.article is not None
    assert (found.article["attempts"], found.article["next_attempt"]) == (0, NOW)


def test_moves_merges_and_runs_are_told_with_their_reasons(database: Database, read: int) -> None:
    with database.writing() as session:
        moved = NOW + timedelta(hours=1)
        session.add(StoryMove(article_id=read, at=moved, from_id=9, to_id=1, because="alike"))
        session.add(
            StoryRedirect(
                story_id=9, into_id=1, merged_into_id=8, merged_at=moved, because="a copy"
            )
        )
        run = Run(
            step=Step.TAG, started_at=NOW + timedelta(hours=2), started_by="ana", state="done",
            articles=1, extractor_version="1", algorithm_version="1", tagger_version="2",
            lexicon_version="b",
        )  # fmt: skip
        session.add(run)
        session.flush()
        session.add(
            RunChange(
                run_id=run.id, article_id=read, revision_before=1, revision_after=1,
                tagging_before=1, tagging_after=2, story_before=1, story_after=1,
            )
        )  # fmt: skip
    found = _history(database)
    moved_to, merged, done_again = found.moments[-3:]
    assert (moved_to.kind, merged.kind, done_again.kind) == ("moved", "merged", "run")
    assert merged.details == {"story": 9, "into": 8, "leads_to": 1, "because": "a copy"}
    assert done_again.details["by"] == "ana"
    assert done_again.details["tagging_changed"] and not done_again.details["text_changed"]


def test_of_a_purged_article_the_tombstone_is_told(database: Database, read: int) -> None:
    with database.writing() as session:
        purge.purge(session, [read], reason="a court said so", now=NOW + timedelta(days=1))
    found = _history(database)
    assert found.article is None
    assert [(each.kind, each.details) for each in found.moments] == [
        ("purged", {"reason": "a court said so"})
    ]


@pytest.mark.usefixtures("read")
def test_an_unknown_address_leads_to_those_that_are_like_it(database: Database) -> None:
    meant = {
        "http://outlet1.example/1.html?from=mail": [URL],
        "https://outlet1.example/1.html": [URL],
        "http://www.outlet1.example/1.html": [URL],
        "http://outlet1.example/1": [URL],
        "http://outlet9.example/1.html": [],
        "http://outlet1.example/another%_thing.html": [],
    }
    with database.reading() as session:
        assert {asked: trace.near(session, asked) for asked in meant} == meant
        assert not any(trace.history(session, asked) for asked in meant)


def test_an_address_that_a_feed_gave_leads_to_its_article(database: Database) -> None:
    feed = add_feed(database)
    given = "http://go.example/77"
    found = replace(discovery(1), entry=entry(1, url=given))
    discover(database, feed, found)
    with database.reading() as session:
        assert trace.near(session, given) == [URL]
