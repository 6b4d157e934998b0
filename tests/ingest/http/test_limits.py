"""What is too large, and what is no answer at all."""

import gzip
import random

import pytest

from ingest.http import (
    PAGE_LIMITS,
    Fetcher,
    Limits,
    Response,
    TooLarge,
    Unreachable,
)
from tests.site import LOOPBACK, Answer, Canary, Site, answers

PAGE = "<p>A delegation arrived on Tuesday.</p>"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def get(fetcher: Fetcher, url: str, *, limits: Limits = PAGE_LIMITS) -> Response:
    return fetcher.get(url, limits=limits, accept="text/html, */*;q=0.5")


SMALL = Limits(wire_bytes=1_000, unpacked_bytes=5_000, deadline=10.0)


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (answers.status(200, b"x" * 1_000), True),
        (answers.status(200, b"x" * 1_001), False),
        (answers.until_close(b"x" * 1_000), True),
        (answers.until_close(b"x" * 1_001), False),
        (answers.chunked([b"x" * 500] * 2), True),
        (answers.chunked([b"x" * 500, b"x" * 501]), False),
        (answers.packed(b"x" * 5_000, "gzip"), True),
        (answers.packed(b"x" * 5_001, "gzip"), False),
        (answers.packed(b"x" * 5_001, "br"), False),
        (answers.packed(b"x" * 5_001, "zstd"), False),
        (answers.packed(b"x" * 5_001, "deflate"), False),
        (answers.encoded(random.Random(3).randbytes(1_001), "gzip"), False),
    ],
)
def test_bodies_pass_up_to_the_limits_and_not_beyond(
    answer: Answer, passes: bool, site: Site, fetcher: Fetcher
) -> None:
    site.serve("/", answer)
    if passes:
        assert get(fetcher, site.url("/"), limits=SMALL).status == 200
        return
    with pytest.raises(TooLarge) as caught:
        get(fetcher, site.url("/"), limits=SMALL)
    assert not caught.value.retry


def test_an_announced_length_beyond_the_limit_is_refused_before_a_byte_is_read(
    site: Site, fetcher: Fetcher
) -> None:
    site.serve("/", answers.body_drip())
    with pytest.raises(TooLarge, match="1,000,000 bytes is announced"):
        get(fetcher, site.url("/"), limits=SMALL)


@pytest.mark.parametrize(
    "answer",
    [
        answers.endless(b"X-More: " + b"a" * 1_000 + b"\r\n"),
        answers.endless(b"a" * 10_000),
        answers.endless(b"HTTP/1.1 100 Continue\r\n\r\n", head=b""),
        answers.endless(b"1\r\na\r\n", head=CHUNKED),
        answers.endless(b"1;" + b"x" * 60_000 + b"\r\na\r\n", head=CHUNKED),
        answers.endless(b"X-Trailer: x\r\n", head=CHUNKED + b"0\r\n"),
        answers.endless(b"a" * 10_000, head=b"HTTP/1.1 200 OK\r\n\r\n"),
    ],
    ids=["fields", "field", "interim", "chunks", "extensions", "trailers", "body"],
)
def test_what_never_ends_is_left_soon(answer: Answer, site: Site, fetcher: Fetcher) -> None:
    site.serve("/", answer)
    with pytest.raises((TooLarge, Unreachable)):
        get(fetcher, site.url("/"), limits=SMALL)


def test_an_error_page_beyond_the_limits_leaves_its_status(site: Site, fetcher: Fetcher) -> None:
    site.serve("/", answers.status(503, b"x" * 10_000))
    assert get(fetcher, site.url("/"), limits=SMALL).body == b""
    assert get(fetcher, site.url("/"), limits=SMALL).status == 503


# What is no answer


@pytest.mark.parametrize(
    "answer",
    [
        answers.garbage(),
        answers.hang_up(),
        answers.reset(),
        answers.raw(b"HTTP/1.1 abc Odd\r\n\r\n"),
        answers.raw(b"HTTP/1.1\r\n\r\n"),
        answers.raw(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"),
        answers.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nabcdef"),
        answers.raw(CHUNKED + b"zz\r\nabc"),
        answers.raw(CHUNKED + b"-5\r\nabc"),
        answers.raw(CHUNKED + b"9\r\nabc"),
        answers.raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 6_000 + b"\r\n"),
        answers.cut_off(b"half", announced=8),
        answers.chunked([b"one", b"two"], ended=False),
        answers.encoded(gzip.compress(PAGE.encode() * 100)[:-4], "gzip"),
        answers.encoded(gzip.compress(PAGE.encode() * 100)[:40], "gzip"),
        answers.encoded(b"plain", "br"),
        answers.packed(b"x", ", ".join(["gzip"] * 6)),
    ],
)
def test_a_broken_answer_is_unreachable_for_now(
    answer: Answer, site: Site, fetcher: Fetcher
) -> None:
    site.page("/", PAGE)
    site.fail("/", answer)
    with pytest.raises(Unreachable) as caught:
        get(fetcher, site.url("/"))
    assert caught.value.retry
    assert str(caught.value).isprintable()
    assert site.count("/") == 1
    assert get(fetcher, site.url("/")).body == PAGE.encode()


def test_nobody_listening_is_unreachable(fetcher: Fetcher) -> None:
    with Canary() as gone:
        port = gone.port
    with pytest.raises(Unreachable, match=f"127.0.0.1 port {port} cannot be reached"):
        get(fetcher, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("failure", [OSError("no such name"), UnicodeError("odd label"), None])
def test_a_name_without_an_address_is_unreachable(failure: Exception | None) -> None:
    def resolver(_: str) -> list[str]:
        if failure is not None:
            raise failure
        return []

    with (
        Fetcher(user_agent="test", resolve=resolver) as fetcher,
        pytest.raises(Unreachable, match=r"nowhere\.test has no address"),
    ):
        get(fetcher, "http://nowhere.test/")


def test_a_second_address_is_tried_when_the_first_does_not_answer(site: Site) -> None:
    def resolver(_: str) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    site.page("/", PAGE)
    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=resolver) as fetcher:
        assert get(fetcher, f"http://two.test:{site.port}/").status == 200
