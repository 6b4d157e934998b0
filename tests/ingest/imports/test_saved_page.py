"""A saved page is the article that it says it is, or that its place makes it."""

import gzip
from datetime import UTC, datetime
from functools import partial

import pytest

from ingest.http import PAGE_LIMITS
from ingest.imports.items import Arrival, PassedOver, Unusable
from ingest.imports.saved_page import saved_page

# The time in a header would make every collection of these tests another.
gzipped = partial(gzip.compress, mtime=0)

AT = datetime(2025, 3, 4, tzinfo=UTC)
URL = "http://outlet.example/story.html"


def page(head: str, body: str = "<p>The envoy spoke.</p>") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    ("body", "address", "url"),
    [
        (page(f'<link rel="canonical" href="{URL}?utm_source=a">'), None, URL),
        (page(f'<meta property="og:url" content="{URL}">'), None, URL),
        (page(f'<script type="application/ld+json">{{"@type":"NewsArticle","url":"{URL}"}}'
              "</script>"), None, URL),
        (page("", f'<script type="application/ld+json">{{"@type":"NewsArticle","url":"{URL}"}}'
                  "</script>"), None, URL),
        (gzipped(page(f'<link rel="canonical" href="{URL}">')), None, URL),
        (page(f'<link rel="canonical" href="{URL}">'), "http://else.example/x.html", URL),
        (page('<link rel="canonical" href="/b.html">'), "http://else.example/x.html",
         "http://else.example/b.html"),
        (page(""), "http://else.example/x.html", "http://else.example/x.html"),
        (b"no markup at all", "http://else.example/x.html", "http://else.example/x.html"),
    ],
)  # fmt: skip
def test_a_saved_page_has_the_address_that_it_states(
    body: bytes, address: str | None, url: str
) -> None:
    found = saved_page(body, where="a.html", address=address, taken_at=AT)
    assert isinstance(found, Arrival)
    assert found.url == url
    assert found.page is not None
    assert (found.page.taken_at, found.page.url) == (AT, url)
    assert not found.page.body.startswith(b"\x1f\x8b")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (page(""), "--base"),
        (b"", "--base"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "--base"),
        (page('<link rel="canonical" href="/b.html">'), "--base"),
        (page('<link rel="canonical" href="javascript:alert(1)">'), "--base"),
        (page('<link rel="canonical" href="file:///etc/passwd">'), "--base"),
        (b"\x1f\x8b\x08 damaged", "gzip"),
        (gzipped(page(""))[:-8], "gzip"),
        (gzipped(b"<p>" * PAGE_LIMITS.unpacked_bytes), "larger than"),
        (b"<" * (PAGE_LIMITS.unpacked_bytes + 1), "larger than"),
    ],
)
def test_a_page_that_is_nowhere_is_told(body: bytes, says: str) -> None:
    found = saved_page(body, where="a.html", address=None, taken_at=AT)
    assert isinstance(found, Unusable)
    assert found.where == "a.html"
    assert says in found.reason


def test_a_front_page_is_passed_over() -> None:
    body = page('<link rel="canonical" href="http://outlet.example/">')
    found = saved_page(body, where="index.html", address=None, taken_at=AT)
    assert found == PassedOver("front page")
