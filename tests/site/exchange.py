"""One request as it is answered: what an answer of `tests.site.answers` gets to work with."""

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from io import BufferedIOBase


@dataclass(slots=True)
class Served:
    """A request in the log.

    `host` is the address that was dialled, `path` the request line's, query included. `status` is
    None until one is sent, and stays so for faults that send none. `in_flight` counts the requests
    that this host was serving when this one came, itself included. `connection` is the number of
    the TCP connection that it came on. `server_name` is the SNI of a TLS connection.
    """

    host: str
    path: str
    headers: Mapping[str, str]
    in_flight: int
    connection: int
    server_name: str | None = None
    status: int | None = None


@dataclass(slots=True)
class Exchange:
    """The two ends of one request. Whoever writes by hand calls `over` before the last byte."""

    request: Served
    out: BufferedIOBase
    sock: socket.socket
    released: threading.Event
    closing: threading.Event
    over: Callable[[], None]
    keep_alive: bool = field(default=True)

    def reply(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole well-formed answer with its Content-Length."""
        length = {} if status in (204, 304) else {"Content-Length": str(len(body))}
        head = self.head(status, {**length, **(headers or {})})
        # The client can be back with its next request as soon as it has the last byte of this one.
        self.over()
        self.write(head + body)

    def head(self, status: int, headers: Mapping[str, str]) -> bytes:
        """The head of an answer as bytes, written into the log as this request's status."""
        self.request.status = status
        reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Odd"
        fields = {"Date": formatdate(usegmt=True), **headers}
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{k}: {v}" for k, v in fields.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def write(self, data: bytes) -> None:
        self.out.write(data)
        self.out.flush()

    def hang_up(self) -> None:
        """The connection ends after this answer."""
        self.keep_alive = False

    def reset(self) -> None:
        """The connection ends at once, with a TCP reset."""
        self.hang_up()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Closed beneath the server, which would say a polite goodbye first.
        socket.close(self.sock.detach())

    def pause(self, seconds: float) -> bool:
        """Wait, and tell whether to go on: False once the site is being closed."""
        return not self.closing.wait(seconds)


Answer = Callable[[Exchange], None]
"""Answers one request, well or badly."""
