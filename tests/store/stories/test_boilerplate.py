"""What a source prints on every page is known after a few pages, and makes no copies."""

import pytest
from sqlmodel import func, select

from store.database.connection import Database
from store.intake.polls import DueFeed
from store.stories import boilerplate
from store.stories.boilerplate import PAGES, Boilerplate
from store.tables import Story
from tests.store.building import add_feed, discover, discovery, document, fetch, process
from tests.support import printings

BOILERPLATE = printings.text(99, words=240)


def publish(database: Database, feed: DueFeed, number: int, text: str | None = None) -> None:
    """One more page of this outlet, with its boilerplate below."""
    discover(database, feed, discovery(number))
    article_id = fetch(database, "outlet1.example")
    text = text or printings.text(number, words=120)
    process(database, article_id, document(f"{text}\n{BOILERPLATE}", title=printings.title(number)))


def known(database: Database, of: Boilerplate, source_id: int = 1) -> frozenset[str]:
    with database.reading() as session:
        return of.of(session, source_id)


def test_paragraphs_on_every_page_of_a_source_are_its_boilerplate(database: Database) -> None:
    feed = add_feed(database)
    assert known(database, Boilerplate()) == frozenset()
    for number in range(PAGES):
        publish(database, feed, number)
    assert len(known(database, Boilerplate())) == len(BOILERPLATE.splitlines())
    assert known(database, Boilerplate(), source_id=2) == frozenset()


def test_pages_that_share_only_boilerplate_are_different_stories(database: Database) -> None:
    feed = add_feed(database)
    shared = Boilerplate()
    for number in range(PAGES):
        publish(database, feed, number)
        known(database, shared)
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(Story)).one() == PAGES


def test_one_story_on_many_pages_is_no_boilerplate(database: Database) -> None:
    feed = add_feed(database)
    story = printings.text(7, words=400)
    for number in range(PAGES):
        publish(database, feed, number, printings.edited(story, number))
    assert known(database, Boilerplate()) == frozenset()


def test_a_source_with_few_pages_is_read_anew_soon_and_one_with_many_seldom(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, shared, reads = add_feed(database), Boilerplate(), list[int]()
    plain = boilerplate._read

    def counted(session: object, source_id: int) -> object:
        reads.append(source_id)
        return plain(session, source_id)  # type: ignore[arg-type]

    monkeypatch.setattr(boilerplate, "_read", counted)
    for number in range(PAGES):
        publish(database, feed, number)
        reads.clear()
        known(database, shared)
    assert known(database, shared) != frozenset()
    reads.clear()
    for _ in range(100):
        known(database, shared)
    assert len(reads) <= 1
    monkeypatch.setattr(boilerplate.time, "monotonic", lambda: float("inf"))
    known(database, shared)
    assert 1 in reads
