"""A page, or a feed's entry, made into a Document: the one thing that everything after works on.

Pure: bytes in, Document out, the same for the same bytes; so what is stored can be done again when
EXTRACTOR_VERSION rises. trafilatura has crashed when run in threads: run this in processes.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from lxml.html import HtmlElement

from ingest.dates import Confidence, Dated
from ingest.duplicates.fingerprint import normalised
from ingest.feeds.full_text import carries_full_text, feed_text
from ingest.feeds.model import Entry
from ingest.pages.authors import clean_authors
from ingest.pages.head_metadata import Head, read_head
from ingest.pages.main_text import article_text, prose_lines
from ingest.pages.metadata import (
    canonical_link,
    choose_date,
    page_authors,
    page_date,
    page_language,
    searched_date,
    site_name,
    states_home_page,
)
from ingest.pages.quality import (
    Facts,
    Quality,
    find_marks,
    is_hardly_prose,
    is_short,
    judge,
    may_be_a_wall,
)
from ingest.pages.shown_dates import shown_date
from ingest.pages.stated_text import fuller_text
from ingest.pages.titles import choose_title, page_titles, plain_title, source_names
from ingest.text.charset import decode
from ingest.text.html_tree import parse, visible_text
from ingest.text.language import detect_language
from ingest.text.sanitise import clean_line, clean_text, clean_title
from ingest.url import UrlError, canonical

__all__ = [
    "EXTRACTOR_VERSION",
    "Document",
    "Hint",
    "carries_full_text",
    "extract_entry",
    "extract_page",
]

# Raise it whenever the same bytes come out as another Document: `reprocess --outdated` asks for it.
EXTRACTOR_VERSION = "3"

_A_DAY = timedelta(days=1, hours=12)  # in whichever zone the address counts its days

# JSON, which has no article in it but long sentences: an interface's answer at a page's address.
_JSON_START = re.compile(r'[\s\ufeff]*(?:\{\s*["}]|\[\s*["\[{\]])')
_JSON_TYPE = re.compile(r"\s*[\w.\-]+/(?:[\w.\-]+\+)?json\s*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """An article as it is stored: text a line a paragraph, all of it clean."""

    title: str
    text: str
    authors: tuple[str, ...]
    published: Dated | None
    language: str | None  # BCP-47 primary tag
    canonical_url: str | None  # as the page states it; None where it does not
    site_name: str | None
    quality: Quality
    taken_from: Literal["page", "feed"]


@dataclass(frozen=True, slots=True)
class Hint:
    """What the feed's entry said of the article before the page was asked."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: Dated | None = None
    language: str | None = None


def extract_page(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    hint: Hint = Hint(),
    country: str | None = None,
) -> Document:
    """The article of a page.

    `url` is where the page was found, `content_type` the header's value, `country` the source's
    (ISO 3166 alpha-2; it decides what "CST" means). Never raises: a body without an article is a
    Document with little or no text, and its quality says so.
    """
    markup, _ = decode(body, declared=_charset(content_type))
    parsed = None if _is_data(markup, content_type) else parse(markup)
    if parsed is None:
        return _without_page(hint)
    tree = parsed.tree
    head = read_head(tree)
    titles = page_titles(head, url=url)
    title = titles[0] if titles else ""
    published = _published(head, tree, url=url, hint=hint, country=country)
    authors = clean_authors(hint.authors, source=source_names(head)) or page_authors(head, tree)
    shown = clean_text(article_text(tree, markup) if parsed.complete else prose_lines(markup))
    text = fuller_text(shown, head.article.text)
    text = _without_title(text.strip(), title)
    chosen_title = choose_title(plain_title(hint.title), title)
    return Document(
        title=chosen_title,
        text=text,
        authors=authors,
        published=published,
        language=detect_language(text or chosen_title) or page_language(head) or hint.language,
        canonical_url=canonical_link(head, url=url),
        site_name=site_name(head) or None,
        quality=_quality(text, titles, head, tree, markup, url),
        taken_from="page",
    )


def extract_entry(entry: Entry) -> Document:
    """The document that the feed itself gives: its full content, or else its summary."""
    text = feed_text(entry)
    title = clean_title(entry.title)
    try:
        link = canonical(entry.url) if entry.url else None
    except UrlError:
        link = None
    return Document(
        title=title,
        text=text,
        authors=clean_authors(entry.authors),
        published=entry.published or entry.updated,
        language=detect_language(text or title) or entry.language,
        canonical_url=link,
        site_name=None,
        quality=Quality.SHORT if is_short(text) else Quality.OK,
        taken_from="feed",
    )


def _published(
    head: Head, tree: HtmlElement, *, url: str, hint: Hint, country: str | None
) -> Dated | None:
    """The surest date, found by no heavier means than it takes."""
    if hint.published is not None and hint.published.confidence is Confidence.SURE:
        return hint.published
    published = choose_date(hint.published, page_date(head, url=url, country=country))
    if published is None or published.at is None:
        return searched_date(tree, url=url, country=country) or published
    if published.origin == "url":
        # The address has the day alone; what is shown beside the headline may have the hour.
        shown = shown_date(tree, country=country)
        if shown is not None and shown.at is not None and abs(shown.at - published.at) < _A_DAY:
            return shown
    return published


def _quality(
    text: str, titles: tuple[str, ...], head: Head, tree: HtmlElement, markup: str, url: str
) -> Quality:
    might = may_be_a_wall(text)
    return judge(
        Facts(
            titles=titles if might else (),
            text=text,
            visible=visible_text(tree) if might else "",
            marks=find_marks(markup) if is_hardly_prose(text) else frozenset(),
            not_free=head.article.is_free is False,
            home_page=not head.article.is_article and states_home_page(head, url=url),
        )
    )


def _without_title(text: str, title: str) -> str:
    """The text without its headline, which documents carry apart."""
    first, _, rest = text.partition("\n")
    return rest.lstrip() if title and rest and normalised(first) == normalised(title) else text


def _without_page(hint: Hint) -> Document:
    title = clean_line(hint.title)
    return Document(
        title=title,
        text="",
        authors=clean_authors(hint.authors),
        published=hint.published,
        language=detect_language(title) or hint.language,
        canonical_url=None,
        site_name=None,
        quality=Quality.SHORT,
        taken_from="page",
    )


def _is_data(markup: str, content_type: str | None) -> bool:
    """Whether it is JSON, by its beginning (many call it text/html) or by its name."""
    if _JSON_START.match(markup):
        return True
    return bool(_JSON_TYPE.match(content_type or "")) and not markup.lstrip().startswith("<")


def _charset(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return found[1] if found else None
