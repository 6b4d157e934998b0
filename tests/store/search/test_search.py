"""Questions of words and filters find their stories, in the order asked for."""

from datetime import timedelta

import pytest

from store.database.connection import Database
from store.search import index
from store.search.choices import Order
from store.search.query import parse
from store.search.search import Question, find, find_ids
from store.tables import Article
from tests.store.building import NOW
from tests.store.search.building import NamedSource, add_story

ENGLISH = "The envoy said that the talks on soybean purchases would go on. "
CHINESE = "外交部发言人周一表示，两国就大豆采购和访问日期达成一致。"
XI, ENVOY = ("xi-jinping", "Xi Jinping"), ("envoy", "The Envoy")


@pytest.fixture
def wire(database: Database) -> Database:
    """Four stories: 1 soybeans, 2 a Chinese text, 3 domestic, 4 an old one with odd characters."""
    add_story(database, 1, ENGLISH, topics=("agriculture", "diplomacy"), actors=(XI, ENVOY))
    add_story(
        database,
        2,
        CHINESE,
        title="两国商定访问",
        sources=[NamedSource(2, "CN", "wire", state_media=True)],
        topics=("agriculture",),
    )
    add_story(database, 3, "The county opened a new bridge on Friday.", relevance="none")
    add_story(
        database,
        4,
        ENGLISH + "100% of it, he_said.",
        sources=[NamedSource(3, "GB", "magazine")],
        published=NOW - timedelta(days=400),
        relevance="secondary",
        stance="conflict",
        topics=("trade",),
        actors=(XI,),
    )
    index.rebuild(database)
    return database


FILTERS = [
    (Question(), [2, 1, 4]),
    (Question(relevance=("primary",)), [2, 1]),
    (Question(relevance=("none",)), [3]),
    (Question(relevance=("primary", "secondary", "none")), [3, 2, 1, 4]),
    (Question(topics=("agriculture",)), [2, 1]),
    (Question(topics=("agriculture", "diplomacy")), [1]),
    (Question(topics=("taiwan",)), []),
    (Question(stance="conflict"), [4]),
    (Question(actor="xi-jinping"), [1, 4]),
    (Question(actor="jinping"), [1, 4]),
    (Question(actor="nobody"), []),
    (Question(source="outlet 2"), [2]),
    (Question(source="%"), []),
    (Question(country="us"), [1]),
    (Question(country="DE"), []),
    (Question(kind="wire"), [2]),
    (Question(kind="newspaper", country="GB"), []),
    (Question(state_media=False), [1, 4]),
    (Question(state_media=True), [2]),
    (Question(since=NOW - timedelta(days=1)), [2, 1]),
    (Question(until=NOW - timedelta(days=1)), [4]),
]
WORDS = [
    ("SOYBEAN", [1, 4]),
    ("大豆", [2]),
    ("豆", [2]),
    ("外交部", [2]),
    ("豆大", []),
    ("soybean nothing", []),
    ("soybean OR 大豆", [2, 1, 4]),
    ("-soybean", [2]),
    ('"soybean purchases"', [1, 4]),
    ('"purchases soybean"', []),
    ("purch*", [1, 4]),
    ("100%", [4]),
    ("he_said", [4]),
    ("%", [2, 1, 4]),
    ("' OR 1=1 --", []),
]


def test_filters_find_their_stories_newest_first(wire: Database) -> None:
    with wire.reading() as session:
        for question, expected in FILTERS:
            assert [found.id for found in find(session, question)] == expected, question


def test_words_find_their_stories_newest_first(wire: Database) -> None:
    with wire.reading() as session:
        for typed, expected in WORDS:
            assert find_ids(session, Question(query=parse(typed))) == expected, typed


def test_words_and_filters_must_all_hold(wire: Database) -> None:
    question = Question(query=parse("soybean"), topics=("trade",), actor="xi-jinping")
    with wire.reading() as session:
        assert find_ids(session, question) == [4]


def test_a_limit_keeps_the_newest(wire: Database) -> None:
    with wire.reading() as session:
        assert find_ids(session, Question(), limit=1) == [2]


def test_one_copy_must_answer_all_that_is_asked_of_an_outlet(database: Database) -> None:
    """What an American wire and a Chinese newspaper print, no Chinese wire does."""
    sources = [NamedSource(1, "US", "wire"), NamedSource(2, "CN", "newspaper")]
    add_story(database, 1, ENGLISH, sources=sources)
    index.rebuild(database)
    with database.reading() as session:
        assert find_ids(session, Question(country="CN")) == [1]
        assert find_ids(session, Question(kind="wire")) == [1]
        assert find_ids(session, Question(country="CN", kind="wire")) == []


def test_the_headlines_of_all_copies_are_found(database: Database) -> None:
    add_story(database, 1, ENGLISH, title="Talks go on", sources=[NamedSource(1), NamedSource(2)])
    with database.writing() as session:
        session.get_one(Article, 11).title = "Beans again"
    index.rebuild(database)
    with database.reading() as session:
        assert find_ids(session, Question(query=parse('"talks go on" "beans again"'))) == [1]


def test_the_best_answer_says_most_about_it(database: Database) -> None:
    padding = "The governor spoke of the harbour and its cranes at length on Tuesday morning. " * 4
    add_story(database, 1, "Lithium. " * 6 + padding, title="Harbour news")
    add_story(database, 2, "Lithium. " * 6 + padding, title="Lithium prices fall")
    add_story(database, 3, "Lithium. " + padding, title="More of it")
    index.rebuild(database)
    question = Question(query=parse("lithium"))
    with database.reading() as session:
        assert find_ids(session, question, order=Order.BEST) == [2, 1, 3]
        assert find_ids(session, question, order=Order.BEST, limit=1) == [2]
        assert find_ids(session, question) == [3, 2, 1]
