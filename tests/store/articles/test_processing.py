"""A revision for each changed text, with its judgement, its story and its events: once."""

import pytest
from sqlmodel import select

from ingest.pages.choose_text import is_new_revision
from ingest.pages.quality import Quality
from store.articles import inputs, processing, stages
from store.articles.inputs import Work
from store.articles.snapshots import PAGE, NewSnapshot, keep
from store.database.connection import Database
from store.tables import Article, EventRow, Revision, Stage, Tagging, TaggingActor, TaggingTopic
from tests.store.building import (
    MINUTE,
    NOW,
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    prepare,
    process,
    tagger_output,
)

HOST = "outlet1.example"


@pytest.fixture
def fetched(database: Database) -> int:
    """An article whose page was fetched."""
    discover(database, add_feed(database), discovery(1))
    return fetch(database, HOST)


def _load(database: Database, article_id: int) -> Work:
    with database.writing() as session:
        assert stages.claim_processing(session, article_id, owner="test", now=NOW)
        return inputs.load(session, article_id)


def test_work_holds_the_page_the_entry_and_the_source(database: Database, fetched: int) -> None:
    work = _load(database, fetched)
    assert work.page is not None
    assert work.entry is not None
    assert (work.page.body, work.page.content_type) == (b"<html>page</html>", "text/html")
    assert work.entry == discovery(1).entry
    assert (work.country, work.source_side, work.current) == ("US", None, None)


@pytest.mark.parametrize(
    ("country", "kind", "side"),
    [
        ("US", "government", "us"),
        ("CN", "government", "china"),
        ("HK", "government", "china"),
        ("SG", "government", None),
        ("US", "newspaper", None),
    ],
)
def test_a_government_speaks_for_its_side(
    database: Database, country: str, kind: str, side: str | None
) -> None:
    feed = add_feed(database, country=country, kind=kind)
    discover(database, feed, discovery(1))
    assert _load(database, fetch(database, HOST)).source_side == side


def test_all_of_a_judgement_is_stored(database: Database, fetched: int) -> None:
    assert process(database, fetched) == 1
    with database.reading() as session:
        article = session.get_one(Article, fetched)
        revision = session.exec(select(Revision)).one()
        tagging = session.exec(select(Tagging)).one()
        topics = {row.topic: row.score for row in session.exec(select(TaggingTopic))}
        actors = {row.actor: (row.side, row.mentions) for row in session.exec(select(TaggingActor))}
    assert (article.stage, article.revisions, article.tagging_id) == (Stage.DONE, 1, tagging.id)
    assert (revision.published_origin, revision.published_confidence) == ("json-ld", "sure")
    assert (tagging.relevance, tagging.stance) == ("primary", "cooperation")
    assert topics == {"diplomacy": 0.9, "agriculture": 0.7}
    assert actors == {"xi-jinping": ("china", 2), "envoy": ("us", 1)}
    assert tagging.evidence[0]["weight"] == 1.25


def test_the_same_work_recorded_twice_makes_one_revision(database: Database, fetched: int) -> None:
    work = _load(database, fetched)
    for expected in (1, None):
        to_store = prepare(database, work)
        written = processing.settle(database, work, to_store, tagger_output(), now=NOW)
        assert (written.number if written else None) == expected
    with database.reading() as session:
        assert len(session.exec(select(Revision)).all()) == 1


def test_newer_bytes_that_came_meanwhile_are_not_passed_over(
    database: Database, fetched: int
) -> None:
    work = _load(database, fetched)
    with database.writing() as session:
        keep(session, NewSnapshot(fetched, PAGE, b"<html>newer</html>", "u", None), now=NOW)
    to_store = prepare(database, work)
    assert processing.settle(database, work, to_store, tagger_output(), now=NOW) is None
    with database.reading() as session:
        assert session.get_one(Article, fetched).stage == Stage.PROCESS


def test_an_unchanged_text_makes_no_revision_and_ends_the_work(
    database: Database, fetched: int
) -> None:
    process(database, fetched)
    with database.writing() as session:
        session.get_one(Article, fetched).stage = Stage.PROCESS
    work = _load(database, fetched)
    assert not is_new_revision(document(), work.current)
    with database.writing() as session:
        processing.finish_unchanged(session, work)
    with database.reading() as session:
        assert session.get_one(Article, fetched).stage == Stage.DONE
        assert len(session.exec(select(Revision)).all()) == 1


def test_a_wall_does_not_take_the_place_of_a_text(database: Database, fetched: int) -> None:
    process(database, fetched)
    with database.writing() as session:
        session.get_one(Article, fetched).stage = Stage.PROCESS
    work = _load(database, fetched)
    assert not is_new_revision(document("Subscribe", quality=Quality.PAYWALL), work.current)


def test_revisions_are_numbered_and_told(database: Database, fetched: int) -> None:
    process(database, fetched)
    with database.writing() as session:
        session.get_one(Article, fetched).stage = Stage.PROCESS
    changed = document("A new text that says something else about the visit of the envoy.")
    assert process(database, fetched, changed, now=NOW + MINUTE) == 2
    with database.reading() as session:
        numbers = session.exec(select(Revision.number).order_by(Revision.number)).all()
        kinds = [event.kind for event in session.exec(select(EventRow).order_by(EventRow.id))]
    assert list(numbers) == [1, 2]
    assert kinds == [
        "article.discovered",
        "article.fetched",
        "story.created",
        "story.tagged",
        "article.revised",
        "story.tagged",
    ]
