"""Deciding again on stored articles: what a text tells, and what an outlet's furniture does not."""

import pytest

from store.database.connection import Database
from store.reprocessing import reassign, redo, runs
from store.reprocessing.selection import Selection
from store.stories import assignment, merge, summary
from store.stories.assignment_decision import StoryDecision
from store.stories.boilerplate import Boilerplate
from store.tables import Article, Revision, RunChange, Step
from tests.store.building import NOW, add_feed, discover, discovery, document, fetch, process
from tests.store.history.histories import VERSIONS
from tests.support import printings

TITLE, OTHER_TITLE = printings.title(1), printings.title(2)


def _print(database: Database, *titles: str) -> list[int]:
    """Pages of one outlet with one text under these headlines; their articles."""
    feed, articles = add_feed(database), []
    for number, title in enumerate(titles, 1):
        discover(database, feed, discovery(number))
        articles.append(fetch(database, "outlet1.example"))
        process(database, articles[-1], document(printings.text(1), title=title))
    return articles


def _part(database: Database, article_id: int) -> int:
    """Put an article into a story of its own, as another decision would have left it."""
    with database.writing() as session:
        article = session.get_one(Article, article_id)
        left = article.story_id
        story_id = assignment.new_story(session, NOW)
        article.story_id = story_id
        session.flush()
        summary.refresh_all(session, [left or 0, story_id])
    return story_id


def _preview(database: Database, article_id: int) -> StoryDecision:
    with database.reading() as session:
        (standing,) = redo.load(session, [article_id])
        text = reassign.to_place(session, standing, Boilerplate())
        assert text is not None
        return reassign.preview(session, standing, text)


def _decide_again(database: Database, article_id: int) -> int:
    with database.writing() as session:
        merge.hold(session, merging=True)
        run_id = runs.begin(
            session, [article_id], step=Step.DEDUPE, selection=Selection(), versions=VERSIONS,
            by="me", now=NOW,
        )  # fmt: skip
        (standing,) = redo.load(session, [article_id])
        text = reassign.to_place(session, standing, Boilerplate())
        assert text is not None
        reassign.assign_again(session, run_id, standing, text, now=NOW)
    return run_id


def _story(database: Database, article_id: int) -> int | None:
    with database.reading() as session:
        return session.get_one(Article, article_id).story_id


def test_one_text_under_one_headline_of_an_outlet_is_brought_together(database: Database) -> None:
    first, second = _print(database, TITLE, TITLE)
    one = _story(database, first)
    other = _part(database, second)
    assert _preview(database, second).stories == (other, one)
    run_id = _decide_again(database, second)
    assert _story(database, first) == _story(database, second) == one
    with database.reading() as session:
        change = session.get_one(RunChange, (run_id, second))
        assert (change.story_before, change.story_after) == (other, one)


def test_one_text_under_two_headlines_of_an_outlet_stays_apart(database: Database) -> None:
    first, second = _print(database, TITLE, OTHER_TITLE)
    one, other = _story(database, first), _story(database, second)
    assert one != other
    assert _preview(database, second) == StoryDecision((other,), None, stands=False)
    _decide_again(database, second)
    assert (_story(database, first), _story(database, second)) == (one, other)


def test_what_has_changed_since_it_was_looked_at_is_passed_over(database: Database) -> None:
    first, second = _print(database, TITLE, TITLE)
    with database.reading() as session:
        (standing,) = redo.load(session, [second])
        text = reassign.to_place(session, standing, Boilerplate())
    assert text is not None
    own = _part(database, second)
    with database.writing() as session:
        merge.hold(session, merging=True)
        reassign.assign_again(session, 1, standing, text, now=NOW)
    assert (_story(database, first), _story(database, second)) == (standing.story_id, own)
    with database.reading() as session:
        assert session.get(RunChange, (1, second)) is None


@pytest.mark.parametrize(
    ("taken_from", "quality", "compared"),
    [
        ("page", "ok", True),
        ("page", "short", True),
        ("page", "paywall", False),
        ("feed", "paywall", True),
    ],
)
def test_a_wall_is_compared_with_nothing_and_what_a_feed_gave_is(
    database: Database, taken_from: str, quality: str, compared: bool
) -> None:
    (article_id,) = _print(database, TITLE)
    with database.writing() as session:
        revision = session.get_one(Revision, session.get_one(Article, article_id).revision_id)
        revision.taken_from, revision.quality = taken_from, quality
    with database.reading() as session:
        (standing,) = redo.load(session, [article_id])
        found = reassign.to_place(session, standing, Boilerplate())
    assert (found is not None) is compared
