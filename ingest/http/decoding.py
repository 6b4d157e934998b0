"""Content codings undone a block at a time, so that a bomb costs no more memory than a page.

Each coding is a generator from packed chunks to unpacked blocks, and stacked codings are stacked
generators. A meter stands behind each of them: where it stops, nothing more is unpacked, and the
1,617 bytes of brotli that would become a gigabyte have cost what the meter lets pass.

urllib3's own decoding is not used: it takes a gzip body that was cut off for a whole one, and
empties its decoder in one go when the input ends.
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import brotli  # type: ignore[import-untyped]

from ingest.http.errors import TooLarge, Unreachable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPT_ENCODING = "gzip, br, zstd"

# The unit of unpacking; what a bomb costs above its own size.
BLOCK = 65_536
# Nobody honest stacks more than two; each takes its own buffers.
MOST_CODINGS = 5
# RFC 9659: a zstd body on the web needs no window above 8 MB, and a decoder may refuse one.
ZSTD_WINDOW_LOG = 23

# How a gzip member and a zstd frame begin.
_MARKS = ((b"\x1f\x8b\x08", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))

_Chunks = Iterable[bytes]
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_RAW_DEFLATE_WINDOW = -zlib.MAX_WBITS


def codings(content_encoding: str) -> list[str]:
    """The codings of a Content-Encoding field in the order in which they were applied.

    Names that are no coding ("identity", "utf-8", "none") are left out: servers that send them
    send the plain body, and browsers show it. Raises Unreachable for a stack nobody would build.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    known = [name for name in names if name in _DECODERS]
    if len(known) > MOST_CODINGS:
        raise Unreachable(f"the body is packed {len(known)} times over")
    return known


def unpack(chunks: _Chunks, applied: Sequence[str], *, most: int) -> Iterator[bytes]:
    """The body from its chunks as sent, in blocks of about BLOCK bytes at most.

    An empty body is empty under any coding. Raises Unreachable when the data are damaged or end
    too early. Raises TooLarge after `most` bytes, having given them; also when an inner layer of
    stacked codings passes `most`, or else a layer that grows without end could keep the next one
    busy for ever with input that yields nothing.
    """
    blocks = _metered(chunks, most) if not applied else iter(chunks)
    for name in reversed(applied):
        blocks = _metered(_DECODERS[name](blocks), most)
    try:
        yield from blocks
    except (zlib.error, brotli.error, zstd.ZstdError) as error:
        raise Unreachable(f"the body cannot be unpacked: {error}") from error


def unpack_unannounced(body: bytes, *, most: int) -> bytes:
    """The body, unpacked where it is packed and no Content-Encoding said so.

    No page and no feed begins with these bytes. What cannot be unpacked after all is left as it is.
    Raises TooLarge as `unpack` does.
    """
    coding = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if coding is None:
        return body
    try:
        return b"".join(unpack([body], [coding], most=most))
    except Unreachable:
        return body


def _metered(blocks: _Chunks, most: int) -> Iterator[bytes]:
    left = most
    for block in blocks:
        yield block[:left]
        left -= len(block)
        if left < 0:
            raise TooLarge(f"the body is larger than {most:,} bytes unpacked")


def _inflate(chunks: _Chunks, window: int) -> Iterator[bytes]:
    """DEFLATE in a wrapper of zlib's: one stream, or for gzip several members in a row."""
    decoder = zlib.decompressobj(window)
    started = False
    for chunk in chunks:
        data = chunk
        while data:
            if decoder.eof:
                if window != _GZIP_WINDOW or not data.startswith(b"\x1f"):
                    break  # padding after the end, which other clients ignore too
                decoder = zlib.decompressobj(window)
            started = True
            block = decoder.decompress(data, BLOCK)
            while block:
                yield block
                block = decoder.decompress(decoder.unconsumed_tail, BLOCK)
            data = decoder.unused_data
    if started and not decoder.eof:
        raise _cut_off()


def _gzip(chunks: _Chunks) -> Iterator[bytes]:
    return _inflate(chunks, _GZIP_WINDOW)


def _deflate(chunks: _Chunks) -> Iterator[bytes]:
    """RFC 9110 means the zlib format; some servers send bare DEFLATE. Two bytes tell."""
    source = iter(chunks)
    head = b""
    for chunk in source:
        head += chunk
        if len(head) >= 2:
            break
    is_zlib = len(head) >= 2 and head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0
    window = zlib.MAX_WBITS if is_zlib else _RAW_DEFLATE_WINDOW
    yield from _inflate(_chain(head, source), window)


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _brotli(chunks: _Chunks) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    started = False
    for chunk in chunks:
        if not chunk or decoder.is_finished():
            continue
        started = True
        block = decoder.process(chunk, output_buffer_limit=BLOCK)
        while block or not decoder.can_accept_more_data():
            yield block
            if decoder.is_finished():
                break
            block = decoder.process(b"", output_buffer_limit=BLOCK)
    if started and not decoder.is_finished():
        raise _cut_off()


def _zstd(chunks: _Chunks) -> Iterator[bytes]:
    """One frame or several in a row (RFC 8878, section 3.1)."""
    decoder = _zstd_frame()
    started = False
    for chunk in chunks:
        data = chunk
        while data or not (decoder.needs_input or decoder.eof):
            if decoder.eof:
                decoder = _zstd_frame()
            started = True
            block = decoder.decompress(data, BLOCK)
            data = decoder.unused_data
            yield block
    if started and not decoder.eof:
        raise _cut_off()


def _zstd_frame() -> "zstd.ZstdDecompressor":
    options = {int(zstd.DecompressionParameter.window_log_max): ZSTD_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=options)


def _cut_off() -> Unreachable:
    return Unreachable("the packed body ends too early")


_DECODERS: dict[str, Callable[[_Chunks], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
