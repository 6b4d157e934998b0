"""From a host name to numeric addresses, within a deadline."""

import queue
import socket
import threading
from collections.abc import Callable, Sequence

from ingest.http.budget import Deadline
from ingest.http.errors import Unreachable

Resolver = Callable[[str], Sequence[str]]
"""Gives the numeric addresses of a host name, best first. Raises OSError when there are none."""


def system_resolver(host: str) -> Sequence[str]:
    """What the operating system says, in the order of RFC 6724. Spellings such as 127.1 or
    2130706433 are read as numbers here, as every program on the system reads them."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


def lookup(host: str, resolve: Resolver, deadline: Deadline) -> Sequence[str]:
    """Ask `resolve` for `host`, and wait no longer than the deadline.

    The system's resolver knows no deadline, and a name server that never answers holds it for as
    long as resolv.conf says. So it runs in a thread of its own, which ends by itself when the
    resolver gives up. Raises Unreachable, DeadlineExceeded.
    """
    outcome: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            outcome.put(resolve(host))
        except Exception as error:  # handed over to the thread that waits
            outcome.put(error)

    threading.Thread(target=ask, name=f"lookup {host}", daemon=True).start()
    try:
        found = outcome.get(timeout=deadline.remaining())
    except queue.Empty:
        raise deadline.exceeded(unreached=host) from None
    if isinstance(found, (OSError, UnicodeError)):
        raise Unreachable(f"{host} has no address: {found}", unreached=host) from found
    if isinstance(found, Exception):
        raise found
    if not found:
        raise Unreachable(f"{host} has no address", unreached=host)
    return found
