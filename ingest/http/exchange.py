"""One request and its answer, over a kept connection or a new one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException

from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from ingest.http.budget import Budget, Deadline
from ingest.http.connection import Connection, Dialler
from ingest.http.decoding import codings, unpack, unpack_unannounced
from ingest.http.errors import DeadlineExceeded, FetchError, TooLarge, Unreachable
from ingest.http.framing import BODILESS, ends_clearly
from ingest.http.idle import IdleConnections
from ingest.http.messages import Limits
from ingest.http.redirects import is_redirect
from ingest.http.target import Target
from ingest.text.sanitise import clean_line

# Status line and headers of an answer, interim answers included. Servers limit what they accept
# to 8 or 16 KB; what they send is rarely above 4. http.client itself stops at 100 fields.
HEADER_BYTES = 131_072
# Chunk framing and trailers may cost as much again as the body they frame. The body itself is
# counted exactly; this stops megabytes of chunks of one byte.
FRAMING_FACTOR = 2
# A redirect's own page is read so that the connection can be kept, and is a few hundred bytes.
REDIRECT_BODY_BYTES = 65_536
# What is read at a time. Small, since each of the little gzip members or zstd frames that a chunk
# may be full of costs a copy of the rest of the chunk.
READ_BYTES = 16_384

# What a server sent instead of HTTP is part of some messages.
ERROR_CHARACTERS = 200
# What urllib3, http.client and sockets raise on the way, besides our own errors.
_FOREIGN = (HTTPError, HTTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `headers` are lower-cased and cleaned, `location` is as it was sent."""

    status: int
    headers: Mapping[str, str]
    location: str | None
    cookies: Sequence[str]  # Set-Cookie fields, as they were sent
    body: bytes
    wire_bytes: int


class Exchanges:
    """Asks servers, one request after the other on each connection. Thread-safe."""

    def __init__(self, dialler: Dialler) -> None:
        self._dialler = dialler
        self._idle = IdleConnections()

    def ask(
        self,
        target: Target,
        fields: Mapping[str, str],
        limits: Limits,
        deadline: Deadline,
        *,
        cut: bool = False,
    ) -> Answer:
        """Send a GET with the header `fields` and read the answer.

        With `cut`, a body beyond the limits is cut off there and no error. Raises FetchError.
        """
        with _no_foreign_errors(target):
            connection, response = self._send(target, fields, limits, deadline)
            wanted = not is_redirect(response.status)
            wire = _Wire(response, limits.wire_bytes if wanted else REDIRECT_BODY_BYTES)
            try:
                body = _read_body(response, wire, limits, cut=cut)
            finally:
                if wire.complete and _can_serve_again(connection, response):
                    self._idle.give(target.origin, connection)
                else:
                    response.close()
                    connection.close()
        return Answer(
            status=response.status,
            headers={
                clean_line(name).lower(): clean_line(value)
                for name, value in response.headers.itermerged()
            },
            location=next(iter(response.headers.getlist("location")), None),
            cookies=response.headers.getlist("set-cookie"),
            body=body,
            wire_bytes=wire.count,
        )

    def close(self) -> None:
        self._idle.close()

    def _send(
        self, target: Target, fields: Mapping[str, str], limits: Limits, deadline: Deadline
    ) -> tuple[Connection, HTTPResponse]:
        kept = self._idle.take(target.origin)
        if kept is not None:
            budget = Budget(deadline, HEADER_BYTES)
            try:
                response = _request(kept, target, fields, budget, limits)
                if response.status != 408:
                    return kept, response
                # The end of a connection that waited for long, said just as we asked (RFC 9110,
                # section 15.5.9): not the answer to this request.
                response.close()
                kept.close()
            except _FOREIGN:
                # A server may close a connection that it took for idle while our request is on
                # its way. Nothing was answered, so it is asked again (RFC 9112, section 9.3.1).
                if budget.received:
                    raise
            except DeadlineExceeded as error:
                if not budget.received:  # the connection may have gone with our own network
                    error.unreached = target.host
                raise
        connection = self._dialler.connection(target)
        budget = Budget(deadline, HEADER_BYTES)
        return connection, _request(connection, target, fields, budget, limits)


def _request(
    connection: Connection,
    target: Target,
    fields: Mapping[str, str],
    budget: Budget,
    limits: Limits,
) -> HTTPResponse:
    """Send the request and read the head of its answer; the budget then covers the body too."""
    connection.start(budget)
    try:
        connection.request(
            "GET", target.path, headers=fields, preload_content=False, decode_content=False
        )
        response = connection.getresponse()
        if response.status < 200:
            raise Unreachable(f"{target.host} speaks another protocol ({response.status})")
    except BaseException:
        connection.close()
        raise
    budget.receivable += FRAMING_FACTOR * limits.wire_bytes
    return response


def _can_serve_again(connection: Connection, response: HTTPResponse) -> bool:
    """Whether an answer that was read to its end has left nothing behind, as far as can be seen."""
    if not connection.is_silent(0.0):
        return False
    head = getattr(response, "_original_response", None)  # http.client's own answer
    return ends_clearly(
        response.status,
        http11=response.version == 11,
        lengths=response.headers.getlist("content-length"),
        codings=response.headers.getlist("transfer-encoding"),
        intact=head is not None and not head.msg.defects and not head.msg.get_payload(),
    )


class _Wire:
    """The chunks of a body as sent, counted. `complete` once the last of them was read."""

    def __init__(self, response: HTTPResponse, most: int) -> None:
        self._response = response
        self._most = most
        self.count = 0
        self.complete = False

    def check_announced(self) -> None:
        """Raises TooLarge if the server says beforehand that the body is."""
        announced = self._response.length_remaining or 0
        if announced > self._most:
            raise TooLarge(f"a body of {announced:,} bytes is announced, above {self._most:,}")

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._response.stream(READ_BYTES, decode_content=False):
            self.count += len(chunk)
            if self.count > self._most:
                raise TooLarge(f"the body is larger than {self._most:,} bytes as sent")
            yield chunk
        self.complete = True


def _read_body(response: HTTPResponse, wire: _Wire, limits: Limits, *, cut: bool) -> bytes:
    """The unpacked body. That of an error status is a courtesy: if it cannot be had, the status
    is still the answer."""
    if response.status in BODILESS:
        # Not left to urllib3: it waits for the chunks that some of these announce and never send.
        response.close()
        wire.complete = True
        return b""
    body = bytearray()
    try:
        if not cut:
            wire.check_announced()
        applied = codings(response.headers.get("content-encoding", ""))
        for block in unpack(wire, applied, most=limits.unpacked_bytes):
            body += block
    except (FetchError, *_FOREIGN) as error:
        if cut and isinstance(error, TooLarge):
            return bytes(body)
        if 200 <= response.status < 300:
            raise
        return b""
    return unpack_unannounced(bytes(body), most=limits.unpacked_bytes)


@contextmanager
def _no_foreign_errors(target: Target) -> Iterator[None]:
    """Whatever else goes wrong on the way is an answer that could not be had."""
    try:
        yield
    except _FOREIGN as error:
        said = clean_line(str(error)[:ERROR_CHARACTERS]) or type(error).__name__
        raise Unreachable(f"{target.host} gave no usable answer: {said}") from error
