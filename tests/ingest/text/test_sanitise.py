import json
import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.sanitise import (
    clean_line,
    clean_text,
    clean_title,
    escape_json,
    html_to_line,
    html_to_text,
)
from tests.support import machine

# Hypothesis leaves surrogates out unless it is asked for them.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("plain", "plain"),
        ("two\r\nlines\rthree", "two\nlines\nthree"),
        ("tab\tstays", "tab\tstays"),
        ("nul\x00 and escape\x1b[31m", "nul and escape[31m"),
        ("C1 \x85\x9b", "C1 "),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("noncharacters \ufffe\uffff\ufdd0\U0010ffff", "noncharacters "),
        ("bidi \u202eoverride\u2066\u200f", "bidi override"),
        ("\ufeffbyte order mark", "byte order mark"),
        ("中文，😀 ẞ é", "中文，😀 ẞ é"),
    ],
)
def test_what_cannot_be_stored_or_must_not_be_shown_is_dropped(given_text, expected):
    assert clean_text(given_text) == expected


@pytest.mark.parametrize(
    "mark",
    ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\u2063", "\u180e", "\ufeff", "\u034f"],
)
@pytest.mark.parametrize(
    "word", ["tar{}iffs", "Chi{}na", "关{}税", "U.S.{}-China", "{}trade{}", "А{}Б"]
)
def test_marks_that_show_nothing_split_no_word(word, mark):
    assert clean_text(word.replace("{}", mark)) == word.replace("{}", "")
    assert clean_line(word.replace("{}", mark)) == word.replace("{}", "")
    assert clean_title(word.replace("{}", mark)) == word.replace("{}", "")


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d🚀 👨\u200d👩\u200d👧 ❤️\u200d🔥 🏳️\u200d🌈 🧑🏽\u200d⚖️",  # pictures made of several
        "می\u200cخواهم",  # Persian: I want
        "क्\u200dष क्\u200cष",  # Hindi, both forms of a conjunct
        "ක්\u200dෂ",  # Sinhala
        "നന്\u200d",  # Malayalam
        "ภาษา\u200bไทย",  # Thai: where a line may break
        "ភាសា\u200bខ្មែរ",  # Khmer
    ],
)
def test_joiners_that_a_script_needs_stay(text):
    assert clean_text(text) == text
    assert clean_text(clean_text(text)) == text


@given(ANY_TEXT)
def test_cleaned_text_reads_back_the_same_from_a_database_and_from_json(text):
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert json.loads(json.dumps(cleaned)) == cleaned
    database = sqlite3.connect(":memory:")
    try:
        assert database.execute("SELECT ?", (cleaned,)).fetchone() == (cleaned,)
    finally:
        database.close()


@given(ANY_TEXT)
def test_a_clean_line_is_one_line_with_single_spaces(text):
    line = clean_line(text)
    assert line == " ".join(line.split())
    assert clean_line(line) == line


def test_a_form_feed_separates_words_as_a_space_does():
    assert clean_line(" one\x0ctwo \n three\u3000four ") == "one two three four"


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("<p>One &amp; <b>two</b></p><p>three<br>four</p>", "One & two\nthree\nfour"),
        ("source\nline breaks   are spaces", "source line breaks are spaces"),
        ("Q&A at AT&T", "Q&A at AT&T"),
        ("a &lt;b&gt; is text", "a <b> is text"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("&#146;s &hellip; &#x4E2D;&apos;", "’s … 中'"),
        ("escape &#x1b; and nul &#0;", "escape and nul \ufffd"),
        ("<script>var a = '<p>';</script>text<style>p{}</style>", "text"),
        ("text<script>never closed", "text"),
        ("<iframe src='x'/>after", "after"),
        ("<svg><text>label</text></svg>after", "after"),
        ("<!-- a > b -->seen<!-- never closed", "seen"),
        ("<![CDATA[<p>twice wrapped</p>]]>", "twice wrapped"),
        ("<img alt='a > b' src=x>after", "after"),
        ("<td>1</td><td>2</td>", "1 2"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<P CLASS=x>upper</P>case", "upper\ncase"),
        ("cut in a tag <a href='htt", "cut in a tag"),
        ("<p>中&nbsp;文</p>", "中 文"),
        ("", ""),
    ],
)
def test_html_becomes_readable_text(fragment, expected):
    assert html_to_text(fragment) == expected


@given(ANY_TEXT)
def test_html_to_text_never_raises_and_gives_clean_lines(fragment):
    text = html_to_text(fragment)
    assert clean_text(text) == text
    assert all(line and line == line.strip() for line in text.splitlines() if text)


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        '<a "',
        "<a ='",
        "<!--",
        "<?",
        "</",
        "&",
        "&#",
        "&a",
        "<b></p>",
        "<script>",
        "<svg>",
    ],
)
def test_hostile_markup_takes_linear_time(piece):
    html_to_text(piece)
    small, large = (_seconds(piece * count) for count in (20_000, 160_000))
    # Eight times the input; quadratic would be 64 times the time.
    assert large < max(24 * small, 2.0)


def test_an_endless_character_reference_is_dropped():
    assert html_to_text("a&#" + "9" * 100_000 + ";b") == "ab"


def _seconds(fragment):
    return machine.cpu_seconds(lambda: html_to_text(fragment))


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ("Fact&nbsp;Sheet", "Fact\u00a0Sheet"),
        ("  Two\n\tlines ", "Two lines"),
        ("<b>Bold</b> &amp; plain", "Bold & plain"),
        ("a<br>b", "a b"),
        ("\x0bodd\x00", "odd"),
    ],
)
def test_a_headline_is_one_line_as_it_is_printed(markup, line):
    assert html_to_line(markup) == line


@given(ANY_TEXT)
def test_escaped_json_means_the_same_and_steers_no_terminal(text):
    document = escape_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(document) == [text]
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", document)
