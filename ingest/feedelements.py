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


@dataclass(frozen=True, slots=True)
class Parsed:
    """What feedparser gives: its dictionaries of the feed and of each entry, and the version."""

    feed: dict[str, Any]
    entries: list[dict[str, Any]]
    version: str


def parse_strictly(text: str, url: str) -> Parsed:
    """Raises SAXException where the text is not well-formed, and whatever the handlers raise.

    The text has neither XML declaration nor DOCTYPE; `url` is the base of its links.
    """
    handler = _Strict(url, None, "utf-8")
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


def parse_loosely(text: str, url: str) -> Parsed:
    """Of any text as much as can be read; raises whatever the handlers raise."""
    handler = _Loose(url, None, "utf-8", {})
    handler.resolve_relative_uris = handler.sanitize_html = False
    handler.feed(text)
    return Parsed(handler.feeddata, handler.entries, handler.version)


class _Handlers:
    """Where feedparser's handlers mix up what we keep apart, or take quadratic time."""

    # Of feedparser's classes, which this one is mixed into.
    elementstack: list[Any]
    inauthor: int
    push: Callable[[str, int], None]
    push_content: Callable[[str, Any, str, int], None]
    _get_context: Callable[[], dict[str, Any]]

    # All of feedparser's, but for the guid: it identifies as it is written.
    can_be_relative_uri = StrictFeedParser.can_be_relative_uri - {"id"}

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
    pass


class _Loose(_Handlers, LooseFeedParser):  # type: ignore[misc]
    pass
