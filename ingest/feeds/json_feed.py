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

# Characters of a broken document that are read more than once; a feed has ten million at most.
MAX_REREAD = 20_000_000
MAX_FAULTS = 500

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/(1(?:\.1)?)/?")
# The version is the first thing in most JSON feeds, and always stands before the items in those
# that we save from being cut.
_ITEMS = re.compile(r'"items"\s*:\s*\[')
_BETWEEN_ITEMS = re.compile(r"[\s,]*")
_VERSION_ANYWHERE = re.compile(
    r'"version"\s*:\s*"(https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version\\?/1(?:\.1)?)'
)
# What tells an item from an author or an attachment within it.
_ITEM_KEYS = frozenset({"id", "content_html", "content_text", "date_published"})
# A call's name, or what keeps browsers from running JSON.
_BEFORE = re.compile(
    r"\s*(?:[\w.$]{1,80}\s*\(\s*(?=\{)|\)\]\}',?\s*|(?:while|for)\s*\([^)]{0,9}\);?\s*)"
)
# Line breaks and tabs stand in strings as they are, in what is not written by a JSON library.
_DECODER = json.JSONDecoder(strict=False)


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
    damaged = None
    try:
        # What stands behind the document, a cache's remark mostly, is not of it.
        document, _ = _DECODER.raw_decode(text, _start(text))
    except RecursionError:
        raise NotAFeed("JSON, nested too deeply for a feed") from None
    except ValueError as error:
        document, damaged = _load_broken(text, str(error))
    if not isinstance(document, dict):
        raise NotAFeed("JSON, but no JSON Feed")
    return document, damaged


def _start(text: str) -> int:
    """Where the document begins: some are given as a call, or with a guard before them."""
    found = _BEFORE.match(text)
    return found.end() if found else 0


def _load_broken(text: str, error: str) -> tuple[Mapping[str, object], str]:
    """The document with those of its items that are whole, and what was wrong."""
    start = _ITEMS.search(text)
    if start is None:
        raise NotAFeed("neither JSON nor XML")
    try:
        document, _ = _DECODER.raw_decode(text[: start.end()] + "]}", _start(text))
    except (ValueError, RecursionError):
        raise Unreadable("broken JSON") from None
    if not isinstance(document, dict):
        raise NotAFeed("JSON, but no JSON Feed")
    items, lost = _whole_items(text, start.end())
    if "version" not in document and (version := _VERSION_ANYWHERE.search(text)):
        document["version"] = version[1].replace("\\", "")
    told = f"; {lost} lost" if lost else ""
    return {
        **document,
        "items": items,
    }, f"broken JSON ({error}); entries that are whole were read{told}"


def _whole_items(text: str, position: int) -> tuple[list[object], int]:
    """The items that can be read, and how many could not, as far as can be told.

    Behind one that is broken it goes on with the next that is an item. Reading again what could not
    be read costs no more than `MAX_REREAD` characters.
    """
    items: list[object] = []
    lost, reread = 0, 0
    is_next = True  # nothing but a comma stands between here and the last item
    while reread < MAX_REREAD and len(items) <= MAX_ENTRIES:
        between = _BETWEEN_ITEMS.match(text, position)
        here = between.end() if between else position
        if not text.startswith("{", here):
            if is_next and text.startswith("]", here):
                break
            here = text.find("{", here)
            is_next = False
            if here < 0:
                break
        try:
            item, end = _DECODER.raw_decode(text, here)
        except json.JSONDecodeError as error:
            # An error counts the lines before it.
            reread += max(error.pos - here, MAX_REREAD // MAX_FAULTS)
            lost, is_next, position = lost + is_next, False, here + 1
        except RecursionError:
            lost, is_next, position = lost + is_next, False, here + 1
            reread += MAX_REREAD // 100
        else:
            if is_next or (isinstance(item, dict) and not _ITEM_KEYS.isdisjoint(item)):
                items.append(item)
                is_next, position = True, end
            else:
                position = here + 1
                reread += end - here
    return items, lost


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
