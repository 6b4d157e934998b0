"""Texts as word pieces, with their places."""

from ingest.relations.wordpieces import WORD_START, WordPieces

SPELLINGS = [
    WORD_START,
    WORD_START + "US",
    "US",
    WORD_START + "tariff",
    "s",
    "关税",
    "关",
    "%",
    "T",
]
PIECES = WordPieces(SPELLINGS)


def found(text: str) -> list[tuple[str, str]]:
    return [(SPELLINGS[piece], text[start:end]) for piece, start, end in PIECES.find(text)]


def test_the_longest_piece_is_taken_and_words_know_where_they_begin():
    assert found("US tariffs") == [("▁US", "US"), ("▁tariff", " tariff"), ("s", "s")]
    assert found("xUS") == [("▁", ""), ("US", "US")]


def test_both_scripts_and_widths_are_spelt_alike():
    assert found("關稅") == [("▁", ""), ("关税", "關稅")]
    assert found("关税") == [("▁", ""), ("关税", "关税")]
    assert found("ＵＳ％") == [("▁US", "ＵＳ"), ("%", "％")]


def test_what_no_piece_spells_is_left_out():
    assert found("Ж") == [("▁", "")]
    assert found("") == [("▁", "")]
