"""Lists of feeds: the catalogue that ships with the service, and the lists that people import."""

import tomllib
from importlib.resources import files

from ingest.feeds.opml import read_opml
from ingest.feeds.subscription import (
    KINDS,
    CatalogueError,
    FeedList,
    FeedSpec,
    Refusal,
    feed_spec,
)
from ingest.text.charset import decode

__all__ = [
    "KINDS",
    "CatalogueError",
    "FeedSpec",
    "load_catalogue",
    "read_catalogue",
    "read_feed_list",
]


def load_catalogue() -> tuple[FeedSpec, ...]:
    """The catalogue that ships with the service, in its own order."""
    return read_catalogue((files("ingest.feeds") / "catalogue.toml").read_text(encoding="utf-8"))


def read_catalogue(toml: str) -> tuple[FeedSpec, ...]:
    """The feeds of a TOML catalogue: `[[feed]]` tables with the keys of FeedSpec.

    Raises CatalogueError, naming the feed, for whatever is not in order; a URL listed twice too.
    """
    try:
        document = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"not TOML: {error}") from None
    tables = document.get("feed")
    if document.keys() - {"feed"} or not isinstance(tables, list):
        raise CatalogueError("a catalogue is made of [[feed]] tables and nothing else")
    specs: dict[str, FeedSpec] = {}
    for number, table in enumerate(tables, start=1):
        try:
            spec = feed_spec(table)
        except CatalogueError as error:
            raise CatalogueError(f"feed {number} ({table.get('url', 'no url')}): {error}") from None
        if spec.url in specs:
            raise CatalogueError(f"feed {number}: {spec.url} is listed twice")
        specs[spec.url] = spec
    return tuple(specs.values())


def read_feed_list(body: bytes) -> FeedList:
    """The feeds of an imported file: OPML, or plain text of one URL a line, told apart by content.

    In plain text, what follows a # at the start of a line or after a space is a comment. A URL
    given twice counts once. Raises CatalogueError where nothing of the list can be used, with the
    first line and the reason.
    """
    text, _ = decode(body, declared=None)
    found = read_opml(body) if text.lstrip().startswith("<") else _read_lines(text)
    if not found.specs and found.refused:
        first = found.refused[0]
        raise CatalogueError(f"line {first.line}: {first.reason}")
    if not found.specs:
        raise CatalogueError("no feed in this list: it takes OPML, or text with one URL a line")
    return found


def _read_lines(text: str) -> FeedList:
    specs: dict[str, FeedSpec] = {}
    lines: dict[str, int] = {}
    refused = []
    for number, line in enumerate(text.splitlines(), start=1):
        # " #" and not "#": a URL may have a fragment.
        url = f" {line}".partition(" #")[0].strip()
        if not url:
            continue
        try:
            spec = feed_spec({"url": url})
        except CatalogueError as error:
            refused.append(Refusal(number, str(error)))
        else:
            specs.setdefault(spec.url, spec)
            lines.setdefault(spec.url, number)
    return FeedList(tuple(specs.values()), tuple(refused), tuple(lines.values()))
