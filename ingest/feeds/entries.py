"""What a feed has brought: its entries as articles to be, and which of them have changed.

Pure decisions over what was parsed; `store.intake.entries` writes down what comes of them.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from ingest import url as urls
from ingest.duplicates.fingerprint import revision_hash
from ingest.feeds.full_text import carries_full_text
from ingest.feeds.parse import Entry, Feed
from ingest.text.sanitise import html_to_text

# One title may stand in a feed every day ("Morning briefing"); two do not, of entries that are new.
SHARED_TITLES = 2
# So many new dates at once are believed even in a feed of few entries.
TOUCHED_ANYWAY = 2

_ENTRY_JSON = TypeAdapter(Entry)


class FullText(StrEnum):
    """Where the text of an article is taken from (TRANSPACIFIC_FULL_TEXT)."""

    AUTO = "auto"  # from the feed where it carries the whole text, else from the page
    PAGE = "page"  # always from the page
    FEED = "feed"  # always from the feed; no page is ever fetched


@dataclass(frozen=True, slots=True)
class Discovery:
    """An entry that leads to an article.

    `url` is canonical, `content_hash` changes when the entry's title or text does (not with a
    date or a counter), `from_feed` says that the entry itself is the text.
    """

    url: str
    host: str
    entry: Entry
    content_hash: bytes
    from_feed: bool


def discoveries(feed: Feed, full_text: FullText) -> tuple[Discovery, ...]:
    """The articles that a feed's entries lead to, one for each canonical URL, newest first.

    Where two entries lead to the same page the first stands for it: otherwise they would take
    turns in being "the changed text" with every poll. Entries without a usable link are left out.
    """
    return tuple(_first_of_each_url(_discover(entry, full_text) for entry in feed.entries))


def _discover(entry: Entry, full_text: FullText) -> Discovery | None:
    if entry.url is None:
        return None
    try:
        url = urls.canonical(entry.url)
    except urls.UrlError:
        return None
    from_feed = full_text is FullText.FEED or (
        full_text is FullText.AUTO and carries_full_text(entry)
    )
    text = html_to_text(entry.content or entry.summary)
    return Discovery(url, urls.host(url), entry, revision_hash(entry.title, text), from_feed)


def _first_of_each_url(found: Iterable[Discovery | None]) -> Iterator[Discovery]:
    seen = set[str]()
    for discovery in found:
        if discovery is not None and discovery.url not in seen:
            seen.add(discovery.url)
            yield discovery


def same_item(known_title: str, entry: Entry) -> bool:
    """Whether an entry whose GUID is known but whose link is new is the item known by that GUID.

    Publishers change a slug after the fact; others give every entry the same GUID. Only with an
    unchanged title is it the same item: a wrong merge loses an article, a miss only doubles one.
    """
    return bool(known_title) and known_title == entry.title


def may_have_missed(before: Collection[str], titles: Collection[str]) -> bool:
    """Whether entries may have been missed between two readings that share no link and no GUID.

    Titles tell whether the feed has rolled over, or only gives its entries new links each time:
    `before` are those of the last reading as far as they are kept, `titles` those of this one.
    """
    common = set(before) & set(titles) - {""}
    return len(common) < min(SHARED_TITLES, max(len(set(before)), 1), len(set(titles)))


def is_told_by_dates(touched: int, known: int) -> bool:
    """Whether entries whose `updated` alone has changed are to be believed, and fetched again.

    An edit of the page often shows in that date only. But some feeds stamp every entry with the
    time of the poll: where more than half of what was known is touched at once, it means nothing.
    """
    return 0 < touched <= max(TOUCHED_ANYWAY, known // 2)


def entry_to_json(entry: Entry) -> bytes:
    """The entry as it is kept in a snapshot."""
    return _ENTRY_JSON.dump_json(entry)


def entry_from_json(body: bytes) -> Entry:
    """The entry of a snapshot."""
    return _ENTRY_JSON.validate_json(body)
