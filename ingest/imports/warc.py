"""WARC, the format of web archives (ISO 28500): pages out of one, and pages into one.

warcio reads and writes the records. Around it stand the bounds that it has not: gzip is undone
here, so that an archive that was cut off says so; header lines and pages have a longest size; and
a page's own codings are undone by the code that undoes them for what is fetched.
"""

import contextlib
import io
import logging
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from gzip import BadGzipFile, GzipFile
from typing import Any, BinaryIO

from warcio.archiveiterator import WARCIterator
from warcio.bufferedreaders import BufferedReader, ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParserException
from warcio.warcwriter import WARCWriter

from ingest.dates import parse_date
from ingest.http import PAGE_LIMITS, FetchError, TooLarge, Unreachable
from ingest.http.decoding import codings, unpack
from ingest.imports.items import SHOWN, Arrival, ArrivedPage, Damaged, Found, PassedOver, Unusable
from ingest.pages.metadata import is_home
from ingest.text.sanitise import clean_line
from ingest.url import UrlError, canonical, spellings

# What the headers of one record may weigh, WARC's and HTTP's together. Servers stop at 8 to 64 kB.
MAX_HEADER_BYTES = 1_000_000
# An archive whose clock was ahead by less than this is believed.
MAX_AHEAD = timedelta(days=1)
# Names the article whose page answered at another address; the standard leaves room for own fields.
ARTICLE_FIELD = "Transpacific-Article-URI"

_GZIP = b"\x1f\x8b"
_HTML = ("text/html", "application/xhtml+xml")
_BLOCK = 65_536

# It reports what is wrong with a record as a warning; here that is a result like any other.
logging.getLogger("warcio").setLevel(logging.CRITICAL)


def read_warc(file: io.BufferedReader, *, now: datetime) -> Iterator[Found]:
    """The pages of an archive in its order: responses of status 200 that are HTML.

    `now` bounds the dates that are believed. Raises `Damaged` where the rest cannot be read.
    """
    number = 0
    try:
        for number, record in enumerate(_records(file), start=1):
            yield _judge(record, f"record {number}", now)
            if _skip_rest(record):
                raise Damaged("it ends in the middle of a record")
    except Damaged as error:
        raise Damaged(f"after {number:,} records: {error}") from None


def _records(file: io.BufferedReader) -> Iterator[ArcWarcRecord]:
    unpacked = _Unpacked(file)
    archive = WARCIterator(unpacked)
    archive.reader = lines = _Lines(BufferedReader(unpacked))
    records = iter(archive)
    while True:
        lines.left = MAX_HEADER_BYTES
        try:
            # warcio prints what it wonders about.
            with contextlib.redirect_stderr(io.StringIO()):
                record = next(records, None)
        except (ArchiveLoadFailed, StatusAndHeadersParserException) as error:
            raise Damaged(f"no WARC record is here ({clean_line(str(error))[:SHOWN]})") from None
        except (OSError, ValueError, AttributeError) as error:
            raise Damaged(clean_line(str(error))[:SHOWN]) from None
        if record is None:
            return
        if record.length is None:
            raise Damaged("a record does not say how long it is")
        yield record


class _Unpacked:
    """The bytes of an archive, gzip undone: of each record by itself, or of the whole file."""

    def __init__(self, file: io.BufferedReader) -> None:
        packed = file.peek(len(_GZIP)).startswith(_GZIP)
        self._file: GzipFile | io.BufferedReader = GzipFile(fileobj=file) if packed else file

    def read(self, size: int) -> bytes:
        try:
            # What is whole before a damage is given before the error.
            return self._file.read1(size)
        except (EOFError, BadGzipFile, zlib.error) as error:
            raise Damaged(f"the gzip is cut off or damaged ({error})") from None


class _Lines:
    """warcio's reader, whose lines may be no longer in all than `left` bytes."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.left = MAX_HEADER_BYTES

    def readline(self, length: int | None = None) -> bytes:
        most = self.left + 1 if length is None else min(length, self.left + 1)
        line: bytes = self._reader.readline(most)
        self.left -= len(line)
        if self.left < 0:
            raise Damaged(f"a record has more than {MAX_HEADER_BYTES:,} bytes of headers")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


def _skip_rest(record: ArcWarcRecord) -> bool:
    """Read a record to its end; whether the archive ended before it."""
    while record.raw_stream.read(_BLOCK):
        pass
    return getattr(record.raw_stream, "limit", 0) > 0


def _judge(record: ArcWarcRecord, where: str, now: datetime) -> Found:
    if record.rec_type == "revisit":
        return PassedOver("revisit")
    if record.rec_type != "response" or record.http_headers is None:
        return PassedOver("no response")
    if record.http_headers.get_statuscode() != "200":
        return PassedOver("status other than 200")
    content_type = record.http_headers.get_header("Content-Type")
    if content_type is not None and content_type.partition(";")[0].strip().lower() not in _HTML:
        return PassedOver("no HTML")
    address = record.rec_headers.get_header("WARC-Target-URI") or ""
    try:
        answered = canonical(address)
        article = record.rec_headers.get_header(ARTICLE_FIELD)
        # Written by an export: as the article is known, with the fragment that it may have.
        url = spellings(article)[0] if article else answered
    except UrlError as error:
        return Unusable(where, f"WARC-Target-URI {address[:SHOWN]!r}: {error}")
    if is_home(url):
        return PassedOver("front page")
    raw_date = record.rec_headers.get_header("WARC-Date") or ""
    taken_at = parse_date(raw_date, origin="import").at
    if taken_at is None or taken_at > now + MAX_AHEAD:
        return Unusable(where, f"{url}: WARC-Date {raw_date[:SHOWN]!r} is no date, or to come")
    try:
        body = _body(record)
    except FetchError as error:
        return Unusable(where, f"{url}: {error}")
    if content_type is None and not body.lstrip().startswith(b"<"):
        return PassedOver("no HTML")
    page = ArrivedPage(body, answered, clean_line(content_type) if content_type else None, taken_at)
    return Arrival(where, url, page=page)


def _body(record: ArcWarcRecord) -> bytes:
    """The page's bytes, chunks and codings undone, within the limits of a fetch.

    Many archives keep the bytes unpacked beside headers that say they are packed.
    """
    raw: bytes = record.raw_stream.read(PAGE_LIMITS.wire_bytes + 1)
    if len(raw) > PAGE_LIMITS.wire_bytes:
        raise TooLarge(f"the page is larger than {PAGE_LIMITS.wire_bytes:,} bytes")
    headers = record.http_headers
    if "chunked" in (headers.get_header("Transfer-Encoding") or "").lower():
        with contextlib.redirect_stderr(io.StringIO()):
            raw = ChunkedDataReader(io.BytesIO(raw)).read()
    packed = codings(headers.get_header("Content-Encoding") or "")
    most = PAGE_LIMITS.unpacked_bytes
    try:
        return b"".join(unpack([raw], packed, most=most))
    except Unreachable:
        if raw.lstrip().startswith(b"<"):
            return raw
        raise


# --- writing ---


class WarcFile:
    """An archive that is being written, each record a gzip member of its own, as tools expect.

    `software` and `description` are told by its first record.
    """

    def __init__(self, out: BinaryIO, *, software: str, description: str) -> None:
        self._writer = WARCWriter(out, gzip=True, warc_version="1.1")
        self._writer.write_record(
            self._writer.create_warcinfo_record(
                None,
                {
                    "software": software,
                    "format": "WARC File Format 1.1",
                    "conformsTo": (
                        "http://iipc.github.io/warc-specifications/specifications/warc-format/"
                        "warc-1.1/"
                    ),
                    "description": description,
                },
            )
        )

    def write(self, page: ArrivedPage, *, article: str) -> None:
        """Add a page as the response that it was.

        Its body is whole and unpacked, and of its headers only the type is known: the status and
        the length are put there anew. `article` is its article's URL.
        """
        headers = [("Content-Length", str(len(page.body)))]
        if page.content_type:
            headers.insert(0, ("Content-Type", clean_line(page.content_type)))
        fields = {"WARC-Date": f"{page.taken_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}
        if article != page.url:
            fields[ARTICLE_FIELD] = article
        self._writer.write_record(
            self._writer.create_warc_record(
                page.url,
                "response",
                payload=io.BytesIO(page.body),
                length=len(page.body),
                http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
                warc_headers_dict=fields,
            )
        )
