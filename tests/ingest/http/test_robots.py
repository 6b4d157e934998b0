"""What robots.txt allows, asked for once a day."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest

from ingest.http import (
    Fetcher,
    FetchError,
    HostBusy,
    Lease,
    Limits,
    Refused,
    Response,
    RulesWithheld,
    TooLarge,
    Unreachable,
    Validators,
    always,
    robots,
)
from ingest.http.robots import LONGEST_CRAWL_DELAY, Robots, Rules
from tests.site import LOOPBACK, Site, answers
from tests.support.waiting import until

RULES = b"""\
User-agent: *
Disallow: /private/
Crawl-delay: 3

User-agent: transpacific
Disallow: /ours/
Allow: /ours/but-this
"""

LIMITS = Limits(1_000_000, 1_000_000, 10.0)


def answer(status: int, body: bytes, **headers: str) -> Response:
    url = "https://news.example/robots.txt"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url, url, status, named, body, "text/plain", None, len(body), 0.1)


def read_rules(status: int, body: bytes, *, token: str) -> Rules:
    return robots.read_rules(answer(status, body), token=token)


def allows(fetcher: Fetcher, url: str, lease: Lease = always) -> bool:
    """Whether the fetcher asks for a page that is there, once it has asked for the rules."""
    try:
        fetcher.get(url, limits=LIMITS, accept="*/*", lease=lease, obey_robots=True)
    except Refused as error:
        assert "robots.txt" in str(error)
        return False
    return True


# Reading


@pytest.mark.parametrize(
    ("token", "path", "allowed"),
    [
        ("Transpacific", "/private/", True),
        ("Transpacific", "/ours/a", False),
        ("Transpacific", "/ours/but-this", True),
        ("Other", "/private/a", False),
        ("Other", "/ours/a", True),
        ("Other", "/", True),
    ],
)
def test_the_group_for_our_name_goes_before_the_one_for_all(
    token: str, path: str, allowed: bool
) -> None:
    rules = read_rules(200, RULES, token=token)
    assert rules.allow(f"https://news.example{path}") is allowed


@pytest.mark.parametrize("status", [300, 302, 304, 400, 401, 403, 404, 410, 451])
def test_no_robots_txt_means_no_rules(status: int) -> None:
    rules = read_rules(status, b"User-agent: *\nDisallow: /", token="Transpacific")
    assert rules.allow("https://news.example/")
    assert rules.crawl_delay is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_a_site_in_trouble_is_left_alone_for_now(status: int) -> None:
    asked_for = answer(status, b"", retry_after="60")
    with pytest.raises(RulesWithheld, match=str(status)) as caught:
        robots.read_rules(asked_for, token="Transpacific")
    assert caught.value.retry
    told = caught.value.host, caught.value.status, caught.value.retry_after
    assert told == ("news.example", status, "60")


@pytest.mark.parametrize(
    ("given", "delay"),
    [("3", 3.0), ("0.5", 0.5), ("0", 0.0), ("86400", LONGEST_CRAWL_DELAY), ("1e308", 60.0),
     ("-1", None), ("nan", None), ("inf", None), ("soon", None), ("", None)],
)  # fmt: skip
def test_a_crawl_delay_is_kept_within_reason(given: str, delay: float | None) -> None:
    text = f"User-agent: *\nCrawl-delay: {given}\n".encode()
    assert read_rules(200, text, token="Transpacific").crawl_delay == delay


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xef\xbb\xbfUser-agent: *\nDisallow:\n",
        b"<!doctype html><title>Not found</title>",
        b"\x00\xff\xfe" * 100,
        "User-agent: *\nDisallow: /\ud800".encode("utf-8", "surrogatepass"),
    ],
)
def test_what_is_no_robots_txt_forbids_nothing(body: bytes) -> None:
    assert read_rules(200, body, token="Transpacific").allow("https://news.example/")


def test_a_byte_order_mark_hides_no_rule() -> None:
    body = b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n"
    assert not read_rules(200, body, token="Transpacific").allow("https://news.example/")


# Remembering


class Web:
    """Answers for robots.txt, one after the other, the last one for ever."""

    def __init__(self, *given: Response | FetchError) -> None:
        self.given = list(given)
        self.asked: list[str] = []
        self.sent: list[Validators] = []
        self.now = 0.0

    def robots(self) -> Robots:
        return Robots(self.fetch, token="Transpacific", clock=lambda: self.now)

    def fetch(self, url: str, validators: Validators, _: Lease) -> Response:
        self.asked.append(url)
        self.sent.append(validators)
        answer = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        if isinstance(answer, FetchError):
            raise answer
        return answer


NOTHING = answer(200, b"User-agent: *\nDisallow: /\n", etag='"1"')


def test_rules_are_asked_for_once_a_day_and_origin() -> None:
    web = Web(NOTHING, answer(404, b""))
    known = web.robots()
    for path in ("/", "/a", "/b?c"):
        assert not known.rules(f"https://news.example{path}", always).allow("https://news.example/")
    web.now = robots.FRESH_SECONDS - 1
    assert not known.rules("https://news.example/", always).allow("https://news.example/")
    web.now += 2
    assert known.rules("https://news.example/", always).allow("https://news.example/")
    known.rules("http://news.example/", always)
    known.rules("https://news.example:8443/", always)
    assert web.asked == [
        "https://news.example/robots.txt",
        "https://news.example/robots.txt",
        "http://news.example/robots.txt",
        "https://news.example:8443/robots.txt",
    ]


def test_rules_that_have_not_changed_hold_for_another_day() -> None:
    web = Web(NOTHING, answer(304, b""), answer(200, b""))
    known = web.robots()
    for day in range(4):
        web.now = day * (robots.FRESH_SECONDS + 1)
        rules = known.rules("https://news.example/", always)
        assert rules.allow("https://news.example/") is (day >= 2)
    assert [sent.etag for sent in web.sent] == [None, '"1"', '"1"', None]


def test_trouble_is_remembered_for_a_short_while() -> None:
    web = Web(answer(503, b""), NOTHING)
    known = web.robots()
    for _ in range(3):
        with pytest.raises(Unreachable):
            known.rules("https://news.example/", always)
    assert len(web.asked) == 1
    web.now = robots.RETRY_SECONDS + 1
    assert not known.rules("https://news.example/", always).allow("https://news.example/")


@pytest.mark.parametrize("trouble", [answer(503, b""), Unreachable("gone")])
def test_what_was_known_holds_on_while_a_site_is_in_trouble(
    trouble: Response | FetchError,
) -> None:
    web = Web(NOTHING, trouble, answer(404, b""))
    known = web.robots()
    known.rules("https://news.example/", always)
    web.now = robots.FRESH_SECONDS + 1
    assert not known.rules("https://news.example/", always).allow("https://news.example/")
    web.now += robots.RETRY_SECONDS + 1
    assert known.rules("https://news.example/", always).allow("https://news.example/")


@pytest.mark.parametrize("error", [Refused("private"), TooLarge("headers"), Unreachable("gone")])
def test_where_rules_cannot_be_had_the_reason_is_raised(error: FetchError) -> None:
    with pytest.raises(type(error)):
        Web(error).robots().rules("https://news.example/", always)


def test_a_busy_host_is_no_reason_to_remember() -> None:
    web = Web(HostBusy("busy"), NOTHING)
    known = web.robots()
    with pytest.raises(HostBusy):
        known.rules("https://news.example/", always)
    assert not known.rules("https://news.example/", always).allow("https://news.example/")


def test_only_so_many_origins_are_remembered_the_least_used_going_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(robots, "MOST_ORIGINS", 3)
    web = Web(NOTHING)
    known = web.robots()
    for name in ("a", "b", "c", "a", "d", "a", "b"):
        known.rules(f"https://{name}.example/", always)
    assert [url[8] for url in web.asked] == ["a", "b", "c", "d", "b"]


def test_only_so_many_bytes_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MEMORY_BYTES", 2 * len(NOTHING.body))
    web = Web(NOTHING)
    known = web.robots()
    for name in ("a", "b", "c", "b", "a"):
        known.rules(f"https://{name}.example/", always)
    assert [url[8] for url in web.asked] == ["a", "b", "c", "a"]


def test_threads_that_need_the_same_rules_ask_once() -> None:
    asked = threading.Semaphore(0)
    answer = threading.Event()
    count = 0

    def fetch(_url: str, _validators: Validators, _lease: Lease) -> Response:
        nonlocal count
        count += 1
        asked.release()
        answer.wait()
        return NOTHING

    known = Robots(fetch, token="Transpacific")
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(known.rules, "https://news.example/", always) for _ in range(8)]
        asked.acquire()
        answer.set()
        assert len({id(future.result()) for future in found}) == 1
    assert count == 1


# Over the wire


def test_a_site_is_asked_for_its_rules_first(site: Site, fetcher: Fetcher) -> None:
    site.robots(RULES.decode())
    assert not fetcher.knows_robots(site.url("/"))
    assert allows(fetcher, site.url("/private/a"))
    assert not allows(fetcher, site.url("/ours/a?b=c#d"))
    assert fetcher.knows_robots(site.url("/"))
    assert [request.path for request in site.log] == ["/robots.txt", "/private/a"]
    assert site.log[0].headers["user-agent"] == "Transpacific/test"


@pytest.mark.parametrize(
    ("rules", "delay"),
    [("User-agent: *\nCrawl-delay: 7\n", 7.0), ("User-agent: *\nDisallow: /x\n", 0.0)],
)
def test_the_pace_that_a_host_asks_for_is_known_of_the_host(
    rules: str, delay: float, site: Site, fetcher: Fetcher
) -> None:
    assert fetcher.crawl_delay("127.0.0.1") is None
    site.robots(rules)
    fetcher.read_robots(site.url("/"))
    assert fetcher.crawl_delay("127.0.0.1") == delay
    assert fetcher.crawl_delay("127.0.0.11") is None


def test_who_runs_us_is_named_in_every_request(site: Site) -> None:
    with Fetcher(user_agent="test", sender="a@b.example", private_hosts=LOOPBACK) as fetcher:
        allows(fetcher, site.url("/"))
    assert [request.headers.get("from") for request in site.log] == ["a@b.example"] * 2


def test_a_word_of_the_contact_is_not_our_name(site: Site) -> None:
    site.robots("User-agent: example\nDisallow: /\n\nUser-agent: *\nCrawl-delay: 2\n")
    agent = "Transpacific/1 (+https://example.org/bot)"
    with Fetcher(user_agent=agent, private_hosts=LOOPBACK) as fetcher:
        assert allows(fetcher, site.url("/"))
        assert fetcher.crawl_delay("127.0.0.1") == 2.0


def test_rules_beyond_the_limit_are_cut_off_not_ignored(site: Site, fetcher: Fetcher) -> None:
    filler = "# nothing\n" * 60_000
    site.robots(f"User-agent: *\nDisallow: /early/\n{filler}Disallow: /late/\n")
    assert not allows(fetcher, site.url("/early/"))
    assert allows(fetcher, site.url("/late/"))


@pytest.mark.parametrize(("hops", "allowed"), [(1, False), (5, False), (6, True)])
def test_five_redirects_are_followed_to_a_robots_txt(
    hops: int, allowed: bool, site: Site, fetcher: Fetcher
) -> None:
    site.redirect("/robots.txt", "/1", status=301)
    for number in range(1, hops):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page(f"/{hops}", NOTHING.body)
    assert allows(fetcher, site.url("/a")) is allowed


def test_a_private_address_is_refused_for_robots_txt_too(site: Site) -> None:
    with Fetcher(user_agent="test") as fetcher, pytest.raises(Refused, match="PRIVATE_HOSTS"):
        fetcher.read_robots(site.url("/"))
    with Fetcher(user_agent="test") as fetcher, pytest.raises(Refused):
        fetcher.read_robots("ftp://news.example/")
    assert site.log == []


def test_a_site_without_answer_is_asked_later(site: Site, fetcher: Fetcher) -> None:
    site.serve("/robots.txt", answers.reset())
    with pytest.raises(Unreachable) as caught:
        fetcher.read_robots(site.url("/"))
    assert caught.value.retry


def test_a_redirect_of_robots_txt_to_another_host_waits_for_its_lease(site: Site) -> None:
    held: list[str] = []

    @contextmanager
    def lease(host: str) -> Iterator[None]:
        held.append(host)
        yield

    site.redirect("/robots.txt", f"http://other.test:{site.port}/rules")
    site.page("/rules", NOTHING.body)
    asks: Callable[[str], AbstractContextManager[None]] = lease
    with Fetcher(
        user_agent="test", private_hosts=LOOPBACK, resolve=lambda _: ["127.0.0.1"]
    ) as fetcher:
        assert not allows(fetcher, f"http://first.test:{site.port}/", lease=asks)
    assert held == ["other.test"]
    until(lambda: site.open_connections == 0, "the fetcher has closed its connections")
