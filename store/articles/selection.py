"""Which articles are meant: the conditions that exports and reprocessing choose them by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlmodel import col

from store.tables import Article, Feed, Sighting, Source, StoryRedirect, Tagging


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the articles; an empty field asks nothing.

    `since` and `until` bound the time when an article was published, or else first seen. `source`
    is a part of an outlet's name, `feed` the address of one that it was seen in, `story` the id of
    its story, also one that this had before a merger. `relevance` is that of its current text.
    """

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    feed: str | None = None
    story: int | None = None
    relevance: tuple[str, ...] = ()


def conditions(selection: Selection) -> Iterator[ColumnElement[bool]]:
    """What is asked of `Article`, which alone need be among the query's tables."""
    when = func.coalesce(col(Article.published_at), col(Article.first_seen_at))
    if selection.since is not None:
        yield when >= selection.since
    if selection.until is not None:
        yield when < selection.until
    if selection.source:
        named = col(Source.name).icontains(selection.source, autoescape=True)
        yield exists().where(col(Source.id) == col(Article.source_id), named).correlate(Article)
    if selection.feed:
        seen = exists().where(
            col(Sighting.article_id) == col(Article.id),
            col(Sighting.feed_id) == col(Feed.id),
            col(Feed.url) == selection.feed,
        )
        yield seen.correlate(Article)
    if selection.story is not None:
        # One that was merged is asked for by the id that is known of it.
        merged = col(StoryRedirect.story_id) == selection.story
        into = select(col(StoryRedirect.into_id)).where(merged).scalar_subquery()
        yield col(Article.story_id) == func.coalesce(into, selection.story)
    if selection.relevance:
        judged = col(Tagging.relevance).in_(selection.relevance)
        yield exists().where(col(Tagging.id) == col(Article.tagging_id), judged).correlate(Article)
