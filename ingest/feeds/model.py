"""What a feed says, whatever format it says it in; and how reading one can fail.

FeedError               what came is no feed that we can read
├── EmptyFeed           no bytes at all
├── NotAFeed            something else: a page, an image, JSON or XML of another kind
└── Unreadable          a feed, but so broken that nothing could be saved from it
"""

from dataclasses import dataclass

from ingest.dates import Dated
from ingest.text.sanitise import html_to_line

# A feed announces what is new; more than this is an archive, and one poll must end.
MAX_ENTRIES = 5_000
# A headline of more characters is a text that was put into the wrong element.
MAX_TITLE = 5_000


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
    """A title as one line of text: titles hold entities and tags in every format."""
    return html_to_line(markup[:MAX_TITLE])
