"""Analysts find what they ask for, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from ingest.dates import Confidence, Dated
from ingest.relations.codebook import Relevance
from ingest.relations.tagging import Topic
from store.database.connection import Database
from store.search import index, search
from store.search.query import parse
from store.search.search import Question
from tests.store.building import NOW, TEXT, document, ingest_one, tagger_output

CHINESE = "外交部发言人周一表示，两国就大豆采购和访问日期达成一致。" * 4


@pytest.fixture
def wire(database: Database) -> Database:
    """Four stories: 1 soybeans, 2 a Chinese text, 3 domestic, 4 an old one with odd characters."""
    ingest_one(database, 1)
    ingest_one(
        database,
        2,
        made=document(CHINESE, title="两国商定访问", language="zh"),
        judged=tagger_output(topics=(Topic("agriculture", 0.8),), actors=()),
    )
    ingest_one(
        database,
        3,
        made=document("The county opened a new bridge over the river on Friday. " * 5),
        judged=tagger_output(relevance=Relevance.NONE, score=0.01, topics=(), actors=()),
    )
    old = Dated(NOW - timedelta(days=400), "", "feed", Confidence.SURE)
    ingest_one(
        database,
        4,
        made=document(TEXT + " 100% of it, he_said.", published=old),
        judged=tagger_output(relevance=Relevance.SECONDARY, topics=(Topic("trade", 0.6),)),
    )
    index.catch_up(database)
    return database


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(), [2, 1, 4]),
        (Question(relevance=("primary",)), [2, 1]),
        (Question(relevance=("none",)), [3]),
        (Question(topics=("agriculture",)), [2, 1]),
        (Question(topics=("agriculture", "diplomacy")), [1]),
        (Question(topics=("taiwan",)), []),
        (Question(query=parse("SOYBEAN")), [1, 4]),
        (Question(query=parse("大豆")), [2]),
        (Question(query=parse("soybean nothing")), []),
        (Question(query=parse("100%")), [4]),
        (Question(query=parse("he_said")), [4]),
        (Question(query=parse("%")), [2, 1, 4]),
        (Question(query=parse("' OR 1=1 --")), []),
        (Question(actor="xi-jinping"), [1, 4]),
        (Question(actor="jinping"), [1, 4]),
        (Question(source="outlet 2"), [2]),
        (Question(since=NOW - timedelta(days=1)), [2, 1]),
        (Question(until=NOW - timedelta(days=1)), [4]),
    ],
)
def test_a_question_finds_its_stories_newest_first(
    wire: Database, question: Question, expected: list[int]
) -> None:
    with wire.reading() as session:
        assert [found.id for found in search.find(session, question)] == expected


def test_a_limit_keeps_the_newest(wire: Database) -> None:
    with wire.reading() as session:
        assert [found.id for found in search.find(session, Question(), limit=1)] == [2]


def test_the_views_show_the_same(wire: Database) -> None:
    with wire.reading() as session:
        stories = session.execute(
            text("SELECT id, topics, first_source, articles FROM v_stories ORDER BY id")
        ).all()
        evidence = session.execute(
            text("SELECT story, text, weight FROM v_evidence ORDER BY story")
        ).all()
        coverage = session.execute(
            text("SELECT topic, stories, articles FROM v_coverage_daily ORDER BY topic")
        ).all()
        health = session.execute(text("SELECT state, failures FROM v_feed_health")).all()
        titles = session.execute(text("SELECT title FROM v_articles ORDER BY id")).scalars().all()
    assert [tuple(row) for row in stories] == [
        (1, "agriculture,diplomacy", "Outlet 1", 1),
        (2, "agriculture", "Outlet 2", 1),
        (3, None, "Outlet 3", 1),
        (4, "trade", "Outlet 4", 1),
    ]
    assert tuple(evidence[0]) == (1, "envoy", 1.25)
    assert [tuple(row) for row in coverage] == [
        ("agriculture", 2, 2),
        ("diplomacy", 1, 1),
        ("trade", 1, 1),
    ]
    assert [tuple(row) for row in health] == [("new", 0)] * 4
    assert titles[1] == "两国商定访问"
