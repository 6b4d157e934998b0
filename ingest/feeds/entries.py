"""What a feed has brought: its entries as articles to be, and which of them have changed.

Pure decisions over what was parsed; `store.intake.entries` writes down what comes of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import TypeAdapter

from ingest import url as urls
from ingest.duplicates.fingerprint import revision_hash
from ingest.feeds.full_text import carries_full_text
from ingest.feeds.identity import Placed, has_text, is_another, own_fragment, place
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
    date or a counter), `from_feed` says that the entry itself is the text. `host` and `page` are
    those of `ingest.feeds.identity.Placed`: no host, no page to fetch; `page` is shared by several.
    """

    url: str
    host: str
    entry: Entry
    content_hash: bytes
    from_feed: bool
    page: str | None = None


def discoveries(feed: Feed, full_text: FullText, *, feed_url: str) -> tuple[Discovery, ...]:
    """The articles that a feed's entries lead to, one for each URL, in the feed's order.

    `feed_url` is the address under which the feed is known; entries without a usable link are
    known by it and their GUIDs (`ingest.feeds.identity`). Of two entries of one article one stands
    for it: otherwise they would take turns in being "the changed text" with every poll.
    """
    return tuple(_discovery(each, full_text) for each in place(feed.entries, feed_url))


def _discovery(placed: Placed, full_text: FullText) -> Discovery:
    entry = placed.entry
    text = html_to_text(entry.content or entry.summary)
    from_feed = full_text is FullText.FEED or (
        full_text is FullText.AUTO and carries_full_text(entry)
    )
    # A page that several entries share is not the text of any one of them.
    from_feed = from_feed or not placed.has_page or (placed.page is not None and has_text(entry))
    content_hash = revision_hash(entry.title, text)
    return Discovery(placed.url, placed.host, entry, content_hash, from_feed, placed.page)


@dataclass(frozen=True, slots=True)
class KnownAs:
    """How a feed has shown an article before."""

    guid: str | None
    title: str


def settle(found: Sequence[Discovery], known: Mapping[str, KnownAs]) -> list[Discovery]:
    """The same discoveries under the URLs by which their articles are known in this feed.

    Whether articles share a link shows over many polls. One that was alone under it keeps it, and
    an entry that is alone under it now may be another item than the one before; but not in a feed
    that gives its items new GUIDs each time. `known` has what is known by URL, among others by
    those of `addresses`.
    """
    guids_tell = not _gives_new_guids(found, known)
    settled: list[Discovery] = []
    taken = set[str]()
    for each in found:
        url = _known_url(each, known, guids_tell=guids_tell)
        if url == each.url or url in taken:
            settled.append(each)
        elif each.page is not None:
            settled.append(replace(each, url=url))
        else:
            from_feed = each.from_feed or has_text(each.entry)
            settled.append(replace(each, url=url, page=each.url, from_feed=from_feed))
        taken.add(settled[-1].url)
    return settled


def former_url(discovery: Discovery) -> str | None:
    """The URL under which the article of a discovery was known to older versions, if another."""
    if not discovery.host or "#" in discovery.url or discovery.entry.url is None:
        return None
    before = urls.former(discovery.entry.url)
    return None if before == discovery.url else before


def addresses(discovery: Discovery) -> set[str]:
    """The URLs under which the article of a discovery may be known."""
    within = own_fragment(discovery.page or discovery.url, discovery.entry)
    return {discovery.url, discovery.page or discovery.url, within or discovery.url}


def _known_url(each: Discovery, known: Mapping[str, KnownAs], *, guids_tell: bool) -> str:
    if not each.host:
        return each.url
    entry, before = each.entry, known.get(each.page or each.url)
    if each.page is not None:
        is_same = before is not None and not is_another(before.guid, before.title, entry)
        named = before is not None and (before.guid == entry.guid or before.title == entry.title)
        return each.page if is_same and named else each.url
    within = own_fragment(each.url, entry)
    if within is None:
        return each.url
    if before is None:
        return within if within in known else each.url
    is_new = guids_tell and is_another(before.guid, before.title, entry)
    return within if is_new else each.url


def _gives_new_guids(found: Sequence[Discovery], known: Mapping[str, KnownAs]) -> bool:
    """Whether items that are known by link and title have other GUIDs than before, mostly."""
    pairs = [(known[each.url], each.entry) for each in found if each.url in known]
    same = sum(before.guid == entry.guid for before, entry in pairs)
    new = sum(
        bool(before.guid and entry.guid)
        and before.guid != entry.guid
        and before.title == entry.title
        for before, entry in pairs
    )
    return new > same


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
