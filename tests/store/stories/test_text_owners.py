"""What stands for a story when the revision that brought it goes: the earliest copy, or nothing."""

from collections.abc import Sequence

import pytest
from sqlmodel import select

from store.database.connection import Database
from store.stories import text_owners
from store.tables import Article, Revision, StoryKey, StoryText, digest, table
from tests.store.building import NOW
from tests.store.search.building import NamedSource, add_story

_texts, _revisions = table(StoryText), table(Revision)
ORIGINAL, COPY, THIRD = 10, 11, 12  # revisions of story 1; their articles have the same ids


@pytest.fixture
def stories(database: Database) -> Database:
    """Story 1 in three articles of one text, and story 2, alone with a text of its own."""
    add_story(database, 1, "Soybeans.", sources=[NamedSource(n) for n in (1, 2, 3)])
    add_story(database, 2, "Tariffs.")
    with database.writing() as session:
        for story, revision, text in ((1, ORIGINAL, "Soybeans."), (2, 20, "Tariffs.")):
            session.add(
                StoryText(
                    id=story, text_hash=digest(text), story_id=story, revision_id=revision,
                    seen_at=NOW, algorithm_version="1",
                )
            )  # fmt: skip
            session.add_all(StoryKey(key=key, day=1, text_id=story) for key in (100, 200))
    return database


def _hand_on(database: Database, *going: int) -> dict[int, int | None]:
    """Let these revisions go; by which each text stands afterwards."""
    with database.writing() as session:
        text_owners.hand_on(
            session,
            _texts.c.revision_id.in_(going),
            going=select(_revisions.c.id).where(_revisions.c.id.in_(going)),  # type: ignore[arg-type]
        )
    with database.reading() as session:
        return {text.id or 0: text.revision_id for text in session.exec(select(StoryText))}


def _found_by_keys(database: Database) -> list[int]:
    with database.reading() as session:
        return sorted(session.exec(select(StoryKey.text_id)))


@pytest.mark.parametrize(
    ("going", "successor"),
    [
        ((ORIGINAL,), COPY),
        ((ORIGINAL, COPY), THIRD),
        ((COPY,), ORIGINAL),
        ((ORIGINAL, THIRD), COPY),
    ],
)
def test_the_earliest_copy_that_stays_is_the_heir(
    stories: Database, going: Sequence[int], successor: int
) -> None:
    assert _hand_on(stories, *going) == {1: successor, 2: 20}
    assert _found_by_keys(stories) == [1, 1, 2, 2]


def test_a_text_without_an_heir_stands_for_nothing_any_more(stories: Database) -> None:
    assert _hand_on(stories, ORIGINAL, COPY, THIRD) == {2: 20}
    assert _found_by_keys(stories) == [2, 2]


def test_what_does_not_go_keeps_its_texts(stories: Database) -> None:
    assert _hand_on(stories, 77) == {1: ORIGINAL, 2: 20}
    assert _hand_on(stories, COPY, THIRD) == {1: ORIGINAL, 2: 20}


def test_a_copy_in_another_story_is_no_heir(stories: Database) -> None:
    with stories.writing() as session:
        for article_id in (COPY, THIRD):
            session.get_one(Article, article_id).story_id = 2
    assert _hand_on(stories, ORIGINAL) == {2: 20}


def test_an_article_of_the_story_with_another_text_is_no_heir(stories: Database) -> None:
    with stories.writing() as session:
        session.get_one(Revision, COPY).text_hash = digest("Soybeans, and pork.")
    assert _hand_on(stories, ORIGINAL) == {1: THIRD, 2: 20}


def test_each_text_has_an_heir_of_its_own(stories: Database) -> None:
    with stories.writing() as session:
        session.get_one(Article, THIRD).story_id = 2
        session.get_one(Revision, THIRD).text_hash = digest("Tariffs.")
    assert _hand_on(stories, ORIGINAL, 20) == {1: COPY, 2: THIRD}


def test_an_earlier_revision_of_a_copy_is_an_heir_too(stories: Database) -> None:
    """The text stood in an article of the story, though the article shows another by now."""
    with stories.writing() as session:
        for article_id in (COPY, THIRD):
            first = session.get_one(Revision, article_id)
            second = first.model_dump(exclude={"id"}) | {
                "number": 2, "text_hash": digest(f"Another {article_id}.")
            }  # fmt: skip
            session.add(Revision(**second))
    assert _hand_on(stories, ORIGINAL) == {1: COPY, 2: 20}
