"""The index follows the stories."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update

from store.database.connection import Database
from store.search import index
from store.search.query import parse
from store.search.search import Question, find_ids
from store.tables import Article, Revision, Story, StoryDocument
from tests.store.search.building import add_story


def found(database: Database, typed: str) -> list[int]:
    with database.reading() as session:
        return find_ids(session, Question(query=parse(typed)))


def note(database: Database, *story_ids: int) -> None:
    with database.writing() as session:
        index.note_changed(session, story_ids)


@pytest.fixture
def indexed(database: Database) -> Database:
    """One story, indexed, and no note."""
    add_story(database, 1, "Soybeans were sold.", title="Sale")
    index.rebuild(database)
    return database


def test_a_story_is_found_once_its_note_is_settled(database: Database) -> None:
    add_story(database, 1, "Soybeans were sold.")
    note(database, 1, 1)
    with database.reading() as session:
        assert index.waiting(session) == 2
    assert found(database, "soybeans") == []
    told: list[int] = []
    assert index.catch_up(database, progress=told.append) == 2
    assert told == [2]
    assert found(database, "soybeans") == [1]
    assert index.catch_up(database) == 0


def test_a_story_that_changed_is_found_by_its_new_words_and_day_alone(indexed: Database) -> None:
    with indexed.writing() as session:
        session.execute(update(Revision).values(text="Hogs were sold."))
        session.execute(update(Article).values(title="Bargain"))
        story = session.get_one(Story, 1)
        story.first_published_at = story.first_seen_at - timedelta(days=9)
    note(indexed, 1)
    index.catch_up(indexed)
    assert found(indexed, "hogs bargain") == [1]
    assert found(indexed, "soybeans OR sale") == []
    assert rows(indexed) == 1


def test_a_story_that_is_as_it_was_is_not_written_again(indexed: Database) -> None:
    def version(database: Database) -> object:
        with database.reading() as session:
            if database.is_sqlite:
                return session.execute(text("SELECT sum(pgno) FROM story_words_idx")).scalar()
            return session.execute(text("SELECT xmin FROM story_words")).scalar()

    before = version(indexed)
    note(indexed, 1)
    index.catch_up(indexed)
    assert version(indexed) == before


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_no_search_has_to_read_what_was_indexed_last_from_a_list(database: Database) -> None:
    unsorted = text("SELECT gin_clean_pending_list('ix_story_words_words')")
    with database.writing() as session:
        session.execute(unsorted)
    for number in (1, 2):
        add_story(database, number, "Soybeans were sold.")
        note(database, number)
    with database.writing() as session:
        index.index(session, [1])
        session.flush()
    with database.writing() as session:
        assert session.execute(unsorted).scalar_one() > 0
    index.catch_up(database)
    assert found(database, "soybeans") == [2, 1]
    with database.writing() as session:
        assert session.execute(unsorted).scalar_one() == 0


def test_a_story_that_is_deleted_leaves_nothing(indexed: Database) -> None:
    with indexed.writing() as session:
        session.execute(delete(Article))
        session.execute(delete(Story))
    assert rows(indexed) == 0
    assert found(indexed, "soybeans") == []
    note(indexed, 1)
    assert index.catch_up(indexed) == 1


def test_a_story_without_a_text_is_taken_out(indexed: Database) -> None:
    with indexed.writing() as session:
        session.execute(update(Article).values(revision_id=None))
    note(indexed, 1)
    index.catch_up(indexed)
    assert rows(indexed) == 0
    with indexed.reading() as session:
        assert session.execute(select(StoryDocument)).all() == []


def test_a_rebuild_makes_the_same_index_anew(indexed: Database) -> None:
    with indexed.writing() as session:
        session.execute(text("DELETE FROM story_words"))
    assert found(indexed, "soybeans") == []
    assert index.rebuild(indexed) == 1
    assert found(indexed, "soybeans") == [1]


def test_the_index_of_a_busy_store_is_whole(database: Database) -> None:
    """FTS5's own check: what is in the index is what the rows say."""
    for number in range(1, 8):
        add_story(database, number, f"Story {number}.")
        index.rebuild(database)
    note(database, *range(1, 8))
    index.catch_up(database)
    assert rows(database) == 7
    if database.is_sqlite:
        with database.writing() as session:
            check = "INSERT INTO story_words (story_words) VALUES ('integrity-check')"
            session.execute(text(check))


def rows(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM story_words")).scalar_one())
