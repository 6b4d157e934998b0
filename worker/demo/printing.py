"""How an outlet prints an article: its address, its edition, its time, its punctuation.

Between what is written (`wire`) and what is served (`feeds`, `pages`): plain values only.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from worker.demo.wire import Article, DemoSource, Release

# An opening quote stands at the start or after a space or a bracket; any other closes.
_OPENING_DOUBLE = re.compile(r'(?<![^\s(\[])"')
_OPENING_SINGLE = re.compile(r"(?<![^\s(\[])'")


@dataclass(frozen=True, slots=True)
class Item:
    """One article as its outlet has it out now.

    `url` is the address of the page, `link` the one that the feed gives (the same, or one that is
    redirected or carries tracking parameters). `updated` equals `published` until it is edited.
    """

    article: Article
    url: str
    link: str
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    updated: datetime

    @property
    def edited(self) -> bool:
        return self.updated != self.published


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything that an outlet has out now, newest first. `url` is its home page."""

    source: DemoSource
    url: str
    items: tuple[Item, ...]

    @property
    def feed_url(self) -> str:
        extension = "json" if self.source.feed_format == "jsonfeed" else "xml"
        return f"{self.url}feed.{extension}"

    @property
    def updated(self) -> datetime:
        return max(item.updated for item in self.items)


def current_issue(
    source: DemoSource, *, base: str, started: datetime, revised: datetime | None
) -> Issue:
    """The outlet's issue on a site at `base` whose demo began at `started`.

    Since `revised`, where it is given, edited articles are out in their second edition.
    """
    home = f"{base}/{source.slug}/"
    items = (_item(source, article, home, started, revised) for article in source.articles)
    return Issue(source, home, tuple(sorted(items, key=lambda item: item.published, reverse=True)))


def _item(
    source: DemoSource, article: Article, home: str, started: datetime, revised: datetime | None
) -> Item:
    zone = timezone(source.utc_offset)
    published = (started - article.age).astimezone(zone)
    release, updated = article.first, published
    if article.second is not None and revised is not None:
        release, updated = article.second, revised.astimezone(zone)
    if source.typographic:
        release = Release(typeset(release.title), tuple(map(typeset, release.paragraphs)))
    # Sites of the age of the plain boilerplate have files; the others have routes.
    url = f"{home}{article.slug}.html" if source.boilerplate == "plain" else f"{home}{article.slug}"
    link = f"{home}go/{article.slug}" if article.redirected else url
    return Item(
        article=article,
        url=url,
        link=f"{link}?{source.tracking}" if source.tracking else link,
        title=release.title,
        paragraphs=release.paragraphs,
        published=published,
        updated=updated,
    )


def typeset(text: str) -> str:
    """The same words in typographic punctuation: curly quotes, and dashes for spaced hyphens."""
    text = _OPENING_DOUBLE.sub("“", text).replace('"', "”")
    text = _OPENING_SINGLE.sub("‘", text).replace("'", "’")
    return text.replace(" - ", " – ")
