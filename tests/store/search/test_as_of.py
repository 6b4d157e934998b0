"""As of a time: what the index does not hold yet, or not any more as it was, is found too."""

from store.database.connection import Database
from store.search import index
from store.search.query import parse
from store.search.search import Question, find
from tests.store.building import MINUTE, NOW, document, ingest_one
from tests.support import printings

ASKED = Question(as_of=NOW + MINUTE)


def _found(database: Database, question: Question = ASKED) -> list[int]:
    with database.reading() as session:
        return [story.id for story in find(session, question)]


def test_a_story_that_is_not_indexed_yet_is_found(database: Database) -> None:
    ingest_one(database, 1)
    assert _found(database) == [1]
    assert _found(database, Question(query=parse("soybean"), as_of=NOW + MINUTE)) == [1]
    assert _found(database, Question(query=parse("submarine"), as_of=NOW + MINUTE)) == []


def test_a_story_that_is_indexed_is_found_once(database: Database) -> None:
    ingest_one(database, 1)
    index.catch_up(database)
    assert _found(database) == [1]
    with database.writing() as session:
        index.note_changed(session, [1])  # and shall be again
    assert _found(database) == [1]


def test_before_its_first_text_a_story_is_not_found(database: Database) -> None:
    ingest_one(database, 1)
    ingest_one(database, 2, made=document(printings.text(2)))
    index.catch_up(database)
    assert sorted(_found(database, Question(as_of=NOW))) == [1, 2]
    assert _found(database, Question(as_of=NOW - MINUTE / 60)) == []
