"""What was asked for is marked where it stands."""

import pytest

from store.search.highlights import spans
from store.search.query import parse


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [
        ("soybeans", "Soybeans, and more SOYBEANS.", ["Soybeans", "SOYBEANS"]),
        ("us", "The U.S. and us, not campus", ["us"]),
        ("U.S.", "The U.S. and us", ["U.S"]),
        ('"phase one"', "Phase\nOne of phase two, phase-one", ["Phase\nOne", "phase-one"]),
        ("tarif*", "Tariffs “tarifés”", ["Tariffs", "tarifés"]),
        ("大豆", "中国大豆价格，大豆", ["大豆", "大豆"]),
        ("豆", "中国大豆价格", ["豆"]),
        ("大豆价格", "中国大豆价格", ["大豆价格"]),
        ("大豆 豆价", "中国大豆价格", ["大豆价"]),
        ("美国senate", "美国 Senate", ["美国 Senate"]),
        ("café", "Cafe\u0301 ＣＡＦÉ", ["Cafe\u0301", "ＣＡＦÉ"]),
        ("soy OR hogs -corn", "corn, hogs", ["hogs"]),
        ("-corn", "corn", []),
        ("", "corn", []),
        ("soy", "", []),
    ],
)
def test_hits_are_marked_in_the_text_as_printed(typed: str, text: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in spans(parse(typed), text)] == marked
