"""feedparser's element handlers over a feed's text, strictly as XML or loosely as tag soup.

Not `feedparser.parse`, for what it does around the handlers: it guesses encodings (we have decoded
by our own rule), opens what looks like a path or an address, and where one entry is broken it reads
the whole feed loosely, or raises.
"""

import io
import xml.sax
import xml.sax.handler
import xml.sax.xmlreader
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from feedparser.api import LooseFeedParser, StrictFeedParser

from ingest.feeds.links import means_a_link, mended, unescaped
from ingest.url import resolve

# A real tag has a dozen. The strict parser's time grows with their square: 40,000 take half a
# minute, these a millisecond.
MAX_ATTRIBUTES = 100
# Real feeds nest some ten levels, the HTML inside them some fifty. Every level is kept in memory.
MAX_DEPTH = 500
# Elements that one reading of a feed may cost, six seconds' worth. 5,000 entries of 20 have half of
# them; HTML that is escaped or in CDATA counts for none.
MAX_ELEMENTS = 200_000
# Read loosely, an element takes four times as long as strictly.
_LOOSE_COST = 4


@dataclass(frozen=True, slots=True)
class Parsed:
    """What feedparser gives: its dictionaries of the feed and of each entry, and the version."""

    feed: dict[str, Any]
    entries: list[dict[str, Any]]
    version: str


class TooCostly(xml.sax.SAXException):
    """The text would take too much time or memory to read."""


class Budget:
    """How many elements may still be read; shared by the parts of one feed."""

    def __init__(self) -> None:
        self._elements = MAX_ELEMENTS

    def spend(self, elements: int) -> None:
        self._elements -= elements
        if self._elements < 0:
            raise TooCostly(f"more than {MAX_ELEMENTS} elements")


def parse_strictly(text: str, url: str, budget: Budget) -> Parsed:
    """Raises SAXException where the text is not well-formed, TooCostly, which is one, beyond
    `budget`, and whatever the handlers raise.

    The text has neither XML declaration nor DOCTYPE. Links are given as they are written, resolved
    against xml:base alone, which is relative to `url`.
    """
    handler = _Strict("", None, "utf-8")
    handler.document_url = url
    handler.budget = budget
    handler.resolve_relative_uris = handler.sanitize_html = False
    reader = xml.sax.make_parser()
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(handler)
    reader.setErrorHandler(handler)
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(io.BytesIO(text.encode()))
    reader.parse(source)
    return Parsed(handler.feeddata, handler.entries, handler.version)


def parse_loosely(text: str, url: str, budget: Budget) -> Parsed:
    """Of any text as much as can be read; raises TooCostly and whatever the handlers raise."""
    handler = _Loose("", None, "utf-8", {})
    handler.document_url = url
    handler.budget = budget
    handler.resolve_relative_uris = handler.sanitize_html = False
    handler.feed(text)
    return Parsed(handler.feeddata, handler.entries, handler.version)


class _Handlers:
    """Where feedparser's handlers mix up what we keep apart, or take quadratic time."""

    document_url: str

    # Of feedparser's classes, which this one is mixed into.
    baseuri: str
    inentry: int
    elementstack: list[Any]
    inauthor: int
    push: Callable[[str, int], None]
    push_content: Callable[[str, Any, str, int], None]
    _get_context: Callable[[], dict[str, Any]]

    # All of feedparser's, but for the guid: it identifies as it is written.
    can_be_relative_uri = StrictFeedParser.can_be_relative_uri - {"id"}

    def resolve_uri(self, uri: str) -> str:
        """What a link is relative to, where the feed says so itself; else it stays as it is."""
        if self.inentry and not means_a_link(uri):
            return ""
        if not self.baseuri:
            return uri
        base = resolve(self.document_url, self.baseuri) or self.document_url
        return resolve(base, mended(unescaped(uri), base)) or uri

    def _start_guid(self, attributes: dict[str, str]) -> None:
        super()._start_guid(attributes)  # type: ignore[misc]
        permalink = attributes.get("ispermalink", "true").strip().lower() == "true"
        self._get_context()["guid_is_permalink"] = permalink

    _start_id = _start_guid

    # There, a second description of any kind is taken for the content.
    def _start_description(self, attributes: dict[str, str]) -> None:
        self.push_content("description", attributes, "text/html", 1)

    def _start_summary(self, attributes: dict[str, str]) -> None:
        self._summaryKey = "summary"
        self.push_content("summary", attributes, "text/plain", 1)

    # Captions of pictures, which there overwrite the entry's own title and description.
    def _start_media_title(self, _attributes: dict[str, str]) -> None:
        self.push("media_title", 1)

    def _end_media_title(self) -> None:
        self.pop("media_title")

    def _start_media_description(self, _attributes: dict[str, str]) -> None:
        self.push("media_description", 1)

    def _end_media_description(self) -> None:
        self.pop("media_description")

    # Quadratic there: in the lines before an element's text, in the length of an author, in the
    # number of an entry's categories.
    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        if self.elementstack:
            pieces = self.elementstack[-1][2]
            blank = next((n for n, piece in enumerate(pieces) if piece.strip()), len(pieces))
            del pieces[:blank]
        return super().pop(element, strip_whitespace)  # type: ignore[misc]

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        details = context.get(f"{key}s")
        if not self.inauthor and details and not details[-1]:
            details[-1]["name"] = context.get(key)

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        tags = self._get_context().setdefault("tags", [])
        if term or scheme or label:
            tags.append({"term": term, "scheme": scheme, "label": label})


class _Strict(_Handlers, StrictFeedParser):  # type: ignore[misc]
    budget: Budget

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 (SAX's)
        self.budget.spend(1)
        if len(attrs) > MAX_ATTRIBUTES:
            raise TooCostly(f"a tag with more than {MAX_ATTRIBUTES} attributes")
        if self.depth >= MAX_DEPTH:
            raise TooCostly(f"elements nested more than {MAX_DEPTH} deep")
        super().startElementNS(name, qname, attrs)


class _Loose(_Handlers, LooseFeedParser):  # type: ignore[misc]
    budget: Budget

    def unknown_starttag(self, tag: str, attrs: Any) -> None:
        self.budget.spend(_LOOSE_COST)
        super().unknown_starttag(tag, attrs)
