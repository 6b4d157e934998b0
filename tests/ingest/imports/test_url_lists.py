"""Lists of addresses: what is read of each line, and what of a wrong one is told."""

from datetime import UTC, datetime

import pytest

from ingest.feeds.subscription import CatalogueError
from ingest.imports import url_lists
from ingest.imports.items import Arrival, Found, NamedSource, PassedOver, Unusable
from ingest.imports.url_lists import (
    LinksError,
    read_bookmarks,
    read_csv,
    read_lines,
    unknown_columns,
)

A, B = "http://outlet.example/a", "http://outlet.example/b"


def urls(found: list[Found]) -> list[str]:
    return [each.url for each in found if isinstance(each, Arrival)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{A}\n{B}\n", [A, B]),
        (f"\ufeff{A}\r\n\r\n  {B}  \r\n", [A, B]),
        (f"# mine\n{A} # the first\n#{B}", [A]),
        (f"{A}?utm_source=mail#top\n", [A]),
        ("", []),
    ],
)
def test_each_line_of_a_text_is_an_article(text: str, expected: list[str]) -> None:
    assert urls(list(read_lines(text.encode()))) == expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "http:// or https://"),
        ("javascript:alert(1)", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("http://", "has no host"),
        (f"{A} {B}", "space"),
        ("http://user:secret@outlet.example/", "password"),
        ("http://outlet.example/" + "x" * 20_000, "longer than"),
        ("\x00\x1b[31m", "http"),
    ],
)
def test_a_wrong_line_is_told_with_its_number_and_the_next_is_read(line: str, says: str) -> None:
    bad, good = read_lines(f"{line}\n{A}\n".encode())
    assert isinstance(bad, Unusable)
    assert bad.where == "line 1"
    assert says in bad.reason
    assert len(bad.reason) < 400
    assert isinstance(good, Arrival)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_columns_of_a_csv_are_told_by_its_first_line(mark: str) -> None:
    rows = [
        ["Title", "URL", "published", "source", "country", "kind", "note"],
        ['"Quotas, ""again"""', A, "2024-05-06T07:08:09Z", "Gazette", "SG", "magazine", "x"],
        ["", B, "", "", "", "", ""],
    ]
    body = "\n".join(mark.join(row) for row in rows).encode("utf-8-sig")
    first, second = read_csv(body)
    assert isinstance(first, Arrival)
    assert (first.url, first.title) == (A, 'Quotas, "again"')
    assert first.published is not None
    assert first.published.at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert first.source == NamedSource("Gazette", "SG", "magazine")
    assert second == Arrival("line 3", B)
    assert unknown_columns(body) == ("note",)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (f"{A},sometime,,,", "published 'sometime' is no date"),
        (f"{A},,Gazette,Singapore,", "ISO 3166"),
        (f"{A},,Gazette,,blog", "think-tank"),
        (f"{A},,{'x' * 400},,", "it may have 300"),
        (",,Gazette,,", "url is missing"),
        ("mailto:a@b.example", "http"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(row: str, says: str) -> None:
    (bad,) = read_csv(f"url,published,source,country,kind\n{row}\n".encode())
    assert isinstance(bad, Unusable)
    assert bad.where == "line 2"
    assert says in bad.reason


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "url"),
        (b"title,link\nx,y\n", 'one of them "url"'),
        (b'url\n"' + b"x" * 200_000 + b'"\n', "no CSV"),
    ],
)
def test_what_is_no_csv_of_ours_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(LinksError, match=says):
        list(read_csv(body))


def test_a_list_in_gb18030_keeps_its_titles() -> None:
    (found,) = read_csv(f"url,title\n{A},中美经贸磋商在日内瓦举行\n".encode("gb18030"))
    assert isinstance(found, Arrival)
    assert found.title == "中美经贸磋商在日内瓦举行"


def test_a_list_beyond_any_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_lists, "MAX_BYTES", 10)
    with pytest.raises(LinksError, match="larger than"):
        list(read_lines(A.encode()))


def test_bookmarks_are_the_outlines_that_have_a_url() -> None:
    opml = f"""<?xml version="1.0"?><opml version="2.0"><body>
      <outline text="Folder"><outline type="link" text="Quotas" url="{A}"
        created="Mon, 06 May 2024 07:08:09 GMT"/></outline>
      <outline type="rss" text="Feed" xmlUrl="http://outlet.example/rss.xml"/>
      <outline type="link" text="{B}" url="{B}"/>
      <outline type="link" text="bad" url="nonsense"/>
    </body></opml>"""
    first, feed, second, bad = read_bookmarks(opml.encode())
    assert isinstance(first, Arrival)
    assert (first.url, first.title, first.published) == (A, "Quotas", None)
    assert feed == PassedOver("feed")
    assert second == Arrival("line 5", B)
    assert isinstance(bad, Unusable)


@pytest.mark.parametrize("body", [b"<html></html>", b"<opml", b'<!DOCTYPE a [<!ENTITY b "c">]>'])
def test_what_is_no_opml_is_refused(body: bytes) -> None:
    with pytest.raises(CatalogueError):
        list(read_bookmarks(body))
