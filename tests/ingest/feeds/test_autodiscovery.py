"""Which feeds a page leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.feeds.autodiscovery import MOST_DECLARED, MOST_GUESSED, FeedLink, feed_links
from tests.support import machine

PAGE = "https://news.example/world/index.html"
RSS = "application/rss+xml"


def links(markup: str | bytes, *, url: str = PAGE, content_type: str = "text/html") -> list[str]:
    return [link.url for link in found(markup, url=url, content_type=content_type)]


def found(
    markup: str | bytes, *, url: str = PAGE, content_type: str = "text/html"
) -> tuple[FeedLink, ...]:
    body = markup.encode() if isinstance(markup, str) else markup
    return feed_links(body, url=url, content_type=content_type)


def declared(href: str, kind: str = RSS, rel: str = "alternate", title: str = "") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}" title="{title}">'


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (declared("/rss.xml"), ["https://news.example/rss.xml"]),
        (declared("rss.xml"), ["https://news.example/world/rss.xml"]),
        (declared("//feeds.example/a"), ["https://feeds.example/a"]),
        (declared("HTTPS://Feeds.Example:443/a#top"), ["https://feeds.example/a"]),
        (declared("?feed=rss2"), ["https://news.example/world/index.html?feed=rss2"]),
        (declared("/a", "application/atom+xml"), ["https://news.example/a"]),
        (declared("/a", "application/feed+json"), ["https://news.example/a"]),
        (declared("/a", "Application/RSS+XML; charset=utf-8"), ["https://news.example/a"]),
        (declared("/a", "text/xml"), ["https://news.example/a"]),
        (declared("/a", "", rel="feed"), ["https://news.example/a"]),
        (declared("/a", rel="home ALTERNATE"), ["https://news.example/a"]),
        # in the body as well, where broken pages have them, and each address once
        (f"<body><p>{declared('/a')}{declared('/a')}{declared('/b')}", ["https://news.example/a",
                                                                       "https://news.example/b"]),
        # other alternates
        (declared("/de/", "text/html"), []),
        (declared("/style", rel="alternate stylesheet"), []),
        (declared("/oembed", "application/json+oembed"), []),
        (declared("/wp-json", "application/json"), []),
        (declared("/a", rel="canonical"), []),
        # addresses that are none
        (declared(""), []),
        (declared("javascript:alert(1)"), []),
        (declared("file:///etc/passwd"), []),
        (declared("data:text/xml,%3Crss/%3E"), []),
        (declared("http://user:secret@news.example/rss"), []),
        (declared("http://[::1/rss"), []),
        (declared("http:///rss"), []),
    ],
)  # fmt: skip
def test_a_page_declares_its_feeds(markup: str, expected: list[str]) -> None:
    assert links(f"<html><head>{markup}</head></html>") == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("/europe/", "https://news.example/europe/rss.xml"),
        ("https://cdn.example/x/", "https://cdn.example/x/rss.xml"),
        ("javascript:0", "https://news.example/world/rss.xml"),
        ("", "https://news.example/world/rss.xml"),
    ],
)
def test_addresses_are_relative_to_the_base_that_the_page_names(base: str, expected: str) -> None:
    second = '<base href="https://late.example/">'
    markup = f'<head><base target="_top"><base href="{base}">{second}{declared("rss.xml")}</head>'
    assert links(markup) == [expected]


def test_titles_are_one_clean_line() -> None:
    [link] = found(declared("/a", title="World \x1b[31m\n &amp; more" + "!" * 999))
    assert link.title.startswith("World")
    assert "\x1b" not in link.title
    assert "\n" not in link.title
    assert "& more" in link.title
    assert len(link.title) <= 200
    assert link.declared


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (declared("/feed/", title="News"), ["https://news.example/feed/"]),
        (
            declared("/feed/", title="News") + declared("/comments/feed/", title="News: Comments"),
            ["https://news.example/feed/"],
        ),
        (
            declared("/feed/", title="News") + declared("/x", title="Comments on News"),
            ["https://news.example/feed/"],
        ),
        (declared("/comments/feed/"), ["https://news.example/comments/feed/"]),
    ],
)
def test_the_comments_on_a_blog_are_not_its_news(markup: str, expected: list[str]) -> None:
    assert links(markup) == expected


@pytest.mark.parametrize(
    ("href", "is_one"),
    [
        ("/rss", True),
        ("/rss/world", True),
        ("/services/feed.xml", True),
        ("/world.rss", True),
        ("/index.xml", True),
        ("/news/atom", True),
        ("/?format=rss", True),
        ("https://feeds.other.example/world", True),
        ("/feed.json", True),
        ("/animals/feeding-time.html", False),
        ("/2026/press.html", False),
        ("/atomic-energy", False),
        ("https://feed.example/", False),
        ("/sitemap.xml", False),
        ("mailto:rss@news.example", False),
    ],
)
def test_without_a_declaration_links_that_look_like_feeds_are_guessed(
    href: str, is_one: bool
) -> None:
    guessed = found(f'<body><a href="/about">About</a><a href="{href}">Feed</a></body>')
    assert [link.declared for link in guessed] == [False] * is_one


def test_a_guess_is_not_made_where_the_page_declares() -> None:
    assert links(declared("/a") + '<a href="/rss">RSS</a>') == ["https://news.example/a"]


def test_a_page_of_another_charset_is_read() -> None:
    markup = f"<html><head>{declared('/rss', title='国际新闻')}</head></html>".encode("gb18030")
    [link] = found(markup, content_type="text/html; charset=gbk")
    assert link.title == "国际新闻"


def test_a_hostile_page_has_only_so_many_feeds_and_takes_only_so_long() -> None:
    def read() -> None:
        many = "".join(declared(f"/{number}") for number in range(20_000))
        assert len(links(many)) == MOST_DECLARED
        anchors = "".join(f'<a href="/rss/{number}">x</a>' for number in range(20_000))
        assert len(links(anchors)) == MOST_GUESSED
        nested = "<div>" * 50_000 + declared("/deep")
        assert links(nested) in ([], ["https://news.example/deep"])
        assert links(declared("/" + "a" * 200_000)) == []
        assert links("<link " + "rel=alternate " * 100_000 + ">") == []

    assert machine.cpu_seconds(read) < 20


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_lead_to_addresses_or_none(body: bytes) -> None:
    page = b'<link rel=alternate type="application/rss+xml" href="' + body + b'">' + body
    for link in feed_links(page, url=PAGE, content_type=None):
        assert link.url.startswith(("http://", "https://"))
