"""A page that was saved as a file: which address it has."""

import gzip
import io
import zlib
from datetime import datetime

from ingest.http import PAGE_LIMITS
from ingest.imports.items import Arrival, ArrivedPage, Found, PassedOver, Unusable
from ingest.pages.head_metadata import read_head
from ingest.pages.metadata import canonical_link, is_home
from ingest.text.charset import decode
from ingest.text.html_tree import parse
from ingest.url import UrlError, canonical, origin

# The head ends where the body begins; what looks for the address needs no more of the page.
_BODY = b"<body"
# Where a page is that does not say where it was. RFC 2606 keeps this name from being anybody's.
_NOWHERE = "http://unknown.invalid"


def saved_page(body: bytes, *, where: str, address: str | None, taken_at: datetime) -> Found:
    """The article of a saved page (gzip or plain).

    Its address is what the page states of itself (rel=canonical, og:url, JSON-LD), else `address`.
    """
    try:
        body = _unpacked(body)
    except (OSError, EOFError, zlib.error) as error:
        return Unusable(where, f"damaged gzip: {error}")
    if len(body) > PAGE_LIMITS.unpacked_bytes:
        return Unusable(where, f"larger than {PAGE_LIMITS.unpacked_bytes:,} bytes")
    try:
        url = _stated(body, address or f"{_NOWHERE}/") or (canonical(address) if address else None)
    except UrlError as error:
        return Unusable(where, f"its address {address!r}: {error}")
    if url is None:
        return Unusable(where, "the page does not state its address: give one by --base")
    if is_home(url):
        return PassedOver("front page")
    return Arrival(where, url, page=ArrivedPage(body, url, "text/html", taken_at))


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    with gzip.open(io.BytesIO(body)) as file:
        return file.read(PAGE_LIMITS.unpacked_bytes + 1)


def _stated(body: bytes, address: str) -> str | None:
    start = body.lower().find(_BODY)
    for part in (body[:start], body) if start > 0 else (body,):
        markup, _ = decode(part, declared=None)
        parsed = parse(markup)
        if parsed and (url := canonical_link(read_head(parsed.tree), url=address)):
            # A link without a host states nothing.
            return None if origin(url) == _NOWHERE else url
    return None
