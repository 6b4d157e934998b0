"""Which addresses may be dialled.

Only global unicast is, and whatever the operator allows by name. The judgement is on the very
address that is dialled, never on a host name or its spelling.

`ipaddress.is_global` is not used: it is true for multicast (224.0.0.1), for site-local (fec0::1)
and for transition forms that carry a loopback address (64:ff9b::7f00:1, 2002:7f00:1::), and it
changes between Python versions. The tables follow the IANA special-purpose address registries
(RFC 6890 and its updates).
"""

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from ingest.http.errors import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SETTING = "TRANSPACIFIC_PRIVATE_HOSTS"

_SPECIAL_V4 = [
    (IPv4Network(network), name)
    for network, name in [
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carriers (CGNAT)"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's host agent"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    ]
]

# IANA has assigned global unicast from this block alone; what is outside needs no list to be
# refused, and is named below only so that the message can say what it is.
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = [
    (IPv6Network(network), name)
    for network, name in [
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discarded"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    ]
]


def networks(private_hosts: Iterable[str | Network]) -> tuple[Network, ...]:
    """Read the operator's list of CIDRs. Raises ValueError that names the setting and the entry."""
    found: list[Network] = []
    for entry in private_hosts:
        try:
            found.append(ip_network(entry))
        except ValueError as error:
            raise ValueError(f"{SETTING}: {entry!s} is not a CIDR: {error}") from error
    return tuple(found)


def objection(address: Address, allowed: Sequence[Network]) -> str | None:
    """Why `address` is not dialled, or None when it may be.

    An IPv6 address that carries an IPv4 address reaches that one, so both must be acceptable.
    """
    if not any(address in network for network in allowed):
        kind = _special(address)
        if kind is not None:
            return kind
    carried = _carried(address)
    if carried is None:
        return None
    inner = objection(carried, allowed)
    return inner and f"{inner}, inside IPv6"


def vet(host: str, addresses: Iterable[str], allowed: Sequence[Network]) -> list[Address]:
    """The addresses of `host` that may be dialled, in their order. Raises Refused if none may.

    `addresses` are numeric, as a resolver gives them; it must have given at least one.
    """
    accepted: list[Address] = []
    objections: list[str] = []
    for text in addresses:
        address = ip_address(text)
        reason = objection(address, allowed)
        if reason is None:
            accepted.append(address)
        else:
            objections.append(f"{address} ({reason})")
    if not accepted:
        raise Refused(
            f"{host} is at {objections[0]}, which is not on the public internet; "
            f"list its network in {SETTING} to allow it"
        )
    return accepted


def _special(address: Address) -> str | None:
    if isinstance(address, IPv4Address):
        return next((name for network, name in _SPECIAL_V4 if address in network), None)
    named = next((name for network, name in _SPECIAL_V6 if address in network), None)
    if named is None and address not in _GLOBAL_V6:
        return "not global unicast"
    return named


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address would end at.

    Mapped and compatible (RFC 4291), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo
    (RFC 4380; the client, not its server).
    """
    if isinstance(address, IPv4Address):
        return None
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    name = _special(address)
    if name in ("IPv4-mapped", "IPv4-compatible", "NAT64"):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
