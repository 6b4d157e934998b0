"""The embedded service: Redis, beat and two workers as children, supervised and stopped together.

A child that ends is started again, after a wait that doubles with each end in a row. Nothing is
lost meanwhile: the database knows the work.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog

from worker.context import prepare_home
from worker.home import lock
from worker.queues import BEAT, CPU, NETWORK, REPROCESS
from worker.service import unprivileged
from worker.service.redis_server import START_SECONDS, RedisServer, RedisUnavailable
from worker.settings import PREFIX, Settings
from worker.watch.metrics_endpoint import Exposition

log = structlog.get_logger(__name__)

# Seconds before a child that ended is started again: at once is a busy loop, long is an outage.
FIRST_RESTART = 1.0
LONGEST_RESTART = 15.0
# A child that ran this long before it ended is not failing at its start.
STEADY_SECONDS = 30.0
# Seconds that children get to finish what they have in hand; what they leave undone comes back.
STOP_SECONDS = 15.0
_CHECK_SECONDS = 0.2
# The last is what a terminal sends that is closed.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EmbeddedError(Exception):
    """The service cannot run here; the message says what to do."""


@dataclass
class _Restarts:
    """When a child that has ended is started again: later each time that it ends soon."""

    started: float = 0.0
    wait: float = FIRST_RESTART
    at: float = 0.0

    def begun(self) -> None:
        self.started = time.monotonic()

    def ended(self) -> None:
        now = time.monotonic()
        if now - self.started > STEADY_SECONDS:
            self.wait = FIRST_RESTART
        self.at = now + self.wait
        self.wait = min(self.wait * 2, LONGEST_RESTART)

    def due(self) -> bool:
        return time.monotonic() >= self.at


@dataclass
class _Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    restarts: _Restarts = field(default_factory=_Restarts)
    environment: Mapping[str, str] = field(default_factory=dict)  # beside that of all


class Embedded:
    """The service's processes over one home. As a context manager it starts and stops them.

    `output`: where the children's logs go; None: where ours go.
    """

    def __init__(self, settings: Settings, *, output: Path | None = None) -> None:
        self._settings = settings
        self._output = output
        self._lock: IO[str] | None = None
        self._redis: RedisServer | None = None
        self._redis_runs = False
        self._redis_restarts = _Restarts()
        self._children: list[_Child] = []
        self._environment: dict[str, str] = {}
        self._metrics = Exposition(settings)
        self._stopping = False

    def start(self) -> None:
        """Start every child. Raises `EmbeddedError`, `RedisUnavailable`, `MetricsError`."""
        prepare_home(self._settings.home)
        self._take_home()
        broker = self._settings.redis_url
        if not broker:
            self._redis = RedisServer(self._settings.home / "redis")
            broker = self._redis.url
            self._redis.start()
            self._redis.wait_ready(time.monotonic() + START_SECONDS)
            self._redis_runs = True
            self._redis_restarts.begun()
        if self._lock is not None:
            lock.tell_broker(self._lock, broker)
        self._environment = _environment(self._settings, broker)
        self._metrics.start(commands(self._settings))
        self._children = [
            _Child(name, command, environment=self._metrics.environment(name))
            for name, command in commands(self._settings).items()
        ]
        for child in self._children:
            self._start(child)

    def supervise(self) -> None:
        """Keep the children running until `stop` is asked for, by one of STOP_SIGNALS."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._ask_to_stop)
        while not self._stopping:
            self.check()
            time.sleep(_CHECK_SECONDS)

    def check(self) -> None:
        """Start again what has ended."""
        if self._redis is not None:
            self._revive_redis(self._redis)
        for child in self._children:
            self._revive(child)

    def stop(self) -> None:
        """Stop all children: beat first, so that nothing new begins, Redis last."""
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            if child.process is not None:
                try:
                    child.process.wait(max(deadline - time.monotonic(), 0.1))
                except subprocess.TimeoutExpired:
                    log.warning("child.killed", child=child.name)
                    child.process.kill()
                    child.process.wait()
        self._children = []
        self._metrics.stop()
        if self._redis is not None:
            self._redis.close()
            self._redis = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def pids(self) -> dict[str, int]:
        """The processes by name, for those who look on."""
        own = {child.name: child.process.pid for child in self._children if child.process}
        return own | ({"redis": self._redis.pid} if self._redis and self._redis.pid else {})

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _take_home(self) -> None:
        self._lock = lock.take(self._settings.home)
        if self._lock is None:
            raise EmbeddedError(
                f"the service is already running in {self._settings.home}: stop it first, or set "
                f"{PREFIX}HOME to another folder"
            )

    def _start(self, child: _Child) -> None:
        output = self._log_of(child)
        child.process = subprocess.Popen(
            unprivileged.command(child.command, as_ourselves=True),
            env={**self._environment, **child.environment},
            stdin=subprocess.DEVNULL,
            # Celery prints on stdout too; ours is for results.
            stdout=output if output is not None else sys.stderr.fileno(),
            stderr=subprocess.STDOUT,
        )
        child.restarts.begun()
        if output is not None:
            output.close()
        log.info("child.started", child=child.name, pid=child.process.pid)

    def _log_of(self, child: _Child) -> IO[bytes] | None:
        return None if self._output is None else (self._output / f"{child.name}.log").open("ab")

    def _revive_redis(self, server: RedisServer) -> None:
        if self._redis_runs and (server.pid is None or not server.socket.exists()):
            # Without its socket nobody comes to it any more: its folder was cleaned away.
            cut_off = server.pid is not None
            # Its start takes a moment to make the socket.
            if cut_off and time.monotonic() < self._redis_restarts.started + START_SECONDS:
                return
            log.warning("child.ended", child="redis", cut_off=cut_off)
            server.stop()
            self._redis_runs = False
            self._redis_restarts.ended()
        if not self._redis_runs and self._redis_restarts.due():
            self._redis_restarts.begun()
            try:
                server.start()
            except (RedisUnavailable, OSError) as error:
                log.error("child.not_started", child="redis", error=str(error))
                self._redis_restarts.ended()
                return
            self._redis_runs = True
            log.info("child.started", child="redis", pid=server.pid)

    def _revive(self, child: _Child) -> None:
        if child.process is not None and child.process.poll() is not None:
            child.restarts.ended()
            log.warning("child.ended", child=child.name, status=child.process.returncode)
            self._metrics.restarted(child.name)
            child.process = None
        if child.process is None and child.restarts.due():
            self._start(child)


def commands(settings: Settings) -> dict[str, list[str]]:
    """The command of each child, by name, in the order of starting and stopping."""
    celery = [sys.executable, "-m", "celery", "-q", "-A", "worker.app"]
    plain = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return {
        "beat": [*celery, "beat", "--pidfile="],
        "network": [
            *celery, "worker", "-Q", f"{BEAT},{NETWORK}", "-P", "threads", "-n", "network@%h",
            "-c", str(settings.network_threads), *plain,
        ],
        "cpu": [
            *celery, "worker", "-Q", f"{CPU},{REPROCESS}", "-P", "prefork", "-n", "cpu@%h",
            "-c", str(settings.cpu_processes), *plain,
        ],
    }  # fmt: skip


def _environment(settings: Settings, broker: str) -> dict[str, str]:
    """Our environment, with every setting spelled out: the children have ours and no other."""
    # Their counts are served by us, under one port.
    decided = {"redis_url": broker, "database_url": settings.database, "metrics_port": 0}
    values = settings.model_dump(mode="json", exclude_none=True) | decided
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {
        PREFIX + name.upper(): ",".join(value) if isinstance(value, list) else str(value)
        for name, value in values.items()
    }
