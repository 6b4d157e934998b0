"""The site: listeners on loopback, routes, and the log."""

import contextlib
import errno
import itertools
import socket
import ssl
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, cast

from tests.site import answers
from tests.site.exchange import Answer, Exchange, Served

# What a fetcher, or TRANSPACIFIC_PRIVATE_HOSTS, must allow for a site to be reached.
LOOPBACK = ("127.0.0.0/8",)
CERTIFICATE = Path(__file__).with_name("certificate.pem")
_KEY = Path(__file__).with_name("key.pem")
RSS = "application/rss+xml; charset=utf-8"
# How often a listener looks whether it is to stop.
_STOP_POLL_SECONDS = 0.02


class Site:
    """See the package. A context manager: it serves inside, and every answer ends with it."""

    def __init__(self, *, hosts: int = 1, tls: bool = False) -> None:
        self.tls = tls
        self._lock = threading.Lock()
        self._routes: dict[tuple[str | None, str], Answer] = {}
        self._faults: defaultdict[tuple[str | None, str], deque[Answer]] = defaultdict(deque)
        self._log: list[Served] = []
        self._flying: Counter[str] = Counter()
        self._serial = itertools.count(1)
        self._connections = 0
        self.released = threading.Event()
        self.closing = threading.Event()
        self._servers = _listen(self, hosts)
        self.hosts = tuple(str(server.server_address[0]) for server in self._servers)
        self.port = int(self._servers[0].server_address[1])

    # What is served

    def serve(self, path: str, answer: Answer, *, host: str | None = None) -> None:
        """Answer `path` (query included, where there is one) with `answer` from now on."""
        with self._lock:
            self._routes[host, path] = answer

    def page(
        self,
        path: str,
        body: str | bytes,
        *,
        content_type: str = answers.HTML,
        headers: Mapping[str, str] | None = None,
        modified: datetime | None = None,
        host: str | None = None,
    ) -> None:
        """A page with honest validators; called again, a new version of it."""
        made = answers.page(body, content_type=content_type, headers=headers, modified=modified)
        self.serve(path, made, host=host)

    def feed(
        self,
        path: str,
        xml: str | bytes,
        *,
        content_type: str = RSS,
        headers: Mapping[str, str] | None = None,
        host: str | None = None,
    ) -> None:
        """A page of an RSS feed's type."""
        self.page(path, xml, content_type=content_type, headers=headers, host=host)

    def robots(self, text: str, *, host: str | None = None) -> None:
        self.page("/robots.txt", text, content_type="text/plain; charset=utf-8", host=host)

    def redirect(
        self, path: str, location: str, *, status: int = 302, host: str | None = None
    ) -> None:
        self.serve(path, answers.redirect(location, status=status), host=host)

    def remove(self, path: str, *, host: str | None = None) -> None:
        """From now on 404."""
        with self._lock:
            self._routes.pop((host, path), None)

    def fail(
        self,
        path: str,
        answer: Answer | None = None,
        *,
        status: int = 500,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        host: str | None = None,
    ) -> None:
        """The next `times` requests get `answer`, or this status; then the path is as before."""
        made = answer or answers.status(status, headers=headers)
        with self._lock:
            self._faults[host, path].extend([made] * times)

    def hang_up(self) -> None:
        """Close every open connection, as servers do with idle ones."""
        for server in self._servers:
            server.hang_up()

    def release(self) -> None:
        """End every stall, also those to come."""
        self.released.set()

    # What to ask, and what was asked

    def url(self, path: str, *, host: str | None = None) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{host or self.hosts[0]}:{self.port}{path}"

    @property
    def log(self) -> list[Served]:
        with self._lock:
            return list(self._log)

    @property
    def connections(self) -> int:
        """TCP connections that were opened."""
        with self._lock:
            return self._connections

    @property
    def open_connections(self) -> int:
        """TCP connections that are open now."""
        return sum(server.open_connections for server in self._servers)

    def count(self, path: str) -> int:
        return sum(request.path == path for request in self.log)

    def most_in_flight(self) -> int:
        """The most requests that any one host was serving at a time."""
        return max((request.in_flight for request in self.log), default=0)

    def __enter__(self) -> "Site":
        for server in self._servers:
            server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.released.set()
        for server in self._servers:
            server.stop()

    # What the listeners call

    def opened(self) -> int:
        """Number a new connection."""
        with self._lock:
            self._connections += 1
        return next(self._serial)

    def arrived(self, request: Served) -> Answer:
        """Enter a request into the log, and choose its answer."""
        with self._lock:
            self._flying[request.host] += 1
            request.in_flight = self._flying[request.host]
            self._log.append(request)
            for key in ((request.host, request.path), (None, request.path)):
                if self._faults[key]:
                    return self._faults[key].popleft()
            for key in ((request.host, request.path), (None, request.path)):
                if key in self._routes:
                    return self._routes[key]
        return answers.status(404)

    def left(self, host: str) -> None:
        with self._lock:
            self._flying[host] -= 1


class _Listener(ThreadingMixIn, TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, site: Site, address: str, port: int) -> None:
        self.site = site
        self._tls = _server_context() if site.tls else None
        super().__init__((address, port), _Handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_STOP_POLL_SECONDS,), daemon=True
        )
        self._open: set[socket.socket] = set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.hang_up()
        self.server_close()
        self._thread.join()

    def hang_up(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def finish_request(self, request: Any, client_address: Any) -> None:
        connection = request
        if self._tls is not None:
            connection = self._tls.wrap_socket(request, server_side=True)
        self._open.add(connection)
        try:
            super().finish_request(connection, client_address)
        finally:
            self._open.discard(connection)
            if connection is not request:
                connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients of these tests hang up at every turn, and that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.site = cast(_Listener, self.server).site
        self.number = self.site.opened()

    def do_GET(self) -> None:
        host = str(self.connection.getsockname()[0])
        request = Served(
            host=host,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            in_flight=0,
            connection=self.number,
            server_name=getattr(self.connection, "asked_name", None),
        )
        answer = self.site.arrived(request)
        leave = _Once(lambda: self.site.left(host))
        exchange = Exchange(
            request, self.wfile, self.connection, self.site.released, self.site.closing, leave
        )
        try:
            answer(exchange)
        finally:
            leave()
            self.close_connection = self.close_connection or not exchange.keep_alive

    def log_message(self, *_: object) -> None:
        """The log is the site's."""


class _Once:
    """An action that happens at its first call only."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._done = False

    def __call__(self) -> None:
        if not self._done:
            self._done = True
            self._action()


def _listen(site: Site, hosts: int) -> list[_Listener]:
    """One listener each on 127.0.0.1, 127.0.0.2, …, all at one port that the system picks."""
    first = _Listener(site, "127.0.0.1", 0)
    port = int(first.server_address[1])
    listeners = [first]
    for number in range(2, hosts + 1):
        try:
            listeners.append(_Listener(site, f"127.0.0.{number}", port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:  # macOS has 127.0.0.1 alone
                break
            raise
    return listeners


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, _KEY)

    def note_name(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        vars(connection)["asked_name"] = name

    context.sni_callback = note_name
    return context
