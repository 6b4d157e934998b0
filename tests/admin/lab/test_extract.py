"""`extract`: pages to articles."""

import gzip
import json
from pathlib import Path

import pytest

from tests.admin.conftest import Cli
from tests.admin.wire import SOYBEANS, SUMMIT, TARIFFS, html_page


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Three pages beside their list: plain, gzipped, and in GB18030."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "a.html").write_text(html_page(*SUMMIT))
    (pages / "b.html.gz").write_bytes(gzip.compress(html_page(*SOYBEANS).encode()))
    (pages / "c.html").write_bytes(html_page(*TARIFFS).encode("gb18030"))
    file = tmp_path / "pages.jsonl"
    records = [
        {"id": "a", "path": "pages/a.html", "url": "https://news.example/2026/10/02/visit"},
        {"id": "b", "path": "pages/b.html.gz", "url": "https://news.example/b", "text": "ignored"},
        {"id": 3, "path": "pages/c.html", "url": "https://news.example/c"},
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


def test_a_line_in_is_a_line_out_in_order(cli: Cli, manifest: Path) -> None:
    ended = cli("extract", "--jsonl", manifest)
    assert (ended.status, ended.err) == (0, "")
    assert [record["id"] for record in ended.records] == ["a", "b", 3]
    for record, (title, paragraphs) in zip(ended.records, (SUMMIT, SOYBEANS, TARIFFS), strict=True):
        assert list(record) == [
            "id", "title", "text", "authors", "published", "language", "quality",
        ]  # fmt: skip
        assert record["title"] == title
        assert record["text"].split("\n") == list(paragraphs)
    assert [record["language"] for record in ended.records] == ["en", "en", "zh"]
    assert ended.records[0]["published"].startswith("2026-10-02T")


def test_what_cannot_be_read_is_told_and_the_others_are_extracted(cli: Cli, manifest: Path) -> None:
    broken = manifest.parent / "pages" / "broken.gz"
    broken.write_bytes(gzip.compress(bytes(range(256)))[:100])
    (manifest.parent / "pages" / "huge.gz").write_bytes(gzip.compress(bytes(6_000_000)))
    bad = [
        b'{"id": 1, "path": "pages/none.html"}\n',
        b'{"id": 2, "path": "pages/broken.gz"}\n',
        b'{"id": 3, "path": "pages/huge.gz"}\n',
        b'{"id": 4, "path": "pages"}\n',
        b'{"id": 5, "path": "a\\u0000b"}\n',
        b'{"id": 6}\n',
        b"{\n",
    ]
    first, *rest = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join([first, *bad, *rest]))
    ended = cli("extract", "--jsonl", manifest)
    assert ended.status == 1
    assert [record["id"] for record in ended.records] == ["a", "b", 3]
    assert [line.partition(":")[0] for line in ended.err.splitlines()] == [
        f"line {number}" for number in range(2, 9)
    ]


def test_a_page_is_printed_for_people(cli: Cli, manifest: Path) -> None:
    page = manifest.parent / "pages" / "b.html.gz"
    ended = cli("extract", page)
    assert (ended.status, ended.err) == (0, "")
    title, about, empty, *text = ended.out.splitlines()
    assert title == SOYBEANS[0]
    assert "language en; quality ok" in about
    assert empty == ""
    assert text == list(SOYBEANS[1])


def test_the_address_may_tell_the_date(cli: Cli) -> None:
    page = html_page(*SUMMIT).encode()
    ended = cli("extract", "-", "--url", "https://news.example/2026/10/02/visit", stdin=page)
    assert "published 2026-10-02" in ended.out


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"<html>", b"{}"])
def test_a_page_without_an_article_is_no_failure(cli: Cli, body: bytes) -> None:
    ended = cli("extract", "-", stdin=body)
    assert (ended.status, ended.err) == (0, "")
    assert "quality short" in ended.out
