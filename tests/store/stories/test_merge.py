"""Near copies are one story; a copy between two stories makes them one, and old ids lead there."""

import pytest
from sqlalchemy import text
from sqlmodel import select

from ingest.pages.quality import Quality
from store.database.connection import Database
from store.search import index, results
from store.search import search as finding
from store.search.search import Question
from store.tables import (
    Article,
    EventRow,
    Stage,
    Story,
    StoryKey,
    StoryMove,
    StoryRedirect,
    StoryText,
)
from tests.store.building import (
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    ingest_one,
    process,
)
from tests.support import printings

WHOLE = printings.text(1, words=400)
TITLE = printings.title(1)
# Two excerpts that share too little to be copies of each other; the whole is a copy of both.
HALF = len(WHOLE.splitlines()) // 2
FRONT = "\n".join(WHOLE.splitlines()[: HALF + 1])
BACK = "\n".join(WHOLE.splitlines()[HALF:])


def bring(database: Database, number: int, printed: str, title: str = TITLE) -> int:
    return ingest_one(database, number, made=document(printed, title=title))


def rows(database: Database, table: type) -> list:  # type: ignore[type-arg]
    with database.reading() as session:
        return list(session.exec(select(table)))


def articles(database: Database) -> dict[int, Article]:
    every = sorted(rows(database, Article), key=lambda article: article.id)
    return {article.id: article for article in every}


@pytest.mark.parametrize(
    "copy",
    [printings.extended(WHOLE), printings.abridged(WHOLE), printings.edited(WHOLE, 1)],
    ids=["extended", "abridged", "edited"],
)
@pytest.mark.parametrize("title", [TITLE, printings.title(2)], ids=["same-title", "other-title"])
def test_a_near_copy_joins_the_story_whoever_comes_first(
    database: Database, copy: str, title: str
) -> None:
    bring(database, 1, WHOLE)
    bring(database, 2, copy, title)
    bring(database, 3, WHOLE)
    (story,) = rows(database, Story)
    assert (story.articles, story.sources) == (3, 3)
    because = [article.joined_because for article in articles(database).values()]
    assert because[0] == "first of its text"
    assert because[1].startswith("a copy of article 1: ")
    assert because[2] == "the same text as article 1"


def test_a_copy_of_a_copy_that_came_first_joins_too(database: Database) -> None:
    bring(database, 1, printings.abridged(WHOLE))
    bring(database, 2, WHOLE)
    (story,) = rows(database, Story)
    assert (story.articles, story.article_id) == (2, 1)


def test_short_texts_and_walls_have_no_near_copies(database: Database) -> None:
    bring(database, 1, "The envoy said that a visit was settled.")
    bring(database, 2, "The envoy said that a visit was settled, at last.")
    for number in (3, 4):
        wall = document(printings.edited(WHOLE, number), quality=Quality.PAYWALL)
        ingest_one(database, number, made=wall)
    assert len(rows(database, Story)) == 4
    assert rows(database, StoryKey) == []
    assert articles(database)[4].joined_because == "its page shows no text of its own"


@pytest.fixture
def two(database: Database) -> Database:
    """Two stories that are excerpts of one text, and a third beside them."""
    bring(database, 1, BACK)
    bring(database, 2, FRONT)
    bring(database, 3, printings.text(50), printings.title(50))
    assert len(rows(database, Story)) == 3
    return database


def test_a_bridging_copy_merges_the_younger_story_into_the_older(two: Database) -> None:
    bring(two, 4, WHOLE)
    stories = {story.id: story.articles for story in rows(two, Story)}
    assert stories == {1: 3, 3: 1}
    assert {article.story_id for article in articles(two).values()} == {1, 3}
    assert {row.story_id for row in rows(two, StoryText)} == {1, 3}
    (redirect,) = rows(two, StoryRedirect)
    assert (redirect.story_id, redirect.into_id) == (2, 1)
    (move,) = rows(two, StoryMove)
    assert (move.article_id, move.from_id, move.to_id) == (2, 2, 1)
    assert move.because == "first of its text"
    (told,) = [event for event in rows(two, EventRow) if event.kind == "story.merged"]
    assert (told.story_id, told.payload["into"]) == (2, 1)
    assert told.payload["because"].startswith("article 4 is a copy of article ")
    assert articles(two)[2].joined_because.startswith("its story 2 was merged into this one: ")
    assert articles(two)[1].joined_because == "first of its text"


def test_copies_of_a_merged_story_join_where_it_went(two: Database) -> None:
    bring(two, 4, WHOLE)
    bring(two, 5, FRONT)
    bring(two, 6, printings.extended(FRONT))
    assert articles(two)[5].story_id == articles(two)[6].story_id == 1


def test_an_old_id_leads_to_the_story(two: Database) -> None:
    bring(two, 4, WHOLE)
    with two.reading() as session:
        assert [found.id for found in results.load(session, [2, 3, 1])] == [1, 3]
        assert [found.id for found in finding.find(session, Question(story=2))] == [1]
        assert [found.id for found in finding.find(session, Question(story=1))] == [1]
        assert list(finding.find(session, Question(story=99))) == []


def test_redirects_are_one_step_however_often_stories_merge(database: Database) -> None:
    lines = printings.text(1, words=800).splitlines()
    third = len(lines) // 3
    # An end, a middle, a beginning; then what lies between middle and end, then the whole.
    bring(database, 1, "\n".join(lines[2 * third :]))
    bring(database, 2, "\n".join(lines[third : 2 * third]))
    bring(database, 3, "\n".join(lines[:third]))
    bring(database, 4, "\n".join(lines[: 2 * third]))
    assert {row.story_id: row.into_id for row in rows(database, StoryRedirect)} == {3: 2}
    bring(database, 5, "\n".join(lines))
    assert {row.story_id: row.into_id for row in rows(database, StoryRedirect)} == {3: 1, 2: 1}
    assert [story.articles for story in rows(database, Story)] == [5]


def test_the_id_of_a_merged_story_is_not_given_again(database: Database) -> None:
    bring(database, 1, BACK)
    bring(database, 2, FRONT)
    bring(database, 3, WHOLE)  # story 2, the newest there was, is no more
    bring(database, 4, printings.text(60), printings.title(60))
    assert articles(database)[4].story_id > 2
    with database.reading() as session:
        assert [found.id for found in results.load(session, [2])] == [1]


def revise(database: Database, article_id: int, printed: str) -> None:
    """Another revision of the article that `begin` made."""
    with database.writing() as session:
        article = session.get_one(Article, article_id)
        article.stage = Stage.PROCESS
    process(database, article_id, document(printed, title=TITLE))


def begin(database: Database, printed: str) -> int:
    discover(database, add_feed(database), discovery(1))
    article_id = fetch(database, "outlet1.example")
    process(database, article_id, document(printed, title=TITLE))
    return article_id


def test_an_edited_article_that_was_alone_brings_its_story_to_its_copies(
    database: Database,
) -> None:
    article_id = begin(database, printings.text(70))
    bring(database, 2, WHOLE)
    revise(database, article_id, printings.edited(WHOLE, 1))
    (story,) = rows(database, Story)
    assert (story.id, story.articles) == (1, 2)
    assert articles(database)[article_id].joined_because.startswith("a copy of article 2: ")
    assert [(row.story_id, row.into_id) for row in rows(database, StoryRedirect)] == [(2, 1)]


def test_an_edited_article_with_company_stays_in_its_story(database: Database) -> None:
    article_id = begin(database, printings.text(70))
    bring(database, 2, printings.text(70))
    bring(database, 3, WHOLE)
    revise(database, article_id, printings.edited(WHOLE, 1))
    assert sorted(story.articles for story in rows(database, Story)) == [1, 2]
    assert articles(database)[article_id].joined_because == "first of its text"


def test_a_light_edit_keeps_the_story_and_both_texts_stand_for_it(database: Database) -> None:
    article_id = begin(database, WHOLE)
    revise(database, article_id, printings.extended(WHOLE))
    (story,) = rows(database, Story)
    assert [row.story_id for row in rows(database, StoryText)] == [story.id, story.id]
    assert {row.kind for row in rows(database, EventRow)} >= {"story.created", "article.revised"}
    assert "story.grew" not in {row.kind for row in rows(database, EventRow)}


def test_lineage_tells_who_was_first_who_is_credited_and_how_many_carry_it(
    database: Database,
) -> None:
    bring(database, 1, WHOLE)
    bring(database, 2, f"BEIJING, Nov. 2 (Xinhua) -- {WHOLE}")
    bring(database, 3, f"BEIJING, Nov. 2 (Reuters) - {WHOLE}")
    index.catch_up(database)
    with database.reading() as session:
        story = session.execute(text("SELECT * FROM v_stories")).one()
        copies = session.execute(text("SELECT * FROM v_copies ORDER BY number")).all()
        (found,) = finding.find(session, Question())
    assert (story.copies, story.sources, story.first_source) == (3, 3, "Outlet 1")
    assert story.agency == found.agency == "xinhua"
    assert [(copy.number, copy.source, copy.agency) for copy in copies] == [
        (1, "Outlet 1", None),
        (2, "Outlet 2", "xinhua"),
        (3, "Outlet 3", "reuters"),
    ]
    assert [article.agency for article in articles(database).values()] == [
        None,
        "xinhua",
        "reuters",
    ]


def test_a_story_with_one_article_has_no_copies(database: Database) -> None:
    bring(database, 1, WHOLE)
    with database.reading() as session:
        assert session.execute(text("SELECT * FROM v_copies")).all() == []
        assert session.execute(text("SELECT copies FROM v_stories")).scalar_one() == 1
