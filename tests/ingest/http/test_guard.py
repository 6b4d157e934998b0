"""Which addresses may be dialled."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.http import Refused
from ingest.http.guard import networks, objection, vet

LOOPBACK = networks(["127.0.0.0/8"])


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
        "2400:3200::1",
        "2606:4700::1111",
        "2a00:1450:4009::200e",
    ],
)
def test_global_unicast_is_dialled(address: str) -> None:
    assert objection(ip_address(address), ()) is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "CGNAT"),
        ("100.100.100.200", "CGNAT"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "host agent"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.8", "reserved"),
        ("192.0.0.192", "reserved"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4"),
        ("192.168.0.1", "private"),
        ("198.18.0.1", "benchmarking"),
        ("198.19.255.255", "benchmarking"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("::ffff:0:7f00:1", "not global unicast"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b::808:808", "NAT64"),
        ("64:ff9b:1::7f00:1", "NAT64"),
        ("100::1", "discarded"),
        ("2001::1", "Teredo"),
        ("2001:2::1", "reserved"),
        ("2001:20::1", "reserved"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::", "6to4"),
        ("2002:808:808::", "6to4"),
        ("3fff::1", "documentation"),
        ("4000::1", "not global unicast"),
        ("5f00::1", "not global unicast"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("ffff::1", "multicast"),
    ],
)
def test_what_is_not_global_unicast_is_refused(address: str, reason: str) -> None:
    assert reason in (objection(ip_address(address), ()) or "dialled")


@pytest.mark.parametrize(
    ("address", "allowed", "dialled"),
    [
        ("127.0.0.1", ["127.0.0.0/8"], True),
        ("127.0.0.2", ["127.0.0.1"], False),
        ("10.1.2.3", ["127.0.0.0/8", "10.0.0.0/8"], True),
        ("10.1.2.3", ["127.0.0.0/8"], False),
        ("::1", ["::1"], True),
        ("::1", ["127.0.0.0/8"], False),
        ("fd00::7", ["fd00::/8"], True),
        # A transition form needs leave for itself and for what it carries.
        ("64:ff9b::808:808", ["64:ff9b::/96"], True),
        ("64:ff9b::7f00:1", ["64:ff9b::/96"], False),
        ("64:ff9b::7f00:1", ["64:ff9b::/96", "127.0.0.0/8"], True),
        ("64:ff9b:1::a00:1", ["64:ff9b:1::/48"], False),
        ("2002:7f00:1::", ["2002::/16"], False),
        ("2002:808:808::", ["2002::/16"], True),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", ["2001::/32"], False),  # carries 127.0.0.1
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", ["2001::/32"], True),  # carries 8.8.8.8
        ("::ffff:127.0.0.1", ["127.0.0.0/8"], False),
        ("::ffff:127.0.0.1", ["::ffff:0:0/96"], False),
        ("::ffff:127.0.0.1", ["::ffff:0:0/96", "127.0.0.0/8"], True),
        ("::7f00:1", ["::/96"], False),
    ],
)
def test_the_operators_networks_are_dialled_too(
    address: str, allowed: list[str], dialled: bool
) -> None:
    assert (objection(ip_address(address), networks(allowed)) is None) is dialled


def test_only_the_allowed_addresses_of_a_name_are_kept_in_their_order() -> None:
    found = ["10.0.0.1", "2606:4700::1111", "127.0.0.1", "1.1.1.1"]
    assert vet("mixed.test", found, ()) == [ip_address("2606:4700::1111"), ip_address("1.1.1.1")]


def test_a_name_with_no_allowed_address_is_refused_and_the_setting_is_named() -> None:
    with pytest.raises(Refused, match=r"inside\.test is at 10\.0\.0\.1 \(private\)") as caught:
        vet("inside.test", ["10.0.0.1", "::1"], LOOPBACK)
    assert "TRANSPACIFIC_PRIVATE_HOSTS" in str(caught.value)
    assert not caught.value.retry


@pytest.mark.parametrize("entry", ["localhost", "127.0.0.1/33", "10.0.0.1/8", ""])
def test_what_is_no_cidr_is_named_with_its_setting(entry: str) -> None:
    with pytest.raises(ValueError, match="TRANSPACIFIC_PRIVATE_HOSTS"):
        networks([entry])


@given(st.integers(0, 2**32 - 1))
def test_whatever_python_calls_private_is_refused_in_every_disguise(number: int) -> None:
    plain = IPv4Address(number)
    if not (plain.is_private or plain.is_multicast or plain.is_reserved or plain.is_loopback):
        return
    everything = networks(["::/0"])
    disguises = [0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    assert objection(plain, ()) is not None
    for disguise in disguises:
        assert objection(IPv6Address(disguise), everything) is not None


@given(st.integers(0, 2**128 - 1))
def test_any_ipv6_address_gets_a_judgement_at_least_as_strict_as_pythons(number: int) -> None:
    address = IPv6Address(number)
    if objection(address, ()) is None:
        assert address.is_global
        assert not address.is_multicast
