"""What a feed says, whatever format it says it in; and how reading one can fail.

FeedError               what came is no feed that we can read
├── EmptyFeed           no bytes at all
├── NotAFeed            something else: a page, an image, JSON or XML of another kind
└── Unreadable          a feed, but so broken that nothing could be saved from it
"""

import re
from dataclasses import dataclass

from ingest.dates import Dated
from ingest.text.sanitise import clean_title, html_to_line

# A feed announces what is new; more than this is an archive, and one poll must end.
MAX_ENTRIES = 5_000
# A headline of more characters is a text that was put into the wrong element.
MAX_TITLE = 5_000

# Elements that stand in headlines, and those that enclose one by mistake.
_IN_TITLES = (
    "a|abbr|acronym|b|bdi|bdo|big|blink|br|center|cite|code|del|dfn|div|em|figure|font|h[1-6]|hr|i|"
    "img|ins|kbd|label|li|mark|nobr|ol|p|q|rp|rt|ruby|s|samp|script|section|small|span|strike|"
    "strong|style|sub|sup|svg|table|tbody|td|th|time|tr|tt|u|ul|var|wbr|title|"
    "[a-z]+:[a-z-]+"
)
_NO_TAG = re.compile(rf"<(?!/?(?:{_IN_TITLES})(?:[\s/][^<>]*)?>|!--|!\[CDATA\[)", re.IGNORECASE)


class FeedError(Exception):
    """What came is no feed that we can read; the message says what it is instead."""


class EmptyFeed(FeedError):
    """No bytes, or nothing but white space."""


class NotAFeed(FeedError):
    """Something else than a feed: a page, an image, JSON or XML of another kind."""


class Unreadable(FeedError):
    """A feed, but so broken that nothing could be saved from it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in a feed.

    `url` is absolute http(s). `title` is one line of text. `summary` and `content` are HTML as
    given, not sanitised, "" where there is none; `content` is only what the feed gives as the whole
    text (content:encoded, atom:content, content_html).
    """

    guid: str | None
    url: str | None
    title: str
    summary: str
    content: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published: Dated | None
    updated: Dated | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was at one poll.

    `version` is "rss20", "rss10", "atom10", "json11" …; `ttl` is in minutes, `update_period` in
    seconds (from sy:updatePeriod and sy:updateFrequency). `damaged` says what was wrong where
    entries were saved from a broken feed, and what was left out.
    """

    title: str
    home_url: str | None
    language: str | None
    version: str
    ttl: int | None
    update_period: int | None
    hub_url: str | None
    self_url: str | None
    entries: tuple[Entry, ...]
    damaged: str | None


def title_line(markup: str) -> str:
    """A title in HTML as one line of text.

    Where a < begins no element that a headline may hold, it is a < (as in "3 <b" or "<China>").
    """
    return html_to_line(_NO_TAG.sub("&lt;", markup[:MAX_TITLE]))


def text_line(text: str) -> str:
    """A title that is text, and no HTML, as one line."""
    return clean_title(text[:MAX_TITLE])
