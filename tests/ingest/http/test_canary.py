"""No spelling of a loopback address, and no name server, leads a fetch to this machine."""

from collections.abc import Iterator, Sequence

import pytest

from ingest.http import DeadlineExceeded, Fetcher, FetchError, Limits, Refused, Unreachable
from ingest.http.budget import BudgetSocket
from tests.faults.strangers.addresses import LIMITS, SPELLINGS, Rebinding, numeric_resolver
from tests.site import Canary, Site
from tests.support import machine
from tests.support.waiting import until


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
    brief = Limits(10_000, 10_000, machine.scaled(0.2))
    allowed = Fetcher(user_agent="test", private_hosts=["127.0.0.1"], resolve=numeric_resolver)
    with allowed as fetcher, pytest.raises(DeadlineExceeded):
        fetcher.get(f"http://2130706433:{canary.port}/", limits=brief, accept="*/*")
    until(lambda: canary.connections == 1, "the canary has heard it")


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
