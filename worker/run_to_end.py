"""Polling feeds in this process, and following every article to its end, with no broker.

The same steps as the workers', driven by what the database says is waiting: hosts are drained on
threads, articles are processed in child processes.
"""

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from store.crawl import pending as store
from store.crawl.pending import Waiting
from worker import clock
from worker.context import Context
from worker.network.host_drain import drain_host
from worker.processing import process_article, warm_up
from worker.processing_here import AHEAD, release_on_error
from worker.service.process_pool import Children, died

log = structlog.get_logger(__name__)

# An article whose next attempt is further away than this is left for later: a page that failed
# four times waits minutes, and whoever polls by hand would not.
PATIENCE = timedelta(minutes=2)
# How often the database is asked what is waiting, while work is in flight; and what share of the
# time may go to asking, which takes a while where ten thousands wait.
CHECK_SECONDS = 0.2
CHECK_SHARE = 0.1


@dataclass
class _InFlight:
    """What has been handed out and not come back."""

    hosts: dict[str, Future[object]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)  # hosts whose drain raised
    articles: dict[int, Future[None]] = field(default_factory=dict)

    def settle(self) -> None:
        """Forget what is done. A host whose drain raised is left out of this run.

        An article whose child has died waits again: its row counts the attempts.
        """
        for host, fetched in list(self.hosts.items()):
            if fetched.done():
                del self.hosts[host]
                if error := fetched.exception():
                    log.error("drain.failed", host=host, error=repr(error))
                    self.failed.add(host)
        for article_id, processed in list(self.articles.items()):
            if processed.done():
                del self.articles[article_id]
                died(processed)

    def futures(self) -> list[Future[Any]]:
        """All that is on its way."""
        return [*self.hosts.values(), *self.articles.values()]


class _NoNudges:
    """Here the database is asked what is waiting; nobody needs to be told."""

    def fetch_host(self, host: str) -> None: ...

    def process_articles(self, article_ids: Sequence[int]) -> None: ...


def follow(context: Context, feed_ids: frozenset[int], progress: Callable[[Waiting], None]) -> None:
    """Poll these feeds if they are due, and bring their articles as far as they get.

    `progress` is called now and then with what is still waiting. Returns when nothing waits that
    is due within `PATIENCE`.
    """
    owner = f"follow:{uuid.uuid4().hex}"
    with (
        release_on_error(context, owner),
        ThreadPoolExecutor(context.settings.network_threads, "network") as network,
        Children(context.settings, prepare=warm_up) as children,
        _stopped_on_error(context),
    ):
        flying, ready = _InFlight(), deque[int]()
        check = 0.0
        give_up_at: float | None = None
        while True:
            flying.settle()
            if time.monotonic() >= check or not flying.futures():
                began = time.monotonic()
                waiting = _check(context, feed_ids, owner)
                took = time.monotonic() - began
                check = began + max(CHECK_SECONDS, took / CHECK_SHARE)
                progress(waiting)
                if waiting.nothing and not flying.futures():
                    return
                for host in waiting.hosts:
                    if host not in flying.hosts and host not in flying.failed:
                        flying.hosts[host] = network.submit(
                            drain_host, context, host, _NoNudges(), only_feeds=feed_ids
                        )
                ready = deque(waiting.articles)
            _hand_out(ready, flying, children, owner)
            # Nothing of ours in flight: another process holds a host, or a retry is not due yet.
            give_up_at = None if flying.futures() else give_up_at or _patience_ends()
            if give_up_at is not None and time.monotonic() > give_up_at:
                return
            _pause(flying)


def _check(context: Context, feed_ids: frozenset[int], owner: str) -> Waiting:
    with context.database.reading() as session:
        return store.waiting(
            session,
            feed_ids,
            owner=owner,
            now=clock.now(),
            patience=PATIENCE,
            refetches=bool(context.settings.refetch),
        )


def _hand_out(ready: deque[int], flying: _InFlight, children: Children, owner: str) -> None:
    while ready and len(flying.articles) < children.number * AHEAD:
        article_id = ready.popleft()
        if article_id not in flying.articles:
            flying.articles[article_id] = children.submit(process_article, article_id, owner=owner)


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
        wait(futures, timeout=CHECK_SECONDS, return_when="FIRST_COMPLETED")
    else:
        time.sleep(CHECK_SECONDS)
