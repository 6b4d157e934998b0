from datetime import UTC, datetime

import pytest

from ingest.dates import Confidence, Dated, parse_date
from ingest.pages.head_metadata import Head, read_head
from ingest.pages.metadata import (
    canonical_link,
    choose_date,
    page_authors,
    page_date,
    page_language,
    searched_date,
    site_name,
    states_home_page,
)
from ingest.pages.titles import choose_title, page_titles
from ingest.text.html_tree import parse

URL = "https://www.tribune.example/world/port-fees"


def head_of(markup: str) -> Head:
    parsed = parse(markup)
    assert parsed is not None
    return read_head(parsed.tree)


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<title>Port fees halved</title>", "Port fees halved"),
        ("<title>Port fees halved | Tribune</title>", "Port fees halved"),
        ("<title>Port fees halved - tribune.example</title>", "Port fees halved"),
        ("<title>Tribune | Port fees halved</title>", "Port fees halved"),
        ("<title>Port fees - a primer</title>", "Port fees - a primer"),
        (
            "<title>Port fees halved - World - Trib</title><h1>Port fees halved</h1>",
            "Port fees halved",
        ),
        (
            "<meta property=og:site_name content='The Harbour Post'>"
            "<title>Port fees halved — The Harbour Post</title>",
            "Port fees halved",
        ),
        (
            "<meta name=application-name content=例报><title>港口收费减半_例报</title>",
            "港口收费减半",
        ),
        (
            "<meta name=application-name content=例报><title>港口收费减半-例报</title>",
            "港口收费减半",
        ),
        ("<title>x</title><meta property='og:title' content='Port &amp; fees'>", "Port & fees"),
        (
            "<meta property='og:title' content='Social'>"
            '<script type="application/ld+json">{"@type":"Report","headline":"Port fees"}</script>',
            "Port fees",
        ),
        ("<h1>Port <em>fees</em> halved</h1>", "Port fees halved"),
        ("<p>no title</p>", ""),
    ],
)
def test_the_title_is_the_headline_without_the_sites_name(markup: str, title: str) -> None:
    assert "".join(page_titles(head_of(markup), url=URL)[:1]) == title


@pytest.mark.parametrize(
    ("feed", "page", "chosen"),
    [
        ("", "Port fees halved", "Port fees halved"),
        ("Port fees halved", "", "Port fees halved"),
        ("Ministers agree to halve port…", "Ministers agree to halve port fees", "page"),
        ("Watch: Ministers halve port fees", "Ministers halve port fees", "page"),
        ("Ministers halve port fees", "Just a moment...", "feed"),
        ("Ministers halve port fees", "Tribune", "feed"),
        ("Ministers halve port fees", "Port", "feed"),
        ("Ministers halve port fees in Geneva", "Ministers halve port…", "feed"),
        ("中美同意港口收费减半", "中美同意港口收费减半 航运业欢迎", "page"),
        ("中美同意港口收费减半", "安全验证", "feed"),
    ],
)
def test_the_pages_title_wins_only_where_it_is_of_the_same_story(
    feed: str, page: str, chosen: str
) -> None:
    expected = {"page": page, "feed": feed}.get(chosen, chosen)
    assert choose_title(feed, page) == expected


@pytest.mark.parametrize(
    ("markup", "day", "origin", "confidence"),
    [
        (
            '<script type="application/ld+json">'
            '{"@type":"NewsArticle","datePublished":"2026-03-02T08:00:00Z"}</script>'
            "<meta property=article:published_time content=2026-03-01T00:00:00Z>",
            2,
            "json-ld",
            Confidence.SURE,
        ),
        (
            "<meta property='article:published_time' content='2026-03-01T08:00:00+08:00'>",
            1,
            "opengraph",
            Confidence.SURE,
        ),
        (
            "<meta itemprop='datePublished dateCreated' content='2026-03-04T00:00:00Z'>",
            4,
            "meta",
            Confidence.SURE,
        ),
        (
            "<meta name=pubdate content=nonsense><meta name=DC.date content=2026-03-04T01:00:00Z>",
            4,
            "meta",
            Confidence.SURE,
        ),
        (
            "<time datetime=2026-02-02T00:00:00Z></time>"
            "<time itemprop=datePublished datetime=2026-03-05T01:00:00Z></time>",
            5,
            "time-tag",
            Confidence.LIKELY,
        ),
        (
            "<meta name=date content='2026-03-03 10:00'>"
            "<meta name=dcterms.created content='2026-03-06T10:00:00Z'>",
            6,
            "meta",
            Confidence.SURE,
        ),
    ],
)
def test_the_surest_date_of_the_page_is_taken(
    markup: str, day: int, origin: str, confidence: Confidence
) -> None:
    dated = page_date(head_of(markup), url=URL, country=None)
    assert dated is not None
    assert dated.at is not None
    assert (dated.at.day, dated.origin, dated.confidence) == (day, origin, confidence)


def test_a_date_in_the_url_is_likely() -> None:
    dated = page_date(Head(), url="https://news.example/2026/03/02/port-fees", country=None)
    assert dated is not None
    assert (dated.at, dated.origin) == (datetime(2026, 3, 2, tzinfo=UTC), "url")
    assert dated.confidence is Confidence.LIKELY


@pytest.mark.parametrize("path", ["/1234567890", "/20261301/x", "/article/20260302123", ""])
def test_a_number_in_the_url_is_no_date(path: str) -> None:
    assert page_date(Head(), url=f"https://news.example{path}", country=None) is None


def test_a_date_in_the_text_is_a_guess() -> None:
    parsed = parse(
        "<html><body><p class=date>Published March 2, 2026</p><p>Text.</p></body></html>"
    )
    assert parsed is not None
    dated = searched_date(parsed.tree, url=URL, country=None)
    assert dated is not None
    assert (dated.at, dated.origin) == (datetime(2026, 3, 2, tzinfo=UTC), "text")
    assert dated.confidence is Confidence.GUESS


def feed_date(raw: str) -> Dated:
    return parse_date(raw, origin="feed")


def page_said(raw: str) -> Dated:
    return parse_date(raw, origin="json-ld")


@pytest.mark.parametrize(
    ("feed", "page", "origin"),
    [
        (feed_date("Mon, 02 Mar 2026 08:00:00 GMT"), page_said("2026-03-01T00:00:00Z"), "feed"),
        (feed_date("2026-03-02 08:00"), page_said("2026-03-02T07:59:00Z"), "json-ld"),
        (feed_date("2026-03-02 08:00"), page_said("2026-03-02 07:59"), "feed"),
        (feed_date("soon"), page_said("2026-03-02 07:59"), "json-ld"),
        (feed_date("soon"), None, "feed"),
        (None, page_said("2026-03-02"), "json-ld"),
    ],
)
def test_the_feeds_date_yields_only_to_a_surer_one(
    feed: Dated | None, page: Dated | None, origin: str
) -> None:
    chosen = choose_date(feed, page)
    assert chosen is not None
    assert chosen.origin == origin


def test_without_any_date_there_is_none() -> None:
    assert choose_date(None, None) is None


@pytest.mark.parametrize(
    ("markup", "link"),
    [
        ("<link rel=canonical href='/world/port-fees?utm_source=x'>", "world/port-fees"),
        ("<link rel='CANONICAL' href='https://www.tribune.example/a'>", "a"),
        ("<meta property=og:url content='https://www.tribune.example/b'>", "b"),
        ("<link rel=canonical href='javascript:x'><meta property=og:url content='/c'>", "c"),
        ("<base href='/d/'><link rel=canonical href='e'>", "d/e"),
        ("<link rel=canonical href='/'>", None),
        ("<link rel=canonical href='ftp://tribune.example/x'>", None),
        ("<link rel=canonical href='http://[::'>", None),
        ("<p>nothing</p>", None),
    ],
)
def test_the_canonical_link_is_resolved_and_http_only(markup: str, link: str | None) -> None:
    expected = None if link is None else f"https://www.tribune.example/{link}"
    assert canonical_link(head_of(markup), url=URL) == expected


def test_a_page_that_says_it_is_the_home_page_is_noticed() -> None:
    head = head_of("<link rel=canonical href=/><meta property=og:url content=/>")
    assert states_home_page(head, url=URL)
    assert not states_home_page(head, url="https://www.tribune.example/")
    assert not states_home_page(Head(), url=URL)


@pytest.mark.parametrize(
    ("markup", "names"),
    [
        (
            '<script type="application/ld+json">{"@type":"Report","author":"By Jane Roe"}</script>',
            ("Jane Roe",),
        ),
        ("<meta name=author content='Jane Roe and John Doe'>", ("Jane Roe", "John Doe")),
        ("<meta name=author content=Tribune><meta name=byl content='By Jane Roe'>", ("Jane Roe",)),
        ("<meta property=article:author content='https://social.example/jane'>", ()),
        ("<p class=byline>By Jane Roe</p>", ("Jane Roe",)),
        ("<a rel=author>Jane Roe</a>", ("Jane Roe",)),
        ("<meta name=authors content='Jane Roe, John Doe'>", ("Jane Roe", "John Doe")),
        ("<meta name=byline content='By Jane Roe in Seoul'>", ("Jane Roe",)),
        (
            '<script type="application/ld+json">{"@type":"Article","byline":"Jane Roe"}</script>',
            ("Jane Roe",),
        ),
        ("<p class='byline sc-1'>Jane Roe</p>", ("Jane Roe",)),
        ("<p class=byline>Jane Roe</p><aside><p class=byline>John Doe</p></aside>", ("Jane Roe",)),
        ("<ol class=comments><li><b class=author>John Doe</b></ol>", ()),
        ("<ul class=related-list><li><p class=byline>John Doe</ul>", ()),
        (
            "<article><p class=byline>Jane Roe</p></article>"
            "<article><h2>Other</h2><p class=byline>John Doe</p></article>",
            ("Jane Roe",),
        ),
        ("<div class=author>" + "Please keep to the rules of the house, " * 20 + "</div>", ()),
    ],
)
def test_authors_are_read_where_the_page_names_them(markup: str, names: tuple[str, ...]) -> None:
    parsed = parse(f"<meta property=og:site_name content=Tribune>{markup}")
    assert parsed is not None
    assert page_authors(read_head(parsed.tree), parsed.tree) == names


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ("<html lang=zh-CN><p>x", "zh"),
        ("<meta property=og:locale content=en_US><p>x", "en"),
        ("<html lang=''><p>x", None),
        ("<html lang='x-unknown'><p>x", None),
    ],
)
def test_the_declared_language_is_a_primary_tag(markup: str, language: str | None) -> None:
    assert page_language(head_of(markup)) == language


def test_the_site_is_named_by_opengraph_or_the_publisher() -> None:
    assert site_name(head_of("<meta property=og:site_name content=' The  Post '>")) == "The Post"
    data = '{"@type":"Article","headline":"x","publisher":{"name":"The Post"}}'
    assert site_name(head_of(f'<script type="application/ld+json">{data}</script>')) == "The Post"
    assert site_name(Head()) == ""
