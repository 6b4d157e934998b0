import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dates import Confidence, parse_date
from ingest.feeds.model import Entry
from ingest.pages.extract import Document, Hint, extract_entry, extract_page
from ingest.pages.quality import Quality
from tests.support import machine

URL = "https://www.tribune.example/world/port-fees?utm_source=rss"
PARAGRAPHS = [
    "Negotiators from both capitals met again on Monday, in a hotel by the river, to settle the "
    "last points of an accord on port fees.",
    "The text, seen by two people who took part, would halve the charges from the first of March "
    "and leave the rest to a joint panel of six.",
    "Shippers welcomed the news with caution, and asked to see the tariff in writing before they "
    "would change a single timetable.",
]
CHINESE = [
    "两国代表周一再次会晤，商讨港口收费协议的最后几点内容，会谈在河边的一家酒店举行。",
    "据两位参与者透露，协议草案将从三月一日起把收费减半，其余问题交由联合小组处理。",
    "航运企业对此表示谨慎欢迎，并要求在调整任何一条航线之前先看到书面的收费标准和时间表。",
]
HEAD = """
<title>Port fees to be halved | Example Tribune</title>
<meta property="og:site_name" content="Example Tribune">
<link rel="canonical" href="/world/port-fees">
<script type="application/ld+json">
{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Port fees to be halved",
 "datePublished": "2026-03-02T08:00:00Z", "author": {"@type": "Person", "name": "By Jane Roe"}}
</script>
"""


def page(paragraphs: list[str], *, head: str = HEAD, title: str = "Port fees to be halved") -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    menu = "".join(f"<li><a href=/{n}>Section {n}</a></li>" for n in range(20))
    return (
        f"<!doctype html><html lang=en><head>{head}</head><body><nav><ul>{menu}</ul></nav>"
        f"<main><article><h1>{title}</h1>{body}</article></main>"
        "<footer><p>All rights reserved.</p></footer></body></html>"
    )


def test_a_page_becomes_a_document() -> None:
    assert extract_page(page(PARAGRAPHS).encode(), url=URL) == Document(
        title="Port fees to be halved",
        text="\n".join(PARAGRAPHS),
        authors=("Jane Roe",),
        published=parse_date("2026-03-02T08:00:00Z", origin="json-ld"),
        language="en",
        canonical_url="https://www.tribune.example/world/port-fees",
        site_name="Example Tribune",
        quality=Quality.OK,
        taken_from="page",
    )


def test_what_the_feed_said_comes_first() -> None:
    hint = Hint(
        title="Port fees to be halved, say envoys",
        authors=("By Li Wen", "Example Tribune"),
        published=parse_date("Mon, 02 Mar 2026 09:30:00 GMT", origin="feed"),
    )
    document = extract_page(page(PARAGRAPHS).encode(), url=URL, hint=hint)
    assert document.authors == ("Li Wen",)
    assert document.published == hint.published
    assert document.title == "Port fees to be halved"


def test_an_unsure_date_of_the_feed_yields_to_the_pages() -> None:
    hint = Hint(published=parse_date("2026-03-02 09:30", origin="feed"))
    document = extract_page(page(PARAGRAPHS).encode(), url=URL, hint=hint)
    assert document.published is not None
    assert document.published.at == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_date_is_searched_in_the_text_when_nothing_else_gives_one() -> None:
    dateline = "<span class=date>Published March 2, 2026</span>"
    markup = page([dateline, *PARAGRAPHS], head="<title>Port fees</title>")
    document = extract_page(markup.encode(), url="https://tribune.example/a")
    assert document.published is not None
    assert document.published.confidence is Confidence.LIKELY
    assert document.published.at == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5"])
def test_a_chinese_page_is_read_in_its_own_encoding(charset: str) -> None:
    head = f"<meta charset={charset}><title>港口收费减半_例报</title>"
    paragraphs = (
        CHINESE if charset != "big5" else ["港口收費將從三月一日起減半，其餘問題另議。" * 6]
    )
    body = page(paragraphs, head=head, title="港口收费减半" if charset != "big5" else "港口")
    document = extract_page(body.encode(charset, "replace"), url=URL)
    assert document.text == "\n".join(paragraphs)
    assert document.language == "zh"
    assert document.quality is Quality.OK


def test_the_charset_of_the_header_is_asked() -> None:
    body = page(CHINESE, head="").encode("gb18030")
    document = extract_page(body, url=URL, content_type='text/html; charset="GB2312"')
    assert document.text == "\n".join(CHINESE)


@pytest.mark.parametrize(
    "hostile", ["&#x1b;", "&#xFFFE;", "&#0;", "&#xD800;", "\x00", "\x1b", "\ufffe", "\ud800"]
)
def test_one_hostile_character_loses_no_text(hostile: str) -> None:
    paragraphs = [*PARAGRAPHS, *CHINESE]
    body = page([f"{PARAGRAPHS[0][:20]}{hostile}{PARAGRAPHS[0][20:]}", *paragraphs[1:]])
    document = extract_page(body.encode("utf-8", "surrogatepass"), url=URL)
    assert document.text.replace("\ufffd", "") == "\n".join(paragraphs)


@pytest.mark.parametrize("depth", [252, 253, 254, 255, 256, 2_000, 3_000, 50_000])
@pytest.mark.parametrize("tag", ["div", "b", "section"])
def test_depth_loses_no_text(depth: int, tag: str) -> None:
    body = f"<html><head>{HEAD}</head><body>{f'<{tag}>' * depth}" + "".join(
        f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS
    )
    document = extract_page(body.encode(), url=URL)
    assert [p for p in PARAGRAPHS if p not in document.text] == []
    assert document.title == "Port fees to be halved"


def test_text_that_the_page_hides_in_a_comment_is_not_missed_silently() -> None:
    body = page(["Short.", "<!-- " + PARAGRAPHS[0], *PARAGRAPHS])
    assert extract_page(body.encode(), url=URL).quality is Quality.SHORT


def test_a_wall_keeps_the_title_that_the_feed_announced() -> None:
    wall = "<html><head><title>Just a moment...</title></head><body><p>Checking your browser"
    document = extract_page(wall.encode(), url=URL, hint=Hint(title="Port fees to be halved"))
    assert document.quality is Quality.BLOCKED
    assert document.title == "Port fees to be halved"


def test_a_preview_before_a_paywall_is_one() -> None:
    body = page(PARAGRAPHS).replace("</main>", "</main><div>Subscribe to continue reading</div>")
    assert extract_page(body.encode(), url=URL).quality is Quality.PAYWALL


@pytest.mark.parametrize(
    "body", [b"", b"\x00" * 50, b"\x89PNG\r\n\x1a\n\x00\x01", b"{}", b"%PDF-1.7"]
)
def test_a_body_that_is_no_page_is_short(body: bytes) -> None:
    document = extract_page(body, url=URL, hint=Hint(title="Port fees", language="en"))
    assert document.quality is Quality.SHORT
    assert document.title == "Port fees"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"body": PARAGRAPHS}), "application/json"),
        (json.dumps([{"html": page(PARAGRAPHS)}]), "text/html; charset=utf-8"),
        ("\ufeff\n" + json.dumps(PARAGRAPHS), None),
        (json.dumps(" ".join(PARAGRAPHS)), "application/problem+json; charset=utf-8"),
    ],
)
def test_data_at_a_pages_address_is_no_article(body: str, content_type: str | None) -> None:
    document = extract_page(body.encode(), url=URL, content_type=content_type)
    assert (document.text, document.quality) == ("", Quality.SHORT)


def test_a_page_that_is_called_data_is_still_a_page() -> None:
    document = extract_page(page(PARAGRAPHS).encode(), url=URL, content_type="application/json")
    assert document.quality is Quality.OK


MARKUP = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<table><tr><td>",
        "<script>",
        "</script>",
        '<script type="application/ld+json">',
        '{"@type": "NewsArticle", "author": [{"@id": 1}, null], "@id": [], "headline": {}}',
        "<!--",
        "<![CDATA[",
        "<title>",
        "<meta property=og:url content='http://['>",
        "<meta name=date content=99999999999999999999>",
        "<base href='http://[::1'>",
        "<link rel=canonical href='//:99999'>",
        "<time datetime=0000-00-00>",
        "<h1>",
        "<svg>",
        "<template>",
        "&#x1b;",
        "&#xD800;",
        "\ud800",
        "\x00",
        "\ufffe",
        PARAGRAPHS[0],
        CHINESE[0],
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(MARKUP | st.text(max_size=12), max_size=30))
def test_any_markup_becomes_a_storable_document(pieces: list[str]) -> None:
    document = extract_page("".join(pieces).encode("utf-8", "surrogatepass"), url=URL)
    for text in (document.title, document.text, document.site_name or "", *document.authors):
        assert "\x00" not in text
        assert text.encode().decode() == text


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.none() | st.text(max_size=20))
def test_any_bytes_become_a_document(body: bytes, content_type: str | None) -> None:
    assert extract_page(body, url=URL, content_type=content_type).taken_from == "page"


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 1_000_000,
        "<div><p>word</p>" * 2_000 + "</div>" * 2_000 + f"<p>{PARAGRAPHS[0]}" * 30_000,
        "<p>a" * 1_200_000,
        "<article " + " ".join(f"a{n}" for n in range(800_000)) + f"><p>{PARAGRAPHS[0]}",
    ],
    ids=["depth", "depth and length", "elements", "attributes"],
)
def test_five_megabytes_of_tags_end_within_twenty_seconds(markup: str) -> None:
    body = markup[:5_000_000].encode()
    assert machine.cpu_seconds(lambda: extract_page(body, url=URL)) < 20


def entry(content: str) -> Entry:
    return Entry(
        guid="1",
        url=URL,
        title=" Port fees\nto be halved ",
        summary="",
        content=content,
        authors=("By Jane Roe", "news@tribune.example"),
        categories=(),
        published=None,
        updated=parse_date("2026-03-02T08:00:00Z", origin="feed"),
        language="en-US",
    )


def test_an_entry_becomes_a_document_of_its_own() -> None:
    content = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    assert extract_entry(entry(content)) == Document(
        title="Port fees to be halved",
        text="\n".join(PARAGRAPHS),
        authors=("Jane Roe",),
        published=parse_date("2026-03-02T08:00:00Z", origin="feed"),
        language="en",
        canonical_url="https://www.tribune.example/world/port-fees",
        site_name=None,
        quality=Quality.OK,
        taken_from="feed",
    )


def test_an_entry_with_a_line_of_text_is_short() -> None:
    assert extract_entry(entry("<p>Port fees are halved.</p>")).quality is Quality.SHORT
