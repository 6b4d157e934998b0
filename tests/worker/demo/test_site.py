"""The demo wire's web server: honest validators, whole editions, and it says it is invented."""

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ingest.url import host
from tests.support import machine
from worker.demo.printing import typeset
from worker.demo.site import DemoSite, Resource, fresh

NOON = datetime(2001, 2, 3, 12, tzinfo=UTC)
PAGE = Resource(b"<p>ink</p>", "text/html", NOON)


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def get(
    site: DemoSite, url: str, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(
        site.base.removeprefix("http://"), timeout=machine.scaled(5)
    )
    try:
        connection.request("GET", url.removeprefix(site.base), headers=headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("if_none_match", "if_modified_since", "expected"),
    [
        (None, None, False),
        (PAGE.etag, None, True),
        (f'"other", W/{PAGE.etag}', None, True),
        ("*", None, True),
        ('"other"', None, False),
        # The tag decides where both are sent.
        ('"other"', format_datetime(NOON + timedelta(days=1)), False),
        (None, format_datetime(NOON), True),
        (None, format_datetime(NOON + timedelta(seconds=1)), True),
        (None, format_datetime(NOON - timedelta(seconds=1)), False),
        (None, "the day before yesterday", False),
        (None, "Sat, 03 Feb 2001 13:00:00", False),
    ],
)
def test_a_copy_is_fresh_by_its_tag_and_else_by_its_date(
    if_none_match: str | None, if_modified_since: str | None, expected: bool
) -> None:
    assert fresh(PAGE, if_none_match=if_none_match, if_modified_since=if_modified_since) is expected


def test_every_feed_answers_and_answers_304_to_its_own_validators(site: DemoSite) -> None:
    for spec in site.feeds():
        response, body = get(site, spec.url)
        assert (response.status, len(body) > 500) == (200, True)
        etag, date = response.headers["ETag"], response.headers["Last-Modified"]
        for headers in ({"If-None-Match": etag}, {"If-Modified-Since": date}):
            again, nothing = get(site, spec.url, headers)
            assert (again.status, nothing) == (304, b""), headers


def test_every_page_answers_where_the_catalogue_of_articles_says(site: DemoSite) -> None:
    for article in site.articles():
        response, _ = get(site, article.url)
        assert response.status == 200
        assert (response.headers["Content-Type"] or "").startswith("text/html")


def test_one_connection_serves_many_requests(site: DemoSite) -> None:
    connection = http.client.HTTPConnection(
        site.base.removeprefix("http://"), timeout=machine.scaled(5)
    )
    connection.connect()
    first_socket = connection.sock
    for article in site.articles()[:5]:
        connection.request("GET", article.url.removeprefix(site.base))
        assert connection.getresponse().read()
        assert connection.sock is first_socket
    connection.close()


def test_the_second_edition_changes_the_edited_pages_and_the_feeds_that_list_them(
    site: DemoSite,
) -> None:
    urls = [article.url for article in site.articles()]
    feeds = [spec.url for spec in site.feeds()]
    before = {url: get(site, url)[1] for url in urls + feeds}
    tags = {url: get(site, url)[0].headers["ETag"] for url in feeds}

    site.second_release()

    edited = {article.url for article in site.articles() if article.edited}
    assert len(edited) >= 2
    changed_feeds = {url for url in feeds if get(site, url, {"If-None-Match": tags[url]})[1]}
    assert changed_feeds == {
        url for url in feeds if any(page.startswith(url.rpartition("/")[0]) for page in edited)
    }
    assert all(get(site, url)[1] != before[url] for url in edited)
    sources = {url.rpartition("/")[0] for url in edited}
    others = [url for url in urls if url.rpartition("/")[0] not in sources]
    assert all(get(site, url)[1] == before[url] for url in others)


def test_edited_articles_keep_their_addresses_and_their_day_of_publication(site: DemoSite) -> None:
    before = {article.url: article for article in site.articles()}
    assert not any(article.edited for article in before.values())
    site.second_release()
    for article in site.articles():
        assert article.published == before[article.url].published
        changed = article.paragraphs != before[article.url].paragraphs
        assert changed is article.edited


def test_a_link_through_a_redirect_leads_to_the_page(site: DemoSite) -> None:
    elsewhere = [a for a in site.articles() if a.link.partition("?")[0] != a.url]
    assert elsewhere
    for article in elsewhere:
        response, _ = get(site, article.link)
        assert (response.status, response.headers["Location"]) == (302, article.url)


def test_every_front_page_and_every_article_says_that_the_outlet_is_invented(
    site: DemoSite,
) -> None:
    said = ("invented", "虚构", "虛構")
    homes = [spec.home_url for spec in site.feeds() if spec.home_url]
    assert len(homes) == len(site.feeds())
    for url in homes + [article.url for article in site.articles()]:
        response, body = get(site, url)
        charset = "gb18030" if b"gb18030" in body else "utf-8"
        assert response.status == 200
        assert any(word in body.decode(charset) for word in said), url


def test_robots_are_let_in_but_not_to_the_search(site: DemoSite) -> None:
    response, body = get(site, f"{site.base}/robots.txt")
    assert response.status == 200
    assert body.decode().splitlines() == ["User-agent: *", "Disallow: /search", "Allow: /"]


def test_what_is_not_there_is_not_found(site: DemoSite) -> None:
    assert get(site, f"{site.base}/lotus-harbour-post/no-such-page")[0].status == 404


def test_the_site_is_on_loopback_only_and_gone_when_it_is_left() -> None:
    with DemoSite() as site:
        base = site.base
        assert host(base) == "127.0.0.1"
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=machine.scaled(5))
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/")


@pytest.mark.parametrize(
    ("plain", "printed"),
    [
        ('"Ink," she said.', "“Ink,” she said."),
        ("the owner's press", "the owner’s press"),
        ('He said: "It\'s late."', "He said: “It’s late.”"),
        ('("quite so")', "(“quite so”)"),
        ("late - and wet", "late – and wet"),
        ("half-past", "half-past"),
    ],
)
def test_typographic_outlets_print_curly_quotes_and_dashes(plain: str, printed: str) -> None:
    assert typeset(plain) == printed
