"""No spelling of a loopback address, and no name server, leads a fetch to this machine."""

import socket
from collections.abc import Iterator, Sequence

import pytest

from ingest.http import DeadlineExceeded, Fetcher, FetchError, Limits, Refused, Unreachable
from ingest.http.budget import BudgetSocket
from tests.site import Canary, Site

LIMITS = Limits(10_000, 10_000, 5.0)

# {port} is the canary's. Each of these has reached loopback through some HTTP library.
SPELLINGS = [
    # plain and short
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://ip6-localhost:{port}/",
    "http://127.0.0.2:{port}/",
    "http://127.127.127.127:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    # short, decimal, octal, hexadecimal, and mixtures
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://0.0:{port}/",
    "http://2130706433:{port}/",
    "http://2130706433.:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0177.0.0.01:{port}/",
    "http://00000177.0.0.1:{port}/",
    "http://0177.0.1:{port}/",
    "http://0177.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7F000001:{port}/",
    "http://0X7F000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0x7f.0x0.0x0.0x1:{port}/",
    "http://0x7f.1:{port}/",
    "http://0x7f.0.1:{port}/",
    "http://127.0x0.1:{port}/",
    "http://127.0.0.0x1:{port}/",
    "http://127.00.00.01:{port}/",
    "http://127.000.000.001:{port}/",
    "http://127.0.0.1%20:{port}/",
    "http://4294967296:{port}/",
    "http://0x17f000001:{port}/",
    "http://256.256.256.256:{port}/",
    # IPv6
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::FFFF:7F00:0001]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::7f00:1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fe80::1%lo]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[::1]%20:{port}/",
    "http://[v1.127]:{port}/",
    "http://::1:{port}/",
    # digits and dots of other scripts
    "http://１２７.０.０.１:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://127．0．0．1:{port}/",
    "http://127｡0｡0｡1:{port}/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    "http://ｌｏｃａｌｈｏｓｔ:{port}/",
    "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:{port}/",
    # percent-encoded, blanks and controls
    "http://%31%32%37.%30.%30.%31:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://loc%61lhost:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "ht\ntp://127.0.0.1:{port}/",
    "http://\u00ad127.0.0.1:{port}/",
    "http://127.0.0.1\x00.example:{port}/",
    # user names and confused parsers
    "http://news.example@127.0.0.1:{port}/",
    "http://news.example:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@127.0.0.1:{port}/",
    "http://news.example%2f@127.0.0.1:{port}/",
    "http://news.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@news.example/",
    "http://127.0.0.1:{port}#@news.example/",
    "http://127.0.0.1:{port}?@news.example/",
    "http:\\\\127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    # not of the web
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "feed://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
]


def numeric_resolver(host: str) -> Sequence[str]:
    """The system's reading of numbers in all their spellings, without asking any name server."""
    names = {"localhost": "127.0.0.1", "localhost.": "127.0.0.1", "ip6-localhost": "::1"}
    if host in names:
        return [names[host]]
    found = socket.getaddrinfo(
        host, None, type=socket.SOCK_STREAM, flags=socket.AddressInfo.AI_NUMERICHOST
    )
    return [str(sockaddr[0]) for *_, sockaddr in found]


class Rebinding:
    """A name server that gives a public address first and a loopback address ever after."""

    def __init__(self, public: str) -> None:
        self.answers = [public]
        self.asked = 0

    def __call__(self, _: str) -> Sequence[str]:
        self.asked += 1
        return [self.answers.pop() if self.answers else "127.0.0.1"]


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as listening:
        yield listening


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that a socket was told to connect to, wherever it would have led."""
    addresses: list[object] = []

    def connect(_: BudgetSocket, address: object) -> None:
        addresses.append(address)
        raise ConnectionRefusedError("not in this test")

    monkeypatch.setattr(BudgetSocket, "connect", connect)
    return addresses


def attempt(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url, limits=LIMITS, accept="*/*")
    return caught.value


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_loopback_is_dialled(
    spelling: str, canary: Canary, dialled: list[object]
) -> None:
    with Fetcher(user_agent="test", resolve=numeric_resolver) as fetcher:
        error = attempt(fetcher, spelling.format(port=canary.port))
    assert isinstance(error, (Refused, Unreachable))
    assert dialled == []
    assert canary.connections == 0


def test_the_canary_hears_who_is_allowed_to_come(canary: Canary) -> None:
    brief = Limits(10_000, 10_000, 0.2)
    allowed = Fetcher(user_agent="test", private_hosts=["127.0.0.1"], resolve=numeric_resolver)
    with allowed as fetcher, pytest.raises(DeadlineExceeded):
        fetcher.get(f"http://2130706433:{canary.port}/", limits=brief, accept="*/*")
    assert canary.connections == 1


def test_the_systems_resolver_is_guarded_as_well(canary: Canary) -> None:
    with Fetcher(user_agent="test") as fetcher:
        error = attempt(fetcher, f"http://localhost:{canary.port}/")
    assert isinstance(error, Refused)
    assert canary.connections == 0


def test_a_rebinding_name_is_resolved_once_and_dialled_at_the_address_that_was_judged(
    canary: Canary, dialled: list[object]
) -> None:
    resolver = Rebinding("8.8.8.8")
    with Fetcher(user_agent="test", resolve=resolver) as fetcher:
        error = attempt(fetcher, f"http://rebinding.test:{canary.port}/")
        assert isinstance(error, Unreachable)
        assert dialled == [("8.8.8.8", canary.port)]
        assert resolver.asked == 1
        again = attempt(fetcher, f"http://rebinding.test:{canary.port}/")
        assert isinstance(again, Refused)
    assert len(dialled) == 1
    assert canary.connections == 0


def test_of_several_addresses_only_the_allowed_are_dialled(dialled: list[object]) -> None:
    def resolver(_: str) -> Sequence[str]:
        return ["127.0.0.1", "8.8.8.8", "169.254.169.254", "2606:4700::1111"]

    with Fetcher(user_agent="test", resolve=resolver) as fetcher:
        attempt(fetcher, "http://mixed.test/")
    assert dialled == [("8.8.8.8", 80), ("2606:4700::1111", 80)]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/",
        "http://0x7f000002:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0.0.0.0:{port}/",
        "//169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[64:ff9b::7f00:1]/",
        "http://user@127.0.0.1:{port}/canary",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_is_judged_anew(
    target: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses: list[str] = []
    connect = BudgetSocket.connect

    def spy(self: BudgetSocket, address: tuple[str, int]) -> None:
        addresses.append(address[0])
        connect(self, address)

    monkeypatch.setattr(BudgetSocket, "connect", spy)
    site.redirect("/", target.format(port=site.port))
    with Fetcher(
        user_agent="test", private_hosts=["127.0.0.1/32"], resolve=numeric_resolver
    ) as fetcher:
        error = attempt(fetcher, site.url("/"))
    assert isinstance(error, Refused)
    assert addresses == ["127.0.0.1"]
    assert site.count("/canary") == 0
