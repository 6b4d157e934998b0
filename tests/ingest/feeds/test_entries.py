"""What a feed has brought."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.dates import Confidence, Dated
from ingest.feeds.entries import (
    FullText,
    discoveries,
    entry_from_json,
    entry_to_json,
    may_have_missed,
    same_item,
)
from ingest.feeds.identity import without_article
from ingest.feeds.parse import Entry, Feed

DATE = Dated(datetime(2026, 11, 2, 8, tzinfo=UTC), "2 Nov 2026", "feed", Confidence.SURE)
FEED_URL = "http://outlet.example/rss"
WHOLE = "<p>" + "The ministers spoke of soybeans and went home. " * 40 + "</p>"
ENTRY = Entry(
    guid="g1",
    url="http://Outlet.example/a?utm_source=rss",
    title="Ministers speak",
    summary="<p>The ministers spoke.</p>",
    content="",
    authors=("A. Reporter",),
    categories=("world",),
    published=DATE,
    updated=None,
    language="en",
)


def _feed(*entries: Entry) -> Feed:
    return Feed(
        title="Outlet",
        home_url=None,
        language="en",
        version="rss20",
        ttl=None,
        update_period=None,
        hub_url=None,
        self_url=None,
        entries=entries,
        damaged=None,
    )


def test_an_article_is_known_by_its_canonical_url() -> None:
    (found,) = discoveries(_feed(ENTRY), FullText.AUTO, feed_url=FEED_URL)
    assert (found.url, found.host) == ("http://outlet.example/a", "outlet.example")


def test_two_entries_of_one_page_are_one_article_and_the_first_stands() -> None:
    second = replace(ENTRY, guid="g2", url="http://outlet.example/a#comments")
    (found,) = discoveries(_feed(ENTRY, second), FullText.AUTO, feed_url=FEED_URL)
    assert found.entry.guid == "g1"


@pytest.mark.parametrize("url", [None, "", "mailto:desk@outlet.example", "http://"])
def test_an_entry_without_a_usable_link_is_known_by_its_guid_or_left_out(url: str | None) -> None:
    entry = replace(ENTRY, url=url)
    (found,) = discoveries(_feed(entry), FullText.PAGE, feed_url=FEED_URL)
    assert (found.url, found.host, found.from_feed) == (f"{FEED_URL}#g1", "", True)
    entry = replace(entry, summary="<p> </p>")
    assert discoveries(_feed(entry), FullText.AUTO, feed_url=FEED_URL) == ()
    assert without_article([entry]) == 1


@pytest.mark.parametrize(
    ("full_text", "content", "from_feed"),
    [
        (FullText.AUTO, "", False),
        (FullText.AUTO, WHOLE, True),
        (FullText.PAGE, WHOLE, False),
        (FullText.FEED, "", True),
    ],
)
def test_where_the_text_comes_from(full_text: FullText, content: str, from_feed: bool) -> None:
    (found,) = discoveries(_feed(replace(ENTRY, content=content)), full_text, feed_url=FEED_URL)
    assert found.from_feed is from_feed


@pytest.mark.parametrize(
    ("changed", "changes"),
    [
        ({"title": "Ministers speak again"}, True),
        ({"summary": "<p>The ministers spoke twice.</p>"}, True),
        ({"summary": "<div>The  ministers\nspoke.</div>"}, False),
        ({"published": None}, False),
        ({"categories": ("world", "asia")}, False),
        ({"guid": "g9"}, False),
    ],
)
def test_only_title_and_text_are_the_content(changed: dict[str, object], changes: bool) -> None:
    (before,) = discoveries(_feed(ENTRY), FullText.AUTO, feed_url=FEED_URL)
    (after,) = discoveries(_feed(replace(ENTRY, **changed)), FullText.AUTO, feed_url=FEED_URL)
    assert (before.content_hash != after.content_hash) is changes


@pytest.mark.parametrize(
    ("known_title", "same"),
    [("Ministers speak", True), ("Another title", False), ("", False)],
)
def test_a_known_guid_is_the_same_item_only_under_its_title(known_title: str, same: bool) -> None:
    assert same_item(known_title, ENTRY) is same


def test_an_entry_comes_back_from_its_snapshot_as_it_was() -> None:
    assert entry_from_json(entry_to_json(ENTRY)) == ENTRY


def test_an_entry_that_was_kept_with_its_pictures_is_read_without_them() -> None:
    kept = json.loads(entry_to_json(ENTRY)) | {"media": [{"url": "http://outlet.example/a.jpg"}]}
    assert entry_from_json(json.dumps(kept).encode()) == ENTRY


@pytest.mark.parametrize(
    ("before", "titles", "missed"),
    [
        (["Envoy settles visit", "Ships pass"], ["Soybeans sail", "Talks resume"], True),
        # the same entries under other links
        (["Envoy settles visit", "Ships pass"], ["Ships pass", "Envoy settles visit"], False),
        (["a", "b", "c"], ["b", "c", "d"], False),
        # one title comes back every day
        (["Morning briefing", "Ships pass"], ["Morning briefing", "Talks resume"], True),
        (["Ships pass"], ["Ships pass"], False),
        (["Ships pass"], ["Talks resume", "Ships pass"], False),
        # no titles say nothing
        ([""], [""], True),
        (["", ""], ["", "Talks resume"], True),
        # what was there has been purged since
        ([], ["Talks resume"], True),
    ],
)
def test_titles_tell_a_feed_that_rolled_over_from_one_with_new_links(
    before: list[str], titles: list[str], missed: bool
) -> None:
    assert may_have_missed(before, titles) is missed
