"""One deadline holds for the whole exchange, whatever the server drips."""

import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from ingest.http import DeadlineExceeded, Fetcher, Limits
from tests.faults.strangers.drips import SLOW
from tests.site import CERTIFICATE, LOOPBACK, Answer, Canary, Site, answers
from tests.support import machine
from tests.support.waiting import PATIENCE, until

SECONDS = 0.4
# Seconds of a quiet machine that may come on top.
SLACK = 3.0


def within(seconds: float) -> Limits:
    return Limits(1_000_000, 1_000_000, seconds)


def assert_ends_at_the_deadline(fetcher: Fetcher, url: str, seconds: float = SECONDS) -> None:
    with machine.stopwatch() as took, pytest.raises(DeadlineExceeded) as caught:
        fetcher.get(url, limits=within(seconds), accept="*/*")
    assert seconds <= took.wall < seconds + SLACK * took.slowness
    assert caught.value.retry


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_a_slow_server_is_left_at_the_deadline(
    answer: Answer, site: Site, fetcher: Fetcher
) -> None:
    site.serve("/", answer)
    assert_ends_at_the_deadline(fetcher, site.url("/"))


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_a_slow_server_is_left_at_the_deadline_over_a_kept_connection(
    answer: Answer, site: Site, fetcher: Fetcher
) -> None:
    site.page("/first", "<p>quick</p>")
    site.serve("/", answer)
    fetcher.get(site.url("/first"), limits=within(machine.scaled(PATIENCE)), accept="*/*")
    assert_ends_at_the_deadline(fetcher, site.url("/"))
    assert site.connections == 1


@pytest.fixture
def tls_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with Site(tls=True) as running:
        yield running


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_a_slow_server_is_left_at_the_deadline_over_tls(answer: Answer, tls_site: Site) -> None:
    tls_site.serve("/", answer)
    with Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher:
        assert_ends_at_the_deadline(fetcher, tls_site.url("/"))


def test_a_handshake_that_never_comes_is_left_at_the_deadline(fetcher: Fetcher) -> None:
    with Canary() as mute:
        assert_ends_at_the_deadline(fetcher, f"https://127.0.0.1:{mute.port}/")


def test_a_connection_that_is_never_accepted_is_left_at_the_deadline(fetcher: Fetcher) -> None:
    """A listener whose queue is full drops what comes."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(address)
        try:
            assert_ends_at_the_deadline(fetcher, f"http://127.0.0.1:{address[1]}/")
        finally:
            for connection in waiting:
                connection.close()


def test_a_name_server_that_never_answers_is_left_at_the_deadline() -> None:
    answered = threading.Event()

    def resolver(_: str) -> Sequence[str]:
        until(answered.is_set, "the test is over")
        return ["127.0.0.1"]

    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=resolver) as fetcher:
        try:
            assert_ends_at_the_deadline(fetcher, "http://slow.test/")
        finally:
            answered.set()


def test_redirects_share_the_deadline_of_the_first_request(site: Site, fetcher: Fetcher) -> None:
    seconds = machine.scaled(SECONDS)  # time for some of them on any machine
    for number in range(9):
        site.serve(f"/{number}", answers.late(seconds / 4, answers.redirect(f"/{number + 1}")))
    assert_ends_at_the_deadline(fetcher, site.url("/0"), seconds)
    assert 1 < len(site.log) <= 5


def test_the_status_of_an_error_page_that_drips_is_still_the_answer(
    site: Site, fetcher: Fetcher
) -> None:
    site.serve("/", answers.body_drip(status=404))
    seconds = machine.scaled(SECONDS)  # time for its head on any machine
    with machine.stopwatch() as took:
        answer = fetcher.get(site.url("/"), limits=within(seconds), accept="*/*")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.elapsed < seconds + SLACK * took.slowness
