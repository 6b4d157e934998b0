"""A document is asked as the full-text index asks it."""

import random

import pytest

from store.database.connection import Database
from store.search import index
from store.search.documents import mark
from store.search.matching import Words, asks_for_text
from store.search.query import Node, Phrase, all_of, parse
from store.search.search import RELEVANCES, Question, find_ids
from store.search.tokens import words
from tests.store.search.building import add_story

TEXTS = [
    "Soybeans and US-China tariffs; phase one was signed.",
    "大豆价格上涨 and soybean prices rise in phase two",
    "The one phase. Hogs, soybeans, hogs!",
    "出口管制 export controls. 大豆",
    "Nothing of the kind",
    "",
]
PARTS = [
    "soybeans", "soy*", '"phase one"', '"one phase"', "大豆", "大", "豆价", "hogs", "-hogs",
    "US-China", "NOT 大豆", "OR", "(one OR two)", "export", '"soybeans 大豆"', "kind*",
]  # fmt: skip


def asked(query: str) -> Node:
    node = parse(query)
    assert node is not None
    return node


@pytest.mark.parametrize(
    ("query", "text", "answers"),
    [
        ("phase one", "one phase", True),
        ('"phase one"', "one phase", False),
        ('"phase one"', "phase one", True),
        ("soy*", "a soybean", True),
        ('"new soy" OR bea*', "beans", True),
        ("-hogs", "", True),
        ("soy -hogs", "soy hogs", False),
        ("豆", "大豆价", True),
        ("大豆价格", "大豆的价格", False),
    ],
)
def test_a_text_answers_a_query(query: str, text: str, answers: bool) -> None:
    assert Words(words(text)).answer(asked(query)) is answers


def test_the_index_gives_the_same_answers(database: Database) -> None:
    for number, text in enumerate(TEXTS, start=1):
        add_story(database, number, text)
    index.rebuild(database)
    chance = random.Random(7)
    for _ in range(80):
        typed = " ".join(chance.choices(PARTS, k=chance.randint(1, 4)))
        query = parse(typed)
        if query is None:
            continue
        with database.reading() as session:
            found = find_ids(session, Question(query=query, relevance=RELEVANCES))
        expected = {
            number
            for number, text in enumerate(TEXTS, start=1)
            if Words([":", *words(text)]).answer(query)
        }
        assert set(found) == expected, typed


def test_labels_are_asked_without_texts() -> None:
    topic = Phrase((mark("topic", "trade"),))
    assert not asks_for_text(topic)
    both = all_of([topic, asked("-hogs")])
    assert both is not None
    assert asks_for_text(both)
