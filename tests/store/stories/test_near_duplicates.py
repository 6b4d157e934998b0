"""Near copies are found by their keys: within the window, the likeliest first, at a flat cost."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from ingest.duplicates import decide as likeness
from ingest.duplicates.decide import WINDOW, Printing
from ingest.duplicates.fingerprint import fingerprint
from store.database.connection import Database
from store.stories import near_duplicates
from store.stories.boilerplate import Boilerplate
from store.stories.near_duplicates import CROWD, MOST_CANDIDATES, MOST_OF_CROWD, Found, TextToPlace
from store.tables import Article, Revision, StoryKey, StoryText
from tests.store.building import NOW, document, ingest_one, only
from tests.support import printings

DAY = timedelta(days=1)


def to_place(text: str, *, title: str = "", days: int = 0) -> TextToPlace:
    title = title or printings.title(1)
    return TextToPlace(
        fingerprint(title, text), Printing(title, text), NOW + days * DAY, Boilerplate()
    )


def find(database: Database, text: TextToPlace, story_id: int | None = None) -> Found:
    with database.reading() as session:
        return near_duplicates.find(session, text, story_id=story_id)


@pytest.fixture
def stored(database: Database) -> int:
    """One story, first seen now; its article."""
    made = document(printings.text(1), title=printings.title(1))
    return ingest_one(database, 1, made=made)


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (0, True),
        (WINDOW.days, True),
        (-WINDOW.days, True),
        (WINDOW.days + 1, False),
        (-WINDOW.days - 1, False),
    ],
)
def test_a_copy_is_found_within_the_window_before_and_after(
    database: Database, stored: int, days: int, found: bool
) -> None:
    answer = find(database, to_place(printings.extended(printings.text(1)), days=days))
    assert [copy.article_id for copy in answer.copies] == ([stored] if found else [])


@pytest.mark.parametrize(
    "text",
    [
        printings.extended(printings.text(1)),
        printings.abridged(printings.text(1)),
        printings.edited(printings.text(1), 1),
    ],
    ids=["extended", "abridged", "edited"],
)
def test_every_kind_of_copy_is_found_and_says_why(
    database: Database, stored: int, text: str
) -> None:
    (copy,) = find(database, to_place(text)).copies
    assert (copy.article_id, copy.story_id) == (stored, 1)
    assert copy.because


@pytest.mark.usefixtures("stored")
def test_what_is_alike_in_its_own_story_is_no_copy(database: Database) -> None:
    text = to_place(printings.edited(printings.text(1), 1))
    assert find(database, text, story_id=1).copies == ()
    assert text.verdicts == {}


@pytest.mark.usefixtures("stored")
def test_another_text_has_no_copies_and_all_its_keys(database: Database) -> None:
    text = to_place(printings.text(2))
    assert find(database, text) == Found((), text.fingerprint.keys)


def test_what_was_compared_once_is_not_compared_again(
    database: Database, stored: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = to_place(printings.extended(printings.text(1)))
    first = find(database, text)
    monkeypatch.setattr(near_duplicates, "decide", None)
    assert find(database, text) == first
    assert first.copies[0].article_id == stored


def test_a_text_whose_article_was_purged_is_passed_over(database: Database, stored: int) -> None:
    with database.writing() as session:
        article = session.get_one(Article, stored)
        article.revision_id = None
        session.delete(only(session, Revision))
    assert find(database, to_place(printings.extended(printings.text(1)))).copies == ()


def test_a_key_that_many_carry_is_not_stored_again(database: Database, stored: int) -> None:
    text = to_place(printings.extended(printings.text(1)))
    with database.writing() as session:
        shared = set(session.exec(select(StoryKey.key))) & set(text.fingerprint.keys)
        crowded = min(shared)
        _crowd(session, crowded, range(100, 100 + CROWD))
    found = find(database, text)
    assert set(text.fingerprint.keys) - set(found.keys) == {crowded}
    assert [copy.article_id for copy in found.copies] == [stored]


@pytest.mark.parametrize(
    ("keys", "compared"), [(4, MOST_CANDIDATES), (1, MOST_OF_CROWD + 1)], ids=["apart", "crowd"]
)
def test_no_more_than_the_likeliest_are_compared(
    database: Database, stored: int, keys: int, compared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = to_place(printings.extended(printings.text(1)))
    with database.writing() as session:
        revision = only(session, Revision)
        for number in range(CROWD + MOST_CANDIDATES):
            session.add(
                StoryText(
                    text_hash=bytes([number]) * 32, story_id=1, revision_id=revision.id,
                    seen_at=NOW, algorithm_version="2",
                )
            )  # fmt: skip
        session.flush()
        others = session.exec(select(StoryText.id).where(StoryText.id != 1)).all()
        for place in range(keys):
            ids = [number or 0 for number in others[place::keys]]
            _crowd(session, text.fingerprint.keys[place], ids)

    def refuse(_new: Printing, _old: Printing) -> likeness.Verdict:
        return likeness.Verdict(False, "they are not")

    monkeypatch.setattr(near_duplicates, "decide", refuse)
    find(database, text)
    assert len(text.verdicts) == compared
    assert min(text.verdicts) == stored, "the one that shares the most keys is among them"


def _crowd(session: Session, key: int, text_ids: "range | list[int]") -> None:
    day = to_place(printings.text(1)).day
    session.add_all([StoryKey(key=key, day=day, text_id=text_id) for text_id in text_ids])
