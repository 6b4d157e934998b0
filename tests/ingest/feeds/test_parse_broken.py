"""Feeds that are none, broken, cut, hostile or costly: what is good of them is read."""

import json
import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.feeds.parse import (
    MAX_ENTRIES,
    EmptyFeed,
    FeedError,
    NotAFeed,
    Unreadable,
)
from tests.ingest.feeds.samples import ATOM, JSON_FEED, RDF, RSS, URL, parse
from tests.support import machine


@pytest.mark.parametrize(
    ("body", "error", "what"),
    [
        (b"", EmptyFeed, "no content"),
        (b" \r\n\t ", EmptyFeed, "no content"),
        (b"\xef\xbb\xbf", EmptyFeed, "no content"),
        (b"\x1f\x8b\x08\x00abc", NotAFeed, "gzip"),
        (b"\x89PNG\r\n\x1a\n", NotAFeed, "PNG"),
        (b"\xff\xd8\xff\xe0", NotAFeed, "JPEG"),
        (b"%PDF-1.7", NotAFeed, "PDF"),
        (b"<!DOCTYPE html><html><body>hello</body></html>", NotAFeed, "HTML page"),
        (b"<!-- c --><HTML><head></head></HTML>", NotAFeed, "HTML page"),
        (b"<?xml version='1.0'?><opml version='2.0'/>", NotAFeed, "OPML"),
        (b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", NotAFeed, "sitemap"),
        (b"<error>no</error>", NotAFeed, "<error>"),
        (
            b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
            NotAFeed,
            "neither",
        ),
        (b"Service unavailable", NotAFeed, "neither XML nor JSON"),
        (b'{"error": "no such feed"}', NotAFeed, "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', NotAFeed, "no JSON Feed"),
        (b"[1, 2]", NotAFeed, "no JSON Feed"),
        (b"[" * 100_000, NotAFeed, "nested"),
        (b"{broken", NotAFeed, "neither"),
        (b"<rss version='2.0'", Unreadable, "first tag"),
        (b"<rss version='2.0'><channel></nothing>", Unreadable, "broken XML"),
    ],
)
def test_what_is_no_feed_is_named(body, error, what):
    with pytest.raises(error, match=what):
        parse(body)


def test_a_script_warning_before_the_feed_is_passed_over():
    feed = parse("<br />\n<b>Warning</b>: late headers on line 3<br />\n" + RSS)
    assert len(feed.entries) == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Trade news", "Bread & butter"),
        ("Trade news", "Caf&eacute;&nbsp;&hellip;"),
        ("Trade news", "Odd &#x1b; and &#0; and &#8; and &unknown; and &#99999999;"),
        ("Trade news", "control \x1b\x00 characters"),
        ('<?xml version="1.0" encoding="utf-8"?>', "\n\n<?xml version='1.0'?>"),
        ('<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE rss [<!ENTITY x 'y'>]>"),
    ],
)
def test_slips_of_publishing_software_cost_nothing(before, after):
    feed = parse(RSS.replace(before, after, 1))
    assert [entry.url for entry in feed.entries] == [entry.url for entry in parse(RSS).entries]
    assert feed.damaged is None


def test_a_broken_entry_costs_no_other():
    broken = RSS.replace("<description>Second</description>", "<description>Second</p></oops>")
    feed = parse(broken)
    whole = parse(RSS).entries
    assert (feed.entries[0], feed.entries[2]) == (whole[0], whole[2])
    assert feed.entries[1].url == whole[1].url
    assert feed.title == "Harbour Ledger & Gazette"
    assert feed.damaged is not None
    assert "mismatched tag" in feed.damaged


def test_an_undeclared_prefix_costs_nothing():
    feed = parse(RSS.replace('xmlns:dc="http://purl.org/dc/elements/1.1/"', ""))
    assert [entry.url for entry in feed.entries] == [entry.url for entry in parse(RSS).entries]
    assert feed.entries[0].authors == ("Jane Roe", "Li Wei")
    assert feed.damaged is not None


def test_a_truncated_feed_gives_its_whole_entries_and_says_so():
    whole = parse(RSS).entries
    for end in range(RSS.index("</item>") + len("</item>"), len(RSS) - len("</rss>\n"), 37):
        feed = parse(RSS[:end])
        assert feed.entries == whole[: RSS[:end].count("</item>")]
        assert feed.damaged is not None


def test_a_truncated_json_feed_gives_its_whole_entries_and_says_so():
    text = json.dumps(JSON_FEED)
    feed = parse(text[: text.index('"https://quay.example/notes/8"') + 5])
    assert feed.title == "Quay Notes"
    assert feed.entries == parse(text).entries[:1]
    assert feed.damaged is not None


def test_more_entries_than_a_feed_has_are_left_and_said():
    items = "".join(f"<item><guid>{n}</guid></item>" for n in range(MAX_ENTRIES + 10))
    feed = parse(f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>')
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.damaged is not None
    document = {**JSON_FEED, "items": [{"id": str(n)} for n in range(MAX_ENTRIES + 10)]}
    feed = parse(json.dumps(document))
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.damaged is not None


@pytest.mark.parametrize(
    ("ttl", "expected"), [("525600", 525_600), ("525601", None), ("999999999999999", None)]
)
def test_a_pace_beyond_a_year_is_none(ttl, expected):
    feed = parse(RSS.replace("<ttl>15<", f"<ttl>{ttl}<").replace(">4</sy", ">999999999999999</sy"))
    assert (feed.ttl, feed.update_period) == (expected, None)


@pytest.mark.parametrize(
    ("costly", "reason"),
    [
        ("<b" + "".join(f" a{n}='1'" for n in range(101)) + "/>", "more than 100 attributes"),
        ("<b>" * 501 + "</b>" * 501, "nested more than 500 deep"),
        ("<b/>" * 2_001, "more than 2000 elements"),
    ],
    ids=["attributes", "depth", "elements"],
)
def test_what_would_cost_too_much_is_left_out_and_said(costly, reason, monkeypatch):
    monkeypatch.setattr("ingest.feeds.feedparser_handlers.MAX_ELEMENTS", 2_000)
    feed = parse(RSS.replace("<description>Second</description>", costly))
    assert feed.entries[0] == parse(RSS).entries[0]
    assert feed.damaged is not None
    assert reason in feed.damaged


@pytest.mark.parametrize(
    "budget",
    ["ingest.feeds.feedparser_handlers.MAX_ELEMENTS", "ingest.feeds.rss_atom.MAX_READ_LOOSELY"],
)
def test_broken_entries_are_read_up_to_a_budget_and_the_rest_is_said_to_be_lost(
    budget, monkeypatch
):
    monkeypatch.setattr(budget, 20_000)
    broken = "<item><title>t</title><description>" + "<i>a</i>" * 100 + "</p></description></item>"
    feed = parse(f'<rss version="2.0"><channel><title>x</title>{broken * 100}</channel></rss>')
    assert 0 < len(feed.entries) < 100
    assert feed.damaged is not None
    assert f"{100 - len(feed.entries)} entries are lost" in feed.damaged


def test_external_and_exploding_entities_are_not_expanded(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    subset = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY l0 "ha">{levels}]>'
    feed = parse(f'{subset}<rss version="2.0"><channel><title>t &x; &l11;</title></channel></rss>')
    assert "the secret" not in feed.title
    assert len(feed.title) < 100


def test_bytes_are_never_taken_for_a_path_or_an_address(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_text(RSS)
    for body in (str(path).encode(), path.as_uri().encode(), URL.encode()):
        with pytest.raises(NotAFeed):
            parse(body)


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("jane@ledger.example (Jane Roe)", "Jane Roe"),
        ("Jane Roe &lt;jane@ledger.example&gt;", "Jane Roe"),
        ("Jane Roe (jane@ledger.example)", "Jane Roe"),
        ("jane@ledger.example Jane Roe", "Jane Roe"),
        ("By Jane Roe and Li Wei", "Jane Roe and Li Wei"),
        ("记者 王小明", "王小明"),
        ("Byron Poe", "Byron Poe"),
        ("@harbourdesk", "@harbourdesk"),
        ("Jane Roe (in Guangzhou)", "Jane Roe (in Guangzhou)"),
    ],
)
def test_authors_are_names(author, name):
    feed = parse(f'<rss version="2.0"><item><title>x</title><author>{author}</author></item></rss>')
    assert feed.entries[0].authors == (name,)


FIXTURES = [RSS.encode(), ATOM.encode(), RDF.encode("gb18030"), json.dumps(JSON_FEED).encode()]
HEADERS = st.sampled_from([None, "text/xml; charset=gb2312", "text/html; charset=iso-8859-1"])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FIXTURES), st.randoms(use_true_random=False), HEADERS)
def test_no_mutation_raises_anything_but_a_feed_error(fixture, dice, header):
    body = mutated(bytearray(fixture), dice)
    try:
        feed = parse(body, content_type=header)
    except FeedError as error:
        assert str(error)
    else:
        assert all(entry.url is None or "://" in entry.url for entry in feed.entries)


def mutated(body: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.choice([1, 1, 3, 30])):
        at = dice.randrange(len(body) + 1)
        length = dice.randrange(80)
        kind = dice.randrange(4)
        if kind == 0:
            body[at : at + 1] = bytes([dice.randrange(256)])
        elif kind == 1:
            del body[at : at + length]
        elif kind == 2:
            body[at:at] = body[-length:]
        elif len(body) > 100 and not dice.randrange(3):
            del body[at:]
    return bytes(body)


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_feed_error(body):
    with pytest.raises(FeedError):
        parse(b"<" + body)


SIZES = (25_000, 200_000)
RSS_HEAD = '<rss version="2.0"><channel><title>x</title><item><title>t</title>'
RSS_TAIL = "</item></channel></rss>"
XHTML_HEAD = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><content type="xhtml">'
)


@pytest.mark.parametrize(
    ("head", "piece", "tail"),
    [
        ("<!DOCTYPE html><html><body>", "<p>some text</p>", ""),
        ("", "<!-- ", ""),
        ("", "<?xml ", ""),
        ("{", '"items":[', ""),
        (RSS_HEAD, "<a b='", ""),
        (RSS_HEAD, "<![CDATA[", ""),
        (RSS_HEAD, "&#", ""),
        (RSS_HEAD, "<b></a>", ""),
        (RSS_HEAD, "<b>", ""),
        (RSS_HEAD + "<b", ' a%d="1"', "/>" + RSS_TAIL),
        (RSS_HEAD, "<category>a</category>", RSS_TAIL),
        (RSS_HEAD + "<author>", "a.a-", "</author>" + RSS_TAIL),
        (RSS_HEAD + "<author>a@", "a.", "</author>" + RSS_TAIL),
        (XHTML_HEAD, "\n", "<div>x</div></content></entry></feed>"),
    ],
)
def test_hostile_feeds_take_linear_time(head, piece, tail):
    small, large = (_seconds(head + repeated(piece, size) + tail) for size in SIZES)
    # Eight times the input; quadratic would be 64 times the time, and minutes.
    assert large < max(24 * small, 3.0)


def repeated(piece, size):
    pieces = size // len(piece)
    return "".join(piece % n for n in range(pieces)) if "%d" in piece else piece * pieces


def _seconds(text):
    def read():
        with suppress(FeedError):
            parse(text)

    return machine.cpu_seconds(read)
