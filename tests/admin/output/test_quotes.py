"""Which sentences of a story are shown, and what is marked in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.output.quotes import LEAD, LONGEST, plain, quotations

TEXT = (
    "Rain fell on the harbour. Envoys of China met those of the United States at noon.\n"
    "The cook served soup. Beijing paid for it. Washington left a tip."
)


def span(words: str, *, side: str | None = None, weight: float = 0.1, text: str = TEXT) -> Any:
    start = text.index(words)
    return {
        "field": "text", "start": start, "end": start + len(words), "text": words, "rule": "r",
        "side": side, "topic": None, "weight": weight,
    }  # fmt: skip


BOTH = [span("China", side="china"), span("United States", side="us")]


@pytest.mark.parametrize(
    ("evidence", "most", "sentences"),
    [
        ([], 3, []),
        (BOTH, 3, ["Envoys of China met those of the United States at noon."]),
        # In the order of the text, whatever the order of the evidence.
        (
            [span("Washington", side="us"), span("Beijing", side="china")],
            3,
            ["Beijing paid for it.", "Washington left a tip."],
        ),
        # Both sides before one side, however heavy.
        (
            [span("Beijing", side="china", weight=9.0), *BOTH],
            1,
            ["Envoys of China met those of the United States at noon."],
        ),
        # Then the heavier; a weight that speaks against counts like one that speaks for.
        ([span("Beijing", weight=0.5), span("soup", weight=-0.9)], 1, ["The cook served soup."]),
        # Of equals the first.
        ([span("Beijing"), span("soup")], 1, ["The cook served soup."]),
    ],
)
def test_the_telling_sentences_are_chosen(
    evidence: list[Any], most: int, sentences: list[str]
) -> None:
    assert [plain(found) for found in quotations(TEXT, evidence, most=most)] == sentences


@pytest.mark.parametrize(
    "outside",
    [
        {"field": "title", "start": 0, "end": 4},
        {"field": "text", "start": 0, "end": 0},
        {"field": "text", "start": 5, "end": 3},
        {"field": "text", "start": 4, "end": 9_999},
        {"field": "text", "start": -3, "end": 4},
    ],
)
def test_evidence_that_is_not_in_the_text_is_left_out(outside: dict[str, Any]) -> None:
    item = {"text": "", "rule": "length", "side": None, "topic": None, "weight": 1.0} | outside
    assert quotations(TEXT, [item]) == ()


def test_the_telling_words_are_marked_with_their_sides() -> None:
    [quotation] = quotations(TEXT, [*BOTH, span("United States at"), span("Envoys")])
    marks = [(piece.text, piece.side) for piece in quotation if piece.marked]
    assert marks == [("Envoys", None), ("China", "china"), ("United States at", None)]


def test_a_long_sentence_is_cut_around_its_first_mark() -> None:
    text = "word " * 200 + "Beijing spoke " + "word " * 200 + "end."
    [quotation] = quotations(text, [span("Beijing", side="china", text=text)])
    shown = plain(quotation)
    assert shown.startswith("… word")
    assert shown.endswith("word …")
    assert "Beijing" in shown[: LEAD + len("… Beijing")]
    assert len(shown) <= LONGEST + len("…  …")


def test_a_long_sentence_without_spaces_is_cut_all_the_same() -> None:
    text = "甲" * 900 + "美国" + "乙" * 900
    [quotation] = quotations(text, [span("美国", side="us", text=text)])
    assert "美国" in plain(quotation)
    assert len(plain(quotation)) <= LONGEST + len("…  …")


@given(st.data())
def test_what_is_shown_stands_in_the_text(data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from("ab .。\n中A\u0301"), max_size=700))
    offsets = st.integers(0, len(text))
    evidence = [
        {"field": "text", "start": start, "end": end, "side": "us", "weight": 1.0}
        for start, end in data.draw(st.lists(st.tuples(offsets, offsets), max_size=8))
    ]
    for quotation in quotations(text, evidence):
        assert plain(quotation).removeprefix("… ").removesuffix(" …") in text
