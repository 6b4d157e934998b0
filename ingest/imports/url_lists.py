"""Lists of articles by their addresses: text with a URL a line, CSV, bookmarks as OPML."""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import islice

from ingest.dates import Dated, parse_date
from ingest.feeds.opml import read_outlines
from ingest.feeds.subscription import CatalogueError, FeedSpec, feed_spec
from ingest.imports.items import SHOWN, Arrival, Found, NamedSource, PassedOver, Unusable
from ingest.text.charset import decode
from ingest.text.sanitise import clean_title
from ingest.url import canonical

# A million URLs are some 100 MB.
MAX_BYTES = 200_000_000
# What a column may be called; others are not read.
COLUMNS = ("url", "title", "published", "source", "country", "kind")
_DELIMITERS = ",;\t"


class LinksError(ValueError):
    """The list as a whole cannot be read; the message says why."""


def read_lines(body: bytes) -> Iterator[Found]:
    """The articles of a text with one URL a line.

    What follows a # at the start of a line or after a space is a comment. Raises `LinksError`.
    """
    for number, line in enumerate(_text(body).splitlines(), start=1):
        # " #" and not "#": a URL may have a fragment.
        url = f" {line}".partition(" #")[0].strip()
        if url:
            yield _arrival(f"line {number}", {"url": url})


def read_csv(body: bytes) -> Iterator[Found]:
    """The articles of a CSV whose first line names its columns, `url` among them.

    Fields are parted by commas, semicolons or tabs. Raises `LinksError`.
    """
    reader, names = _opened_csv(body)
    for number, row in _rows(reader):
        values = {name: value for name, value in zip(names, row, strict=False) if name in COLUMNS}
        if any(value.strip() for value in row):
            yield _arrival(f"line {number}", values)


def unknown_columns(body: bytes) -> tuple[str, ...]:
    """The columns of a CSV that are not read, in order. Raises `LinksError`."""
    _, names = _opened_csv(body)
    return tuple(name for name in names if name and name not in COLUMNS)


def read_bookmarks(body: bytes) -> Iterator[Found]:
    """The pages that an OPML document links to (its outlines with a `url`); feeds are passed over.

    Raises `ingest.feeds.subscription.CatalogueError` where it is no OPML.
    """
    for outline in read_outlines(body):
        attributes = outline.attributes
        if outline.fault is not None:
            yield Unusable(f"line {outline.line}", outline.fault)
        elif attributes.get("url"):
            values = {"url": attributes["url"], "title": attributes.get("text", "")}
            values["title"] = attributes.get("title") or values["title"]
            if values["title"] == values["url"]:
                values["title"] = ""
            yield _arrival(f"line {outline.line}", values)
        elif attributes.get("xmlurl"):
            yield PassedOver("feed")


def delimiter(text: str) -> str | None:
    """What parts the columns of a CSV's first line; None where no column of it is "url"."""
    header = text.partition("\n")[0]
    for mark in _DELIMITERS:
        if "url" in map(_name, header.split(mark)):
            return mark
    return None


def _text(body: bytes) -> str:
    if len(body) > MAX_BYTES:
        raise LinksError(f"the list is larger than {MAX_BYTES:,} bytes: import it in parts")
    return decode(body, declared=None)[0]


def _name(column: str) -> str:
    return column.strip(' \t\r"\ufeff').lower()


def _opened_csv(body: bytes) -> tuple[Iterator[list[str]], list[str]]:
    """The rows of a CSV from its second on, and the names of its columns."""
    text = _text(body)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text) or ",")
    names = [_name(column) for _, row in islice(_rows(reader), 1) for column in row]
    if "url" not in names:
        raise LinksError('the first line of the CSV must name its columns, and one of them "url"')
    return reader, names


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        for row in reader:
            yield reader.line_num, row  # type: ignore[attr-defined]
    except csv.Error as error:
        raise LinksError(f"line {reader.line_num} is no CSV: {error}") from None  # type: ignore[attr-defined]


def _arrival(where: str, values: Mapping[str, str]) -> Found:
    try:
        # A source of an article is told and checked as a feed's is.
        spec = feed_spec({name: text for name, text in values.items() if name != "published"})
    except CatalogueError as error:
        return Unusable(where, str(error))
    published = _date(values.get("published", ""), spec)
    if published is not None and published.at is None:
        return Unusable(where, f"published {published.raw[:SHOWN]!r} is no date")
    source = NamedSource(spec.source, spec.country, spec.kind) if spec.source else None
    return Arrival(
        where,
        canonical(spec.url),
        title=clean_title(spec.title),
        published=published,
        source=source,
    )


def _date(raw: str, spec: FeedSpec) -> Dated | None:
    return parse_date(raw, origin="import", country=spec.country) if raw.strip() else None
