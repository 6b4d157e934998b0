"""What a route can answer: pages, redirects, and everything that goes wrong on the web."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache, partial
from hashlib import sha256

import brotli  # type: ignore[import-untyped]

from tests.site.exchange import Answer, Exchange

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HTML = "text/html; charset=utf-8"
# Often enough that no timeout between two bytes would ever fire, seldom enough to never finish.
DRIP_SECONDS = 0.02
# A minute, twice what the service waits: for ever to any client, and yet it ends by itself.
DRIPS = 3_000
# Twice what the service itself waits for an answer; a stall that nobody ends is ended then.
STALL_SECONDS = 60.0
GIGABYTE = 1 << 30
_MEGABYTE = 1 << 20


def page(
    body: str | bytes,
    *,
    content_type: str = HTML,
    headers: Mapping[str, str] | None = None,
    modified: datetime | None = None,
) -> Answer:
    """200 with ETag and Last-Modified, or 304 to a request that knows this very version."""
    content = body.encode() if isinstance(body, str) else body
    etag = f'"{sha256(content).hexdigest()[:16]}"'
    changed = (modified or datetime.now(UTC)).replace(microsecond=0)
    fields = {"ETag": etag, "Last-Modified": format_datetime(changed, usegmt=True)}

    def answer(exchange: Exchange) -> None:
        asked = exchange.request.headers
        if "if-none-match" in asked:
            known = etag in asked["if-none-match"]
        elif "if-modified-since" in asked:
            known = changed <= parsedate_to_datetime(asked["if-modified-since"])
        else:
            known = False
        if known:
            exchange.reply(304, headers={**fields, **(headers or {})})
        else:
            described = {"Content-Type": content_type, **fields, **(headers or {})}
            exchange.reply(200, content, described)

    return answer


def status(
    code: int,
    body: str | bytes = b"",
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Any status, with a short page by default."""
    content = body.encode() if isinstance(body, str) else body or f"<p>{code}</p>".encode()
    return lambda exchange: exchange.reply(
        code, b"" if code in (204, 304) else content, {"Content-Type": HTML, **(headers or {})}
    )


def redirect(location: str, *, status: int = 302) -> Answer:
    """`location` may be relative, and is sent as UTF-8 bytes where it is not ASCII."""
    field = location.encode().decode("latin-1")
    return lambda exchange: exchange.reply(status, b"<p>moved</p>", {"Location": field})


def packed(body: bytes, coding: str) -> Answer:
    """`body` packed with `coding`, which may be a stack, as in "gzip, br"."""
    for name in coding.split(", "):
        body = _PACKERS[name](body)
    return encoded(body, coding)


def encoded(body: bytes, coding: str) -> Answer:
    """`body` as it is, with this Content-Encoding."""
    return lambda exchange: exchange.reply(
        200, body, {"Content-Type": HTML, "Content-Encoding": coding}
    )


def chunked(pieces: Iterable[bytes], *, coding: str | None = None, ended: bool = True) -> Answer:
    """Transfer-Encoding: chunked; without its end when `ended` is False."""
    parts = list(pieces)

    def answer(exchange: Exchange) -> None:
        headers = {"Content-Type": HTML, "Transfer-Encoding": "chunked"}
        if coding is not None:
            headers["Content-Encoding"] = coding
        exchange.write(exchange.head(200, headers))
        for part in parts:
            exchange.write(b"%x\r\n%b\r\n" % (len(part), part))
        exchange.over()
        if ended:
            exchange.write(b"0\r\n\r\n")
        else:
            exchange.hang_up()

    return answer


def until_close(body: bytes, *, headers: Mapping[str, str] | None = None) -> Answer:
    """A body without a length, ended by the end of the connection."""

    def answer(exchange: Exchange) -> None:
        exchange.hang_up()
        head = exchange.head(200, {"Content-Type": HTML, "Connection": "close", **(headers or {})})
        exchange.over()
        exchange.write(head + body)

    return answer


def raw(data: bytes) -> Answer:
    """These very bytes, then the end of the connection."""

    def answer(exchange: Exchange) -> None:
        exchange.hang_up()
        exchange.over()
        exchange.write(data)

    return answer


def kept(*parts: bytes, apart: float = 0.0) -> Answer:
    """These very bytes, each part `apart` seconds after the last, and the connection goes on."""

    def answer(exchange: Exchange) -> None:
        exchange.over()
        for number, part in enumerate(parts):
            if number and not exchange.pause(apart):
                break
            exchange.write(part)

    return answer


def garbage() -> Answer:
    """Something that is not HTTP."""
    return raw(b"SSH-2.0-dropbear_2022.83\r\n\x00\xff\xfe\r\n\r\n")


def hang_up() -> Answer:
    """The connection ends without an answer."""
    return raw(b"")


def reset() -> Answer:
    """The connection is reset without an answer."""

    def answer(exchange: Exchange) -> None:
        exchange.over()
        exchange.reset()

    return answer


def cut_off(body: bytes, *, announced: int) -> Answer:
    """Content-Length says `announced`, and fewer bytes come."""

    def answer(exchange: Exchange) -> None:
        exchange.hang_up()
        head = exchange.head(200, {"Content-Type": HTML, "Content-Length": str(announced)})
        exchange.over()
        exchange.write(head + body)

    return answer


def stall() -> Answer:
    """No answer at all until `site.release()`; then the connection ends."""

    def answer(exchange: Exchange) -> None:
        exchange.released.wait(STALL_SECONDS)
        exchange.hang_up()

    return answer


def body_stall(first: bytes = b"<p>the first half</p>") -> Answer:
    """Headers and the first half of a body, and no more until `site.release()`."""

    def answer(exchange: Exchange) -> None:
        exchange.write(exchange.head(200, {"Content-Length": str(2 * len(first))}) + first)
        exchange.released.wait(STALL_SECONDS)
        exchange.hang_up()

    return answer


def drip(
    unit: bytes, *, head: Mapping[str, str] | None = None, first: bytes = b"", status: int = 200
) -> Answer:
    """`unit` again and again, slowly: after an answer's `head`, or after `first`."""

    def answer(exchange: Exchange) -> None:
        exchange.hang_up()
        exchange.write(first if head is None else exchange.head(status, head))
        for _ in range(DRIPS):
            if not exchange.pause(DRIP_SECONDS):
                break
            exchange.write(unit)

    return answer


def header_drip() -> Answer:
    """A header field that gets longer a byte at a time."""
    return drip(b"a", first=b"HTTP/1.1 200 OK\r\nX-Endless: ")


def body_drip(*, status: int = 200) -> Answer:
    """A body that gets longer a byte at a time."""
    return drip(b"a", head={"Content-Length": "1000000"}, status=status)


def late(seconds: float, answer: Answer) -> Answer:
    """`answer` after a while."""

    def wait_first(exchange: Exchange) -> None:
        if exchange.pause(seconds):
            answer(exchange)
        else:
            exchange.hang_up()

    return wait_first


def endless(unit: bytes, *, head: bytes = b"HTTP/1.1 200 OK\r\n") -> Answer:
    """`unit` again and again, as fast as the client takes it."""

    def answer(exchange: Exchange) -> None:
        exchange.hang_up()
        exchange.write(head)
        while exchange.pause(0):
            exchange.write(unit)

    return answer


def bomb(coding: str, size: int = GIGABYTE) -> Answer:
    """A small body that unpacks to `size` zeros, packed with one coding or with a stack."""
    return encoded(bomb_body(coding, size), coding)


@cache
def bomb_body(coding: str, size: int = GIGABYTE) -> bytes:
    """The bytes of a bomb; `size` is a multiple of a megabyte.

    The innermost coding is written as one megabyte's worth many times over, which takes no time.
    Its checksum at the end is left out: who would notice has unpacked it all.
    """
    inner, *outer = coding.split(", ")
    body = _ZEROS[inner](size // _MEGABYTE)
    for name in outer:
        body = _PACKERS[name](body)
    return body


def _deflate_zeros(window: int, megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    zeros = bytes(_MEGABYTE)
    first = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    unit = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + unit * (megabytes - 1)


def _brotli_zeros(megabytes: int) -> bytes:
    packer = brotli.Compressor(quality=9)
    zeros = bytes(_MEGABYTE)
    parts = [packer.process(zeros) for _ in range(megabytes)]
    return b"".join(parts) + bytes(packer.finish())


_ZEROS: dict[str, Callable[[int], bytes]] = {
    "gzip": lambda megabytes: _deflate_zeros(31, megabytes),
    "deflate": lambda megabytes: _deflate_zeros(15, megabytes),
    "br": _brotli_zeros,
    "zstd": lambda megabytes: zstd.compress(bytes(_MEGABYTE)) * megabytes,
}
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),  # the default takes ten times as long
    "zstd": zstd.compress,
}
