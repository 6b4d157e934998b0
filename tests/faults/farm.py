"""A farm of outlets for the faults: many hosts, any number of pages, and a web that fails.

    python -m tests.faults.farm --hosts 50 --faults 0.1 --tarpits 10

prints its port and serves until its input ends: with whoever began it, however that ends. Outlet N
is http://127.0.1.N:PORT, each a host of its own; a feed's address says which pages are in it, so
that nothing is stored here:

    /feed.xml?from=0&to=100      those numbers' pages: /0.html …
    /feed.xml?…&like=kills       the same, at /kills-0.html …: pages that end a rigged worker

A share of all pages fails at the first request, which ones is settled by their addresses: 500, 429
with Retry-After, a reset, or a stall that ends in nothing. The last hosts are tarpits: they accept,
and drip a byte a second for ever.
"""

import argparse
import asyncio
import contextlib
import hashlib
import os
import socket
import struct
import sys
import threading
from collections import Counter
from email.utils import formatdate
from html import escape
from urllib.parse import parse_qs, urlsplit

from tests.support import printings

# Words of one article; its page is some twice as long.
WORDS = 150
# Outlets' numbers are in the last byte of an address: 127.0.1.1 to 127.0.1.250.
MOST_HOSTS = 250
STALL_SECONDS = 2.0
RETRY_AFTER_SECONDS = 1
DRIP_SECONDS = 1.0
# The same in every answer, so that a feed that has not changed says so.
_PUBLISHED = formatdate(usegmt=True)
_KINDS = ("500", "429", "reset", "stall")


def address(source: int) -> str:
    """The host of an outlet, counted from 0."""
    return f"127.0.1.{source + 1}"


def article(host: str, number: int) -> int:
    """The number of a text that stands on one page of the whole farm alone."""
    return int(host.rsplit(".", 1)[1]) * 1_000_000 + number


def beginning(unique: int) -> str:
    """How the text of that number begins."""
    return printings.text(unique, WORDS)[:200]


def failing(host: str, path: str, share: float) -> str | None:
    """How the first request for a page fails, if it is one of those."""
    drawn = hashlib.sha256(f"{host}{path}".encode()).digest()
    if int.from_bytes(drawn[:4], "big") >= share * (1 << 32):
        return None
    return _KINDS[drawn[4] % len(_KINDS)]


def page(host: str, number: int) -> str:
    """One article, in HTML."""
    unique = article(host, number)
    title = escape(f"{printings.title(unique)} {unique}")
    text = "".join(f"<p>{line}</p>" for line in printings.text(unique, WORDS).splitlines())
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title></head><body><nav><ul>'
        f"{'<li><a href=/s>Section</a></li>' * 20}</ul></nav><article><h1>{title}</h1>{text}"
        "</article><footer><p>All rights reserved.</p></footer></body></html>"
    )


def feed(host: str, port: int, numbers: range, like: str) -> str:
    """An RSS feed of these pages."""
    items = ""
    for number in numbers:
        url = f"http://{host}:{port}{path_of(number, like)}"
        title = escape(f"{printings.title(article(host, number))} {article(host, number)}")
        items += (
            f"<item><title>{title}</title><link>{url}</link><guid>{url}</guid>"
            f"<pubDate>{_PUBLISHED}</pubDate></item>"
        )
    return f'<rss version="2.0"><channel><title>Outlet {host}</title>{items}</channel></rss>'


def path_of(number: int, like: str = "") -> str:
    """Where a page is."""
    return f"/{like}-{number}.html" if like else f"/{number}.html"


class Farm:
    """The server: all hosts in one event loop."""

    def __init__(self, *, faults: float, tarpits: frozenset[str]) -> None:
        self._faults = faults
        self._tarpits = tarpits
        self._asked = Counter[tuple[str, str]]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until either side has enough."""
        host, port = writer.get_extra_info("sockname")[:2]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target = head.split(b" ", 2)[1].decode("latin-1")
                if not await self._answer(writer, host, port, target):
                    break
        writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, host: str, port: int, target: str
    ) -> bool:
        """False where the connection is of no use any more."""
        if host in self._tarpits:
            return await _drip(writer)
        parts = urlsplit(target)
        self._asked[host, target] += 1
        if parts.path == "/feed.xml":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            numbers = range(int(asked["from"]), int(asked["to"]))
            body = feed(host, port, numbers, asked.get("like", ""))
            return await _reply(writer, "200 OK", body, kind="application/rss+xml")
        if not parts.path.endswith(".html"):
            return await _reply(writer, "404 Not Found", "")
        fault = failing(host, parts.path, self._faults)
        if fault is not None and self._asked[host, target] == 1:
            return await _fail(writer, fault)
        number = int(parts.path.removesuffix(".html").rpartition("-")[2].strip("/"))
        return await _reply(writer, "200 OK", page(host, number))


async def _reply(
    writer: asyncio.StreamWriter,
    status: str,
    body: str,
    *,
    kind: str = "text/html",
    extra: str = "",
) -> bool:
    content = body.encode()
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n{extra}"
        f"Content-Length: {len(content)}\r\n\r\n".encode()
        + content
    )
    await writer.drain()
    return True


async def _fail(writer: asyncio.StreamWriter, fault: str) -> bool:
    if fault == "500":
        return await _reply(writer, "500 Internal Server Error", "<p>later</p>")
    if fault == "429":
        extra = f"Retry-After: {RETRY_AFTER_SECONDS}\r\n"
        return await _reply(writer, "429 Too Many Requests", "<p>later</p>", extra=extra)
    if fault == "stall":
        await asyncio.sleep(STALL_SECONDS)
    else:
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


async def _drip(writer: asyncio.StreamWriter) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)
    return False


async def _run(hosts: int, tarpits: int, faults: float) -> None:
    names = [address(source) for source in range(hosts)]
    farm = Farm(faults=faults, tarpits=frozenset(names[hosts - tarpits :]))
    first = await asyncio.start_server(farm.serve, names[0], 0, backlog=512)
    port = first.sockets[0].getsockname()[1]
    others = [await asyncio.start_server(farm.serve, name, port) for name in names[1:]]
    print(port, flush=True)
    await asyncio.gather(*(server.serve_forever() for server in (first, *others)))


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--tarpits", type=int, default=0, help="how many of the hosts")
    parser.add_argument("--faults", type=float, default=0.0, help="share of pages")
    arguments = parser.parse_args()
    threading.Thread(target=_end_with_input, daemon=True).start()
    asyncio.run(_run(arguments.hosts, arguments.tarpits, arguments.faults))


if __name__ == "__main__":
    main()
