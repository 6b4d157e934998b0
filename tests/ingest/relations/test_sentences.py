"""Where sentences end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.relations.sentences import sentence_ends


def cut(text: str) -> list[str]:
    ends = sentence_ends(text)
    return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two", ["One. ", "Two"]),
        ("The U.S. Senate voted. It passed.", ["The U.S. Senate voted. ", "It passed."]),
        ("It is sold in the US. It is made here.", ["It is sold in the US. ", "It is made here."]),
        ("He left the U.S. In May he came back.", ["He left the U.S. ", "In May he came back."]),
        ("Donald J. Trump spoke.", ["Donald J. Trump spoke."]),
        ("Mr. Smith met Gen. Jones.", ["Mr. Smith met Gen. Jones."]),
        ("It grew 3.5 percent. “Good,” he said.", ["It grew 3.5 percent. ", "“Good,” he said."]),
        ("He asked: “Why?” She left.", ["He asked: “Why?” ", "She left."]),
        ("甲说。乙答！丙问？", ["甲说。", "乙答！", "丙问？"]),
        ("他说：“不行。”然后走了。", ["他说：“不行。”", "然后走了。"]),
        ("Title\nText", ["Title\n", "Text"]),
        ("no end", ["no end"]),
        ("", [""]),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text, sentences):
    assert [s for s in cut(text) if s] == [s for s in sentences if s]


@given(st.text(alphabet="aA.!? \n。”'\"1U"))
def test_sentences_joined_are_the_text(text):
    assert "".join(cut(text)) == text
