"""Asking feeds once, without storing anything: which of them answer, and with what."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import sleep
from typing import Any

from ingest import url as urls
from ingest.crawl_policy.response_verdicts import PollOutcome, PollVerdict, judge_poll
from ingest.dates import not_after
from ingest.http import FEED_LIMITS, FetchError, HostBusy, Response
from worker import clock
from worker.context import Context
from worker.network.host_lease import spacing
from worker.network.polling import FEED_ACCEPT

# How long a redirect waits for the host that it leads to: one usual request of somebody else's.
LOCK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Health:
    """What a feed answered. `error` may stand beside `ok`: a feed that was read though damaged."""

    url: str
    ok: bool
    status: int | None
    entries: int
    newest: datetime | None
    error: str | None

    def described(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "url": self.url,
            "ok": self.ok,
            "status": self.status,
            "entries": self.entries,
            "newest": self.newest,
            "error": self.error,
        }


def check_feeds(
    context: Context, asked: Mapping[str, str | None], progress: Callable[[int], None]
) -> list[Health]:
    """Ask every feed of `asked` (URL -> its country), hosts side by side; in the order given.

    One request a host at a time, as far apart as polls are. `progress` is told how many are done.
    """
    by_host: dict[str, list[str]] = {}
    for url in asked:
        by_host.setdefault(urls.host(url), []).append(url)
    locks = _HostLocks()
    found: dict[str, Health] = {}

    def ask_host(host: str) -> None:
        delay = spacing(context, host).total_seconds()
        for number, url in enumerate(by_host[host]):
            sleep(delay if number else 0.0)
            found[url] = health(url, _ask(context, url, locks), asked[url])
            progress(len(found))

    with ThreadPoolExecutor(context.settings.network_threads) as threads:
        for _ in threads.map(ask_host, by_host):
            pass
    return [found[url] for url in asked]


def _ask(context: Context, url: str, locks: "_HostLocks") -> Response | FetchError:
    try:
        with locks.take(urls.host(url)):
            return context.fetcher.get(
                url, limits=FEED_LIMITS, accept=FEED_ACCEPT, lease=locks.take
            )
    except FetchError as error:
        return error


def health(url: str, answer: Response | FetchError, country: str | None) -> Health:
    """Read an answer as a poll would."""
    now = clock.now()
    verdict = judge_poll(answer, body_hash=None, refusals=0, country=country, now=now)
    return Health(
        url=url,
        ok=verdict.outcome is PollOutcome.READ,
        status=verdict.status,
        entries=len(verdict.feed.entries) if verdict.feed else 0,
        newest=_newest(verdict, now),
        error=verdict.error,
    )


def _newest(verdict: PollVerdict, now: datetime) -> datetime | None:
    entries = verdict.feed.entries if verdict.feed else ()
    dates = [not_after(date, now).at for e in entries if (date := e.published or e.updated)]
    return max(filter(None, dates), default=None)


class _HostLocks:
    """A lock a host. A redirect that would wait long is left: two hosts may wait for each other."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._hosts: dict[str, Lock] = {}

    @contextmanager
    def take(self, host: str) -> Iterator[None]:
        with self._lock:
            lock = self._hosts.setdefault(host, Lock())
        if not lock.acquire(timeout=LOCK_SECONDS):
            raise HostBusy(f"{host} is being asked for another feed")
        try:
            yield
        finally:
            lock.release()
