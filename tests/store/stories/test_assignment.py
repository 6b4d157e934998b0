"""Stories: copies meet in one, whoever comes first; edits stay in theirs."""

import threading
from dataclasses import replace

from sqlmodel import select

from ingest.relations.codebook import Relevance
from store.articles import inputs, processing, stages
from store.articles.inputs import Work
from store.database.connection import Database
from store.search import index, search
from store.search.search import Question
from store.stories.assignment_decision import BOILERPLATE, FIRST
from store.tables import Article, EventRow, Story
from tests.store.building import (
    NOW,
    TEXT,
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    ingest_one,
    prepare,
    process,
    tagger_output,
)
from tests.support import printings

WORKERS = 8
LONG = printings.text(1)  # of a short text the headline is a part


def _stories(database: Database) -> list[Story]:
    with database.reading() as session:
        return list(session.exec(select(Story).order_by(Story.id)))


def test_copies_in_three_outlets_are_one_story(database: Database) -> None:
    for number in (1, 2, 3):
        ingest_one(database, number)
    (story,) = _stories(database)
    assert (story.articles, story.sources) == (3, 3)
    with database.reading() as session:
        kinds = [event.kind for event in session.exec(select(EventRow).order_by(EventRow.id))]
    assert kinds.count("story.created") == 1
    assert kinds.count("story.grew") == 2


def test_different_texts_are_different_stories(database: Database) -> None:
    ingest_one(database, 1)
    ingest_one(database, 2, made=document(TEXT + " A third meeting was ruled out."))
    assert len(_stories(database)) == 2


def test_two_workers_inserting_one_wire_copy_make_one_story(database: Database) -> None:
    ready = []
    for number in range(WORKERS):
        feed = add_feed(database, number)
        found = discovery(number, url=f"http://outlet{number}.example/copy.html")
        discover(database, feed, found)
        ready.append(fetch(database, found.host))
    works = []
    for article_id in ready:
        with database.writing() as session:
            assert stages.claim_processing(session, article_id, owner="w", now=NOW)
            works.append(inputs.load(session, article_id))
    gate = threading.Barrier(WORKERS)

    def bring(work: Work) -> None:
        to_store = prepare(database, work)
        gate.wait()
        processing.settle(database, work, to_store, tagger_output(), now=NOW)

    threads = [threading.Thread(target=bring, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (story,) = _stories(database)
    assert (story.articles, story.sources) == (WORKERS, WORKERS)


def test_an_edited_article_stays_in_its_story(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    article_id = fetch(database, "outlet1.example")
    process(database, article_id)
    discover(database, feed, discovery(1, title="Envoy settles visit, again"))
    fetch(database, "outlet1.example", b"<html>second edition</html>")
    edited = document(TEXT + " The visit is in April.", title="Envoy settles visit, again")
    assert process(database, article_id, edited) == 2
    (story,) = _stories(database)
    assert (story.articles, story.title) == (1, "Envoy settles visit, again")


def test_a_copy_of_the_edited_text_joins_the_story_too(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    article_id = fetch(database, "outlet1.example")
    process(database, article_id)
    discover(database, feed, discovery(1, title="Second edition"))
    fetch(database, "outlet1.example", b"<html>second edition</html>")
    process(database, article_id, document(TEXT + " The visit is in April."))
    ingest_one(database, 2, made=document(TEXT + " The visit is in April."))
    assert [story.articles for story in _stories(database)] == [2]


def test_a_story_is_judged_by_its_best_copy_and_dated_by_its_first(database: Database) -> None:
    weak = tagger_output(relevance=Relevance.SECONDARY, score=0.55)
    first = ingest_one(database, 1, judged=weak)
    ingest_one(database, 2)
    (story,) = _stories(database)
    assert (story.article_id, story.relevance, story.score) == (first, "primary", 0.97)


def _print_twice(database: Database, *titles: str) -> list[int | None]:
    """One text on two pages of one outlet, under these headlines; the stories of the two."""
    feed = add_feed(database)
    for number, title in enumerate(titles, 1):
        discover(database, feed, discovery(number))
        process(database, fetch(database, "outlet1.example"), document(LONG, title=title))
    with database.reading() as session:
        return list(session.exec(select(Article.story_id).order_by(Article.id)))


def test_one_text_at_two_addresses_of_an_outlet_is_one_story(database: Database) -> None:
    one, other = _print_twice(database, "Envoy settles visit", "Envoy settles visit")
    assert one == other


def test_one_text_under_two_headlines_of_an_outlet_tells_nothing_of_its_pages(
    database: Database,
) -> None:
    one, other = _print_twice(database, "Envoy settles visit", "Ferry opens on Monday")
    assert one != other
    with database.reading() as session:
        because = list(session.exec(select(Article.joined_because).order_by(Article.id)))
    assert because == [FIRST, BOILERPLATE]
    # Another outlet's headline says nothing of it: there it may be the text of a wire.
    ingest_one(database, 2, made=document(LONG, title="Visit of the envoy"))
    with database.reading() as session:
        assert session.get_one(Article, 3).story_id == one


def test_walls_with_the_same_words_are_not_one_story(database: Database) -> None:
    from ingest.pages.quality import Quality

    wall = document("Subscribe to go on reading this article.", quality=Quality.PAYWALL)
    ingest_one(database, 1, made=wall)
    ingest_one(database, 2, made=wall)
    assert len(_stories(database)) == 2


def test_a_story_is_found_whole(database: Database) -> None:
    ingest_one(database, 1)
    ingest_one(database, 2)
    index.catch_up(database)
    with database.reading() as session:
        (found,) = search.find(session, Question(topics=("diplomacy",)))
        articles_of_it = session.exec(select(Article).order_by(Article.id)).all()
    assert found.sources == ("Outlet 1", "Outlet 2")
    assert found.urls == tuple(article.url for article in articles_of_it)
    assert found.topics == ("diplomacy", "agriculture")
    assert [actor.name for actor in found.actors] == ["Xi Jinping", "The Envoy"]
    assert found.evidence[0]["text"] == "envoy"
    assert found.text == replace(document()).text
