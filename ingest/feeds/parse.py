"""The bytes of a feed to Feed and Entry: what is it at all, in which encoding, and who reads it."""

import re

from ingest.feeds.json_feed import parse_json_feed
from ingest.feeds.model import (
    MAX_ENTRIES,
    EmptyFeed,
    Entry,
    Feed,
    FeedError,
    NotAFeed,
    Unreadable,
)
from ingest.feeds.rss_atom import parse_xml_feed
from ingest.text.charset import decode

__all__ = [
    "MAX_ENTRIES",
    "EmptyFeed",
    "Entry",
    "Feed",
    "FeedError",
    "NotAFeed",
    "Unreadable",
    "parse_feed",
]

_BINARY = (
    (b"\x1f\x8b", "gzip data"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a WebP image or other media"),
    (b"\x00\x00\x01\x00", "an icon"),
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';,]{1,40})""", re.IGNORECASE)

_FEED_ROOTS = ("rss", "feed", "rdf", "channel")
_OTHER_ROOTS = {
    "html": "an HTML page",
    "head": "an HTML page",
    "body": "an HTML page",
    "script": "an HTML page",
    "opml": "an OPML list of feeds",
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap",
}
_START_TAG = re.compile(r"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
# A feed's root behind something else: a server script's warnings, or a page wrapped around it.
_LATE_ROOT = re.compile(
    r"<(?:rss(?:\s[^<>]*version|\s*>\s*<channel)|(?:\w+:)?feed\s[^<>]*xmlns|rdf:RDF\s)",
    re.IGNORECASE,
)
_LATE_JSON = re.compile(
    r'\{\s*(?:"\w{1,40}"\s*:\s*"[^"{}]{0,2000}"\s*,\s*){0,9}'
    r'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org'
)
_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_JSON_CALL = re.compile(r"(?:[\w.$]{1,80}\s*\(\s*\{|\)\]\}')")
# Characters. Warnings are a few lines, a page's scripts and styles some hundred thousand.
_LOOK_BEHIND = 1_000_000


def parse_feed(
    body: bytes, *, content_type: str | None, url: str, country: str | None = None
) -> Feed:
    """Read RSS 0.9–2.0, RDF, Atom or JSON Feed.

    `content_type` is the Content-Type header, `url` where the bytes came from (relative links are
    resolved against it), `country` the publisher's, for dates. Raises EmptyFeed, NotAFeed or
    Unreadable, and nothing else; where a broken feed gives some entries, they are returned and
    `damaged` says what was wrong.
    """
    if not body.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise EmptyFeed("the answer has no content")
    for magic, name in _BINARY:
        if body.startswith(magic):
            raise NotAFeed(f"{name}, not a feed")
    charset = _CHARSET.search(content_type or "")
    text, _ = decode(body, declared=charset[1] if charset else None)
    text = text.lstrip("\ufeff\x00 \t\r\n")
    start = _json_start(text)
    if start is not None:
        return parse_json_feed(text[start:], url=url, country=country)
    return parse_xml_feed(_without_rest(text[_root(text) :]), url=url, country=country)


def _json_start(text: str) -> int | None:
    """Where a document in JSON begins; None where there is none."""
    if text.startswith(("{", "[")) or _JSON_CALL.match(text):
        return 0
    late = _LATE_JSON.search(text, 0, _LOOK_BEHIND)
    return late.start() if late else None


def _without_rest(text: str) -> str:
    """The feed without what stands behind its root element: the end of a page around it."""
    root = _START_TAG.match(text)
    if root is None:
        return text
    end = f"</{root[0][1:]}>"
    position = text.rfind(end)
    if position < 0 or _ENTRY.search(text, position):
        return text  # entries that went on behind the end are not lost
    return text[: position + len(end)]


def _root(text: str) -> int:
    """Where the feed's root element begins. NotAFeed says what is there instead."""
    position = _after_prolog(text)
    found = _START_TAG.match(text, position)
    if found is None:
        raise NotAFeed("neither XML nor JSON")
    name = found[2].lower()
    if name in _FEED_ROOTS:
        return position
    if late := _LATE_ROOT.search(text, position, position + _LOOK_BEHIND):
        return late.start()
    raise NotAFeed(
        _OTHER_ROOTS.get(name, f"markup that begins with <{name[:40]}>") + ", not a feed"
    )


def _after_prolog(text: str) -> int:
    """The position of the first start tag: after declaration, comments, DOCTYPE, stray text."""
    position = 0
    while (position := text.find("<", position)) >= 0:
        if text.startswith("<!--", position):
            end, length = text.find("-->", position), 3
        elif text.startswith("<?", position):
            end, length = text.find("?>", position), 2
        elif text.startswith("<!", position):
            end, length = _doctype_end(text, position), 1
        elif _START_TAG.match(text, position):
            return position
        else:
            end, length = position, 1
        if end < 0:
            break
        position = end + length
    return len(text)


def _doctype_end(text: str, position: int) -> int:
    end, subset = text.find(">", position), text.find("[", position)
    if 0 <= subset < end:  # an internal subset has > of its own
        subset_end = text.find("]", subset)
        return text.find(">", subset_end) if subset_end >= 0 else -1
    return end
