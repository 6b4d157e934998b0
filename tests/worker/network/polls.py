"""Feeds as a test spells them, polled from the site, and the articles that came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from sqlmodel import select

from store.tables import Article, Poll, Sighting
from tests.site import Answer, Site
from tests.worker.standins import Heard
from tests.worker.wire import FEED, add_feed, drain, make_due, rows
from worker.context import Context

RSS = "application/rss+xml; charset=utf-8"


def channel(*items: str, link: str = "http://outlet.example/", head: str = "") -> str:
    """An RSS 2.0 feed of these items."""
    return (
        f'<rss version="2.0"><channel><title>Bay News</title><link>{link}</link>{head}'
        + "".join(items)
        + "</channel></rss>"
    )


def item(
    title: str = "",
    link: str | None = None,
    guid: str | None = None,
    text: str = "",
    date: str = "",
    more: str = "",
    permalink: bool = False,
) -> str:
    """An item of RSS 2.0; what is not given is not there."""
    kind = "" if permalink else ' isPermaLink="false"'
    parts = [
        f"<title>{escape(title)}</title>" if title else "",
        f"<link>{escape(link)}</link>" if link is not None else "",
        f"<guid{kind}>{escape(guid)}</guid>" if guid is not None else "",
        f"<description>{escape(text)}</description>" if text else "",
        f"<pubDate>{date}</pubDate>" if date else "",
        more,
    ]
    return "<item>" + "".join(parts) + "</item>"


@dataclass
class Reader:
    """Polls one feed of the site as often as it is told to."""

    context: Context
    site: Site
    heard: Heard = field(default_factory=Heard)
    path: str = FEED
    _feed_id: int | None = None

    @property
    def url(self) -> str:
        return self.site.url(self.path)

    def poll(
        self,
        body: str | bytes | None = None,
        *,
        content_type: str = RSS,
        headers: Mapping[str, str] | None = None,
        answer: Answer | None = None,
    ) -> Poll:
        """Poll the feed, with `body` (or any other answer) at its address from now on."""
        if answer is not None:
            self.site.serve(self.path, answer)
        elif body is not None:
            self.site.feed(self.path, body, content_type=content_type, headers=headers)
        if self._feed_id is None:
            self._feed_id = add_feed(self.context.database, self.url)
        make_due(self.context.database, self._feed_id)
        drain(self.context, self.heard)
        return rows(self.context.database, Poll)[-1]

    def urls(self) -> list[str]:
        """Of the articles, in order of arrival; without the site's own address."""
        return sorted(row.url.removeprefix(self.site.url("")) for row in self.articles())

    def articles(self) -> list[Article]:
        return rows(self.context.database, Article)

    def titles(self) -> dict[str, str]:
        """What the feed calls each article now, by URL."""
        with self.context.database.reading() as session:
            found = session.exec(
                select(Article.url, Sighting.title).where(Article.id == Sighting.article_id)
            )
            return {url.removeprefix(self.site.url("")): title for url, title in found}


def only_url(reader: Reader) -> str:
    [url] = reader.urls()
    return url


def first_titles(reader: Reader, urls: Sequence[str]) -> list[str]:
    titles = reader.titles()
    return [titles[url] for url in urls]
