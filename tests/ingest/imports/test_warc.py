"""Archives of any tool give their pages, damaged ones what came before; ours are read by others."""

import gzip
import io
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from ingest.http import PAGE_LIMITS
from ingest.imports.items import Arrival, ArrivedPage, Damaged, Found, PassedOver, Unusable
from ingest.imports.warc import MAX_HEADER_BYTES, WarcFile, read_warc
from tests.support.warcs import DATE, HTML, chunked, gzipped, info, record

# The time in a header would make every collection of these tests another.
squeezed = partial(gzip.compress, mtime=0)

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
URL = "http://outlet.example/story.html"
PAGE = b"<!doctype html><html><body><p>The envoy spoke. " + "北京".encode() * 100 + b"</p></body>"
PACKED = {"Content-Encoding": "gzip"} | HTML


def read(archive: bytes) -> list[Found]:
    return list(read_warc(io.BufferedReader(io.BytesIO(archive)), now=NOW))  # type: ignore[arg-type]


def pages(archive: bytes) -> list[ArrivedPage]:
    found = [each for each in read(archive) if isinstance(each, Arrival)]
    return [each.page for each in found if each.page is not None]


@pytest.mark.parametrize(
    "archive",
    [
        info() + record(URL, PAGE),
        gzipped(info(), record(URL, PAGE)),
        squeezed(info() + record(URL, PAGE)),
        record(f"<{URL}>", PAGE),
        record(URL, PAGE, version="1.1"),
        record(URL, chunked(PAGE), headers={"Transfer-Encoding": "chunked"} | HTML),
        record(URL, squeezed(PAGE), headers=PACKED),
        record(URL, brotli.compress(PAGE), headers={"Content-Encoding": "br"} | HTML),
        record(
            URL, chunked(squeezed(PAGE)), headers={"Transfer-Encoding": "chunked"} | PACKED
        ),
        record(URL, PAGE, headers=PACKED),
        record(URL, PAGE, headers={"Transfer-Encoding": "chunked"} | HTML),
        record(URL, PAGE, headers={}),
        record(URL, PAGE, headers={"content-type": "TEXT/HTML"}),
        record(URL, PAGE, headers={"Content-Type": "application/xhtml+xml"}),
    ],
    ids=[
        "plain", "a member a record", "one gzip of it all", "wget's brackets", "1.1", "chunked",
        "gzip", "brotli", "chunked gzip", "unpacked in spite of its header",
        "no chunks in spite of its header", "no headers", "other case", "xhtml",
    ],
)  # fmt: skip
def test_a_page_comes_out_as_it_was(archive: bytes) -> None:
    (page,) = pages(archive)
    assert page.body == PAGE
    assert page.url == URL
    assert page.taken_at == datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (info(), "no response"),
        (record(URL, b"", kind="request"), "no response"),
        (record(URL, b"a: b", kind="metadata"), "no response"),
        (record(URL, b"", kind="revisit"), "revisit"),
        (record(URL, PAGE, status="404 Not Found"), "status other than 200"),
        (
            record(URL, PAGE, status="301 Moved", headers={"Location": "/b"}),
            "status other than 200",
        ),
        (record(URL, PAGE, status="nonsense"), "status other than 200"),
        (record(URL, b"\x89PNG", headers={"Content-Type": "image/png"}), "no HTML"),
        (record(URL, b"\x89PNG", headers={}), "no HTML"),
        (record("http://outlet.example/", PAGE), "front page"),
        (record("ftp://outlet.example/a", PAGE), "no response"),
        (record("", PAGE), "no response"),
    ],
)
def test_what_is_no_article_is_passed_over(archive: bytes, reason: str) -> None:
    assert read(archive) == [PassedOver(reason)]


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        (record("http://", PAGE), "has no host"),
        (record("http://user:word@outlet.example/a", PAGE), "password"),
        (record(URL, PAGE, date="yesterday"), "WARC-Date"),
        (record(URL, PAGE, date="2999-01-01T00:00:00Z"), "WARC-Date"),
        (record(URL, b"<" * (PAGE_LIMITS.wire_bytes + 1)), "larger than"),
        (record(URL, squeezed(b"<" * 50_000_000), headers=PACKED), "larger than"),
        (
            record(URL, brotli.compress(b"<" * 50_000_000),
                   headers={"Content-Encoding": "br"} | HTML),
            "larger than",
        ),
        (record(URL, squeezed(PAGE)[:-20], headers=PACKED), "ends too early"),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_used_is_named_and_the_next_is_read(
    archive: bytes, says: str
) -> None:
    first, second = read(archive + record(URL, PAGE))
    assert isinstance(first, Unusable)
    assert first.where == "record 1"
    assert says in first.reason
    assert isinstance(second, Arrival)


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        (record(URL, PAGE)[:-50], "middle of a record"),
        (record(URL, PAGE, length=10_000_000), "middle of a record"),
        (record(URL, PAGE, length=20), "no WARC record"),
        (record(URL, PAGE).replace(b"Content-Length", b"Content-Langth"), "how long it is"),
        (b"\x00\x01\x02 garbage that is no record at all\r\n\r\n", "no WARC record"),
        (b"WARC/1.0\r\nX: " + b"x" * 2 * MAX_HEADER_BYTES, "bytes of headers"),
        (b"WARC/1.0\r\n" + b"X: y\r\n" * MAX_HEADER_BYTES, "bytes of headers"),
        (b"\r\n" * MAX_HEADER_BYTES, "bytes of headers"),
        (record(URL, PAGE, headers={"X": "x" * 2 * MAX_HEADER_BYTES}), "bytes of headers"),
    ],
)
def test_a_damaged_archive_says_where_and_gives_what_came_before(rest: bytes, says: str) -> None:
    assert_damaged(record(URL, PAGE) + rest, says)
    assert_damaged(squeezed(record(URL, PAGE) + rest), says)


@pytest.mark.parametrize(
    "archive",
    [
        gzipped(record(URL, PAGE), record(URL, PAGE))[:-30],
        gzipped(record(URL, PAGE), record(URL, PAGE))[:-4] + b"\0\0\0\0",
        gzipped(record(URL, PAGE)) + b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\xff" * 50,
        gzipped(record(URL, PAGE)) + b"no gzip member",
    ],
    ids=["cut off", "false checksum", "damaged deflate", "no member"],
)
def test_damaged_gzip_is_told(archive: bytes) -> None:
    assert_damaged(archive, "gzip")


def assert_damaged(archive: bytes, says: str) -> None:
    found = []
    with pytest.raises(Damaged, match=says) as caught:
        for each in read_warc(io.BufferedReader(io.BytesIO(archive)), now=NOW):  # type: ignore[arg-type]
            found.append(each)  # noqa: PERF402 - what came before the error counts
    assert isinstance(found[0], Arrival)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "archive", [b"PK\x03\x04 zip", b"<html>", b"http://a.example/", squeezed(b"x")]
)
def test_what_is_no_archive_is_told(archive: bytes) -> None:
    with pytest.raises(Damaged, match="no WARC record"):
        read(archive)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_ends_in_pages_or_in_the_one_error(data: st.DataObject) -> None:
    packed = squeezed(PAGE, mtime=0)
    archive = bytearray(info() + record(URL, PAGE) + record(URL, packed, headers=PACKED))
    if data.draw(st.booleans()):
        archive = bytearray(squeezed(bytes(archive), mtime=0))
    for _ in range(data.draw(st.integers(1, 8))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(archive[: data.draw(st.integers(0, len(archive)))]))
    except Damaged as error:
        assert str(error)


# --- writing ---

BODIES = [PAGE, b"", b"\r\n\r\nWARC/1.1\r\n", bytes(range(256)) * 50, squeezed(PAGE)]


def written(*archived: ArrivedPage, article: str = URL) -> bytes:
    out = io.BytesIO()
    warc = WarcFile(out, software="transpacific/1", description="a test")
    for page in archived:
        warc.write(page, article=article)
    return out.getvalue()


def test_what_we_write_another_reader_reads_to_the_byte() -> None:
    at = NOW + timedelta(microseconds=7)
    archive = written(*(ArrivedPage(body, URL, "text/html", at) for body in BODIES))
    records = ArchiveIterator(io.BytesIO(archive), check_digests="raise")
    first = next(records)
    assert first.rec_type == "warcinfo"
    assert b"software: transpacific/1\r\n" in first.content_stream().read()
    for body in BODIES:
        each = next(records)
        assert each.rec_headers.protocol == "WARC/1.1"
        assert each.rec_headers.get_header("WARC-Target-URI") == URL
        assert each.rec_headers.get_header("WARC-Date") == "2026-11-02T08:30:00.000007Z"
        assert each.http_headers.get_statuscode() == "200"
        assert each.content_stream().read() == body
    assert next(records, None) is None


def test_each_record_is_a_gzip_member_and_its_digests_hold(tmp_path: object) -> None:
    archive = written(ArrivedPage(PAGE, URL, None, NOW), ArrivedPage(PAGE, URL, None, NOW))
    assert archive.count(b"\x1f\x8b\x08") == 3
    file = tmp_path / "ours.warc.gz"  # type: ignore[operator]
    file.write_bytes(archive)

    class Asked:
        inputs = (str(file),)
        verbose = False

    checker = Checker(Asked())
    checker.process_all()
    assert checker.exit_value == 0


def test_what_we_write_we_read() -> None:
    moved = ArrivedPage(PAGE, "http://outlet.example/moved.html", "text/html; charset=gbk", NOW)
    (found,) = [each for each in read(written(moved)) if isinstance(each, Arrival)]
    assert found == Arrival("record 2", URL, page=moved)


def test_a_type_that_holds_a_line_break_makes_no_header_of_its_own() -> None:
    page = ArrivedPage(PAGE, URL, "text/html\r\nX-Injected: 1", NOW)
    records = list(ArchiveIterator(io.BytesIO(written(page))))
    assert records[1].http_headers.get_header("X-Injected") is None


def test_pages_of_an_archive_come_in_its_order() -> None:
    urls = [f"http://outlet.example/{number}.html" for number in range(5)]
    archive = b"".join(chain.from_iterable((info(), record(url, PAGE, date=DATE)) for url in urls))
    assert [page.url for page in pages(archive)] == urls
