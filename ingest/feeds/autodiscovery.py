"""The feeds that a web page leads to: those that it declares, else what its links look like.

Autodiscovery as browsers and feed readers do it: `<link rel="alternate" type="application/rss+xml"
href="…">`. Pages that declare none often have a plain link to their feed all the same; such links
are guesses, to be asked before they are believed. The page is anybody's: its addresses are
resolved, cleaned and counted here, and whether they may be asked is the fetcher's to say.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import html

from ingest.text.charset import decode
from ingest.text.html_tree import parse
from ingest.text.sanitise import clean_line
from ingest.url import UrlError, canonical, resolve

# The types of RSS 1.0 and 2.0, Atom and JSON Feed, and what RSS was served as before it had one.
FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
        # what people write who know none of these
        "application/rss",
        "application/atom",
        "application/x-rss+xml",
        "application/x-atom+xml",
        "application/x-rss",
        "text/rss+xml",
        "text/rss",
        "text/atom+xml",
        "text/atom",
        "text/rdf+xml",
        "text/rdf",
    }
)
# Types that say nothing: of a feed if the address or the title does.
_ANY_TYPES = frozenset(
    {"", "application/json", "text/json", "text/plain", "application/octet-stream"}
)
# Newspapers declare a feed a section, and some have sixty; more is no help to anybody.
MOST_DECLARED = 100
# A guess costs its host a request.
MOST_GUESSED = 5
TITLE_CHARACTERS = 200

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]{1,40})", re.IGNORECASE)
# Words of an address that feeds have: /rss, /feed/, news.atom, feeds.example.org, ?format=rss
_FEED_WORD = re.compile(r"(?<![a-z0-9])(?:rss2?|atom|rdf|feeds?|feed\.json)(?![a-z0-9])", re.I)
_FEED_FILE = re.compile(r"/(?:index|feed|rss|atom)\.(?:xml|rdf|json)$", re.I)
_FEED_TITLE = re.compile(r"(?<![a-z0-9])(?:rss|atom|json feed|feed)(?![a-z0-9])|订阅|訂閱", re.I)
# What a blog offers beside its posts: the comments on them.
_COMMENTS = re.compile(r"(?<![a-z])comments?(?![a-z])", re.I)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page leads to; `declared` by the page, or guessed from how a link looks."""

    url: str
    title: str
    declared: bool


def feed_links(body: bytes, *, url: str, content_type: str | None) -> tuple[FeedLink, ...]:
    """The feeds of the page at `url` in the page's order, one for each address.

    Those that it declares, without those of comments where there are others; where it declares
    none, at most `MOST_GUESSED` links that look like feeds.
    """
    charset = _CHARSET.search(content_type or "")
    text, _ = decode(body, declared=charset[1] if charset else None)
    parsed = parse(text)
    if parsed is None:
        return ()
    base = _base(parsed.tree, url)
    declared = _distinct(_declared(parsed.tree, base), MOST_DECLARED)
    if declared:
        posts = tuple(link for link in declared if not _is_of_comments(link))
        return posts or declared
    return _distinct(_guessed(parsed.tree, base), MOST_GUESSED)


def _base(tree: html.HtmlElement, url: str) -> str:
    """What relative addresses are relative to: the first <base> that has one (HTML, 4.2.3)."""
    for element in tree.iter("base"):
        if element.get("href") is not None:
            return resolve(url, element.get("href")) or url
    return url


def _declared(tree: html.HtmlElement, base: str) -> Iterator[FeedLink]:
    for link in tree.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        alternate = "alternate" in relations and "stylesheet" not in relations
        is_feed = (alternate and kind in FEED_TYPES) or "feed" in relations
        if is_feed or (alternate and kind in _ANY_TYPES and _is_called_a_feed(link, base)):
            yield from _link(base, link.get("href"), link.get("title"), declared=True)


def _is_called_a_feed(link: html.HtmlElement, base: str) -> bool:
    """Whether a link of no telling type is one to a feed; most lead to other languages' pages."""
    address = resolve(base, link.get("href") or "")
    if address is None or "wp-json" in address or "oembed" in address:
        return False
    return _looks_like_a_feed(address) or bool(_FEED_TITLE.search(link.get("title") or ""))


def _guessed(tree: html.HtmlElement, base: str) -> Iterator[FeedLink]:
    for anchor in tree.iter("a"):
        for link in _link(base, anchor.get("href"), _text(anchor), declared=False):
            if _looks_like_a_feed(link.url):
                yield link


def _link(base: str, href: str | None, title: str | None, *, declared: bool) -> Iterator[FeedLink]:
    absolute = resolve(base, href or "")
    if absolute is None:
        return
    try:
        address = canonical(absolute)
    except UrlError:
        return
    yield FeedLink(address, clean_line((title or "")[:TITLE_CHARACTERS]), declared)


def _text(anchor: html.HtmlElement) -> str:
    return anchor.get("title") or anchor.text or ""


def _looks_like_a_feed(url: str) -> bool:
    parts = urlsplit(url)
    # Of the host only what stands before its own name: feeds.example.org, not feed.example.
    before_the_name = ".".join((parts.hostname or "").split(".")[:-2])
    return bool(
        _FEED_FILE.search(parts.path)
        or _FEED_WORD.search(f"{before_the_name} {parts.path} {parts.query}")
    )


def _is_of_comments(link: FeedLink) -> bool:
    return bool(_COMMENTS.search(f"{link.title} {urlsplit(link.url).path}"))


def _distinct(links: Iterable[FeedLink], most: int) -> tuple[FeedLink, ...]:
    found: dict[str, FeedLink] = {}
    for link in links:
        if link.url not in found:
            found[link.url] = link
            if len(found) == most:
                break
    return tuple(found.values())
