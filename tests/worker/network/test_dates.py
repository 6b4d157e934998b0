"""The dates of entries, as feeds write them, from the poll to what is known of the article."""

import json
from html import escape

import pytest

from store.articles import inputs
from tests.site import Site
from tests.worker.network.polls import Reader, channel, item
from worker.context import Context

TEN = "2026-11-27 10:00:00"
TWO = "2026-11-27 02:00:00"
LINK = "http://127.0.0.1:1/a"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>1</id>%s</entry></feed>'
)


def rss(date: str) -> str:
    return channel(item("A", LINK, "1", date=escape(date)))


def atom(date: str) -> str:
    return ATOM % f'<title>A</title><link href="{LINK}"/><published>{escape(date)}</published>'


def json_feed(date: str) -> str:
    entry = {"id": "1", "url": LINK, "title": "A", "date_published": date}
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "T", "items": [entry]})


DATES = {
    "an escaped element": (rss('<time datetime="2026-11-27T10:00:00+08:00">27 Nov</time>'), TWO),
    "escaped twice": (rss('&lt;time datetime="2026-11-27T02:00:00Z"&gt;27 Nov&lt;/time&gt;'), TWO),
    "short parts": (rss("2026-11-27 10:0:0 +0000"), TEN),
    "a Chinese server": (rss("星期五, 27 十一月 2026 10:00:00 +0800"), TWO),
    "a Chinese server, by number": (rss("周五, 27 11月 2026 10:00:00 +0800"), TWO),
    "ISO 8601, compact": (rss("20261127T100000+0800"), TWO),
    ".NET": (rss("/Date(1795744800000)/"), TWO),
    ".NET in JSON": (json_feed("/Date(1795744800000+0800)/"), TWO),
    "Go": (rss("2026-11-27 10:00:00 +0000 UTC"), TEN),
    "Go, its clock": (atom("2026-11-27 10:00:00.5 +0800 CST m=+0.1"), "2026-11-27 02:00:00.5"),
    "Java": (atom("2026-11-27T10:00:00+08:00[Asia/Shanghai]"), TWO),
    "Java, local": (json_feed("2026-11-27T10:00:00[Asia/Shanghai]"), TWO),
    "French": (rss("ven., 27 nov. 2026 11:00:00 +0100"), TEN),
    "French, in words": (rss("27 décembre 2025 à 10h GMT"), "2025-12-27 10:00:00"),
    "Spanish": (rss("viernes, 27 de noviembre de 2026 10:00 GMT"), TEN),
    "German": (atom("Freitag, 27. November 2026, 11:00 Uhr +0100"), TEN),
    "a.m. with a zone": (rss("Nov. 27, 2026, 5:00 a.m. ET"), TEN),
    "p.m. without minutes": (rss("Nov 27, 2026 6 p.m. HKT"), TEN),
    "Korean": (rss("2026년 11월 27일 (금) 오후 7:00 +0900"), TEN),
    "Japanese": (json_feed("2026年11月27日 19時0分 JST"), TEN),
}


@pytest.mark.parametrize("name", DATES)
def test_a_date_is_read_as_it_was_meant(context: Context, site: Site, name: str) -> None:
    body, expected = DATES[name]
    reader = Reader(context, site)
    reader.poll(body)
    [article] = reader.articles()
    with context.database.reading() as session:
        entry = inputs.load(session, article.id or 0).entry
    assert entry is not None and entry.published is not None
    assert entry.published.at is not None, entry.published.raw
    assert (
        f"{entry.published.at:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".").ljust(19, "0")
        == expected
    )
