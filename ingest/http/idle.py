"""Connections that wait for the next request to their origin."""

import threading
import time
from collections import OrderedDict

from ingest.http.connection import Connection

Origin = tuple[str, str, int]

# A file descriptor each. More hosts than this are asked in turn over months; those in use are
# asked again within seconds.
MOST_IDLE = 64
# Servers close idle connections after 5 to 75 seconds (Apache's and nginx's defaults). One that is
# older may be gone without a word, by a firewall on the way, and asking over it would cost a
# whole deadline.
IDLE_SECONDS = 60.0
# What a server sends beyond the end of an answer is a moment behind it. A request that follows at
# once (after a redirect, after robots.txt) waits for that moment, or the rest would be its answer.
SETTLE_SECONDS = 0.05


class IdleConnections:
    """At most one waiting connection an origin. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Origin, tuple[Connection, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, origin: Origin) -> Connection | None:
        """A connection that was alive a moment ago, now the caller's own, or None.

        Waits until it has been silent for `SETTLE_SECONDS` since its last answer.
        """
        with self._lock:
            connection, since = self._waiting.pop(origin, (None, 0.0))
        if connection is None:
            return None
        age = time.monotonic() - since
        if age > IDLE_SECONDS or not connection.is_silent(max(SETTLE_SECONDS - age, 0.0)):
            connection.close()
            return None
        return connection

    def give(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection whose last answer was read to its end."""
        with self._lock:
            now = time.monotonic()
            surplus = [self._waiting.pop(origin, None)]
            self._waiting[origin] = (connection, now)
            while len(self._waiting) > MOST_IDLE or self._oldest() < now - IDLE_SECONDS:
                surplus.append(self._waiting.popitem(last=False)[1])
        for entry in surplus:
            if entry is not None:
                entry[0].close()

    def close(self) -> None:
        with self._lock:
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for connection, _ in waiting:
            connection.close()

    def _oldest(self) -> float:
        return next(iter(self._waiting.values()))[1]
