"""Connections that dial vetted addresses only.

urllib3 opens every socket in `_new_conn`, so this is the one place to guard: the host name is
resolved once, its addresses are judged, and one that passed is dialled as a number. There is no
second resolution that a name server could answer differently (DNS rebinding), no proxy, and no
spelling of a host that does not end here. TLS still sees the name: SNI, certificate and Host
header are those of the URL.
"""

import http.client
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import cast

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.wait import wait_for_read

from ingest.http.budget import Budget, BudgetSocket, BudgetTLSSocket
from ingest.http.errors import Unreachable
from ingest.http.guard import Address, Network, vet
from ingest.http.resolving import Resolver, lookup
from ingest.http.target import Target

# urllib3 warns of malformed headers with a traceback and the bytes that a stranger sent. What
# matters of them comes back as an error or as a response.
logging.getLogger("urllib3").setLevel(logging.ERROR)


# http.client gives up after 100 fields; some answers have 300 Set-Cookie or Link fields. What a
# head may weigh is bounded by the budget.
MOST_FIELDS = 5_000
http.client._MAXHEADERS = MOST_FIELDS  # type: ignore[attr-defined]
# And so is a line: longer is an error there too.
_LINE = 65_536


@dataclass(frozen=True, slots=True)
class Dialler:
    """Makes connections; `allowed` are networks that may be dialled beside the public internet."""

    resolve: Resolver
    allowed: Sequence[Network]
    tls: ssl.SSLContext

    def connection(self, target: Target) -> "Connection":
        """A connection to the target's origin, to be opened by its first request."""
        if target.scheme == "https":
            return TLSConnection(self, target)
        return PlainConnection(self, target)

    def dial(self, host: str, port: int, budget: Budget) -> BudgetSocket:
        """A connected socket to an address of `host` that passed the guard.

        Addresses are tried in turn, each for its share of the time left.
        Raises Refused, Unreachable, DeadlineExceeded.
        """
        found = lookup(host, self.resolve, budget.deadline)
        vetted = vet(host, found, self.allowed)
        failure: OSError | None = None
        for tried, address in enumerate(vetted):
            share = budget.deadline.remaining() / (len(vetted) - tried)
            try:
                return _dial(address, port, share, budget)
            except OSError as error:
                failure = error
        # Who refuses is there.
        unreached = None if isinstance(failure, ConnectionRefusedError) else host
        if budget.deadline.elapsed() >= budget.deadline.seconds:
            raise budget.deadline.exceeded(unreached=unreached) from failure
        raise Unreachable(
            f"{host} port {port} cannot be reached: {failure}", unreached=unreached
        ) from failure


def _dial(address: Address, port: int, seconds: float, budget: Budget) -> BudgetSocket:
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    dialled = BudgetSocket(family, socket.SOCK_STREAM)
    try:
        dialled.settimeout(seconds)
        dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dialled.connect((str(address), port))
        # A TLS handshake follows the socket's own timeout, as one deadline for all of its steps.
        dialled.settimeout(budget.deadline.remaining())
    except BaseException:
        dialled.close()
        raise
    dialled.budget = budget
    return dialled


class _FinalAnswer(http.client.HTTPResponse):
    """An answer, with what was said before it passed over.

    http.client skips 100 alone; behind any other interim answer (103 Early Hints) comes the real
    one, which would be read as the answer to the next request (RFC 9110, section 15.2). How many
    there may be is bounded by the budget of the head.
    """

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            while self.fp.readline(_LINE).strip(b"\r\n"):
                pass


class _Vetted(HTTPConnection):
    """What both kinds of connection have in common: where from, where to, and a budget."""

    response_class = _FinalAnswer

    budget: Budget
    dialler: Dialler

    def _new_conn(self) -> socket.socket:
        return self.dialler.dial(self._dns_host, self.port, self.budget)

    def is_silent(self, seconds: float) -> bool:
        """Whether the connection is open, and nothing comes over it for so long.

        What can be read before anything was asked is the end of the connection, or the rest of an
        answer that would be taken for the next one.
        """
        if self.sock is None or cast(BudgetSocket, self.sock).has_unread():
            return False
        return not wait_for_read(self.sock, timeout=seconds)

    def start(self, budget: Budget) -> None:
        """Give the next exchange its budget; to be called before each request."""
        self.budget = budget
        if self.sock is not None:
            cast(BudgetSocket, self.sock).budget = budget


class PlainConnection(_Vetted):
    """HTTP over TCP."""

    def __init__(self, dialler: Dialler, target: Target) -> None:
        super().__init__(target.host, target.port)
        self.dialler = dialler


class TLSConnection(_Vetted, HTTPSConnection):
    """HTTP over TLS, the certificate always verified."""

    def __init__(self, dialler: Dialler, target: Target) -> None:
        HTTPSConnection.__init__(self, target.host, target.port, ssl_context=dialler.tls)
        self.dialler = dialler

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError:
            raise self.budget.deadline.exceeded() from None
        cast(BudgetTLSSocket, self.sock).budget = self.budget


Connection = PlainConnection | TLSConnection


def tls_context() -> ssl.SSLContext:
    """Verification on, trust anchors of the system, certifi's where the system has none (a Python
    from python.org on macOS, a slim container)."""
    context = ssl.create_default_context()
    if not _system_has_anchors():
        context.load_verify_locations(certifi.where())
    context.sslsocket_class = BudgetTLSSocket
    return context


def _system_has_anchors() -> bool:
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        return True
    return paths.capath is not None and any(Path(paths.capath).iterdir())
