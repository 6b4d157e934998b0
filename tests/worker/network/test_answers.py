"""Answers as servers give them, from the first byte to the feed's next poll."""

import gzip
from datetime import timedelta

import pytest

from ingest.crawl_policy.feed_schedule import ASK_ANEW
from store.tables import Poll
from tests.site import Answer, Exchange, Site, answers
from tests.worker.network.polls import RSS, Reader, channel, item
from tests.worker.standins import Clock
from tests.worker.wire import feed_row
from worker.context import Context

FEED = channel(item("A", "http://127.0.0.1:1/a", "1"), item("B", "http://127.0.0.1:1/b", "2"))
BYTES = FEED.encode()
HALF = BYTES[: len(BYTES) // 2]


@pytest.fixture
def reader(context: Context, site: Site) -> Reader:
    return Reader(context, site)


def head(status: str, *fields: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *fields, "", "")).encode()


def whole(status: str = "200 OK", *fields: str, body: bytes = BYTES) -> bytes:
    return head(status, f"Content-Type: {RSS}", f"Content-Length: {len(body)}", *fields) + body


LENGTH = len(BYTES)
READ: dict[str, Answer] = {
    "203": answers.kept(whole("203 Non-Authoritative Information")),
    "206 of all": answers.kept(
        whole("206 Partial Content", f"Content-Range: bytes 0-{LENGTH - 1}/{LENGTH}")
    ),
    "206 without a range": answers.kept(whole("206 Partial Content")),
    "202 with a feed": answers.kept(whole("202 Accepted")),
    "100 before": answers.kept(head("100 Continue"), whole()),
    "103 before": answers.kept(head("103 Early Hints", "Link: </a.css>; rel=preload") + whole()),
    "several before": answers.kept(
        head("102 Processing") + head("103 Early Hints") * 3 + head("100 Continue") + whole()
    ),
    "103 with many fields": answers.kept(
        head("103 Early Hints", *(f"Link: </{n}.css>" for n in range(300))) + whole()
    ),
    "300 fields": answers.kept(whole("200 OK", *(f"X-{n}: {n}" for n in range(300)))),
    "200 cookies": answers.kept(whole("200 OK", *(f"Set-Cookie: c{n}=1" for n in range(200)))),
    "gzip unannounced": answers.kept(whole(body=gzip.compress(BYTES))),
    "gzip called identity": answers.kept(
        whole("200 OK", "Content-Encoding: identity", body=gzip.compress(BYTES))
    ),
    "gzip twice": answers.kept(
        whole("200 OK", "Content-Encoding: gzip", body=gzip.compress(gzip.compress(BYTES)))
    ),
    "gzip as a file": answers.kept(
        head(
            "200 OK",
            "Content-Type: application/gzip",
            f"Content-Length: {len(gzip.compress(BYTES))}",
            "Connection: close",
        )
        + gzip.compress(BYTES)
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_whole_feed_is_read_however_it_is_sent(reader: Reader, name: str) -> None:
    poll = reader.poll(answer=READ[name])
    assert (poll.outcome, poll.new, poll.error) == ("read", 2, None)


FAILED: dict[str, tuple[Answer, str]] = {
    "206 of a part": (
        answers.kept(
            whole("206 Partial Content", f"Content-Range: bytes 0-99/{LENGTH}", body=HALF)
        ),
        "a part alone",
    ),
    "304 to a first request": (answers.kept(head("304 Not Modified")), "304"),
    "202 with a page": (answers.kept(whole("202 Accepted", body=b"<html>wait</html>")), "202"),
    "204": (answers.kept(head("204 No Content")), "204"),
    "101": (answers.raw(head("101 Switching Protocols", "Upgrade: h2c")), "101"),
    "hints for ever": (answers.endless(head("103 Early Hints"), head=b""), "bytes"),
    "gzip that is damaged": (
        answers.kept(whole(body=gzip.compress(BYTES)[:-20])),
        "gzip",
    ),
}


@pytest.mark.parametrize("name", FAILED)
def test_what_is_no_feed_fails_with_its_reason(reader: Reader, name: str) -> None:
    answer, reason = FAILED[name]
    poll = reader.poll(answer=answer)
    assert (poll.outcome, poll.new) == ("failed", 0)
    assert reason in (poll.error or "")


# Cookies


def cookie_wall(name: str, page: bytes, *, attributes: str = "", to: str = "") -> Answer:
    """The page for who brings the cookie, else the cookie and a redirect to the same address."""

    def answer(exchange: Exchange) -> None:
        request = exchange.request
        if f"{name}=ok" in request.headers.get("cookie", ""):
            exchange.reply(200, page, {"Content-Type": RSS})
        else:
            exchange.reply(
                302,
                b"",
                {"Location": to or request.path, "Set-Cookie": f"{name}=ok{attributes}"},
            )

    return answer


@pytest.mark.parametrize(
    "attributes",
    [
        "",
        "; Path=/; HttpOnly",
        "; Domain=127.0.0.1",
        "; Max-Age=3600; SameSite=Lax",
        "; Path=/feed.xml",
    ],
)
def test_a_cookie_is_sent_back_within_a_chain_of_redirects(
    reader: Reader, site: Site, attributes: str
) -> None:
    wall = cookie_wall("seen", BYTES, attributes=attributes)
    for number in (1, 2):
        poll = reader.poll(answer=wall)
        assert poll.outcome == ("read" if number == 1 else "unchanged")
    # Not kept from one poll to the next.
    assert ["cookie" in request.headers for request in site.log] == [False, True] * 2


@pytest.mark.parametrize(
    "attributes",
    ["; Secure", "; Path=/elsewhere", "; Domain=other.example", "; Max-Age=0", "; Domain=0.0.1"],
)
def test_a_cookie_is_sent_to_nobody_else(reader: Reader, site: Site, attributes: str) -> None:
    poll = reader.poll(answer=cookie_wall("seen", BYTES, attributes=attributes))
    assert poll.outcome == "failed"
    assert all("cookie" not in request.headers for request in site.log)


def test_a_cookie_does_not_go_to_another_host(context: Context) -> None:
    with Site(hosts=2) as site:
        if len(site.hosts) < 2:
            pytest.skip("one loopback address only")
        other = site.url("/other.xml", host=site.hosts[1])
        site.serve("/feed.xml", cookie_wall("seen", b"", to=other))
        site.feed("/other.xml", FEED)
        poll = Reader(context, site).poll()
        assert poll.outcome == "read"
        assert all("cookie" not in request.headers for request in site.log)


def test_a_wall_that_sets_new_cookies_for_ever_ends(reader: Reader, site: Site) -> None:
    def answer(exchange: Exchange) -> None:
        cookie = f"n={len(site.log)}"
        exchange.reply(302, b"", {"Location": exchange.request.path, "Set-Cookie": cookie})

    poll = reader.poll(answer=answer)
    assert (poll.outcome, "redirects" in (poll.error or "")) == ("failed", True)
    assert len(site.log) <= 12


# When to ask again, and how


@pytest.mark.parametrize("status", ["200 OK", "203 Non-Authoritative Information"])
def test_retry_after_with_an_answer_puts_nothing_off(
    reader: Reader, context: Context, status: str
) -> None:
    reader.poll(answer=answers.kept(whole(status, "Retry-After: 86400")))
    feed = feed_row(context.database)
    assert feed.next_poll_at - feed.last_polled_at < timedelta(hours=2)


def test_retry_after_with_a_refusal_does(reader: Reader, context: Context) -> None:
    reader.poll(answer=answers.kept(whole("503 Unavailable", "Retry-After: 7200", body=b"later")))
    feed = feed_row(context.database)
    assert feed.next_poll_at - feed.last_polled_at >= timedelta(hours=2)


def frozen(bodies: list[str]) -> Answer:
    """304 to whoever sends a validator, whatever is there now."""

    def answer(exchange: Exchange) -> None:
        if "if-none-match" in exchange.request.headers:
            exchange.reply(304, headers={"ETag": '"frozen"'})
        else:
            exchange.reply(200, bodies[-1].encode(), {"Content-Type": RSS, "ETag": '"frozen"'})

    return answer


def test_a_frozen_validator_is_found_out(reader: Reader, clock: Clock) -> None:
    bodies = [FEED]
    reader.poll(answer=frozen(bodies))
    bodies.append(channel(item("C", "http://127.0.0.1:1/c", "3")))
    polls: list[Poll] = []
    for _ in range(25):
        clock.forward(minutes=30)
        polls.append(reader.poll())
    assert [poll.new for poll in polls if poll.outcome == "read"] == [1]
    read = [poll.outcome for poll in polls].index("read")
    assert timedelta(minutes=30) * (read + 1) <= 2 * ASK_ANEW


def test_an_honest_one_is_seldom_asked_without(reader: Reader, site: Site, clock: Clock) -> None:
    reader.poll(FEED)
    for _ in range(48):
        clock.forward(minutes=30)
        assert reader.poll().outcome == "unchanged"
    whole_answers = [request for request in site.log if request.status == 200]
    assert 1 < len(whole_answers) <= 1 + timedelta(days=1) / ASK_ANEW
