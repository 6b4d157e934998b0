"""RSS 0.9–2.0, RDF and Atom, as feedparser reads them, to Feed and Entry.

A feed that is not well-formed is read entry by entry, so that a broken one costs no other.
"""

import html
import re
import xml.sax
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ingest.dates import Dated, parse_date
from ingest.feeds.feedparser_handlers import (
    Budget,
    Parsed,
    TooCostly,
    parse_loosely,
    parse_strictly,
)
from ingest.feeds.links import entry_link
from ingest.feeds.model import (
    MAX_ENTRIES,
    Entry,
    Feed,
    NotAFeed,
    Unreadable,
    text_line,
    title_line,
)
from ingest.text.sanitise import clean_line, clean_text
from ingest.text.xml_references import well_escaped
from ingest.url import host, resolve

# Real feeds declare some fifteen; feedparser walks through all of them at every element.
MAX_NAMESPACES = 100
# Ten megabytes of escaped tags alone hold 1.8 million; a bare one becomes five characters.
MAX_REFERENCES = 2_000_000
# It is read again with every entry of a broken feed; real ones have some 1,500 characters.
MAX_ROOT_TAG = 20_000
# Of a broken feed, characters that are read loosely, a root tag with every entry included. Feeds in
# which every entry is broken weigh a few hundred thousand.
MAX_READ_LOOSELY = 2_000_000
# A year in minutes. The longest sy:updatePeriod is a year too; beyond is an error.
LONGEST_TTL = 525_600
# A name with an address; what is longer is prose.
MAX_AUTHOR = 300

_PERIODS = {  # seconds, of the RSS syndication module
    "hourly": 3_600,
    "daily": 86_400,
    "weekly": 604_800,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
}


def parse_xml_feed(text: str, *, url: str, country: str | None) -> Feed:
    """The feed in this text, which begins with the root element and was fetched from `url`.

    Raises NotAFeed where the XML is of another kind, Unreadable where nothing can be saved.
    """
    text = clean_text(text)
    if text.count("&") > MAX_REFERENCES:
        raise Unreadable(f"more than {MAX_REFERENCES:,} ampersands")
    text = well_escaped(text)
    if len(set(_NAMESPACE.findall(text))) > MAX_NAMESPACES:
        raise Unreadable(f"declares more than {MAX_NAMESPACES} namespaces")
    text, damaged = _first_entries(text)
    try:
        parsed = parse_strictly(text, url, Budget())
    except Exception as error:  # the handlers raise anything on feeds that are broken
        parsed, lost = _parse_by_entry(text, url)
        damaged = f"broken XML ({_reason(error)})" + (f"; {lost} entries are lost" if lost else "")
        if not parsed.entries and not parsed.feed.get("title"):
            raise Unreadable(f"broken XML ({_reason(error)})") from None
    if not parsed.version and not parsed.entries:
        raise NotAFeed("XML, but neither RSS nor Atom")
    return _Mapper(url, country, parsed.version, url).feed(parsed, damaged)


def _reason(error: Exception) -> str:
    if isinstance(error, xml.sax.SAXParseException):
        return f"line {error.getLineNumber()}: {error.getMessage()}"
    if isinstance(error, TooCostly):
        return error.getMessage()
    return type(error).__name__


# --- text that an XML parser takes ---------------------------------------------------------------

_NAMESPACE = re.compile(r"\sxmlns:([\w.\-]+)\s*=")
_ROOT_TAG = re.compile(r"<([\w.\-:]+)[^<>]*>")
_ENTRY_START = re.compile(r"<(?:[\w.\-]+:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:[\w.\-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_CHANNEL_TAG = re.compile(r"<(/?)((?:[\w.\-]+:)?channel)(?=[\s>])", re.IGNORECASE)


def _first_entries(text: str) -> tuple[str, str | None]:
    """The feed with no more than MAX_ENTRIES entries, and a word on it if there were more."""
    starts = (found.start() for found in _ENTRY_START.finditer(text))
    for number, start in enumerate(starts):
        if number == MAX_ENTRIES:
            return _closed(text[:start]), f"more than {MAX_ENTRIES} entries; the first were read"
    return text, None


def _closed(text: str) -> str:
    """A feed that was cut between entries, with its channel and its root closed."""
    channel = ""
    for tag in _CHANNEL_TAG.finditer(text):
        channel = "" if tag[1] else f"</{tag[2]}>"
    return text + channel + _root_tags(text)[1]


def _root_tags(text: str) -> tuple[str, str]:
    root = _ROOT_TAG.match(text)
    if root is None or len(root[0]) > MAX_ROOT_TAG:
        raise Unreadable("broken XML (the first tag has no end)")
    return root[0], f"</{root[1]}>"


# --- broken feeds, entry by entry ---------------------------------------------------------------


def _parse_by_entry(text: str, url: str) -> tuple[Parsed, int]:
    """What can be read of a broken feed, and how many entries could not.

    The last entry of a feed that was cut off is one of those: half of its text, or of its link,
    would be wrong, and the next poll has it whole. So are those beyond what one poll may cost.
    """
    saving = _Saving(url)
    starts = [found.start() for found in _ENTRY_START.finditer(text)]
    head = saving.parse(_closed(text[: starts[0]] if starts else text))
    opening, closing = _root_tags(text)
    entries = []
    for start, end in pairwise((*starts, len(text))):
        ends = list(_ENTRY_END.finditer(text, start, end))
        if not ends and end == len(text):
            continue
        whole = text[start : ends[-1].end() if ends else end]
        parsed = saving.parse(opening + whole + closing)
        entries += parsed.entries if parsed else []
    feed = Parsed(head.feed if head else {}, entries, head.version if head else "")
    return feed, max(0, len(starts) - len(entries))


class _Saving:
    """Reads the parts of one broken feed, as long as they cost no more than a feed may."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._budget = Budget()
        self._loosely = MAX_READ_LOOSELY

    def parse(self, text: str) -> Parsed | None:
        with suppress(Exception):  # see parse_xml_feed
            return parse_strictly(text, self._url, self._budget)
        if len(text) <= self._loosely:
            self._loosely -= len(text)
            with suppress(Exception):
                return parse_loosely(text, self._url, self._budget)
        return None


# --- what feedparser gives, to what we keep ------------------------------------------------------

_ADDRESS = re.compile(r"<[^<>]*@[^<>]*>|\([^()]*@[^()]*\)|(?<!\S)[^\s@()<>]+@[^\s@()<>]+(?!\S)")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_BYLINE = re.compile(r"(?:by|von|par|por|文/|记者)[\s:：]+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
_HTML_TYPES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class _Mapper:
    url: str
    country: str | None
    version: str
    base: str  # of relative links, where no xml:base is

    def _base(self, home: str | None) -> str:
        """RSS does not say what links are relative to: to the channel's, in most feeds.

        Atom says to its own address; where that is on another host than the site, the site's.
        """
        if home is None:
            return self.url
        is_atom = self.version.startswith("atom")
        return self.url if is_atom and host(home) == host(self.url) else home

    def feed(self, parsed: Parsed, damaged: str | None) -> Feed:
        feed = parsed.feed
        home = self._home(feed)
        entries = replace(self, base=self._base(home))
        return Feed(
            title=self._title(feed),
            home_url=home,
            language=_language(_text(feed, "language")),
            version=self.version or "unknown",
            ttl=_ttl(feed),
            update_period=_update_period(feed),
            hub_url=self._related(feed, "hub"),
            self_url=self._related(feed, "self"),
            entries=tuple(entries._entries(parsed.entries)),
            damaged=damaged,
        )

    def _entries(self, given: list[dict[str, Any]]) -> Iterator[Entry]:
        for entry in map(self._entry, given[:MAX_ENTRIES]):
            # Where entries are nested by mistake, feedparser gives an empty one beside each.
            if entry.guid or entry.url or entry.title or entry.summary or entry.content:
                yield entry

    def _entry(self, entry: dict[str, Any]) -> Entry:
        published, updated = self._dates(entry)
        return Entry(
            guid=clean_line(_text(entry, "id")) or None,
            url=self._entry_url(entry),
            title=self._title(entry),
            summary=_summary(entry),
            content=max(
                (_as_html(given) for given in _dicts(entry, "content")), key=len, default=""
            ),
            authors=_authors(entry),
            categories=_categories(entry),
            published=published,
            updated=updated,
            language=_entry_language(entry),
        )

    def _title(self, context: dict[str, Any]) -> str:
        detail = context.get("title_detail")
        kind = _text(detail, "type") if isinstance(detail, dict) else ""
        # RFC 4287, 3.1.1. Elsewhere titles hold entities and tags, whatever they are called.
        if self.version == "atom10" and kind == "text/plain":
            return text_line(_text(context, "title"))
        return title_line(_text(context, "title"))

    def _entry_url(self, entry: dict[str, Any]) -> str | None:
        # FeedBurner's own links count clicks and go away with it; the original is beside them.
        original = self._resolved(_text(entry, "feedburner_origlink"))
        guid = _text(entry, "id") if entry.get("guid_is_permalink") else ""
        # A number as a guid without isPermaLink="false" is no relative link.
        by_guid = self._resolved(guid) if "/" in guid else None
        return original or self._alternate(entry) or by_guid

    def _alternate(self, context: dict[str, Any]) -> str | None:
        links = [link for link in _dicts(context, "links") if "alternate" in _relations(link)]
        # A page before a PDF or a feed; feedparser calls a link without a type text/html.
        links.sort(key=lambda link: _text(link, "type") not in _HTML_TYPES)
        hrefs = [*(_text(link, "href") for link in links), _text(context, "link")]
        return next((found for href in hrefs if (found := self._resolved(href))), None)

    def _home(self, feed: dict[str, Any]) -> str | None:
        # To a site "." is its own folder, to an entry a word for "none".
        link = _text(feed, "link").strip()
        return resolve(self.url, link) if link in (".", "./") else self._alternate(feed)

    def _related(self, context: dict[str, Any], relation: str) -> str | None:
        links = (link for link in _dicts(context, "links") if relation in _relations(link))
        return next(
            (found for link in links if (found := self._resolved(_text(link, "href")))), None
        )

    def _resolved(self, link: str) -> str | None:
        return entry_link(self.base, link)

    def _dates(self, entry: dict[str, Any]) -> tuple[Dated | None, Dated | None]:
        published = _text(entry, "published") or _text(entry, "created")
        updated = _text(entry, "updated")
        # dc:date arrives as "updated", and is when an item of RSS was published.
        if not published and not self.version.startswith("atom"):
            published = updated
        return self._date(published), self._date(updated)

    def _date(self, raw: str) -> Dated | None:
        return parse_date(raw, origin="feed", country=self.country) if raw.strip() else None


def _summary(entry: dict[str, Any]) -> str:
    # Without a detail, feedparser copied it from the content.
    detail = entry.get("summary_detail")
    if isinstance(detail, dict):
        return _as_html(detail)
    return clean_text(html.escape(_text(entry, "media_description"), quote=False))


def _as_html(detail: dict[str, Any]) -> str:
    """The value of a text construct as HTML; many that call themselves text hold markup."""
    kind, value = _text(detail, "type"), clean_text(_text(detail, "value"))
    if kind in _HTML_TYPES or (kind == "text/plain" and _TAG.search(value)):
        return value
    return html.escape(value, quote=False) if kind == "text/plain" else ""


def _authors(entry: dict[str, Any]) -> tuple[str, ...]:
    given = [_text(author, "name") for author in _dicts(entry, "authors")]
    names = (_name(author) for author in given or [_text(entry, "author")])
    return tuple(dict.fromkeys(name for name in names if name))


def _name(author: str) -> str:
    """The name out of "j@example.org (Jane Roe)", "Jane Roe <j@example.org>", "By Jane Roe"."""
    line = title_line(author[:MAX_AUTHOR].replace("<", "&lt;"))
    name = clean_line(_ADDRESS.sub(" ", line))
    if name != line and (bracketed := _IN_BRACKETS.fullmatch(name)):
        name = bracketed[1].strip()
    return _BYLINE.sub("", name, count=1) if _BYLINE.match(name) else name


def _categories(entry: dict[str, Any]) -> tuple[str, ...]:
    terms = (_text(tag, "label") or _text(tag, "term") for tag in _dicts(entry, "tags"))
    lines = (title_line(term) for term in terms)
    # Some terms are identifiers, of the software's own classes.
    named = (line for line in lines if line and not line.startswith(("http://", "https://")))
    return tuple(dict.fromkeys(named))


def _entry_language(entry: dict[str, Any]) -> str | None:
    details = (entry.get("title_detail"), *_dicts(entry, "content"))
    given = [_text(detail, "language") for detail in details if isinstance(detail, dict)]
    languages = (_language(language) for language in (_text(entry, "language"), *given))
    return next((language for language in languages if language), None)


def _language(given: str) -> str | None:
    tag = clean_line(given).replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def _ttl(feed: dict[str, Any]) -> int | None:
    minutes = _positive(_text(feed, "ttl"))
    return minutes if minutes and minutes <= LONGEST_TTL else None


def _update_period(feed: dict[str, Any]) -> int | None:
    period = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower())
    frequency = _positive(_text(feed, "sy_updatefrequency")) or 1
    return period // frequency or None if period else None


def _positive(number: str) -> int | None:
    number = number.strip()
    # 15 digits: more bytes or minutes than there are.
    return (
        int(number) or None if number.isascii() and number.isdigit() and len(number) <= 15 else None
    )


def _relations(link: dict[str, Any]) -> list[str]:
    return _text(link, "rel").lower().split()


def _text(values: dict[str, Any], name: str) -> str:
    # dict.get: feedparser's own looks under other names too.
    value = dict.get(values, name)
    return value if isinstance(value, str) else ""


def _dicts(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = dict.get(values, name)
    return [value for value in found if isinstance(value, dict)] if isinstance(found, list) else []
