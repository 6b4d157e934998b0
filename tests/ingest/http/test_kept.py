"""Connections are kept and used again, with care."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.http import (
    PAGE_LIMITS,
    Fetcher,
    Limits,
    Response,
    TooLarge,
    Unreachable,
    idle,
)
from tests.site import LOOPBACK, Site, answers
from tests.support.waiting import until

PAGE = "<p>A delegation arrived on Tuesday.</p>"
SMALL = Limits(wire_bytes=1_000, unpacked_bytes=5_000, deadline=10.0)


def get(fetcher: Fetcher, url: str, *, limits: Limits = PAGE_LIMITS) -> Response:
    return fetcher.get(url, limits=limits, accept="text/html, */*;q=0.5")


def named(*_: str) -> list[str]:
    """Every name is the site's."""
    return ["127.0.0.1"]


def test_requests_to_one_host_share_a_connection(site: Site, fetcher: Fetcher) -> None:
    site.page("/a", PAGE)
    site.redirect("/r", "/a")
    for path in ("/a", "/missing", "/r", "/a"):
        get(fetcher, site.url(path))
    fetcher.read_robots(site.url("/a"))
    assert site.connections == 1
    assert len(site.log) == 6


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(
    site: Site, fetcher: Fetcher
) -> None:
    site.page("/", PAGE)
    for _ in range(3):
        get(fetcher, site.url("/"))
        site.hang_up()
    assert [request.connection for request in site.log] == [1, 2, 3]


def test_a_request_that_crossed_the_end_of_its_kept_connection_is_sent_again(
    site: Site, fetcher: Fetcher
) -> None:
    site.page("/", PAGE)
    get(fetcher, site.url("/"))
    site.fail("/", answers.hang_up())
    assert get(fetcher, site.url("/")).body == PAGE.encode()
    assert [request.connection for request in site.log] == [1, 1, 2]


def test_a_request_is_not_sent_again_once_anything_was_answered(
    site: Site, fetcher: Fetcher
) -> None:
    site.page("/", PAGE)
    get(fetcher, site.url("/"))
    site.fail("/", answers.raw(b"HTTP/1.1 2"))
    with pytest.raises(Unreachable):
        get(fetcher, site.url("/"))
    assert site.count("/") == 2


def test_a_connection_with_something_left_to_read_is_not_used_again(
    site: Site, fetcher: Fetcher
) -> None:
    """Else the rest would be taken for the next answer."""
    two = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
    site.serve("/", answers.raw(two + b"x" * 20_000))
    site.page("/a", PAGE)
    assert get(fetcher, site.url("/")).body == b"one"
    assert get(fetcher, site.url("/a")).body == PAGE.encode()
    assert site.connections == 2


def test_a_connection_is_not_kept_after_a_body_that_was_too_large(
    site: Site, fetcher: Fetcher
) -> None:
    site.serve("/", answers.chunked([b"x" * 500] * 10))
    with pytest.raises(TooLarge):
        get(fetcher, site.url("/"), limits=SMALL)
    site.page("/a", PAGE)
    assert get(fetcher, site.url("/a")).body == PAGE.encode()
    assert site.connections == 2


def test_kept_connections_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "MOST_IDLE", 5)
    site.page("/", PAGE)
    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=named) as fetcher:
        for number in range(12):
            get(fetcher, f"http://host{number}.test:{site.port}/")
        until(lambda: site.open_connections == 5, "seven of twelve connections are closed")
        get(fetcher, f"http://host11.test:{site.port}/")
        get(fetcher, f"http://host0.test:{site.port}/")
    assert site.connections == 13
    until(lambda: site.open_connections == 0, "closing the fetcher closes what it kept")


def test_a_connection_is_not_kept_for_long(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "IDLE_SECONDS", 0.0)
    site.page("/", PAGE)
    with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
        get(fetcher, site.url("/"))
        get(fetcher, site.url("/"))
    assert site.connections == 2


# Threads


def test_thirty_two_threads_share_a_fetcher(site: Site) -> None:
    pages = {f"/{number}": f"<p>{number}</p>" * 500 for number in range(40)}
    for path, body in pages.items():
        site.page(path, body)
    site.robots("User-agent: *\nDisallow: /no\n")
    started = threading.Barrier(32)

    def work(worker: int) -> int:
        started.wait()
        for path, body in pages.items():
            url = f"http://host{worker % 8}.test:{site.port}{path}"
            assert get(fetcher, url).body == body.encode()
            fetcher.read_robots(url)
        return len(pages)

    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=named) as fetcher:
        with ThreadPoolExecutor(32) as pool:
            assert sum(pool.map(work, range(32))) == 32 * 40
        assert site.count("/robots.txt") == 8
