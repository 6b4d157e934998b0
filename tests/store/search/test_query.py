"""Any text is a query, and means what its writer will have meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.search.query import MOST_WORDS, And, Node, Not, Or, Phrase, parse, wanted

SOY, HOGS = Phrase(("soybeans",)), Phrase(("hogs",))
BEANS = Phrase(("大豆",))
PHASE = Phrase(("phase", "one"))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("soybeans", SOY),
        ("SOYBEANS", SOY),
        ("soybeans hogs", And((SOY, HOGS))),
        ("soybeans AND hogs", And((SOY, HOGS))),
        ("soybeans soybeans", SOY),
        ("soybeans OR 大豆", Or((SOY, BEANS))),
        ("soybeans|大豆", Or((SOY, BEANS))),
        ("soybeans or hogs", And((SOY, Phrase(("or",)), HOGS))),
        ('soybeans OR 大豆 -hogs "phase one"', And((Or((SOY, BEANS)), Not(HOGS), PHASE))),
        ("soybeans OR hogs OR 大豆", Or((SOY, HOGS, BEANS))),
        ("“phase one”", PHASE),
        ("「phase one」", PHASE),
        ("phase-one", PHASE),
        ("大豆，hogs", And((BEANS, HOGS))),
        ("soybeans NOT hogs", And((SOY, Not(HOGS)))),
        ("soybeans −hogs", And((SOY, Not(HOGS)))),
        ('soybeans -"phase one"', And((SOY, Not(PHASE)))),
        ("-hogs", Not(HOGS)),
        ("soybeans OR -hogs", Or((SOY, Not(HOGS)))),
        ("(soybeans hogs) OR 大豆", Or((And((SOY, HOGS)), BEANS))),
        ("（soybeans hogs） OR 大豆", Or((And((SOY, HOGS)), BEANS))),
        ("-(soybeans OR hogs) 大豆", And((Not(Or((SOY, HOGS))), BEANS))),
        ("-(-soybeans)", SOY),
        ("soyb*", Phrase(("soyb",), open_end=True)),
        ("so*", Phrase(("so",))),
        ("中", Phrase(("中",), open_end=True)),
    ],
)
def test_a_query_is_read(typed: str, expected: Node) -> None:
    assert parse(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ('"phase one', PHASE),
        ("((soybeans", SOY),
        ("soybeans))", SOY),
        ("soybeans) hogs", And((SOY, HOGS))),
        ("OR soybeans", SOY),
        ("soybeans OR", SOY),
        ("soybeans OR OR hogs", Or((SOY, HOGS))),
        ("soybeans -", SOY),
        ("- soybeans", SOY),
        ("--hogs", Not(HOGS)),
        ("soybeans-", SOY),
        ("soybeans ()", SOY),
        ('soybeans ""', SOY),
        ("soybeans %", SOY),
        ("NEAR(soybeans)", And((Phrase(("near",)), SOY))),
        ("title:soybeans", Phrase(("title", "soybeans"))),
        ("' OR soybeans", SOY),
    ],
)
def test_what_is_left_open_or_stands_alone_is_no_mistake(typed: str, expected: Node) -> None:
    assert parse(typed) == expected


@pytest.mark.parametrize("typed", ["", "  ", "OR", '"', "()", "-", "NOT", "%", "AND OR NOT", "***"])
def test_what_holds_no_word_asks_nothing(typed: str) -> None:
    assert parse(typed) is None


def test_what_is_pasted_whole_ends_somewhere() -> None:
    query = parse(" ".join(f"word{number}" for number in range(10_000)))
    assert isinstance(query, And)
    assert len(query.parts) == MOST_WORDS


def test_parentheses_nest_as_deep_as_anyone_types() -> None:
    typed = "(a OR (b " * 5_000
    assert len(list(wanted(parse(typed)))) == 2
    assert _depth(parse(typed)) < 30


def _depth(node: Node | None) -> int:
    match node:
        case And(parts) | Or(parts):
            return 1 + max(map(_depth, parts))
        case Not(part):
            return 1 + _depth(part)
    return 0


@given(st.text(max_size=80))
def test_any_text_is_a_query(typed: str) -> None:
    for phrase in wanted(parse(typed)):
        assert phrase.words


def test_what_is_excluded_is_not_wanted() -> None:
    assert list(wanted(parse("soybeans OR 大豆 -(hogs OR phase)"))) == [SOY, BEANS]
