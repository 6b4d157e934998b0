"""Feeds that are damaged, wrapped or wrongly declared: an item's loss is not the feed's."""

import json
import time
from contextlib import suppress

import pytest

from admin.feeds.lookup import Finder
from ingest.feeds.parse import FeedError, parse_feed
from tests.site import Site
from tests.worker.network.polls import Reader, channel, item
from worker.context import Context

BASE = "http://127.0.0.1:1/"
VERSION = "https://jsonfeed.org/version/1.1"


@pytest.fixture
def reader(context: Context, site: Site) -> Reader:
    return Reader(context, site)


def entry(number: int, **more: object) -> str:
    values = {"id": str(number), "url": f"{BASE}{number}", "title": f"Story {number}"}
    return json.dumps(values | more)


def feed(*items: str, version: str = f'"version": "{VERSION}", ', after: str = "") -> str:
    return f'{{{version}"title": "T", "items": [{", ".join(items)}]{after}}}'


BROKEN = '{"id": "9", "title": "She said "no" to it", "url": "http://127.0.0.1:1/9"}'
AUTHORS = (
    '{"id": "9", "authors": [{"name": "A"}, {"name": "B", "url": "http://x"}], "title": "a "b""}'
)
RSS = channel(item("Story 1", f"{BASE}1", "1"), item("Story 2", f"{BASE}2", "2"))
WARNING = "<br />\n<b>Warning</b>: foreach() in <b>/var/www/a.php</b> on line <b>7</b><br />\n"

# Name, body, the numbers of the stories, whether something was lost.
FEEDS: list[tuple[str, str, list[int], bool]] = [
    (
        "a raw line break",
        feed(entry(1), entry(2, content_text="ab").replace("ab", "a\nb")),
        [1, 2],
        False,
    ),
    ("a raw tab", feed(entry(1).replace("Story", "Story\t"), entry(2)), [1, 2], False),
    ("other controls", feed(entry(1).replace("Story", "Sto\x01ry"), entry(2)), [1, 2], False),
    ("a bad item in the middle", feed(entry(1), BROKEN, entry(2)), [1, 2], True),
    ("a bad item first", feed(BROKEN, entry(1), entry(2)), [1, 2], True),
    ("a bad item last", feed(entry(1), entry(2), BROKEN), [1, 2], True),
    ("two of them", feed(entry(1), BROKEN, BROKEN, entry(2)), [1, 2], True),
    ("with authors inside", feed(entry(1), AUTHORS, entry(2)), [1, 2], True),
    ("a value that is none", feed(entry(1), '{"id": "9", "x": NaN?}', entry(2)), [1, 2], True),
    ("no comma between", feed(entry(1) + entry(2)), [1, 2], True),
    ("a comma at the end", feed(entry(1), entry(2), "").replace(", ]", ",]"), [1, 2], True),
    ("items that are no objects", feed(entry(1), "7", "null", entry(2)), [1, 2], False),
    ("cut off", feed(entry(1), entry(2), entry(3))[:-30], [1, 2], True),
    (
        "broken, the version last",
        feed(entry(1), BROKEN, version="", after=f', "version": "{VERSION}"'),
        [1],
        True,
    ),
    ("a cache's remark behind it", feed(entry(1)) + "\n<!-- cached -->", [1], False),
    ("a call", f"handle({feed(entry(1))});", [1], False),
    ("a guard", ")]}',\n" + feed(entry(1)), [1], False),
    ("JSON behind a warning", WARNING + feed(entry(1), entry(2)), [1, 2], False),
    ("JSON behind a notice", "Notice: x\n" + feed(entry(1)).replace("/", "\\/"), [1], False),
    ("RSS behind a warning", WARNING + RSS, [1, 2], False),
    ("RSS behind <br> alone", "<br>\n" + RSS, [1, 2], False),
    (
        "RSS without a version behind one",
        WARNING + RSS.replace(' version="2.0"', ""),
        [1, 2],
        False,
    ),
    (
        "RSS behind a long script",
        f"<script>{'var a = 1 < 2;' * 9_000}</script>\n" + RSS,
        [1, 2],
        False,
    ),
    (
        "RSS behind long styles",
        f"<style>{'p > a { top: 0 }' * 9_000}</style>\n" + RSS,
        [1, 2],
        False,
    ),
    ("RSS within a page", f"<html><body>{RSS}</body></html>", [1, 2], False),
    ("RSS with a script behind", RSS + "<script>if (a < b) c()</script>", [1, 2], False),
    (
        "Atom behind a warning",
        f'{WARNING}<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>'
        f'<entry><id>1</id><title>Story 1</title><link href="{BASE}1"/></entry></feed>',
        [1],
        False,
    ),
]


@pytest.mark.parametrize(
    ("body", "numbers", "lost"), [case[1:] for case in FEEDS], ids=[case[0] for case in FEEDS]
)
def test_what_is_whole_is_read(reader: Reader, body: str, numbers: list[int], lost: bool) -> None:
    poll = reader.poll(body)
    assert poll.outcome == "read"
    assert reader.urls() == [f"{BASE}{number}" for number in numbers]
    assert bool(poll.error) is lost


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/rss+xml", "text/html", "text/plain", "application/octet-stream", ""],
)
@pytest.mark.parametrize("body", [RSS, feed(entry(1), entry(2))], ids=["rss", "json"])
def test_a_feed_is_read_whatever_its_type(reader: Reader, body: str, content_type: str) -> None:
    assert reader.poll(body, content_type=content_type).new == 2


@pytest.mark.parametrize(
    "attributes",
    [
        'type="application/json" href="/feed.xml"',
        'type="application/json" href="/odd" title="JSON Feed"',
        'type="text/rss+xml" href="/odd"',
        'type="text/rss" href="/odd"',
        'type="application/rss" href="/odd"',
        'type="application/x-rss+xml; charset=utf-8" href="/odd"',
        'href="/feed.xml"',
        'href="/odd" title="RSS"',
        'href="/odd" title="订阅"',
        'type="" href="/feed.xml"',
        'type="text/plain" href="/feed.xml"',
    ],
)
def test_a_page_leads_to_its_feed_however_it_is_declared(
    context: Context, site: Site, attributes: str
) -> None:
    for path in ("/feed.xml", "/odd"):
        site.feed(path, RSS)
    others = (
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">'
        '<link rel="alternate" type="application/json+oembed" href="/oembed?url=feed">'
        '<link rel="alternate" hreflang="zh" href="/zh/">'
    )
    site.page("/", f"<html><head>{others}<link rel='alternate' {attributes}></head></html>")
    lead = Finder(context).lead(site.url("/"))
    assert lead.feed in (site.url("/feed.xml"), site.url("/odd"))


@pytest.mark.parametrize("unit", ['{"id": "', '{"a":[', "{", '{"id":1},', '"{', "},{"])
def test_hostile_documents_take_no_time(unit: str) -> None:
    body = f'{{"version": "{VERSION}", "items": [' + unit * 300_000
    started = time.process_time()
    with suppress(FeedError):
        parse_feed(body.encode(), content_type=None, url=BASE)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "date",
    [
        '&lt;time datetime="2026-11-02T10:00:00+08:00"&gt;2 Nov&lt;/time&gt;',
        "星期一, 02 十一月 2026 10:0:0 +0800",
        "lun., 2 nov. 2026 10:00:00 +0800",
        "20261102T100000+0800",
        "2026-11-02 10:00:00 +0800 CST",
    ],
)
def test_the_date_of_an_entry_is_read(date: str) -> None:
    body = channel(item("A", f"{BASE}1", "1", date=date)).encode()
    [read] = parse_feed(body, content_type=None, url=BASE).entries
    assert read.published is not None and read.published.at is not None
    assert read.published.at.isoformat() == "2026-11-02T02:00:00+00:00"
