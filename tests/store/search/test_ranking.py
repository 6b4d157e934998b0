"""Weights order texts as a reader would."""

import pytest

from store.search.query import parse, wanted
from store.search.ranking import weigh

LONG = "nothing else is said in this piece. " * 20


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("lithium", ("", "lithium lithium " + LONG), ("", "lithium " + LONG)),
        ("lithium", ("Lithium", "lithium " + LONG), ("", "lithium " + LONG)),
        ("lithium", ("", "lithium."), ("", "lithium " + LONG)),
        ("us", ("", "Us, she said"), ("", "campus focus bus")),
        ('"phase one"', ("", "of phase one of"), ("", "phase of one of")),
        ("大豆价格", ("", "中国大豆价格"), ("", "中国大豆的价格")),
        ("U.S.", ("", "The U.S. said"), ("", "They used it")),
    ],
)
def test_a_better_answer_weighs_more(
    typed: str, better: tuple[str, str], worse: tuple[str, str]
) -> None:
    first, second = weigh(list(wanted(parse(typed))), [better, worse])
    assert first > second


def test_a_rare_word_weighs_more_than_one_that_all_say() -> None:
    texts = [("", "common"), ("", "common"), ("", "common"), ("", "rare")]
    scores = weigh(list(wanted(parse("common OR rare"))), texts)
    assert scores[3] > scores[0]


def test_no_text_at_all_weighs_nothing() -> None:
    assert weigh(list(wanted(parse("word"))), []) == []
    assert weigh([], [("a", "b")]) == [0.0]
    assert weigh(list(wanted(parse("word"))), [("", "")]) == [0.0]
