"""Whether the web was reached: no connection at all is told from every fault of the other side."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from ingest.http import DeadlineExceeded, Fetcher, FetchError, Limits, Unreachable
from tests.site import LOOPBACK, Answer, Canary, Site, answers
from tests.support.waiting import until

LIMITS = Limits(1_000_000, 1_000_000, 0.4)


def failure(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url, limits=LIMITS, accept="*/*")
    return caught.value


@contextmanager
def resolving(resolve: Sequence[str] | OSError) -> Iterator[Fetcher]:
    """A fetcher whose name server has this one answer."""

    def answer(_name: str) -> Sequence[str]:
        if isinstance(resolve, OSError):
            raise resolve
        return resolve

    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=answer) as fetcher:
        yield fetcher


@pytest.mark.parametrize(
    "found",
    [
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        (),
    ],
)
def test_a_name_without_an_address_is_not_reached(found: Sequence[str] | OSError) -> None:
    with resolving(found) as fetcher:
        error = failure(fetcher, "http://nowhere.test/")
    assert isinstance(error, Unreachable)
    assert error.unreached == "nowhere.test"


def test_a_name_server_that_never_answers_is_not_reached() -> None:
    answered = threading.Event()

    def resolve(_name: str) -> Sequence[str]:
        until(answered.is_set, "the test is over")
        return ["127.0.0.1"]

    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=resolve) as fetcher:
        error = failure(fetcher, "http://slow.test/")
        answered.set()
    assert isinstance(error, DeadlineExceeded)
    assert error.unreached == "slow.test"


def test_a_host_without_a_route_is_not_reached() -> None:
    # 240.0.0.0/4 is no network of anybody's: no system has a route to it, or sends there.
    with (
        Fetcher(user_agent="test", private_hosts=["240.0.0.0/4"]) as fetcher,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(socket.socket, "connect", _no_route)
        assert failure(fetcher, "http://240.0.0.1/").unreached == "240.0.0.1"


def _no_route(_socket: socket.socket, _address: object) -> None:
    raise OSError(101, "Network is unreachable")


def test_a_host_that_lets_the_dialling_time_out_is_not_reached(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(address)
        try:
            error = failure(fetcher, f"http://127.0.0.1:{address[1]}/")
        finally:
            for connection in waiting:
                connection.close()
    assert error.unreached == "127.0.0.1"


def test_who_refuses_or_shakes_no_hands_is_there(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(fetcher, f"http://127.0.0.1:{port}/").unreached is None
    with Canary() as mute:
        assert failure(fetcher, f"https://127.0.0.1:{mute.port}/").unreached is None


@pytest.mark.parametrize(
    "answer",
    [answers.reset(), answers.garbage(), answers.stall(), answers.body_stall()],
    ids=["reset", "garbage", "stall", "body stall"],
)
def test_who_answers_badly_is_there(site: Site, fetcher: Fetcher, answer: Answer) -> None:
    site.serve("/", answer)
    assert failure(fetcher, site.url("/")).unreached is None


def test_a_kept_connection_that_falls_silent_may_have_gone_with_our_network(
    site: Site, fetcher: Fetcher
) -> None:
    site.page("/first", "<p>quick</p>")
    site.serve("/", answers.stall())
    site.serve("/body", answers.body_stall())
    for path, unreached in (("/", "127.0.0.1"), ("/body", None)):
        fetcher.get(site.url("/first"), limits=LIMITS, accept="*/*")
        assert failure(fetcher, site.url(path)).unreached == unreached


def test_the_target_of_a_redirect_is_named_where_it_is_not_reached(site: Site) -> None:
    def resolve(name: str) -> Sequence[str]:
        if name == "gone.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ["127.0.0.1"]

    site.redirect("/", "http://gone.test/")
    with Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=resolve) as fetcher:
        assert failure(fetcher, site.url("/", host="here.test")).unreached == "gone.test"
