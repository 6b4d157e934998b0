"""GET with everything around it: validators, redirects, caps, kept connections."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ingest.http import (
    FEED_LIMITS,
    PAGE_LIMITS,
    Fetcher,
    HostBusy,
    Limits,
    RedirectRefused,
    Response,
    Validators,
)
from tests.site import LOOPBACK, Canary, Site, answers

PAGE = "<p>A delegation arrived on Tuesday.</p>"


def get(fetcher: Fetcher, url: str, *, limits: Limits = PAGE_LIMITS) -> Response:
    return fetcher.get(url, limits=limits, accept="text/html, */*;q=0.5")


# What is sent


def test_a_request_says_who_asks_and_what_it_takes(site: Site, fetcher: Fetcher) -> None:
    get(fetcher, site.url("/a?b=c"))
    request = site.log[0]
    assert request.path == "/a?b=c"
    assert request.headers == {
        "host": f"127.0.0.1:{site.port}",
        "user-agent": "Transpacific/test",
        "accept": "text/html, */*;q=0.5",
        "accept-encoding": "gzip, br, zstd",
    }


def test_no_proxy_is_taken_from_the_environment(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.page("/", PAGE)
    with Canary() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
            assert get(fetcher, site.url("/")).status == 200
        assert proxy.connections == 0


@pytest.mark.parametrize("user_agent", ["", " ", "a\r\nX-Evil: 1", "服务", "a\x00b"])
def test_a_user_agent_that_cannot_be_sent_is_an_error_at_once(user_agent: str) -> None:
    with pytest.raises(ValueError, match="User-Agent"):
        Fetcher(user_agent=user_agent)


# What comes back


def test_a_page_comes_back_with_its_headers_in_lower_case(site: Site, fetcher: Fetcher) -> None:
    site.page("/a", PAGE, headers={"X-Odd": "caf\xe9 \x85 \t twice"})
    answer = get(fetcher, site.url("/a#part"))
    assert answer.status == 200
    assert answer.body == PAGE.encode()
    assert answer.url == site.url("/a#part")
    assert answer.final_url == site.url("/a")
    assert answer.content_type == answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-odd"] == "café twice"
    assert answer.permanent_url is None
    assert answer.wire_bytes == len(PAGE)
    assert 0 < answer.elapsed < 10


@pytest.mark.parametrize("status", [201, 203, 204, 206, 301, 304, 400, 403, 404, 410, 429, 451,
                                    500, 503, 599, 999])  # fmt: skip
def test_no_status_is_raised(status: int, site: Site, fetcher: Fetcher) -> None:
    site.serve("/", answers.status(status, "<p>odd</p>", headers={"Retry-After": "7"}))
    answer = get(fetcher, site.url("/"))
    assert answer.status == status
    assert answer.headers["retry-after"] == "7"
    assert answer.body == (b"" if status in (204, 304) else b"<p>odd</p>")


def test_repeated_fields_are_joined(site: Site, fetcher: Fetcher) -> None:
    site.serve("/", answers.raw(b"HTTP/1.1 200 OK\r\nLink: <a>\r\nLINK: <b>\r\n\r\nbody"))
    answer = get(fetcher, site.url("/"))
    assert answer.headers["link"] == "<a>, <b>"
    assert answer.body == b"body"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br", "br, zstd, gzip"])
def test_a_packed_body_is_unpacked(coding: str, site: Site, fetcher: Fetcher) -> None:
    site.serve("/", answers.packed(PAGE.encode() * 10_000, coding))
    answer = get(fetcher, site.url("/"))
    assert answer.body == PAGE.encode() * 10_000
    assert answer.wire_bytes < len(answer.body) / 10


def test_a_chunked_body_is_put_together(site: Site, fetcher: Fetcher) -> None:
    site.serve("/", answers.chunked([b"one ", b"two ", b"x" * 100_000]))
    assert get(fetcher, site.url("/")).body == b"one two " + b"x" * 100_000
    packed = gzip.compress(PAGE.encode())
    site.serve("/", answers.chunked([packed[:7], packed[7:]], coding="gzip"))
    assert get(fetcher, site.url("/")).body == PAGE.encode()
    assert site.connections == 1


def test_a_body_without_a_length_ends_with_the_connection(site: Site, fetcher: Fetcher) -> None:
    site.serve("/", answers.until_close(PAGE.encode()))
    assert get(fetcher, site.url("/")).body == PAGE.encode()
    assert get(fetcher, site.url("/")).body == PAGE.encode()


# Conditional requests


def test_an_unchanged_page_is_304_and_a_changed_one_is_not(site: Site, fetcher: Fetcher) -> None:
    site.feed("/rss.xml", "<rss/>")
    first = get(fetcher, site.url("/rss.xml"))
    known = Validators(first.headers["etag"], first.headers["last-modified"])
    again = fetcher.get(site.url("/rss.xml"), limits=FEED_LIMITS, accept="*/*", validators=known)
    assert (again.status, again.body, again.wire_bytes) == (304, b"", 0)
    assert again.headers["etag"] == known.etag
    site.feed("/rss.xml", "<rss version='2.0'/>")
    changed = fetcher.get(site.url("/rss.xml"), limits=FEED_LIMITS, accept="*/*", validators=known)
    assert (changed.status, changed.body) == (200, b"<rss version='2.0'/>")


@pytest.mark.parametrize(
    ("validators", "sent"),
    [
        (Validators(), {}),
        (Validators(etag='"a"'), {"if-none-match": '"a"'}),
        (Validators(etag='W/"a"', last_modified="Tue, 01 Jul 2025 10:00:00 GMT"),
         {"if-none-match": 'W/"a"', "if-modified-since": "Tue, 01 Jul 2025 10:00:00 GMT"}),
        (Validators(etag="caf\xe9"), {"if-none-match": "caf\xe9"}),
        (Validators(etag="", last_modified=""), {}),
        (Validators(etag='"a"\r\nX-Evil: 1', last_modified="\u65b0"), {}),
    ],
)  # fmt: skip
def test_validators_are_sent_as_they_came_or_not_at_all(
    validators: Validators, sent: dict[str, str], site: Site, fetcher: Fetcher
) -> None:
    fetcher.get(site.url("/"), limits=PAGE_LIMITS, accept="*/*", validators=validators)
    asked = site.log[0].headers
    conditions = {name: value for name, value in asked.items() if name.startswith(("if-", "x-"))}
    assert conditions == sent


# Redirects


def chain(site: Site, *statuses: int) -> str:
    """Redirects from /0 on, one a status, to a page; the URL to begin with."""
    for number, status in enumerate(statuses):
        site.redirect(f"/{number}", f"/{number + 1}", status=status)
    site.page(f"/{len(statuses)}", PAGE)
    return site.url("/0")


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [
        ((), None),
        ((301,), "/1"),
        ((308,), "/1"),
        ((302,), None),
        ((303,), None),
        ((307,), None),
        ((301, 308, 301), "/3"),
        ((302, 301), None),
        ((301, 302), "/1"),
        ((301, 307, 301), "/1"),
        ((301,) * 10, "/10"),
    ],
)
def test_redirects_are_followed_and_the_permanent_ones_reported(
    statuses: tuple[int, ...], permanent: str | None, site: Site, fetcher: Fetcher
) -> None:
    url = chain(site, *statuses)
    answer = get(fetcher, url)
    assert answer.body == PAGE.encode()
    assert answer.url == url
    assert answer.final_url == site.url(f"/{len(statuses)}")
    assert answer.permanent_url == (permanent and site.url(permanent))
    assert site.connections == 1


@pytest.mark.parametrize("status", [404, 500, 403])
def test_a_permanent_redirect_to_an_error_is_not_believed(
    status: int, site: Site, fetcher: Fetcher
) -> None:
    site.redirect("/old", "/new", status=301)
    site.serve("/new", answers.status(status))
    answer = get(fetcher, site.url("/old"))
    assert (answer.status, answer.final_url) == (status, site.url("/new"))
    assert answer.permanent_url is None


def test_the_eleventh_redirect_is_refused(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(RedirectRefused):
        get(fetcher, chain(site, *[302] * 11))
    assert site.count("/10") == 1
    assert site.count("/11") == 0


def test_a_redirect_circle_is_refused_after_one_round(site: Site, fetcher: Fetcher) -> None:
    site.redirect("/a", "/b")
    site.redirect("/b", "/a#again")
    with pytest.raises(RedirectRefused):
        get(fetcher, site.url("/a"))
    assert len(site.log) == 2


def test_validators_go_along_with_redirects(site: Site, fetcher: Fetcher) -> None:
    site.redirect("/old", "/rss.xml", status=301)
    site.feed("/rss.xml", "<rss/>")
    etag = get(fetcher, site.url("/old")).headers["etag"]
    answer = fetcher.get(
        site.url("/old"), limits=FEED_LIMITS, accept="*/*", validators=Validators(etag)
    )
    assert (answer.status, answer.permanent_url) == (304, site.url("/rss.xml"))


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 99999999\r\n\r\n" + b"x" * 100_000,
        b"Content-Length: 9\r\n\r\nhalf",
        b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["huge", "cut off", "mislabelled", "garbage"],
)
def test_a_redirect_needs_no_body_that_can_be_read(
    rest: bytes, site: Site, fetcher: Fetcher
) -> None:
    site.serve("/", answers.raw(b"HTTP/1.1 302 Found\r\nLocation: /a\r\n" + rest))
    site.page("/a", PAGE)
    assert get(fetcher, site.url("/"), limits=FEED_LIMITS).body == PAGE.encode()


# Turns


class Leases:
    """Records which hosts were held, and refuses some."""

    def __init__(self, site: Site, busy: str | None = None) -> None:
        self.held: list[str] = []
        self.log: list[tuple[str, str, int]] = []
        self._site = site
        self._busy = busy

    @contextmanager
    def __call__(self, host: str) -> Iterator[None]:
        if host == self._busy:
            raise HostBusy(host)
        self.held.append(host)
        self.log.append(("enter", host, len(self._site.log)))
        yield
        self.log.append(("leave", host, len(self._site.log)))
        self.held.remove(host)


def named(*_: str) -> list[str]:
    """Every name is the site's."""
    return ["127.0.0.1"]


def test_only_hops_to_other_hosts_need_a_turn_and_each_its_own(site: Site) -> None:
    leases = Leases(site)
    there = f"http://other.test:{site.port}"
    site.redirect("/0", "/1")
    site.redirect("/1", f"{there}/2")
    site.redirect("/2", "/3")
    site.redirect("/3", f"http://first.test:{site.port}/4")
    site.page("/4", PAGE)
    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=named) as fetcher:
        answer = fetcher.get(
            f"http://first.test:{site.port}/0", limits=PAGE_LIMITS, accept="*/*", lease=leases
        )
    assert answer.final_url == f"http://first.test:{site.port}/4"
    assert leases.held == []
    assert leases.log == [
        ("enter", "other.test", 2),
        ("leave", "other.test", 3),
        ("enter", "other.test", 3),
        ("leave", "other.test", 4),
    ]


def test_a_busy_host_is_not_asked(site: Site) -> None:
    site.redirect("/0", f"http://other.test:{site.port}/1")
    with (
        Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=named) as fetcher,
        pytest.raises(HostBusy) as caught,
    ):
        fetcher.get(
            f"http://first.test:{site.port}/0",
            limits=PAGE_LIMITS,
            accept="*/*",
            lease=Leases(site, busy="other.test"),
        )
    assert caught.value.retry
    assert len(site.log) == 1
