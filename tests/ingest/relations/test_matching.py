"""Names in a text: boundaries, case, masks, longest first, offsets into the original."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.relations.matching import Matcher
from ingest.relations.vocabulary import fold, load_lexicon

WORDS = """
[[actor]]
id = "us"
name = "US"
side = "us"
kind = "country"
names = ["United States", "U.S.", "美国"]
exact = ["US"]

[[actor]]
id = "china"
name = "China"
side = "china"
kind = "country"
names = ["China", "Chinese", "中国", "İzmir China Friends"]

[[actor]]
id = "fbi"
name = "FBI"
side = "us"
kind = "institution"
names = ["FBI", "US Trade Representative"]

[[actor]]
id = "embassy"
name = "Chinese embassy"
side = "china"
kind = "institution"
names = ["Chinese embassy in the United States", "中国驻美国大使", "中国驻美国大使馆"]

[[actor]]
id = "council"
name = "Council"
side = "us"
kind = "institution"
names = ["US-China Council", "China Club of America"]

[[actor]]
id = "us-short"
name = "US, short"
side = "us"
kind = "country"
names = ["美关税"]

[[frame]]
id = "both"
side = "both"
names = ["US-China"]

[[topic]]
id = "people-exchange"
terms = ["Chinese students", "student visa"]

[[topic]]
id = "trade"
terms = ["tariff", "trade", "关税"]

[[relation]]
polarity = "conflict"
kind = "tariff"
terms = ["tariff", "hits back"]

[[mask]]
id = "porcelain"
names = ["bone china", "Chinatown", "China shop"]
why = "no country"
"""


@pytest.fixture(scope="module")
def matcher(tmp_path_factory) -> Matcher:
    folder: Path = tmp_path_factory.mktemp("lexicon")
    (folder / "words.toml").write_text(WORDS, encoding="utf-8")
    return Matcher(load_lexicon(folder=folder))


def names(matcher: Matcher, text: str) -> list[tuple[str, str]]:
    return [(text[m.start : m.end], m.entry.id) for m in matcher.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("China and the US", [("China", "china"), ("US", "us")]),
        ("CHINA, china", [("CHINA", "china"), ("china", "china")]),
        ("trust us in this bus", []),
        ("US-led, non-US, (US)", [("US", "us")] * 3),
        ("The U.S. said; the U.S.S.R. did", [("U.S.", "us")]),
        ("China's and China’s", [("China", "china")] * 2),
        ("Chinas Indochina", []),
        ("bone china from Chinatown", []),
        ("bone chinas", []),
        ("a China shop in China", [("China", "china")]),
        ("美国FBI称中国", [("美国", "us"), ("FBI", "fbi"), ("中国", "china")]),
        ("TELL US MORE ABOUT IT", []),
        ("US", [("US", "us")]),
        ("Fears grow as US acts", [("US", "us")]),
        ("US Trade Representative", [("US Trade Representative", "fbi")]),
        ("", []),
    ],
)
def test_names_are_found_where_words_end(matcher, text, expected):
    assert names(matcher, text) == expected


def test_a_term_does_not_hide_the_side_that_it_names(matcher):
    assert names(matcher, "visas for Chinese students") == [
        ("Chinese students", "people-exchange"),
        ("Chinese", "china"),
    ]


def test_one_word_may_be_a_topic_and_a_dealing_at_once(matcher):
    assert names(matcher, "a tariff") == [("tariff", "trade"), ("tariff", "conflict-tariff")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Chinese embassy in the United States",
            [("Chinese embassy in the United States", "embassy"), ("United States", "us")],
        ),
        ("中国驻美国大使馆", [("中国驻美国大使馆", "embassy"), ("美国", "us")]),
        ("US-China Council", [("US-China Council", "council"), ("US-China", "both")]),
        ("China Club of America", [("China Club of America", "council"), ("China", "china")]),
        ("US Trade Representative", [("US Trade Representative", "fbi")]),
    ],
)
def test_a_body_that_carries_the_other_sides_country_names_both(matcher, text, expected):
    assert names(matcher, text) == expected


def test_a_country_with_what_is_said_of_it_hides_no_term(matcher):
    assert names(matcher, "美关税") == [("美关税", "us-short"), ("关税", "trade")]


def test_a_term_takes_a_plural_and_a_name_does_not(matcher):
    assert names(matcher, "tariffs")[0] == ("tariffs", "trade")
    assert names(matcher, "tariffss") == []
    assert names(matcher, "Chinas") == []


def test_where_a_long_name_is_cut_by_a_word_the_short_one_inside_is_found(matcher):
    assert names(matcher, "Chinese studentship") == [("Chinese", "china")]


def test_only_one_character_grows_in_lower_case_and_keeps_its_place():
    grown = [c for c in map(chr, range(sys.maxunicode + 1)) if len(c.lower()) != 1]
    assert grown == ["İ"]
    assert all(len(fold(c + "A" + c)) == 3 for c in grown)


@pytest.mark.parametrize("space", ["\xa0", "\u2007", "\u2009", "\u202f", "\u3000"])
def test_a_name_is_found_across_any_space_and_its_offsets_hold(matcher, space):
    text = f"«{space}The United{space}States and bone{space}china; US Trade{space}Representative"
    found = [(text[start:end], entry.id) for start, end, entry in matcher.find(text)]
    assert found == [(f"United{space}States", "us"), (f"US Trade{space}Representative", "fbi")]


def test_offsets_hold_behind_a_character_that_grows_in_lower_case(matcher):
    assert names(matcher, "İİİ China") == [("China", "china")]


@given(
    st.lists(
        st.sampled_from(
            [
                "China",
                "US",
                "’",
                "İ",
                "tariffs",
                "中国",
                " ",
                "s",
                "́",
                "Chinese students",
                "\U0001f600",
                ".",
            ]
        )
        | st.text(max_size=3)
    ).map("".join)
)
def test_every_match_is_a_slice_of_the_text_that_names_its_entry(matcher, text):
    spellings = {
        "us": {"united states", "u.s.", "美国", "us"},
        "china": {"china", "chinese", "中国"},
        "fbi": {"fbi", "us trade representative"},
    }
    found = matcher.find(text)
    assert [m.start for m in found] == sorted(m.start for m in found)
    for start, end, entry in found:
        assert 0 <= start < end <= len(text)
        if entry.id in spellings:
            assert text[start:end].lower() in spellings[entry.id]
