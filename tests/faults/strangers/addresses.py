"""Addresses that strangers give, to reach what only this machine should reach."""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle

from ingest.http import Fetcher, FetchError, Limits
from tests.faults.rows import Row, row
from tests.site import Canary, Site

LIMITS = Limits(10_000, 10_000, 5.0)

# {port} is the canary's. Each of these has reached loopback through some HTTP library.
SPELLINGS = [
    # plain and short
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://ip6-localhost:{port}/",
    "http://127.0.0.2:{port}/",
    "http://127.127.127.127:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    # short, decimal, octal, hexadecimal, and mixtures
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://0.0:{port}/",
    "http://2130706433:{port}/",
    "http://2130706433.:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0177.0.0.01:{port}/",
    "http://00000177.0.0.1:{port}/",
    "http://0177.0.1:{port}/",
    "http://0177.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7F000001:{port}/",
    "http://0X7F000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0x7f.0x0.0x0.0x1:{port}/",
    "http://0x7f.1:{port}/",
    "http://0x7f.0.1:{port}/",
    "http://127.0x0.1:{port}/",
    "http://127.0.0.0x1:{port}/",
    "http://127.00.00.01:{port}/",
    "http://127.000.000.001:{port}/",
    "http://127.0.0.1%20:{port}/",
    "http://4294967296:{port}/",
    "http://0x17f000001:{port}/",
    "http://256.256.256.256:{port}/",
    # IPv6
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::FFFF:7F00:0001]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::7f00:1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fe80::1%lo]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[::1]%20:{port}/",
    "http://[v1.127]:{port}/",
    "http://::1:{port}/",
    # digits and dots of other scripts
    "http://１２７.０.０.１:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://127．0．0．1:{port}/",
    "http://127｡0｡0｡1:{port}/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    "http://ｌｏｃａｌｈｏｓｔ:{port}/",
    "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:{port}/",
    # percent-encoded, blanks and controls
    "http://%31%32%37.%30.%30.%31:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://loc%61lhost:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "ht\ntp://127.0.0.1:{port}/",
    "http://\u00ad127.0.0.1:{port}/",
    "http://127.0.0.1\x00.example:{port}/",
    # user names and confused parsers
    "http://news.example@127.0.0.1:{port}/",
    "http://news.example:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@127.0.0.1:{port}/",
    "http://news.example%2f@127.0.0.1:{port}/",
    "http://news.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@news.example/",
    "http://127.0.0.1:{port}#@news.example/",
    "http://127.0.0.1:{port}?@news.example/",
    "http:\\\\127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    # not of the web
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "feed://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
]


def numeric_resolver(host: str) -> Sequence[str]:
    """The system's reading of numbers in all their spellings, without asking any name server."""
    names = {"localhost": "127.0.0.1", "localhost.": "127.0.0.1", "ip6-localhost": "::1"}
    if host in names:
        return [names[host]]
    found = socket.getaddrinfo(
        host, None, type=socket.SOCK_STREAM, flags=socket.AddressInfo.AI_NUMERICHOST
    )
    return [str(sockaddr[0]) for *_, sockaddr in found]


class Rebinding:
    """A name server that gives a public address first and a loopback address ever after."""

    def __init__(self, public: str) -> None:
        self.answers = [public]
        self.asked = 0

    def __call__(self, _: str) -> Sequence[str]:
        self.asked += 1
        return [self.answers.pop() if self.answers else "127.0.0.1"]


class Flapping:
    """A name server that gives a public and a loopback address in turn, or both at once.

    The public one is of a network that is set aside for documentation on purpose: it is refused
    as well, so that nothing ever leaves this machine.
    """

    def __init__(self) -> None:
        self._answers = cycle((["127.0.0.1"], ["::1", "127.0.0.1"], ["192.0.2.1", "127.0.0.1"]))

    def __call__(self, _: str) -> Sequence[str]:
        return next(self._answers)


def spellings() -> Row:
    """Every spelling, asked for."""
    return _row("private addresses in all spellings", _asked)


def redirects() -> Row:
    """Every spelling, redirected to."""
    return _row("redirects to private addresses", _redirected)


def rebinding() -> Row:
    """Names that change what they mean."""
    return _row("a name server that rebinds", _rebound)


def _row(name: str, attempt_all: Callable[[Sequence[Canary]], int]) -> Row:
    with Canary() as canary, Canary("::1") as canary6:
        attempts = attempt_all((canary, canary6))
        connections = canary.connections + canary6.connections
    return row(
        name,
        times=attempts,
        asked="0 connections at the canary",
        measured=f"{connections} connections",
        ok=connections == 0,
    )


def _asked(canaries: Sequence[Canary]) -> int:
    urls = [spelling.format(port=canary.port) for canary in canaries for spelling in SPELLINGS]
    with Fetcher(user_agent="test", resolve=numeric_resolver) as fetcher:
        return sum(_attempt(fetcher, url) for url in urls)


def _redirected(canaries: Sequence[Canary]) -> int:
    """The site that redirects is at an address that may be dialled; the canaries are at others."""
    attempts = 0
    with (
        Site(hosts=2) as site,
        Fetcher(
            user_agent="test", private_hosts=["127.0.0.2/32"], resolve=numeric_resolver
        ) as fetcher,
    ):
        for canary in canaries:
            for number, spelling in enumerate(SPELLINGS):
                path = f"/{canary.port}/{number}"
                location = spelling.format(port=canary.port)
                if "\n" in location or "\0" in location:
                    continue  # no header field could say it
                site.redirect(path, location)
                attempts += _attempt(fetcher, f"http://127.0.0.2:{site.port}{path}")
    return attempts


def _rebound(canaries: Sequence[Canary]) -> int:
    attempts = 0
    with Fetcher(user_agent="test", resolve=Flapping()) as fetcher:
        for canary in canaries:
            for number in range(30):
                attempts += _attempt(fetcher, f"http://name{number}.example:{canary.port}/")
    return attempts


def _attempt(fetcher: Fetcher, url: str) -> int:
    """1. What comes of it is the fetcher's own tests' subject; here only the canary counts."""
    with suppress(FetchError):
        fetcher.get(url, limits=LIMITS, accept="*/*")
    return 1
