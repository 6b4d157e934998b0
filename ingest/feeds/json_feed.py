"""JSON Feed 1.0 and 1.1 (jsonfeed.org) to Feed and Entry."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.dates import Dated, parse_date
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
from ingest.url import resolve

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/(1(?:\.1)?)/?")
# The version is the first thing in most JSON feeds, and always stands before the items in those
# that we save from being cut.
_ITEMS = re.compile(r'"items"\s*:\s*\[')
_BETWEEN_ITEMS = re.compile(r"[\s,]*")


def parse_json_feed(text: str, *, url: str, country: str | None) -> Feed:
    """The feed in this JSON text, fetched from `url`. Raises NotAFeed or Unreadable."""
    document, damaged = _load(text)
    version = _VERSION.fullmatch(_text(document, "version"))
    items = document.get("items")
    if version is None or not isinstance(items, list):
        raise NotAFeed("JSON, but no JSON Feed")
    if len(items) > MAX_ENTRIES:
        damaged = f"{len(items)} entries, of which the first {MAX_ENTRIES} were read"
    home = entry_link(url, _text(document, "home_page_url"))
    reader = _Reader(home or url, country)
    return Feed(
        title=title_line(_text(document, "title")),  # some have tags in the name of the site
        home_url=home,
        language=clean_line(_text(document, "language")) or None,
        version="json" + version[1].replace(".", ""),
        ttl=None,
        update_period=None,
        hub_url=next(
            (resolve(url, _text(hub, "url")) for hub in _objects(document.get("hubs"))), None
        ),
        self_url=resolve(url, _text(document, "feed_url")),
        entries=tuple(reader.entry(item) for item in _objects(items[:MAX_ENTRIES])),
        damaged=damaged,
    )


# --- JSON, whole or cut ------------------------------------------------------------------------


def _load(text: str) -> tuple[Mapping[str, object], str | None]:
    try:
        document = json.loads(text)
        damaged = None
    except RecursionError:
        raise NotAFeed("JSON, nested too deeply for a feed") from None
    except ValueError as error:
        document = _load_cut(text)
        damaged = f"broken JSON ({error}); entries up to there were read"
    if not isinstance(document, dict):
        raise NotAFeed("JSON, but no JSON Feed")
    return document, damaged


def _load_cut(text: str) -> Mapping[str, object]:
    """The document with those of its items that stand before the damage."""
    start = _ITEMS.search(text)
    if start is None:
        raise NotAFeed("neither JSON nor XML")
    try:
        document = json.loads(text[: start.end()] + "]}")
    except (ValueError, RecursionError):
        raise Unreadable("broken JSON") from None
    return {**document, "items": list(_whole_items(text, start.end()))}


def _whole_items(text: str, position: int) -> Iterator[object]:
    decoder = json.JSONDecoder()
    while True:
        between = _BETWEEN_ITEMS.match(text, position)
        try:
            item, position = decoder.raw_decode(text, between.end() if between else position)
        except (ValueError, RecursionError):
            return
        yield item


# --- items -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reader:
    base: str
    country: str | None

    def entry(self, item: Mapping[str, object]) -> Entry:
        guid = clean_line(_text(item, "id"))
        links = (_text(item, "url"), _text(item, "external_url"), guid if "://" in guid else "")
        content = _text(item, "content_html") or _escaped(_text(item, "content_text"))
        return Entry(
            guid=guid or None,
            url=next((found for link in links if (found := self._link(link))), None),
            title=text_line(_text(item, "title")),
            summary=clean_text(_escaped(_text(item, "summary"))),
            content=clean_text(content),
            authors=_authors(item),
            categories=_categories(item.get("tags")),
            published=self._date(item, "date_published"),
            updated=self._date(item, "date_modified"),
            language=clean_line(_text(item, "language")) or None,
        )

    def _link(self, link: str) -> str | None:
        return entry_link(self.base, link)

    def _date(self, item: Mapping[str, object], name: str) -> Dated | None:
        raw = _text(item, name)
        return parse_date(raw, origin="feed", country=self.country) if raw else None


def _authors(item: Mapping[str, object]) -> tuple[str, ...]:
    # 1.1 has `authors`, 1.0 had `author`.
    authors = [*_objects(item.get("authors")), *_objects([item.get("author")])]
    names = (clean_line(_text(author, "name")) for author in authors)
    return tuple(dict.fromkeys(name for name in names if name))


def _categories(tags: object) -> tuple[str, ...]:
    names = tags if isinstance(tags, list) else []
    lines = (clean_line(name) for name in names if isinstance(name, str))
    return tuple(dict.fromkeys(line for line in lines if line))


def _objects(values: object) -> Iterator[Mapping[str, object]]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)  # ids and dates are written as numbers by some
    return value if isinstance(value, str) else ""


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
