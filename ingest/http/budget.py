"""Sockets that spend from a budget of time and bytes.

A socket timeout starts anew with every byte, so a server that drips one byte a second keeps a
client with `timeout=5` for hours, be it in the body or in the headers. Here the budget belongs to
the whole exchange: each operation on the socket may take what is left of it, and no more.
"""

import socket
import ssl
import time
from typing import TYPE_CHECKING

from ingest.http.errors import DeadlineExceeded, TooLarge

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Deadline:
    """A moment on the monotonic clock by which everything must be done."""

    def __init__(self, seconds: float) -> None:
        self.started = time.monotonic()
        self.seconds = seconds

    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def remaining(self) -> float:
        """Seconds that are left, always more than none. Raises DeadlineExceeded."""
        left = self.seconds - self.elapsed()
        if left <= 0:
            raise self.exceeded()
        return left

    def exceeded(self, *, unreached: str | None = None) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"no complete answer within {self.seconds:g} s", unreached=unreached
        )


class Budget:
    """What one request and its answer may cost: time up to a deadline, and bytes received.

    The byte count covers all that arrives: headers, interim answers, chunk framing, trailers.
    """

    def __init__(self, deadline: Deadline, receivable: int) -> None:
        self.deadline = deadline
        self.receivable = receivable
        self.received = 0

    def spend(self, count: int) -> None:
        self.received += count
        if self.received > self.receivable:
            raise TooLarge(f"more than {self.receivable:,} bytes were sent, framing included")


class BudgetSocket(socket.socket):
    """A TCP socket whose operations spend from `budget`.

    These three methods are all that http.client calls on a socket to send and to receive.
    """

    budget: Budget

    def recv_into(
        self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0
    ) -> int:
        size = memoryview(buffer).nbytes if nbytes is None else nbytes
        self.settimeout(self.budget.deadline.remaining())
        try:
            count = super().recv_into(buffer, size, flags)
        except TimeoutError:
            raise self.budget.deadline.exceeded() from None
        self.budget.spend(count)
        return count

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        self.settimeout(self.budget.deadline.remaining())
        try:
            return super().send(data, flags)
        except TimeoutError:
            raise self.budget.deadline.exceeded() from None

    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        self.settimeout(self.budget.deadline.remaining())
        try:
            super().sendall(data, flags)
        except TimeoutError:
            raise self.budget.deadline.exceeded() from None


class BudgetTLSSocket(BudgetSocket, ssl.SSLSocket):
    """The same over TLS; `SSLContext.sslsocket_class` makes its sockets of this class."""
