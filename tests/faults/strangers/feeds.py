"""Feeds mutated thousands of times: what comes of each is a feed or a FeedError."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

from ingest.feeds.parse import FeedError, parse_feed
from tests.faults.rows import Row, row
from worker.demo.feeds import render_feed
from worker.demo.printing import current_issue
from worker.demo.wire import load_wire

_NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)

# What breaks parsers when it stands where nobody expects it.
_WORDS = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?", b"?>", b"<!DOCTYPE a [",
    b'<!ENTITY a "&a;">', b"&a;", b"&#0;", b"&#x1b;", b"&#xD800;", b"&#xFFFE;", b"&#99999999999;",
    b"\x00", b"\x1b", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0",
    b'"', b"'", b"=", b"{", b"}", b"[", b"]", b":", b",", b"\\u", b"\\ud800", b"null", b"1e999",
    b"<item>", b"</item>", b"<entry>", b"</entry>", b"</channel>", b"</rss>", b"<rss>", b"<title>",
    b"<link/>", b'<link href="http://[::1"/>', b"<guid>", b"http://[", b"javascript:", b"//", b"%",
    b'xml:base="http://["', b'xmlns:a="b"', b'encoding="utf-16"', b'encoding="idna"', b"<a:b>",
    b"<pubDate>99999999999999</pubDate>", b"<updated>0000-00-00T99:99:99Z</updated>", b"<content>",
    b'<content type="xhtml">', b"<media:content url='x' fileSize='-1'>", b"<enclosure length='a'/>",
    b"<georss:point>1</georss:point>", b"<gml:Polygon>", b"<itunes:duration>", b"a" * 5_000,
)  # fmt: skip


def seeds() -> list[bytes]:
    """The demo's feeds: RSS 2.0, RSS 1.0, Atom and JSON Feed, in UTF-8 and in GB 18030."""
    return [
        render_feed(current_issue(source, base="http://a.example/", started=_NOW, revised=None))
        for source in load_wire()
    ]


def mutated(rng: random.Random, body: bytes) -> bytes:
    """The body with one to twelve small or large wounds."""
    wounded = bytearray(body)
    for _ in range(rng.choice((1, 1, 2, 3, 6, 12))):
        rng.choice(_WOUNDS)(rng, wounded)
    return bytes(wounded)


def feeds(mutations: int = 20_000) -> Row:
    rng = random.Random(5)
    given = seeds()
    uncaught, refused, entries = [], 0, 0
    for number in range(mutations):
        body = mutated(rng, given[number % len(given)])
        try:
            entries += len(parse_feed(body, content_type=None, url="http://a.example/").entries)
        except FeedError:
            refused += 1
        except Exception as error:
            uncaught.append(f"{type(error).__name__} at mutation {number}")
    return row(
        "mutated feeds",
        times=mutations,
        items=entries,
        asked="0 uncaught",
        measured=f"{len(uncaught)} uncaught, {refused} refused {' '.join(uncaught[:2])}".rstrip(),
        ok=not uncaught,
    )


# --- wounds --------------------------------------------------------------------------------------


def _somewhere(rng: random.Random, body: bytearray) -> int:
    return rng.randrange(len(body) + 1)


def _flip(rng: random.Random, body: bytearray) -> None:
    if body:
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)


def _replace(rng: random.Random, body: bytearray) -> None:
    if body:
        body[rng.randrange(len(body))] = rng.randrange(256)


def _delete(rng: random.Random, body: bytearray) -> None:
    at = _somewhere(rng, body)
    del body[at : at + rng.choice((1, 2, 10, 100, 2_000))]


def _insert(rng: random.Random, body: bytearray) -> None:
    at = _somewhere(rng, body)
    body[at:at] = rng.choice(_WORDS)


def _insert_at_a_tag(rng: random.Random, body: bytearray) -> None:
    at = body.find(b"<", _somewhere(rng, body))
    body[at:at] = rng.choice(_WORDS)


def _repeat(rng: random.Random, body: bytearray) -> None:
    at = _somewhere(rng, body)
    piece = bytes(body[at : at + rng.choice((5, 50, 500))])
    body[at:at] = piece * rng.choice((1, 2, 30))


def _swap(rng: random.Random, body: bytearray) -> None:
    one, other = sorted((_somewhere(rng, body), _somewhere(rng, body)))
    size = rng.choice((3, 30, 300))
    piece = bytes(body[other : other + size])
    body[one:one] = piece


def _cut(rng: random.Random, body: bytearray) -> None:
    del body[_somewhere(rng, body) :]


_WOUNDS: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _flip, _flip, _replace, _delete, _delete, _insert, _insert, _insert_at_a_tag, _insert_at_a_tag,
    _repeat, _swap, _cut,
)  # fmt: skip
