"""Date, authors, canonical link, site and language of an article, from what the page states.

Where several statements speak, the one made for machines to quote comes first: JSON-LD, then
OpenGraph and article:*, then other meta elements, then what there is to be seen. What the feed
said joins in by a rule of its own, `choose_date`. Titles are chosen in titles.py.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from htmldate import find_date
from lxml import html

from ingest.dates import Confidence, Dated, parse_date
from ingest.pages.authors import clean_authors
from ingest.pages.date_forms import read_date
from ingest.pages.head_metadata import Head, read_bylines
from ingest.pages.shown_dates import shown_date
from ingest.pages.titles import MAX_TITLE_CHARS, source_names
from ingest.url import UrlError, canonical, resolve

# Names of meta elements, lower-case, in the order in which they are believed.
_AUTHORS = (
    "author",
    "authors",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "byline",
)
_OPENGRAPH_DATES = (
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
)
_META_DATES = (
    "datepublished",
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "article.published",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.created",
    "dc.date.created",
    "citation_publication_date",
    "apub:time",
    "weibo:article:create_at",
    "date",
)

_URL_DATE = re.compile(
    r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)"
)
_LANGUAGE_TAG = re.compile(r"^[A-Za-z]{2,3}(?=$|[-_])")
# htmldate would ask the clock for the latest date it may find. The house has one rule for dates
# of the future, `ingest.dates.not_after`, so it gets a bound that never binds.
_NO_LATEST_DATE = "2100-01-01"


def site_name(head: Head) -> str:
    """The outlet's name as the page gives it, or ""."""
    return next(iter(source_names(head)), "")[:MAX_TITLE_CHARS]


def page_authors(head: Head, tree: html.HtmlElement) -> tuple[str, ...]:
    """The people who wrote the article, by JSON-LD, else meta elements, else the byline shown."""
    source = source_names(head)
    stated = clean_authors(head.article.authors, source=source)
    for name in _AUTHORS:
        stated = stated or clean_authors(head.meta.get(name, ()), source=source)
    return stated or clean_authors(read_bylines(tree), source=source)


def page_date(head: Head, *, url: str, country: str | None) -> Dated | None:
    """The first date that is sure; else the best of the others; None where none can be read."""
    readable = [dated for dated in _dates(head, url, country) if dated.at is not None]
    ranks = list(Confidence)
    return min(readable, key=lambda dated: ranks.index(dated.confidence), default=None)


def choose_date(feed: Dated | None, page: Dated | None) -> Dated | None:
    """The feed's date where it is sure; else the page's where that is surer; else the feed's."""
    known = [dated for dated in (feed, page) if dated is not None and dated.at is not None]
    ranks = list(Confidence)
    best = min(known, key=lambda dated: ranks.index(dated.confidence), default=None)
    # An unreadable date is still worth keeping as it was given.
    return best or feed or page


def searched_date(tree: html.HtmlElement, *, url: str, country: str | None) -> Dated | None:
    """The date shown near the headline; else any that htmldate finds in the page."""
    return shown_date(tree, country=country) or _guessed_date(tree, url=url, country=country)


def _guessed_date(tree: html.HtmlElement, *, url: str, country: str | None) -> Dated | None:
    """A date out of the page's visible text: the heaviest means, a guess, for want of any other."""
    try:
        found = find_date(
            tree, extensive_search=False, original_date=True, url=url, max_date=_NO_LATEST_DATE
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None  # a library's stumble over a hostile page costs the date, not the article
    if not found:
        return None
    dated = parse_date(found, origin="text", country=country)
    return replace(dated, confidence=Confidence.GUESS) if dated.at is not None else None


def page_language(head: Head) -> str | None:
    """The primary language tag that the page declares. Templates get it wrong: a last resort."""
    for declared in (head.article.language, head.language, head.first("og:locale")):
        tag = _LANGUAGE_TAG.match(declared.strip())
        if tag:
            return tag[0].lower()
    return None


def canonical_link(head: Head, *, url: str) -> str | None:
    """The article's own URL as the page states it, in canonical form.

    A statement that leads to a home page from a page that is none is a template's mistake.
    """
    base = resolve(url, head.base) if head.base else url
    for stated in (head.canonical_link, head.first("og:url"), head.article.url):
        link = resolve(base or url, stated.strip()) if stated.strip() else None
        if link is None or (is_home(link) and not is_home(url)):
            continue
        try:
            return canonical(link)
        except UrlError:
            continue
    return None


def states_home_page(head: Head, *, url: str) -> bool:
    """Whether the page says that it is the site's home page though its URL is an article's."""
    stated = [resolve(url, link) for link in (head.canonical_link, head.first("og:url")) if link]
    return not is_home(url) and bool(stated) and all(link and is_home(link) for link in stated)


def _dates(head: Head, url: str, country: str | None) -> Iterator[Dated]:
    if head.article.published:
        yield read_date(head.article.published, origin="json-ld", country=country)
    for origin, names in (("opengraph", _OPENGRAPH_DATES), ("meta", _META_DATES)):
        for name in names:
            if values := head.meta.get(name):
                yield read_date(values[0], origin=origin, country=country)
    for value in head.times[:1]:
        # The first <time> of a page is mostly the article's, but may be that of a teaser.
        dated = read_date(value, origin="time-tag", country=country)
        yield replace(dated, confidence=_at_most(Confidence.LIKELY, dated.confidence))
    for year, month, day in _URL_DATE.findall(urlsplit(url).path)[:1]:
        # The day of publication in the outlet's own zone, without an hour.
        dated = parse_date(f"{year}-{month}-{day}", origin="url", country=country)
        yield replace(dated, confidence=_at_most(Confidence.LIKELY, dated.confidence))


def _at_most(bound: Confidence, confidence: Confidence) -> Confidence:
    return max(bound, confidence, key=list(Confidence).index)


def is_home(url: str) -> bool:
    """Whether an address is a site's front page."""
    parts = urlsplit(url)
    return parts.path.strip("/").lower() in ("", "index.html", "index.htm") and not parts.query
