"""Real Celery workers as processes, over a real Redis and a database, for tests to drive.

Beat is not among them: tests send its messages when they want them.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import redis
from celery import Celery
from kombu import Queue
from sqlmodel import SQLModel

from store.database.connection import Database
from store.tables import Article, Host
from tests.support.waiting import ended, until
from tests.worker.wire import rows
from worker.service.embedded import commands
from worker.service.redis_server import RedisServer
from worker.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
# What a service leaves in an idle Redis: the bindings of its queues, kombu's own lock, and the mark
# by which it knows that Redis remembers.
MEMORY = "transpacific:memory"
HOUSEKEEPING = ("_kombu.binding", "unacked_mutex", MEMORY)


def environment(**settings: str) -> dict[str, str]:
    """Ours, with these settings (redis_url="…" is TRANSPACIFIC_REDIS_URL) and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {PREFIX + name.upper(): value for name, value in settings.items()}


class Service:
    """The two workers of a service, by the very commands of `up`."""

    def __init__(self, settings: Settings, redis_server: RedisServer, logs: Path) -> None:
        self.redis_server = redis_server
        self.redis = redis.Redis.from_url(redis_server.redis_py_url)
        self.database = Database(settings.database)
        self._commands = commands(settings)
        self._environment = environment(
            home=str(settings.home),
            database_url=settings.database,
            redis_url=redis_server.url,
            private_hosts=",".join(settings.private_hosts),
            log_format="json",
        )
        self._logs = logs
        self._sender = Celery(broker=redis_server.url)
        self._sender.conf.task_queues = [Queue("network"), Queue("cpu")]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start a worker: network or cpu."""
        with (self._logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._commands[name],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        """Let both workers finish, as a supervisor does; they end well."""
        for process in self._processes.values():
            process.terminate()
        for name, process in self._processes.items():
            try:
                status = ended(process)
            finally:
                process.kill()
            assert status == 0, f"{name} ended with {status}: {self.log(name)[-2000:]}"
        self._sender.close()
        self.redis.close()
        self.database.dispose()

    def send(self, task: str, *arguments: Any) -> None:
        """Send a message, as beat or a worker does."""
        queue = "cpu" if task == "process_articles" else "network"
        self._sender.send_task(f"worker.tasks.{task}", arguments, queue=queue)

    def kill(self, name: str) -> None:
        """End a worker without a word, and wait until it is gone."""
        self._processes[name].kill()
        ended(self._processes[name])

    def children(self, name: str) -> list[psutil.Process]:
        """The worker's own processes, of a prefork pool."""
        return psutil.Process(self._processes[name].pid).children()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The worker does nothing meanwhile."""
        self._processes[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._processes[name].send_signal(signal.SIGCONT)

    def log(self, name: str) -> str:
        return (self._logs / f"{name}.log").read_text()

    def idle(self) -> bool:
        """No message waits, and none is being worked on."""
        waiting = sum(self.redis.llen(queue) for queue in ("network", "cpu"))
        return not waiting and not self.redis.hlen("unacked")

    def work(self) -> set[str]:
        """The keys in Redis that are no housekeeping."""
        keys = {key.decode() for key in self.redis.scan_iter()}
        return {key for key in keys if not key.startswith(HOUSEKEEPING)}

    def clear(self) -> None:
        """Forget everything, in the database and in Redis, when all is quiet."""
        until(self.idle, "the workers have done what they were told")
        self.redis.flushall()
        self.redis.set(MEMORY, 1)  # or the next tick would take it for a loss
        with self.database.writing() as session:
            for table in reversed(SQLModel.metadata.sorted_tables):
                session.execute(table.delete())


def let_time_pass(database: Database, **by: float) -> None:
    """Everything that is waited for comes nearer: leases, claims, nudges, next attempts."""
    waits = ("next_request_at", "lease_until", "nudged_until", "next_attempt_at", "claimed_until")
    with database.writing() as session:
        for table in (Host, Article):
            for row in rows(database, table):
                row = session.merge(row)
                for name in waits:
                    if getattr(row, name, None) is not None:
                        setattr(row, name, getattr(row, name) - timedelta(**by))
