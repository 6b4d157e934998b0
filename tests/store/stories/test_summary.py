"""What a story shows: the article that was seen first, and the best of the judgements."""

import pytest

from store.database.connection import Database
from store.stories import summary
from store.tables import Article, Story, Tagging
from tests.store.building import MINUTE, NOW, ingest_one, tagger_output


def _refreshed(database: Database, seen: tuple[int, ...], scores: tuple[float, ...]) -> Story:
    """The story of copies that were seen after so many minutes, and judged so."""
    for number, score in enumerate(scores, 1):
        ingest_one(database, number, judged=tagger_output(score=score))
    with database.writing() as session:
        for article_id, minutes in enumerate(seen, 1):
            session.get_one(Article, article_id).first_seen_at = NOW + minutes * MINUTE
    with database.writing() as session:
        summary.refresh_all(session, [1])
    with database.reading() as session:
        return session.get_one(Story, 1)


@pytest.mark.parametrize(
    ("seen", "first"), [((0, 1, 2), 1), ((2, 1, 0), 3), ((1, 0, 0), 2)], ids=["1", "3", "tie"]
)
def test_it_shows_the_article_that_was_seen_first(
    database: Database, seen: tuple[int, ...], first: int
) -> None:
    story = _refreshed(database, seen, (0.5, 0.5, 0.5))
    assert (story.article_id, story.first_seen_at) == (first, NOW)
    assert (story.articles, story.sources) == (3, 3)


@pytest.mark.parametrize(
    ("scores", "best"),
    [((0.2, 0.9, 0.5), 2), ((0.5, 0.9, 0.9), 2), ((0.9, 0.9, 0.2), 1)],
)
def test_it_is_judged_by_the_best_and_of_equal_ones_by_the_earliest(
    database: Database, scores: tuple[float, ...], best: int
) -> None:
    story = _refreshed(database, (0, 1, 2), scores)
    with database.reading() as session:
        assert story.tagging_id == session.get_one(Article, best).tagging_id
        assert story.score == session.get_one(Tagging, story.tagging_id).score == max(scores)
