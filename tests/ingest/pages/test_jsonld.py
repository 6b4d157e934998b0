import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.pages.jsonld import ArticleData, read_article

NEWS = {
    "@type": "NewsArticle",
    "headline": "Port fees halved &amp; more",
    "datePublished": "2026-03-02T08:00:00Z",
    "author": [{"@type": "Person", "name": "Jane Roe"}, {"@type": "Organization", "name": "Wire"}],
    "publisher": {"@type": "Organization", "name": "Example Tribune"},
    "inLanguage": "en-US",
    "isAccessibleForFree": "False",
}
READ = ArticleData(
    headline="Port fees halved & more",
    published="2026-03-02T08:00:00Z",
    authors=("Jane Roe",),
    publisher="Example Tribune",
    language="en-US",
    is_article=True,
    is_free=False,
)


@pytest.mark.parametrize(
    "wrapped",
    [
        NEWS,
        [NEWS],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"}, NEWS]},
        {"@type": "WebPage", "name": "x", "mainEntity": NEWS},
        [[{"@graph": [NEWS]}]],
        NEWS | {"@type": ["Thing", "https://schema.org/NewsArticle"]},
    ],
)
def test_the_article_is_found_however_it_is_wrapped(wrapped: object) -> None:
    assert read_article([json.dumps(wrapped)]) == READ


@pytest.mark.parametrize(
    "broken",
    [
        "<!--\n{}\n-->",
        "//<![CDATA[\n{}\n//]]>",
        "{};",
        "{} }}",
        "\n\n{}\n",
    ],
)
def test_json_in_a_browsers_old_wrappings_is_read(broken: str) -> None:
    assert read_article([broken.replace("{}", json.dumps(NEWS)).replace("}}", "}")]) == READ


def test_a_comma_too_many_and_a_line_break_in_a_string_are_tolerated() -> None:
    script = '{"@type": "Article", "headline": "Port\nfees", "keywords": ["a", "b",],}'
    assert read_article([script]).headline == "Port\nfees"


def test_plain_fields_are_saved_from_unreadable_json() -> None:
    script = (
        '{"@type":"NewsArticle","headline":"Port fees","datePublished":"2026-03-02", "x": "a"b"}'
    )
    assert read_article([script]) == ArticleData(
        headline="Port fees", published="2026-03-02", is_article=True
    )


def test_an_author_given_by_reference_is_looked_up() -> None:
    graph = [
        {"@type": "NewsArticle", "headline": "x", "author": {"@id": "#jane"}},
        {"@type": "Person", "@id": "#jane", "name": "Jane Roe"},
    ]
    assert read_article([json.dumps({"@graph": graph})]).authors == ("Jane Roe",)


def test_the_page_around_the_article_fills_in_what_that_leaves_out() -> None:
    graph = [
        {"@type": "WebPage", "name": "Port fees | Tribune", "datePublished": "2026-03-02"},
        {"@type": "NewsArticle", "headline": "Port fees"},
    ]
    data = read_article([json.dumps({"@graph": graph})])
    assert (data.headline, data.published) == ("Port fees", "2026-03-02")


def test_a_teasers_data_is_not_the_articles() -> None:
    listed = {"@type": "ItemList", "itemListElement": [NEWS]}
    assert read_article([json.dumps(listed)]) == ArticleData()


@pytest.mark.parametrize(
    "script", ["", "null", "[]", "7", "[" * 100_000, '{"a":' * 100_000, "1" * 9_999]
)
def test_a_script_without_an_article_says_nothing(script: str) -> None:
    assert read_article([script]) == ArticleData()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["@type", "@id", "@graph", "author", "name", "headline", "url"]),
                inner,
            )
        ),
    )
)
def test_no_json_raises(value: object) -> None:
    read_article([json.dumps([value, {"@type": "NewsArticle", "author": value, "url": value}])])
