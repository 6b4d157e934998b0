"""Feeds of every format, in full."""

import json
from datetime import UTC, datetime

import pytest

from ingest.dates import Confidence
from tests.ingest.feeds.samples import ATOM, JSON_FEED, RDF, RSS, parse


def test_rss_in_full():
    feed = parse(RSS)
    assert feed.title == "Harbour Ledger & Gazette"
    assert feed.home_url == "https://harbour-ledger.example/"
    assert (feed.language, feed.version, feed.ttl, feed.update_period) == (
        "en-gb",
        "rss20",
        15,
        900,
    )
    assert feed.hub_url == "https://hub.example/"
    assert feed.self_url == "https://harbour-ledger.example/rss"
    assert feed.damaged is None
    first, second, third = feed.entries

    assert first.title == "Ports & tariffs: what next?"
    assert first.url == "https://harbour-ledger.example/a?id=1&utm_source=rss"
    assert first.guid == "ledger-1"
    assert first.summary == "<p>A short summary</p>"
    assert first.content == "<p>The whole <b>text</b>.</p>"
    assert first.authors == ("Jane Roe", "Li Wei")
    assert first.categories == ("Trade", "Ports")
    assert first.published is not None
    assert first.published.at == datetime(2026, 10, 3, 8, 5, tzinfo=UTC)
    assert first.published.confidence is Confidence.SURE
    assert first.published.origin == "feed"

    assert second.url == second.guid == "https://harbour-ledger.example/b"
    assert second.authors == ("Night Desk",)
    assert second.published is not None
    assert second.published.at == datetime(2026, 10, 2, 14, tzinfo=UTC)

    assert third.url == "https://harbour-ledger.example/c?original"
    assert third.authors == ()
    assert third.published is None
    assert (third.summary, third.content) == ("", "")


def test_atom_in_full():
    feed = parse(ATOM)
    assert (feed.title, feed.version, feed.language) == ("Strait Institute", "atom10", "en")
    assert feed.home_url == "https://institute.example/blog/"
    assert feed.self_url == "https://institute.example/blog/feed.atom"
    first, second = feed.entries

    assert first.title == "A paper"
    assert first.url == "https://institute.example/blog/2026/paper"
    assert first.guid == "tag:institute.example,2026:1"
    assert first.authors == ("Ann Poe", "Chen Mei")
    assert first.categories == ("Trade policy",)
    assert first.summary == "Profits &lt; 5% &amp; falling"
    assert first.content == '<p>Full <a href="x">text</a>.</p>'
    assert first.published is not None
    assert first.updated is not None
    assert first.published.at == datetime(2026, 10, 2, 8, tzinfo=UTC)
    assert first.updated.at == datetime(2026, 10, 3, 8, tzinfo=UTC)
    assert first.language == "en"

    assert second.url == "https://zh.institute.example/b"
    assert second.language == "zh"
    assert second.published is None
    assert (second.summary, second.content) == ("", "<p>正文</p>")


@pytest.mark.parametrize("encoding", ["gb2312", "gb18030", "utf-8"])
@pytest.mark.parametrize("header", [None, "text/xml", "text/xml; charset=iso-8859-1"])
def test_rdf_in_chinese_is_read_whatever_the_labels_say(encoding, header):
    feed = parse(RDF.encode(encoding), content_type=header, country="CN")
    assert (feed.title, feed.version) == ("海港晚报", "rss10")
    (entry,) = feed.entries
    assert entry.title == "双方就关税问题继续磋商"
    assert entry.url == "https://wanbao.example/1.html"
    assert entry.published is not None
    assert entry.published.at == datetime(2026, 10, 3, 0, 5, tzinfo=UTC)


def test_json_feed_in_full():
    feed = parse(json.dumps(JSON_FEED))
    assert (feed.title, feed.version, feed.language) == ("Quay Notes", "json11", "en")
    assert feed.home_url == "https://quay.example/"
    assert feed.hub_url == "https://hub.example/"
    assert feed.self_url == "https://quay.example/feed.json"
    first, second = feed.entries
    assert (first.guid, first.url) == ("7", "https://quay.example/notes/7")
    assert (first.summary, first.content) == ("a &lt; b", "<p>All of it</p>")
    assert first.authors == ("Ann Poe",)
    assert first.categories == ("ports",)
    assert first.published is not None
    assert first.updated is not None
    assert first.updated.at == datetime(2026, 10, 3, 9, 5, tzinfo=UTC)
    assert second.url == "https://quay.example/notes/8"
    assert (second.title, second.content, second.authors) == ("", "a &lt; b", ("Bo",))


@pytest.mark.parametrize(
    ("root", "version"),
    [
        ('<rss version="0.91">', "rss091u"),
        ('<rss version="0.92">', "rss092"),
        ("<rss>", "rss"),
        ('<feed version="0.3" xmlns="http://purl.org/atom/ns#">', "atom03"),
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
            # In two parts: a path that begins like this looks like a package index's.
            f' xmlns="http://my.netscape.com/rdf/{"simple"}/0.9/">',
            "rss090",
        ),
    ],
)
def test_older_versions_are_told_apart(root, version):
    name = root[1:].split()[0].rstrip(">")
    entry = "entry" if name == "feed" else "item"
    link = '<link href="/a"/>' if name == "feed" else "<link>/a</link>"
    feed = parse(f"{root}<{entry}><title>x</title>{link}</{entry}></{name}>")
    assert feed.version == version
    assert feed.entries[0].url == "https://feeds.harbour-ledger.example/a"
