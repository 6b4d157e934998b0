"""Texts become the same words in the index, in a query, and where hits are marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.search.tokens import WORD_CHARACTERS, as_printed, phrase, placed_words, words

# Characters as they come in texts: a mark stands behind its letter.
CHARACTERS = [
    *"ab Zé€$大豆价中国かな 한국 ,.。“”—-_'½ﬁÅßΣİǅกไท０１Ａ㈱\n\0\ud800",
    *("e\u0301", "ﾊﾞ", "か\u3099", "co\u00adop", "a\u200bb", "☎\ufe0f"),
]
MIXED = st.lists(st.sampled_from(CHARACTERS), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S.–China talks", ["the", "u", "s", "china", "talks"]),
        ("$50 billion, or €46", ["50", "billion", "or", "46"]),
        ("ＳＯＹＢＥＡＮＳ", ["soybeans"]),
        ("Straße", ["strasse"]),
        ("Café", ["café"]),
        ("大豆价格", ["大豆", "豆价", "价格", "格"]),
        ("中", ["中"]),
        ("美国 Senate 通过", ["美国", "国", "senate", "通过", "过"]),
        ("大豆。玉米", ["大豆", "豆玉", "玉米", "米"]),
        ("한국 수출", ["한국", "수출"]),
        ("x" * 200, ["x" * WORD_CHARACTERS]),
        ("é" + "x" * 200, ["é" + "x" * (WORD_CHARACTERS - 1)]),
        ("!? — …", []),
        ("", []),
    ],
)
def test_a_text_becomes_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("US-China", (("us", "china"), False)),
        ("大豆价格", (("大豆", "豆价", "价格"), False)),
        ("中", (("中",), True)),
        ("senate通", (("senate", "通"), True)),
        ("美国senate", (("美国", "国", "senate"), False)),
        ("%", ((), False)),
    ],
)
def test_a_phrase_is_the_words_that_a_text_with_it_holds_in_a_row(
    text: str, expected: tuple[tuple[str, ...], bool]
) -> None:
    assert phrase(text) == expected


@given(MIXED)
def test_a_text_holds_itself_as_a_phrase(text: str) -> None:
    row, open_end = phrase(text)
    found = words(f"one {text} two")
    if row:
        *before, last = row
        assert any(
            found[at : at + len(before)] == before
            and (found[at + len(before)].startswith(last) if open_end else True)
            for at in range(len(found) - len(before))
        )


@given(MIXED)
def test_the_words_that_are_marked_are_those_that_are_indexed(text: str) -> None:
    placed = list(placed_words(text))
    assert [one.word for one in placed] == words(text)
    assert all(0 <= one.start < one.first_end <= one.end <= len(text) for one in placed)


@given(MIXED)
def test_no_word_can_be_taken_for_a_mark_or_for_two(text: str) -> None:
    for word in words(text):
        assert not any(char.isspace() or char in ":'\"\\*\0" for char in word)


@pytest.mark.parametrize("text", ["大豆价格", "us china", "美国senate通过", "中", "a中b"])
def test_pairs_are_put_together_again(text: str) -> None:
    assert "".join(as_printed(words(text))) == text.replace(" ", "")
