"""What is fuzzed: a function of bytes each, which raises where a promise is broken."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ingest.dates import parse_date
from ingest.feeds.parse import Feed, FeedError, parse_feed
from ingest.pages.extract import extract_page
from ingest.text.charset import decode
from ingest.text.sanitise import clean_line, clean_text, html_to_line, html_to_text
from ingest.url import UrlError, canonical, host, origin, resolve
from tests.faults.strangers.dates import WAYS
from tests.faults.strangers.feeds import seeds
from tests.faults.strangers.pages import hostile_pages


@dataclass(frozen=True, slots=True)
class Target:
    """`check` must return for any bytes; `corpus` is what it begins with."""

    check: Callable[[bytes], None]
    corpus: Callable[[], Iterator[bytes]]
    longest: int = 4_096  # bytes of an input


def check_feed(data: bytes) -> None:
    """Only a FeedError, and nothing in a feed that could not be stored."""
    with suppress(FeedError):
        feed = parse_feed(data, content_type=None, url="http://outlet.example/feed.xml")
        for text in _texts(feed):
            assert clean_text(text) == text, repr(text)


def check_text(data: bytes) -> None:
    """Cleaning ends in something that cleaning leaves alone and UTF-8 can carry."""
    text = data.decode("utf-8", "surrogatepass") if _is_text(data) else data.decode("latin-1")
    for clean, again in (
        (clean_text, clean_text),
        (clean_line, clean_line),
        (html_to_text, clean_text),
        (html_to_line, clean_text),
    ):
        once = clean(text)
        assert again(once) == once, clean.__name__
        once.encode()
    assert "\n" not in clean_line(text)


def check_url(data: bytes) -> None:
    """A canonical URL is its own canonical form, and is ASCII of http or https."""
    text = data.decode("utf-8", "surrogateescape")
    resolved = resolve("http://outlet.example/a/b?c", text)
    for url in filter(None, (text, resolved)):
        with suppress(UrlError):
            once = canonical(url)
            assert canonical(once) == once
            assert once.isascii() and once.startswith(("http://", "https://"))
            assert origin(once) == origin(url) and host(once) == host(url)
    assert resolved is None or resolve("", resolved) == resolved


def check_date(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for country in (None, "CN", "US"):
        dated = parse_date(text, origin="feed", country=country)
        assert clean_line(dated.raw) == dated.raw


def check_charset(data: bytes) -> None:
    for declared in (None, "gb2312", "utf-8", "big5", "shift_jis"):
        text, encoding = decode(data, declared=declared)
        text.encode()
        assert isinstance(encoding, str)


def check_page(data: bytes) -> None:
    document = extract_page(data, url="http://outlet.example/a.html")
    for text in (document.title, document.text, *document.authors):
        assert clean_text(text) == text, repr(text)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _texts(feed: Feed) -> Iterator[str]:
    yield feed.title
    for entry in feed.entries:
        yield from (entry.title, entry.summary, entry.content, *entry.authors, *entry.categories)
        yield from filter(None, (entry.guid, entry.url, entry.language))
        yield from (dated.raw for dated in (entry.published, entry.updated) if dated)


def _page_corpus() -> Iterator[bytes]:
    return (page.body for page in hostile_pages() if len(page.body) < 20_000)


def _small_feeds() -> Iterator[bytes]:
    yield from seeds()
    yield b'<rss version="2.0"><channel><item><title>a</title><link>/b</link></item></channel>'
    yield b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>a</title></entry></feed>'
    yield b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"a","url":"/b"}]}'


def _urls() -> Iterator[bytes]:
    for url in (
        "http://outlet.example/a?utm_source=b&c=d#e", "https://www.outlet.example:443/%7Ea//b/../c",
        "HTTP://[::ffff:127.0.0.1]:80/", "//outlet.example/新闻?q=一", "http://例え.テスト/",
        "../a;b?c", "javascript:alert(1)", "http://a.example.:08080/?amp;gclid=1",
    ):  # fmt: skip
        yield url.encode()


def _dates() -> Iterator[bytes]:
    from datetime import UTC, datetime

    return (way.write(datetime(2026, 10, 3, 8, 5, tzinfo=UTC)).encode() for way in WAYS)


TARGETS: Mapping[str, Target] = {
    "feed": Target(check_feed, _small_feeds, longest=20_000),
    "text": Target(check_text, _page_corpus),
    "url": Target(check_url, _urls, longest=400),
    "date": Target(check_date, _dates, longest=120),
    "charset": Target(check_charset, _page_corpus),
    "page": Target(check_page, _page_corpus, longest=20_000),
}
