"""Which entries of a feed are one article, and the URL under which it is known.

A link is the best identity that there is, but not every feed gives one to each item: some lead all
of them to one page (a list, a live blog, a page made by scripts), some give none, or a word that
stands for none. Then the GUID tells them apart, as the fragment of the URL.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from ingest import url as urls
from ingest.feeds.model import Entry
from ingest.text.sanitise import html_to_text

# Of a text without a title, what tells it from others.
LABEL_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and the URL of its article.

    `page` is the canonical link, where several articles of the feed share it and `url` is that
    with a fragment. `host` is "" for an entry without a page of its own: nothing can be fetched.
    """

    entry: Entry
    url: str
    host: str
    page: str | None = None

    @property
    def has_page(self) -> bool:
        return bool(self.host)


def place(entries: Sequence[Entry], feed_url: str) -> list[Placed]:
    """The articles that a feed's entries lead to, one entry for each, in the feed's order.

    An entry without a usable link is known by its GUID under `feed_url`, if it has a text; else it
    is left out. Entries with one link are one article, unless both GUID and title differ; of
    several versions of one article the newest stands for it.
    """
    by_url: dict[str, list[Entry]] = {}
    without = dict[str, list[Entry]]()
    order: dict[int, int] = {}
    for number, entry in enumerate(entries):
        order[id(entry)] = number
        link = usable_link(entry)
        if link is not None:
            by_url.setdefault(link, []).append(entry)
        elif (url := _own_url(entry, feed_url)) is not None:
            without.setdefault(url, []).append(entry)
    oldest_first = _is_oldest_first(entries)
    placed = [Placed(_newest(versions, oldest_first), url, "") for url, versions in without.items()]
    for link, sharing in by_url.items():
        articles = {
            min((each.guid for each in versions if each.guid), default=None): (
                _newest(versions, oldest_first)
            )
            for versions in _apart(sharing)
        }
        if len(articles) == 1:
            placed += [Placed(entry, link, urls.host(link)) for entry in articles.values()]
        else:
            placed += _sharing(articles, link)
    return sorted(placed, key=lambda each: order[id(each.entry)])


def without_article(entries: Iterable[Entry]) -> int:
    """How many entries lead to nothing: they have neither a usable link nor a text."""
    return sum(usable_link(entry) is None and not has_text(entry) for entry in entries)


def usable_link(entry: Entry) -> str | None:
    """The entry's canonical link, or None where it has none."""
    try:
        return None if entry.url is None else urls.canonical(entry.url)
    except urls.UrlError:
        return None


def own_fragment(link: str, entry: Entry) -> str | None:
    """The URL by which one of several entries under a link is known; None where it has no GUID."""
    try:
        return urls.with_fragment(link, entry.guid) if entry.guid else None
    except urls.UrlError:
        return None


def has_text(entry: Entry) -> bool:
    """Whether an entry has any text beside its title."""
    return bool(html_to_text(entry.content) or html_to_text(entry.summary))


def is_another(known_guid: str | None, known_title: str, entry: Entry) -> bool:
    """Whether an entry is another item than the one that its feed has shown under its link."""
    return bool(
        known_guid
        and entry.guid
        and known_guid != entry.guid
        and known_title
        and entry.title
        and known_title != entry.title
    )


def _own_url(entry: Entry, feed_url: str) -> str | None:
    """The URL of an entry without a link: the feed's, with what the entry is known by."""
    if not has_text(entry):
        return None
    # Without a GUID, a headline of a day is the item; its text may be edited.
    day = entry.published.raw if entry.published else ""
    fragment = entry.guid or _digest(f"{_label(entry)}\n{day}")
    # The query of a feed's address may hold an operator's key, and articles are for everybody.
    path, mark, query = feed_url.partition("#")[0].partition("?")
    public = f"{path}?{_digest(query)}" if mark else path
    try:
        return urls.with_fragment(public, fragment)
    except urls.UrlError:  # too long
        return urls.with_fragment(public, _digest(fragment))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _label(entry: Entry) -> str:
    """What an entry is called: its title, or how its text begins."""
    if entry.title:
        return entry.title
    text = html_to_text(entry.content) or html_to_text(entry.summary)
    return text[:LABEL_CHARACTERS]


def _sharing(articles: Mapping[str | None, Entry], link: str) -> Iterator[Placed]:
    """Articles under one link, by the fragments of their own links or by their GUIDs."""
    fragments = [urls.fragment(entry.url or "") for entry in articles.values()]
    if not all(fragments) or len(set(fragments)) < len(fragments):
        fragments = list(articles)
    for entry, fragment in zip(articles.values(), fragments, strict=True):
        with suppress(urls.UrlError):
            yield Placed(
                entry, urls.with_fragment(link, fragment or ""), urls.host(link), page=link
            )


def _apart(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries of one link, article by article: those with one GUID or one title are one.

    One without a GUID is the first's, if no title tells whose it is.
    """
    articles: list[list[Entry]] = []
    if len(entries) == 1:
        return [list(entries)]
    for entry in entries:
        label = _label(entry)
        same = [
            article
            for article in articles
            if any(entry.guid == other.guid or label == _label(other) for other in article)
        ]
        if not same and articles and (not entry.guid or not articles[0][0].guid):
            same = articles[:1]
        joined = [*(other for article in same for other in article), entry]
        articles = [article for article in articles if article not in same]
        articles.append(joined)
    return articles


def _newest(versions: Sequence[Entry], oldest_first: bool) -> Entry:
    """The version that stands, by date if all have one, else by the order of the feed."""
    # Where dates are equal, `max` gives the first.
    by_order = list(reversed(versions)) if oldest_first else list(versions)
    dates = [date.at for entry in by_order if (date := entry.updated or entry.published)]
    known = [at for at in dates if at is not None]
    if len(known) < len(by_order):
        return by_order[0]
    return max(zip(known, by_order, strict=True), key=lambda pair: pair[0])[1]


def _is_oldest_first(entries: Sequence[Entry]) -> bool:
    times = [entry.published.at for entry in entries if entry.published and entry.published.at]
    steps = [(later > earlier) - (later < earlier) for earlier, later in pairwise(times)]
    return sum(steps) > 0
