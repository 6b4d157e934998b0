"""The demo wire on loopback: `DemoSite` serves every invented outlet's feed and pages over HTTP.

All outlets live under one port, each under a path of its own, because not every system has more
loopback addresses than 127.0.0.1. What is out is rendered once an edition; a request is a look-up.
"""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

from ingest.feeds.subscription import FeedSpec
from worker.demo.feeds import MEDIA_TYPES, render_feed
from worker.demo.pages import render_home, render_page
from worker.demo.printing import Issue, Item, current_issue
from worker.demo.wire import DemoSource, Relevance, load_wire

# Seconds until an idle connection is given up, so that a client that went away leaves no thread.
IDLE_TIMEOUT = 30

ROBOTS = b"User-agent: *\nDisallow: /search\nAllow: /\n"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a pipeline should have of one article in the edition that is out now.

    `url` is the page's, `link` the one that its feed gives. `paragraphs` are as printed
    (typographic quotes included); where `paywalled`, they are what the feed tells and the page
    withholds. `edited` says that the second edition differs from the first and is out.
    """

    url: str
    link: str
    source: str
    language: str
    title: str
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...]
    published: datetime
    paywalled: bool
    edited: bool
    relevance: Relevance
    topics: tuple[str, ...]
    story: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What stands at one path: bytes with their validators, or the place they moved to."""

    body: bytes
    content_type: str
    last_modified: datetime
    location: str | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


class DemoSite:
    """The demo wire's web server, up between `__enter__` and `__exit__`, on 127.0.0.1.

    `started` (aware) is the moment from which the articles' ages count; it is now by default.
    """

    def __init__(self, *, started: datetime | None = None) -> None:
        self.started = (started or datetime.now(UTC)).replace(microsecond=0)
        self._sources = load_wire()

    def __enter__(self) -> Self:
        self._server = _Server()
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self._publish(revised=None)
        # The poll interval is how long leaving may take.
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def second_release(self) -> None:
        """Put out the second edition: edited articles change, in the feed and on the page."""
        self._publish(revised=datetime.now(UTC).replace(microsecond=0))

    def feeds(self) -> tuple[FeedSpec, ...]:
        """The outlets' feeds, as an import list has them."""
        return tuple(
            FeedSpec(
                url=issue.feed_url,
                title=issue.source.name,
                source=issue.source.name,
                home_url=issue.url,
                country=issue.source.country,
                language=issue.source.language,
                kind=issue.source.kind,
            )
            for issue in self._issues
        )

    def articles(self) -> tuple[Expected, ...]:
        """Every article that is out, as a pipeline should come to have it."""
        return tuple(
            _expected(issue.source, item) for issue in self._issues for item in issue.items
        )

    def _publish(self, *, revised: datetime | None) -> None:
        self._issues = tuple(
            current_issue(source, base=self.base, started=self.started, revised=revised)
            for source in self._sources
        )
        # One assignment: a request sees the old edition or the new one, never both.
        self._server.resources = _resources(self._issues, self.started, self.base)


def _expected(source: DemoSource, item: Item) -> Expected:
    article = item.article
    return Expected(
        url=item.url,
        link=item.link,
        source=source.name,
        language=source.language,
        title=item.title,
        paragraphs=item.paragraphs,
        authors=article.authors,
        published=item.published,
        paywalled=article.paywall,
        edited=item.edited,
        relevance=article.expect.relevance,
        topics=article.expect.topics,
        story=article.expect.story,
    )


def _resources(issues: tuple[Issue, ...], started: datetime, base: str) -> dict[str, Resource]:
    """Everything that can be asked for, by path.

    An outlet's pages show each other's headlines, so each is as new as the newest of them.
    """
    resources = {f"{base}/robots.txt": Resource(ROBOTS, "text/plain", started)}
    for out in issues:
        media_type = MEDIA_TYPES[out.source.feed_format]
        resources[out.feed_url] = Resource(render_feed(out), media_type, out.updated)
        resources[out.url] = Resource(render_home(out), _html_type(out.source), out.updated)
        for item in out.items:
            page = Resource(render_page(out, item), _html_type(out.source), out.updated)
            resources[item.url] = page
            if item.article.redirected:
                moved = Resource(b"", "text/plain", out.updated, location=item.url)
                resources[item.link.partition("?")[0]] = moved
    return {url.removeprefix(base): resource for url, resource in resources.items()}


def _html_type(source: DemoSource) -> str:
    # Old servers say nothing of the charset, and the page must be asked.
    return "text/html" if source.boilerplate == "plain" else f"text/html; charset={source.charset}"


def fresh(resource: Resource, *, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether the client's copy is still good (RFC 9110, 13.2.2): ETag first, then the date."""
    if if_none_match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in tags or resource.etag in tags
    try:
        return resource.last_modified <= parsedate_to_datetime(if_modified_since or "")
    except (TypeError, ValueError):
        return False  # no date, one that cannot be read, or one without a zone


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    resources: Mapping[str, Resource]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is not an error; the rest is told as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "DemoWire"
    sys_version = ""
    timeout = IDLE_TIMEOUT
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        resource = self.server.resources.get(self.path.partition("?")[0])
        if resource is None:
            self._reply(HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"}, b"Not found\n")
        elif resource.location is not None:
            self._reply(HTTPStatus.FOUND, {"Location": resource.location}, b"")
        else:
            validators = {
                "ETag": resource.etag,
                "Last-Modified": format_datetime(
                    resource.last_modified.astimezone(UTC), usegmt=True
                ),
            }
            if fresh(
                resource,
                if_none_match=self.headers.get("If-None-Match"),
                if_modified_since=self.headers.get("If-Modified-Since"),
            ):
                self._reply(HTTPStatus.NOT_MODIFIED, validators, None)
            else:
                headers = {"Content-Type": resource.content_type, **validators}
                self._reply(HTTPStatus.OK, headers, resource.body)

    def _reply(self, status: HTTPStatus, headers: Mapping[str, str], body: bytes | None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence: what was asked is the asking service's to log."""
