"""Sockets that spend from a budget of time and bytes.

A socket timeout starts anew with every byte, so a server that drips one byte a second keeps a
client with `timeout=5` for hours, be it in the body or in the headers. Here the budget belongs to
the whole exchange: each operation on the socket may take what is left of it, and no more.
"""

import errno
import io
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

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

    `recv_into`, `send` and `sendall` are all that http.client calls on a socket to send and to
    receive, the first by way of the reader that `makefile` gives it. `surplus` tells that an answer
    brought more than it announced: what was received with it and never read.
    """

    budget: Budget
    surplus: bool = False
    _holding: bool = False

    def makefile(self, *_: Any, **__: Any) -> "_Reader":  # type: ignore[override]
        """The reader of one answer; http.client makes one for each."""
        return _Reader(self, super().makefile("rb", buffering=0))

    def note_surplus(self, reader: io.BufferedReader) -> None:
        """See whether a reader holds anything, without receiving more."""
        self._holding = True
        try:
            self.surplus = self.surplus or bool(reader.peek(1))
        finally:
            self._holding = False

    def has_unread(self) -> bool:
        """Whether the reader, or TLS, has received what nobody asked for."""
        return self.surplus

    def recv_into(
        self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0
    ) -> int:
        if self._holding:
            raise BlockingIOError(errno.EAGAIN, "held")
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

    def has_unread(self) -> bool:
        # What OpenSSL has decrypted already does not show at the socket.
        return super().has_unread() or self.pending() > 0


class _Reader(io.BufferedReader):
    """A buffer before a socket. http.client closes it at the end of an answer, and what is in it
    then would be lost without a word: the beginning of what is in the socket, perhaps."""

    def __init__(self, owner: BudgetSocket, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self._owner = owner

    def close(self) -> None:
        if not self.closed:
            self._owner.note_surplus(self)
        super().close()
