import pytest

from ingest.feeds.catalogue import (
    CatalogueError,
    FeedSpec,
    load_catalogue,
    read_catalogue,
    read_feed_list,
)
from ingest.feeds.opml import write_opml

ENTRY = """
[[feed]]
url = "https://ledger.example/rss"
title = "World"
source = "Harbour Ledger"
home_url = "https://ledger.example/"
country = "SG"
language = "en"
kind = "newspaper"
state_media = true
"""
SPEC = FeedSpec(
    url="https://ledger.example/rss",
    title="World",
    source="Harbour Ledger",
    home_url="https://ledger.example/",
    country="SG",
    language="en",
    kind="newspaper",
    state_media=True,
)


def test_a_catalogue_entry_is_read_whole():
    assert read_catalogue(ENTRY) == (SPEC,)


def test_only_the_url_is_needed():
    url = "https://ledger.example/rss"
    assert read_catalogue(f'[[feed]]\nurl = "{url}"') == (FeedSpec(url=url),)


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ("[[feed]", "not TOML"),
        ("", "made of"),
        ("[feed]\nurl = 'https://a.example/'", "made of"),
        (ENTRY + "[other]\n", "made of"),
        ("[[feed]]\ntitle = 'x'", "feed 1.*url is missing"),
        ("[[feed]]\nurl = 'ftp://a.example/'", "http"),
        ("[[feed]]\nurl = 7", "url is not a text"),
        (ENTRY.replace("SG", "Singapore"), "country"),
        (ENTRY.replace('"en"', '"English"'), "language"),
        (ENTRY.replace('"newspaper"', '"paper"'), "kind"),
        (ENTRY.replace("true", "'yes'"), "state_media"),
        (ENTRY.replace("Harbour Ledger", "报" * 301), "source.*301 characters; it may have 300"),
        (ENTRY.replace("home_url", "homepage"), "unknown key 'homepage'"),
        (ENTRY + ENTRY, "feed 2.*listed twice"),
    ],
)
def test_what_is_not_in_order_is_named(toml, reason):
    with pytest.raises(CatalogueError, match=reason):
        read_catalogue(toml)


def test_a_name_of_the_greatest_length_is_kept():
    (spec,) = read_catalogue(ENTRY.replace("Harbour Ledger", "报" * 300))
    assert spec.source == "报" * 300


def test_the_shipped_catalogue_is_in_order():
    specs = load_catalogue()
    assert len({spec.url for spec in specs}) == len(specs) > 0


def test_a_plain_list_is_one_url_a_line_with_comments():
    body = (
        b"\xef\xbb\xbf# my feeds\r\n\r\nhttps://a.example/rss\r\n"
        b"  https://b.example/rss#frag  # the second\nhttps://a.example/rss\n"
    )
    assert read_feed_list(body).specs == (
        FeedSpec(url="https://a.example/rss"),
        FeedSpec(url="https://b.example/rss#frag"),
    )


def test_opml_is_told_apart_by_its_content():
    assert read_feed_list(write_opml([SPEC])).specs == (SPEC,)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no feed in this list"),
        (b"# nothing\n", "no feed in this list"),
        (b"<opml version='2.0'><body/></opml>", "no feed in this list"),
        (b"\nnot a url\n", "line 2"),
        (b"https://a.example/ and more", "line 1"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "line 1"),
        (b"<html><body>x</body></html>", "no OPML"),
        (
            b"<opml version='2.0'><body><outline xmlUrl='https://a.example/' source='%b'/></body>"
            b"</opml>" % (b"x" * 18_000),
            "line 1: source.*18,000 characters",
        ),
    ],
)
def test_a_list_that_cannot_be_used_says_where_and_why(body, reason):
    with pytest.raises(CatalogueError, match=reason):
        read_feed_list(body)
