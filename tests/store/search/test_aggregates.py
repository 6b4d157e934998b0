"""Stories counted by what they are labelled with, who prints them, and when."""

from datetime import UTC, date, datetime

import pytest

from store.database.connection import Database
from store.search import aggregates, index
from store.search.aggregates import Group, Labels, count, grouped, in_order
from store.search.choices import By
from store.search.query import parse
from store.search.results import Copy, Head
from store.search.search import Question
from tests.store.building import NOW
from tests.store.search.building import NamedSource, add_story

SUNDAY = datetime(2026, 11, 1, 23, 59, tzinfo=UTC)
HEAD = Head(
    id=1, first_published=SUNDAY, first_seen=NOW, language="en", articles=3, relevance="primary",
    score=0.9, stance=None, tagging_id=1,
    copies=(
        Copy("http://a/1", "Gazette", "US", None),
        Copy("http://b/1", "Courier", None, None),
        Copy("http://a/2", "Gazette", "US", None),
    ),
)  # fmt: skip
LABELS = Labels(topics=("trade", "taiwan"), actors=("xi-jinping",))


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ([By.DAY], {(date(2026, 11, 1),): 3}),
        ([By.WEEK], {(date(2026, 10, 26),): 3}),
        ([By.MONTH], {("2026-11",): 3}),
        ([By.TOPIC], {("trade",): 3, ("taiwan",): 3}),
        ([By.ACTOR], {("xi-jinping",): 3}),
        ([By.STANCE], {(None,): 3}),
        ([By.COUNTRY], {("US",): 2, (None,): 1}),
        ([By.SOURCE], {("Gazette",): 2, ("Courier",): 1}),
        ([By.COUNTRY, By.SOURCE], {("US", "Gazette"): 2, (None, "Courier"): 1}),
        ([By.SOURCE, By.TOPIC], {
            ("Gazette", "trade"): 2, ("Gazette", "taiwan"): 2,
            ("Courier", "trade"): 1, ("Courier", "taiwan"): 1,
        }),
    ],
)  # fmt: skip
def test_a_story_stands_under_each_of_its_labels_and_outlets(
    by: list[By], groups: dict[tuple[object, ...], int]
) -> None:
    assert grouped(HEAD, LABELS, by) == groups


def test_a_story_without_labels_stands_under_none() -> None:
    assert grouped(HEAD, Labels(), [By.TOPIC]) == {(None,): 3}
    assert grouped(HEAD, Labels(), [By.ACTOR]) == {(None,): 3}


def _keys(by: list[By], *groups: tuple[tuple[str | None, ...], int]) -> list[tuple[object, ...]]:
    return [group.keys for group in in_order([Group(*each, 9) for each in groups], by)]


def test_times_come_in_order_and_all_else_by_size() -> None:
    assert _keys([By.MONTH], (("2026-02",), 9), (("2026-01",), 1)) == [("2026-01",), ("2026-02",)]
    sized = [(("b",), 2), ((None,), 5), (("c",), 9), (("a",), 2)]
    assert _keys([By.TOPIC], *sized) == [("c",), (None,), ("a",), ("b",)]


def test_of_two_kinds_the_first_is_kept_together_and_ordered_by_its_whole() -> None:
    both = [(("few", "x"), 3), (("many", "x"), 2), (("many", "y"), 4)]
    assert _keys([By.TOPIC, By.SOURCE], *both) == [("many", "y"), ("many", "x"), ("few", "x")]
    months = [(("few", "2026-02"), 3), (("few", "2026-01"), 1)]
    assert _keys([By.TOPIC, By.MONTH], *months) == [("few", "2026-01"), ("few", "2026-02")]


@pytest.fixture
def filled(database: Database) -> Database:
    sources = [NamedSource(1, "US"), NamedSource(2, "CN")]
    people = [("minister", "The Minister")]
    add_story(database, 1, "Soybeans.", sources=sources, topics=("trade",), actors=people)
    add_story(database, 2, "Tariffs.", topics=("trade", "taiwan"), published=SUNDAY)
    add_story(database, 3, "A bridge.", relevance="none")
    index.rebuild(database)
    return database


def test_what_answers_a_question_is_counted(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregates, "BATCH", 1)
    with filled.reading() as session:
        by_day = count(session, Question(), [By.DAY])
        by_topic = count(session, Question(), [By.TOPIC])
        by_actor = count(session, Question(query=parse("soybeans")), [By.ACTOR, By.COUNTRY])
    assert by_day.groups == (Group((SUNDAY.date(),), 1, 1), Group((NOW.date(),), 1, 2))
    assert (by_day.stories, by_day.articles) == (2, 3)
    assert by_topic.groups == (Group(("trade",), 2, 3), Group(("taiwan",), 1, 1))
    assert by_actor.groups == (Group(("minister", "CN"), 1, 1), Group(("minister", "US"), 1, 1))
    assert by_actor.names == {"minister": "The Minister"}


def test_nothing_is_counted_of_a_time_before_anything_was_read(filled: Database) -> None:
    before = Question(as_of=datetime(2020, 1, 1, tzinfo=UTC))
    with filled.reading() as session:
        found = count(session, before, [By.SOURCE])
    assert (found.groups, found.stories, found.articles) == ((), 0, 0)
