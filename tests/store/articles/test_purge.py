"""A purged article is gone with all that was made of it, whoever is at work on it meanwhile."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlmodel import SQLModel, func, select

from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from store.articles import inputs, processing, stages
from store.articles import purge as purging
from store.crawl import page_fetches
from store.database.connection import Database
from store.exports import rows
from store.intake import entries
from store.search import results
from store.tables import (
    Article,
    EventRow,
    Revision,
    Sighting,
    Snapshot,
    Story,
    StoryKey,
    StoryText,
    Tagging,
    TaggingActor,
    TaggingTopic,
    Tombstone,
)
from tests.store.building import (
    MINUTE,
    NOW,
    TEXT,
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    ingest_one,
    only,
    prepare,
    process,
    response,
    tagger_output,
)
from tests.support.waiting import until

MADE = (
    Article, Sighting, Snapshot, Revision, Story, StoryText, StoryKey, Tagging, TaggingTopic,
    TaggingActor,
)  # fmt: skip
# Long enough to be found as a near copy.
LONG = "\n".join(f"On day {day} {TEXT.lower()}" for day in range(1, 8))


def url(number: int) -> str:
    return f"http://outlet{number}.example/{number}.html"


def count(database: Database, table: type[SQLModel]) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def purge(database: Database, *article_ids: int) -> list[str]:
    with database.writing() as session:
        return purging.purge(session, article_ids, reason="retracted", now=NOW)


def test_everything_that_was_made_of_it_goes(database: Database) -> None:
    article_id = ingest_one(database, made=document(LONG))
    assert all(count(database, table) for table in MADE)
    assert purge(database, article_id) == [url(1)]
    assert {table.__name__: count(database, table) for table in MADE} == {
        table.__name__: 0 for table in MADE
    }
    with database.reading() as session:
        told = only(session, EventRow, kind="article.purged")
        assert told.article_id == article_id
        assert told.payload == {"url": url(1), "reason": "retracted", "copies_left": 0}
        assert results.load(session, [1]) == []
        assert list(rows.articles(session)) == []
        assert list(rows.revisions(session)) == []


def test_its_copies_stay_and_the_story_is_theirs(database: Database) -> None:
    first = ingest_one(database, 1, made=document(LONG, title="First title"))
    second = ingest_one(database, 2, made=document(LONG, title="Second title"))
    assert purge(database, first) == [url(1)]
    with database.reading() as session:
        story = session.exec(select(Story)).one()
        assert (story.articles, story.sources, story.article_id) == (1, 1, second)
        assert story.title == "Second title"
        stands = session.exec(select(StoryText)).one()
        assert stands.revision_id == session.get_one(Article, second).revision_id
        assert session.exec(select(Tagging.revision_id)).one() == stands.revision_id
        assert only(session, EventRow, kind="article.purged").payload["copies_left"] == 1
    third = ingest_one(database, 3, made=document(LONG))
    with database.reading() as session:
        assert session.get_one(Article, third).story_id == story.id


def test_a_text_that_it_alone_brought_stands_for_nothing_any_more(database: Database) -> None:
    near = LONG + "\nThe envoy added that the hotel had been kind about the chairs."
    first = ingest_one(database, 1, made=document(LONG))
    second = ingest_one(database, 2, made=document(near))
    assert count(database, Story) == 1
    assert count(database, StoryText) == 2
    purge(database, first)
    with database.reading() as session:
        stands = session.exec(select(StoryText)).one()
        assert stands.revision_id == session.get_one(Article, second).revision_id
        assert set(session.exec(select(StoryKey.text_id))) <= {stands.id}
    # The text that went is a near copy of the one that stayed.
    third = ingest_one(database, 3, made=document(LONG))
    with database.reading() as session:
        assert session.get_one(Article, third).story_id == stands.story_id


def test_several_go_at_once_and_those_that_are_gone_already_are_passed_over(
    database: Database,
) -> None:
    ids = [ingest_one(database, number, made=document(LONG)) for number in (1, 2, 3)]
    assert purge(database, ids[0]) == [url(1)]
    assert sorted(purge(database, *ids)) == [url(2), url(3)]
    assert purge(database, *ids) == []
    assert count(database, Story) == count(database, StoryKey) == 0


def test_an_article_that_is_in_no_story_yet_can_go(database: Database) -> None:
    discover(database, add_feed(database), discovery(1))
    with database.reading() as session:
        [doomed] = purging.find(session, [discovery(1).url])
    assert (doomed.revisions, doomed.snapshots, doomed.story_id, doomed.copies) == (0, 1, None, 0)
    assert purge(database, doomed.article_id) == [discovery(1).url]
    assert count(database, Article) == 0


def test_the_same_text_can_be_taken_in_again_once_it_is_forgotten(database: Database) -> None:
    from store.articles import tombstones

    feed = add_feed(database)
    for _ in range(2):
        discover(database, feed, discovery(1))
        article_id = fetch(database, "outlet1.example")
        process(database, article_id, document(LONG))
        purge(database, article_id)
        with database.writing() as session:
            assert tombstones.lift(session, discovery(1).url)
    discover(database, feed, discovery(1))
    process(database, fetch(database, "outlet1.example"), document(LONG))
    assert count(database, Story) == count(database, StoryText) == 1


def test_what_would_go_is_told(database: Database) -> None:
    first = ingest_one(database, 1, made=document(LONG))
    ingest_one(database, 2, made=document(LONG))
    with database.reading() as session:
        [told] = purging.find(session, ["HTTP://outlet1.example:80/1.html"])
        assert told == purging.Doomed(
            first, url(1), "Envoy settles visit", "Outlet 1", 1, 2, told.story_id, 2
        )
        assert purging.of_source(session, "Outlet 1") == [told]
        assert purging.of_source(session, "Outlet 7") is None


def test_a_fetch_that_comes_back_to_a_purged_article_leaves_nothing(database: Database) -> None:
    discover(database, add_feed(database), discovery(1))
    with database.writing() as session:
        (page,) = page_fetches.claim_fetches(session, "outlet1.example", limit=1, now=NOW)
    purge(database, page.id)
    verdict = PageVerdict(PageOutcome.FETCHED, status=200, response=response())
    with database.writing() as session:
        assert page_fetches.record_fetch(session, page, verdict, jitter=0.5, now=NOW) is None
        page_fetches.release_fetch(session, page, again_at=NOW)
    assert count(database, Article) == count(database, Snapshot) == 0


def test_processing_that_comes_back_to_a_purged_article_leaves_nothing(database: Database) -> None:
    discover(database, add_feed(database), discovery(1))
    article_id = fetch(database, "outlet1.example")
    with database.writing() as session:
        assert stages.claim_processing(session, article_id, owner="test", now=NOW)
        work = inputs.load(session, article_id)
    to_store = prepare(database, work, document(LONG))
    purge(database, article_id)
    assert processing.settle(database, work, to_store, tagger_output(), now=NOW) is None
    with database.writing() as session:
        processing.finish_unchanged(session, work)
        assert not stages.release_processing(session, article_id, "lost", now=NOW)
        stages.quarantine(session, article_id, "lost", now=NOW)
        assert not stages.claim_processing(session, article_id, owner="test", now=NOW)
    for table in MADE:
        assert count(database, table) == 0


def test_a_copy_that_is_compared_with_a_purged_text_founds_its_own_story(
    database: Database,
) -> None:
    first = ingest_one(database, 1, made=document(LONG))
    discover(database, add_feed(database, 2), discovery(2, url=url(2)))
    second = fetch(database, "outlet2.example")
    with database.writing() as session:
        assert stages.claim_processing(session, second, owner="test", now=NOW)
        work = inputs.load(session, second)
    to_store = prepare(database, work, document(LONG))
    purge(database, first)
    assert processing.settle(database, work, to_store, tagger_output(), now=NOW) is not None
    with database.reading() as session:
        assert session.exec(select(Story)).one().article_id == second


def test_a_poll_that_is_under_way_is_waited_for(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    with database.reading() as session:
        [doomed] = purging.find(session, [discovery(1).url])
    other = add_feed(database, 2)
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            recorded = entries.record(session, other, [discovery(1)], now=NOW)
            purged: Future[list[str]] = pool.submit(purge, database, doomed.article_id)
            until(purged.running, "the purge has begun")
        assert purged.result() == [discovery(1).url]
    assert recorded.new == 0
    assert count(database, Article) == count(database, Sighting) == 0
    assert discover(database, other, discovery(1)).new == 0


def test_a_poll_that_meets_a_purge_lets_the_article_lie(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1), discovery(2))
    with database.reading() as session:
        [doomed] = purging.find(session, [discovery(1).url])
    changed = discovery(1, title="Envoy settles two visits"), discovery(2)
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            purging.purge(session, [doomed.article_id], reason=None, now=NOW)
            polled = pool.submit(discover, database, feed, *changed)
            until(polled.running, "the poll has begun")
        assert (polled.result().new, polled.result().changed) == (0, 0)
    with database.reading() as session:
        assert session.exec(select(Article.url)).all() == [discovery(2).url]


@pytest.mark.parametrize("rounds", [6])
def test_polls_and_purges_at_once_end_without_an_error_and_with_nothing(
    database: Database, rounds: int
) -> None:
    feeds = [add_feed(database, number) for number in range(1, 5)]
    found = [discovery(number) for number in range(60)]
    discover(database, feeds[0], *found)
    with database.reading() as session:
        ids = [article.article_id for article in purging.find(session, [d.url for d in found])]
    start = threading.Barrier(len(feeds) + 2)

    def poll(number: int) -> None:
        start.wait()
        for turn in range(rounds):
            edited = [discovery(n, title=f"Edition {turn} of {n}") for n in range(60)]
            discover(database, feeds[number], *edited, now=NOW + MINUTE * turn)

    def purge_some(part: int) -> None:
        start.wait()
        for first in range(part, 60, 20):
            purge(database, *ids[first : first + 10])

    with ThreadPoolExecutor(len(feeds) + 2) as pool:
        done = [pool.submit(poll, number) for number in range(len(feeds))]
        done += [pool.submit(purge_some, part) for part in (0, 10)]
        for future in done:
            future.result()
    assert count(database, Article) == count(database, Sighting) == count(database, Snapshot) == 0
    with database.reading() as session:
        stones = session.exec(select(Tombstone.url).distinct()).all()
    assert sorted(stones) == sorted(discovery.url for discovery in found)
