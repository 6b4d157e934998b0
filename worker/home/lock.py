"""The lock on a home: one service runs in it, and others learn from the lock where its Redis is."""

import fcntl
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, urlencode, urlsplit

_NAME = "up.lock"


def take(home: Path) -> IO[str] | None:
    """Lock a home for this process until the file is closed; None where another has it."""
    # Not "w": that would empty the file of the service that holds it.
    lock = (home / _NAME).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    lock.truncate(0)
    return lock


def tell_broker(lock: IO[str], broker: str) -> None:
    """Write into our lock where the broker is: without its password, which settings alone hold."""
    lock.write(_without_password(broker))
    lock.flush()


def running_broker(home: Path) -> str | None:
    """The broker's URL of the service that runs in this home; None where none is up."""
    try:
        lock = (home / _NAME).open()
    except OSError:
        return None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return lock.read() or None
        return None


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    options = [(n, v) for n, v in parse_qsl(parts.query, True) if "password" not in n]
    query = parts.query if "password" not in parts.query else urlencode(options)
    where = user + (at if user else "") + host
    # By hand: urllib writes no empty host, which the path of a socket stands behind.
    return f"{parts.scheme}://{where}{parts.path}" + (f"?{query}" if query else "")
