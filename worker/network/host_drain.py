"""Draining a host: its due feeds and waiting pages, one after the other, over one connection.

New things go first: pages that were read before are fetched again, for edits, when no feed is due
and no page waits.

Feeds and pages of one host are one task, not two, so that they share the host's lease: a feed that
is due while the host's pages are being fetched is polled by the worker that holds it.
"""

import uuid
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from store.crawl import page_fetches, refetches
from store.crawl.page_fetches import PageToFetch
from store.intake import polls
from worker import clock
from worker.context import Context, Nudges, process_name
from worker.network import host_lease
from worker.network.fetching import fetch_all, release
from worker.network.host_lease import HostLease
from worker.network.polling import poll

# A database that went away in the middle of a drain is asked so often whether it is back.
DATABASE_WAIT = timedelta(seconds=1)
# Pages claimed in one transaction. Few enough that a due feed of the host does not wait long.
PAGES_AT_ONCE = 8
REFETCHES_AT_ONCE = 4  # fewer, since a new page is to wait for none but these


class Drained(StrEnum):
    """How a drain ended."""

    BUSY = "busy"  # another worker holds this host
    EMPTY = "empty"  # nothing is due any more
    UNFINISHED = "unfinished"  # out of time, or the host wants to be left alone for now


def drain_host(
    context: Context, host: str, nudges: Nudges, *, only_feeds: frozenset[int] | None = None
) -> Drained:
    """Poll the host's due feeds (`only_feeds`: these alone) and fetch its waiting pages.

    Then fetch again those that are due for it.
    """
    lease = host_lease.take(context, host, f"{process_name()}:{uuid.uuid4().hex[:12]}")
    if lease is None:
        return Drained.BUSY
    unrecorded = False
    try:
        while lease.wait():
            if not _next_requests(context, lease, nudges, only_feeds):
                return Drained.EMPTY
        return Drained.UNFINISHED
    except OperationalError:
        unrecorded = True
        raise
    finally:
        _give_back(context, lease, unrecorded=unrecorded)


def _next_requests(
    context: Context, lease: HostLease, nudges: Nudges, only_feeds: frozenset[int] | None
) -> bool:
    """Do the host's next pieces of work, a feed or some pages; False where there is none."""
    with context.database.writing() as session:
        now, pages = clock.now(), list[PageToFetch]()
        feed = polls.claim(session, lease.host, only=only_feeds, now=now)
        if feed is None:
            pages = page_fetches.claim_fetches(session, lease.host, limit=PAGES_AT_ONCE, now=now)
        if feed is None and not pages and context.settings.refetch:
            pages = refetches.claim(session, lease.host, limit=REFETCHES_AT_ONCE, now=now)
    lease.feed, lease.pages = feed, pages
    if feed is not None:
        poll(context, feed, lease, nudges)
    if pages:
        fetch_all(context, pages, lease, nudges)
    lease.feed, lease.pages = None, []
    return feed is not None or bool(pages)


def _give_back(context: Context, lease: HostLease, *, unrecorded: bool) -> None:
    """Give the host's lease back, and what is claimed and `unrecorded`.

    A database that is away is waited for as long as the lease would last anyway.
    """
    while True:
        try:
            with context.database.writing() as session:
                if unrecorded:
                    _release_in_hand(session, lease)
                lease.release(session)
            return
        except OperationalError:
            over = clock.now() > lease.until + host_lease.LEASE
            if over or context.stopping.wait(DATABASE_WAIT.total_seconds()):
                raise


def _release_in_hand(session: Session, lease: HostLease) -> None:
    now = clock.now()
    if lease.feed is not None:
        polls.release(session, lease.feed, again_at=now)
    for page in lease.pages:
        release(session, page, now)
