"""Polling feeds in this process, and following every article to its end, with no broker.

The same steps as the workers', driven by what the database says is waiting: hosts are drained on
threads, articles are processed in child processes.
"""

import logging
import multiprocessing
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from store import following as store
from store.following import Waiting
from worker import context as clock
from worker import logs
from worker.children import deaf_to_interrupts
from worker.context import Context
from worker.draining import drain_host
from worker.processing import process_article
from worker.settings import Settings

log = structlog.get_logger(__name__)

# An article whose next attempt is further away than this is left for later: a page that failed
# four times waits minutes, and whoever polls by hand would not.
PATIENCE = timedelta(minutes=2)
# How often the database is asked what is waiting, while work is in flight.
LOOK_SECONDS = 0.2
# A page that is not done by then is killed with its process; the row counts the attempt.
PROCESS_SECONDS = 60.0
# Articles handed to each child beforehand, so that it need not wait for us between two.
AHEAD = 4


@dataclass
class _InFlight:
    """What has been handed out and not come back."""

    hosts: dict[str, Future[object]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)  # hosts whose drain raised
    articles: dict[int, tuple[Future[None], float]] = field(default_factory=dict)

    def settle(self) -> None:
        """Forget what is done. A host whose drain raised is left out of this run.

        Raises `BrokenProcessPool` where a child has died.
        """
        for host, fetched in list(self.hosts.items()):
            if fetched.done():
                del self.hosts[host]
                if error := fetched.exception():
                    log.error("drain.failed", host=host, error=repr(error))
                    self.failed.add(host)
        for article_id, (processed, _) in list(self.articles.items()):
            if processed.done():
                del self.articles[article_id]
                processed.result()

    def stuck(self) -> bool:
        """Whether an article has been in a child's hands for longer than any honest page needs."""
        late = time.monotonic() - PROCESS_SECONDS * AHEAD
        return any(handed < late for _, handed in self.articles.values())

    def futures(self) -> list[Future[Any]]:
        """All that is on its way."""
        return [*self.hosts.values(), *(future for future, _ in self.articles.values())]


class _NoNudges:
    """Here the database is asked what is waiting; nobody needs to be told."""

    def fetch_host(self, host: str) -> None: ...

    def process_articles(self, article_ids: Sequence[int]) -> None: ...


def follow(context: Context, feed_ids: frozenset[int], progress: Callable[[Waiting], None]) -> None:
    """Poll these feeds if they are due, and bring their articles as far as they get.

    `progress` is called now and then with what is still waiting. Returns when nothing waits that
    is due within `PATIENCE`.
    """
    with (
        ThreadPoolExecutor(context.settings.network_threads, "network") as network,
        _Processes(context.settings) as processes,
        _stopped_on_error(context),
    ):
        flying = _InFlight()
        give_up_at: float | None = None
        while True:
            try:
                flying.settle()
            except BrokenProcessPool:
                processes.replace(flying)
            if flying.stuck():
                processes.replace(flying)
            with context.database.reading() as session:
                waiting = store.waiting(
                    session,
                    feed_ids,
                    owner=processes.owner,
                    now=clock.now(),
                    patience=PATIENCE,
                    looks=bool(context.settings.refetch),
                )
            progress(waiting)
            if waiting.nothing and not flying.futures():
                return
            for host in waiting.hosts:
                if host not in flying.hosts and host not in flying.failed:
                    flying.hosts[host] = network.submit(
                        drain_host, context, host, _NoNudges(), only_feeds=feed_ids
                    )
            try:
                _hand_out(waiting.articles, flying, processes, context.settings)
            except BrokenProcessPool:
                processes.replace(flying)
            # Nothing of ours in flight: another process holds a host, or a retry is not due yet.
            give_up_at = None if flying.futures() else give_up_at or _patience_ends()
            if give_up_at is not None and time.monotonic() > give_up_at:
                return
            _pause(flying)


def _hand_out(
    article_ids: Sequence[int], flying: _InFlight, processes: "_Processes", settings: Settings
) -> None:
    for article_id in article_ids:
        if len(flying.articles) >= settings.cpu_processes * AHEAD:
            return
        if article_id not in flying.articles:
            flying.articles[article_id] = processes.submit(article_id), time.monotonic()


@contextmanager
def _stopped_on_error(context: Context) -> Iterator[None]:
    """An error, or Ctrl-C, ends the drains after their requests: the threads are waited for."""
    try:
        yield
    except BaseException:
        context.stopping.set()
        raise


def _patience_ends() -> float:
    return time.monotonic() + PATIENCE.total_seconds()


def _pause(flying: _InFlight) -> None:
    futures = flying.futures()
    if futures:
        wait(futures, timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED")
    else:
        time.sleep(LOOK_SECONDS)


class _Processes:
    """The child processes. One that a page has killed, or that is stuck, is replaced."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: ProcessPoolExecutor | None = None
        self.owner = f"follow:{uuid.uuid4().hex}"

    def submit(self, article_id: int) -> Future[None]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._settings.cpu_processes,
                # Threads and connections of ours must not be forked.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_child,
                initargs=(self._settings,),
            )
        with deaf_to_interrupts():
            return self._pool.submit(_process_in_child, article_id, self.owner)

    def replace(self, flying: _InFlight) -> None:
        """A child has died or is stuck: end them all. Their articles are handed out again."""
        self._kill()
        flying.articles.clear()

    def _kill(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> "_Processes":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None:
            self._kill()
        elif self._pool is not None:
            self._pool.shutdown(wait=True)


_child: Context | None = None


def _begin_child(settings: Settings) -> None:
    global _child
    logs.configure(settings.log_format, logging.WARNING)
    _child = Context(settings)


def _process_in_child(article_id: int, owner: str) -> None:
    assert _child is not None
    process_article(_child, article_id, owner=owner)
