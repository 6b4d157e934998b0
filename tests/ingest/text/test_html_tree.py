import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.html_tree import clean_markup, parse, visible_text


@pytest.mark.parametrize(
    "reference",
    [
        *("&#x1b;", "&#27;", "&#27", "&#x0000000001b;", "&#x1f;", "&#11;", "&#0;"),
        *("&#xFFFE;", "&#xffff;", "&#xD800;", "&#56320;"),
        *("&#x110000;", "&#1114112;", "&#99999999999999999999;"),
    ],
)
def test_a_reference_that_would_lose_the_article_is_taken_out(reference: str) -> None:
    assert clean_markup(f"be{reference}fore") == b"before"


@pytest.mark.parametrize("reference", ["&#20013;", "&#x4e2d;", "&#38;", "&#146;", "&#10;", "&#x9;"])
def test_a_reference_to_a_readable_character_stays(reference: str) -> None:
    assert clean_markup(reference) == reference.encode()


def test_a_reference_that_the_cleaning_itself_puts_together_is_taken_out_too() -> None:
    assert b"&#x1b;" not in clean_markup("&#x1&#x1b;b; &&#x1b;#x1b; &\x00#x1b;")


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x0b", "\ufffe", "\uffff", "\ud800", "\udfff"])
def test_a_plain_character_that_xml_refuses_is_taken_out(char: str) -> None:
    assert clean_markup(f"be{char}fore") == b"before"


def test_a_form_feed_still_parts_words() -> None:
    assert clean_markup("two\fwords") == b"two words"


@pytest.mark.parametrize("depth", [100, 253, 254, 255, 256, 1_000, 2_000])
def test_depth_that_the_parser_can_read_loses_nothing(depth: int) -> None:
    parsed = parse(f"<body>{'<div>' * depth}<p>at the bottom{'</div>' * depth}<p>after")
    assert parsed is not None
    assert parsed.complete
    assert visible_text(parsed.tree) == "at the bottom after"


def test_a_tree_that_is_not_all_of_the_page_says_so() -> None:
    parsed = parse(f"<body>{'<div>' * 5_000}<p>at the bottom")
    assert parsed is not None
    assert not parsed.complete


@pytest.mark.parametrize(
    "end",
    ["</body>", "</body></html>", "</html>", "</body></html><!doctype html><html><body>"],
)
def test_what_comes_after_the_end_of_the_page_is_on_the_page(end: str) -> None:
    parsed = parse(f"<html><body><p>before</p>{end}<p>after</p><p>all</p></body></html>")
    assert parsed is not None
    assert visible_text(parsed.tree) == "before after all"


@pytest.mark.parametrize("markup", ["", "   ", "<!-- only a comment -->", "\x00"])
def test_a_page_without_an_element_has_no_tree(markup: str) -> None:
    assert parse(markup) is None


def test_what_no_reader_sees_is_not_visible() -> None:
    parsed = parse("<title>t</title><body>seen<script>x()</script><style>p{}</style> too")
    assert parsed is not None
    assert visible_text(parsed.tree) == "seen too"


@given(st.text())
def test_no_markup_raises(markup: str) -> None:
    parse(markup)
