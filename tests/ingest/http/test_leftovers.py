"""What an answer leaves behind on its connection is never the answer to another request."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ingest.http import PAGE_LIMITS, Fetcher, FetchError, Validators, idle
from ingest.http.framing import ends_clearly
from tests.site import CERTIFICATE, LOOPBACK, Site, answers

FORGED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\nforged"
PAGE = "<p>A delegation arrived on Tuesday.</p>"


def head(status: str, *fields: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *fields, "", "")).encode()


# Answers with something behind them, each in one write, so that it is one TLS record too.
LEFTOVERS = {
    "a length that is too small": head("200 OK", "Content-Length: 3") + b"one" + FORGED,
    "half of a page": head("200 OK", "Content-Length: 3") + b"one and two</p>",
    "an empty body with one": head("200 OK", "Content-Length: 0") + FORGED,
    "behind the last chunk": head("200 OK", "Transfer-Encoding: chunked")
    + b"3\r\none\r\n0\r\n\r\n"
    + FORGED,
    "behind the trailers": head("200 OK", "Transfer-Encoding: chunked")
    + b"3\r\none\r\n0\r\nX-Sum: 1\r\n\r\n"
    + FORGED,
    "chunks and a length": head("200 OK", "Content-Length: 3", "Transfer-Encoding: chunked")
    + b"3\r\none\r\n0\r\n\r\n"
    + FORGED,
    "304 with a body": head("304 Not Modified", f"Content-Length: {len(FORGED)}") + FORGED,
    "304 with a body that is not announced": head("304 Not Modified") + FORGED,
    "204 with a body": head("204 No Content", f"Content-Length: {len(FORGED)}") + FORGED,
    "204 in chunks": head("204 No Content", "Transfer-Encoding: chunked") + FORGED,
    "404 with two pages": head("404 Not Found", "Content-Length: 4") + b"none" + FORGED,
    "a redirect with two pages": head("302 Found", "Location: /moved", "Content-Length: 5")
    + b"moved"
    + FORGED,
    "two answers to one question": head("200 OK", "Content-Length: 3") + b"one" + FORGED * 2,
    "more than any buffer": head("200 OK", "Content-Length: 3") + b"one" + FORGED * 900,
    "a line break": head("200 OK", "Content-Length: 3") + b"one\r\n",
}


@pytest.fixture(params=["tcp", "tls"])
def any_site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with Site(tls=request.param == "tls") as running:
        running.page("/clean", PAGE)
        running.page("/moved", "moved")
        yield running


def body(fetcher: Fetcher, url: str) -> bytes:
    # Conditional, so that a 304 is an answer.
    answer = fetcher.get(
        url, limits=PAGE_LIMITS, accept="*/*", validators=Validators(etag='"of another"')
    )
    return answer.body


@pytest.mark.parametrize("name", LEFTOVERS)
def test_the_next_request_gets_its_own_answer(any_site: Site, name: str) -> None:
    any_site.serve("/odd", answers.kept(LEFTOVERS[name]))
    with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
        body(fetcher, any_site.url("/odd"))
        assert body(fetcher, any_site.url("/clean")) == PAGE.encode()
        first, *_, last = [request.connection for request in any_site.log]
        assert first != last


@pytest.mark.parametrize(
    "answer",
    [
        head("304 Not Modified", "Content-Length: 4000"),
        head("304 Not Modified", "Transfer-Encoding: chunked"),
        head("204 No Content", "Content-Length: 9"),
        head("200 OK", "Content-Length: 3", "Content-Length: 3") + b"one",
        head("200 OK", "Content-Length: +3") + b"one",
        head("200 OK", "Content-Length: 3", "not a field") + b"one",
        head("200 OK", "Content-Length: 3", "Transfer-Encoding: identity") + b"one",
    ],
)
def test_a_connection_is_not_kept_where_the_end_of_an_answer_is_in_doubt(
    any_site: Site, answer: bytes
) -> None:
    any_site.serve("/odd", answers.kept(answer))
    with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
        for path in ("/odd", "/clean"):
            with suppress(FetchError):
                body(fetcher, any_site.url(path))
    assert [request.connection for request in any_site.log] == [1, 2]


def test_what_comes_a_moment_behind_its_answer_is_seen(
    any_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "SETTLE_SECONDS", 20.0)  # ends as soon as anything comes
    whole = head("200 OK", "Content-Length: 3") + b"one"
    any_site.serve("/odd", answers.kept(whole, FORGED, apart=0.02))
    with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
        assert body(fetcher, any_site.url("/odd")) == b"one"
        assert body(fetcher, any_site.url("/clean")) == PAGE.encode()
    assert any_site.connections == 2


def test_the_end_of_a_wait_is_no_answer(any_site: Site) -> None:
    """A server that gives up a connection that it kept may say so, just when it is asked."""
    bye = head("408 Request Timeout", "Content-Length: 0", "Connection: close")
    with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
        body(fetcher, any_site.url("/clean"))
        any_site.fail("/clean", answers.kept(bye))
        assert body(fetcher, any_site.url("/clean")) == PAGE.encode()
        assert any_site.connections == 2
        # To the first request of a connection it is one.
        any_site.hang_up()
        any_site.fail("/clean", answers.kept(bye))
        answer = fetcher.get(any_site.url("/clean"), limits=PAGE_LIMITS, accept="*/*")
        assert answer.status == 408


def test_a_thousand_exchanges_with_leftovers(any_site: Site) -> None:
    """Every second answer leaves something behind: none is taken for another's, and connections
    are still used again after the others."""
    threads, rounds = 8, 64
    wrong = list[str]()
    serial = itertools.count()
    lock = threading.Lock()

    def work(worker: int) -> int:
        done = 0
        with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
            for number in range(rounds):
                name = list(LEFTOVERS)[(number + worker) % len(LEFTOVERS)]
                with lock:
                    own = next(serial)
                any_site.serve(f"/odd/{own}", answers.kept(LEFTOVERS[name]))
                any_site.page(f"/page/{own}", f"<p>{own}</p>")
                if b"forged" in body(fetcher, any_site.url(f"/odd/{own}")):
                    wrong.append(name)
                for path in (f"/page/{own}", "/clean"):
                    expected = PAGE if path == "/clean" else f"<p>{own}</p>"
                    if body(fetcher, any_site.url(path)) != expected.encode():
                        wrong.append(name)
                done += 3
        return done

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(work, range(threads))) == threads * rounds * 3 > 1_000
    assert wrong == []
    by_connection = itertools.groupby(
        sorted(any_site.log, key=lambda request: request.connection),
        key=lambda request: request.connection,
    )
    paths = [[request.path for request in served] for _, served in by_connection]
    # Each own page opens a connection, on which the clean page and the next odd one follow.
    assert sum(len(served) >= 3 for served in paths) >= threads * (rounds - 1)


@pytest.mark.parametrize(
    ("status", "lengths", "codings", "clear"),
    [
        (200, ["12"], [], True),
        (200, [" 12 "], [], True),
        (200, [], ["chunked"], True),
        (200, [], ["Chunked"], True),
        (200, [], [], True),  # until the end of the connection, which is not kept anyway
        (204, [], [], True),
        (304, ["0"], [], True),
        (304, ["12"], [], False),
        (204, ["1"], [], False),
        (304, [], ["chunked"], False),
        (200, ["12"], ["chunked"], False),
        (200, ["12", "12"], [], False),
        (200, ["12", "13"], [], False),
        (200, ["-1"], [], False),
        (200, ["0x10"], [], False),
        (200, ["١٢"], [], False),
        (200, [""], [], False),
        (200, [], ["gzip, chunked"], False),
        (200, [], ["chunked", "chunked"], False),
        (200, [], ["identity"], False),
    ],
)
def test_ends_clearly(status: int, lengths: list[str], codings: list[str], clear: bool) -> None:
    told = ends_clearly(status, http11=True, lengths=lengths, codings=codings, intact=True)
    assert told is clear
    assert not ends_clearly(status, http11=True, lengths=lengths, codings=codings, intact=False)


def test_http_1_0_knows_no_chunks() -> None:
    assert not ends_clearly(200, http11=False, lengths=[], codings=["chunked"], intact=True)
    assert ends_clearly(200, http11=False, lengths=["3"], codings=[], intact=True)
