"""Draining a host: its due feeds and waiting pages, one after the other, over one connection.

New things go first: pages that were read before are looked at again, for edits, when no feed is
due and no page waits.

Feeds and pages of one host are one task, not two, so that they share the host's turn: a feed
that is due while the host's pages are being fetched is polled by whoever is at it.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from threading import Event

import structlog
from sqlmodel import Session

from ingest import url as urls
from ingest.answers import (
    PageOutcome,
    PageVerdict,
    PollOutcome,
    PollVerdict,
    judge_page,
    judge_poll,
)
from ingest.discovery import Discovery, discoveries
from ingest.http import (
    FEED_LIMITS,
    PAGE_LIMITS,
    FetchError,
    HostBusy,
    Response,
    Validators,
)
from ingest.schedule import PollFacts, next_interval, next_poll
from store import articles, feeds, hosts, looks
from store import discoveries as discovered
from store.articles import PageToFetch
from store.discoveries import Recorded
from store.feeds import DueFeed, PollCounts
from store.tables import Stage
from worker import context as clock
from worker.context import Context, Nudges

log = structlog.get_logger(__name__)

# One task works on a host for this long, then lets others have the thread and comes back.
BUDGET = timedelta(seconds=30)
# Outlives the budget and one exchange begun in its last moment (robots.txt, page, another host).
LEASE = BUDGET + timedelta(seconds=75)
# A wait for the host's next turn that is longer than this is not slept through.
LONGEST_SLEEP = timedelta(seconds=5)
# A redirect to a host that somebody else is at: try again when its drain may have ended.
BUSY_WAIT = timedelta(seconds=15)
# The newest entries tell a feed's rhythm; more of them make the scheduling no better.
RHYTHM_ENTRIES = 50
# Pages claimed in one transaction. Few enough that a due feed of the host does not wait long, and
# that the claims hold (`articles.FETCH_CLAIM`) until the last of them is asked for.
PAGES_AT_ONCE = 8
LOOKS_AT_ONCE = 4  # fewer, since a new page is to wait for none but these

FEED_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
PAGE_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


class Drained(StrEnum):
    """How a drain ended."""

    BUSY = "busy"  # another worker is at this host
    EMPTY = "empty"  # nothing is due any more
    UNFINISHED = "unfinished"  # out of time, or the host wants to be left alone for now


@dataclass
class _Turn:
    """A held host while it is drained: when it may be asked next, and how often it refused."""

    host: str
    owner: str
    next_request_at: datetime
    refusals: int
    delay: timedelta
    until: datetime
    stopping: Event

    def asked(self, now: datetime, pause: timedelta | None) -> None:
        """A request has been answered: the next may come after the delay, or the pause."""
        self.refusals = self.refusals + 1 if pause is not None else 0
        self.next_request_at = now + max(self.delay, pause or timedelta())

    def wait(self) -> bool:
        """Wait until the host may be asked; False where it is too long, or where we are to stop."""
        left = self.next_request_at - clock.now()
        if left > LONGEST_SLEEP or self.next_request_at > self.until:
            return False
        if self.stopping.wait(max(left.total_seconds(), 0.0)):
            return False
        return clock.now() < self.until


def drain_host(
    context: Context, host: str, nudges: Nudges, *, only_feeds: frozenset[int] | None = None
) -> Drained:
    """Poll the host's due feeds (`only_feeds`: these alone) and fetch its waiting pages.

    Then look again at those that are due for it.
    """
    owner = f"{clock.process_name()}:{uuid.uuid4().hex[:12]}"
    with context.database.writing() as session:
        held = hosts.acquire(session, host, owner=owner, now=clock.now(), lease=LEASE)
    if held is None:
        return Drained.BUSY
    turn = _Turn(
        host,
        owner,
        held.next_request_at,
        held.refusals,
        delay=usual_delay(context, host),
        until=clock.now() + BUDGET,
        stopping=context.stopping,
    )
    try:
        while turn.wait():
            if not _next_requests(context, turn, nudges, only_feeds):
                return Drained.EMPTY
        return Drained.UNFINISHED
    finally:
        with context.database.writing() as session:
            hosts.release(
                session,
                host,
                owner=owner,
                next_request_at=turn.next_request_at,
                refusals=turn.refusals,
            )


def usual_delay(context: Context, host: str) -> timedelta:
    """The usual time between two requests to a host; the operator's own are not spaced."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return timedelta(seconds=context.settings.host_delay)
    own = any(address in ip_network(network) for network in context.settings.private_hosts)
    return timedelta() if own else timedelta(seconds=context.settings.host_delay)


def _next_requests(
    context: Context, turn: _Turn, nudges: Nudges, only_feeds: frozenset[int] | None
) -> bool:
    """Do the host's next pieces of work, a feed or some pages; False where there is none."""
    with context.database.writing() as session:
        now, pages = clock.now(), list[PageToFetch]()
        feed = feeds.claim(session, turn.host, only=only_feeds, now=now)
        if feed is None:
            pages = articles.claim_fetches(session, turn.host, limit=PAGES_AT_ONCE, now=now)
        if feed is None and not pages and context.settings.refetch:
            pages = looks.claim(session, turn.host, limit=LOOKS_AT_ONCE, now=now)
    if feed is not None:
        _poll(context, feed, turn, nudges)
    if pages:
        _fetch_all(context, pages, turn, nudges)
    return feed is not None or bool(pages)


def _fetch_all(context: Context, pages: Sequence[PageToFetch], turn: _Turn, nudges: Nudges) -> None:
    """Fetch claimed pages as long as the time allows; the rest are put back."""
    fetched = []
    for number, page in enumerate(pages):
        if not turn.wait():
            with context.database.writing() as session:
                for left in pages[number:]:
                    _release(session, left, clock.now())
            break
        if _fetch(context, page, turn) is Stage.PROCESS:
            fetched.append(page.id)
    if fetched:
        nudges.process_articles(fetched)


def _poll(context: Context, feed: DueFeed, turn: _Turn, nudges: Nudges) -> None:
    """Ask for a feed, and write down what it brought."""
    try:
        answer: Response | FetchError = context.fetcher.get(
            feed.location,
            limits=FEED_LIMITS,
            accept=FEED_ACCEPT,
            validators=Validators(feed.etag, feed.last_modified),
            turn=_turns_elsewhere(context, turn),
        )
    except HostBusy as busy:
        turn.asked(clock.now(), None)
        with context.database.writing() as session:
            feeds.release(session, feed, again_at=_after(busy))
        return
    except FetchError as error:
        answer = error
    now = clock.now()
    verdict, found = _read(context, feed, answer, turn, now)
    _keep_pause(context, turn, answer, verdict.host_pause, now)
    with context.database.writing() as session:
        if not feeds.is_there(session, feed.id):
            return  # removed meanwhile
        recorded = discovered.record(session, feed, found, now=now)
        facts = _facts(feed, verdict, recorded, now)
        feeds.record_poll(
            session,
            feed,
            verdict,
            PollCounts(
                entries=len(verdict.feed.entries) if verdict.feed else 0,
                new=recorded.new,
                revised=recorded.changed,
                rolled_over=recorded.rolled_over,
            ),
            interval=next_interval(facts, context.settings.bounds),
            next_poll_at=next_poll(facts, context.settings.bounds, clock.jitter()),
            now=now,
        )
    log.info(
        "feed.polled", url=feed.url, outcome=verdict.outcome, status=verdict.status,
        new=recorded.new, changed=recorded.changed, error=verdict.error,
    )  # fmt: skip
    if recorded.process:
        nudges.process_articles(recorded.process)


def _read(
    context: Context, feed: DueFeed, answer: Response | FetchError, turn: _Turn, now: datetime
) -> tuple[PollVerdict, Sequence[Discovery]]:
    """What a poll's answer means and brings. A feed that breaks our reading has failed."""
    try:
        verdict = judge_poll(
            answer,
            body_hash=feed.body_hash,
            refusals=turn.refusals,
            country=feed.country,
            now=now,
        )
        found = discoveries(verdict.feed, context.settings.full_text) if verdict.feed else ()
    except Exception as error:
        log.exception("feed.unreadable", url=feed.url)
        reason = f"it could not be read ({type(error).__name__}): please report this feed"
        return PollVerdict(PollOutcome.FAILED, error=reason), ()
    return verdict, found


def _keep_pause(
    context: Context,
    turn: _Turn,
    answer: Response | FetchError,
    pause: timedelta | None,
    now: datetime,
) -> None:
    """Keep the host's usual delay, and leave the host alone that asked for a pause."""
    answered = urls.host(answer.final_url) if isinstance(answer, Response) else turn.host
    if answered == turn.host:
        turn.asked(now, pause)
        return
    turn.asked(now, None)
    if pause is not None:
        with context.database.writing() as session:
            hosts.pause(session, answered, until=now + pause)


def _after(busy: HostBusy) -> datetime:
    """When it is of use to come back to a redirect whose host was not to be had."""
    return clock.now() + max(BUSY_WAIT, timedelta(seconds=busy.seconds))


def _facts(feed: DueFeed, verdict: PollVerdict, recorded: Recorded, now: datetime) -> PollFacts:
    read = verdict.feed
    ttl, period = (read.ttl, read.update_period) if read else (None, None)
    dates = [entry.published or entry.updated for entry in read.entries] if read else []
    published = sorted((date.at for date in dates if date and date.at), reverse=True)
    succeeded = verdict.outcome is not PollOutcome.FAILED
    return PollFacts(
        now=now,
        succeeded=succeeded,
        interval=feed.interval,
        published=tuple(published[:RHYTHM_ENTRIES]),
        new_entries=recorded.new,
        rolled_over=recorded.rolled_over,
        failures=0 if succeeded else feed.failures + 1,
        max_age=verdict.fresh_for,
        expires=None,
        ttl=timedelta(minutes=ttl) if ttl else None,
        update_period=timedelta(seconds=period) if period else None,
        retry_after=verdict.retry_after,
    )


def _fetch(context: Context, page: PageToFetch, turn: _Turn) -> Stage | None:
    """Fetch an article's page, and write down what came of it: what it waits for now."""
    elsewhere = _turns_elsewhere(context, turn)
    try:
        if not _has_robots(context, page, turn):
            _put_back(context, page, turn.next_request_at)
            return None
        answer: Response | FetchError = context.fetcher.get(
            page.url,
            limits=PAGE_LIMITS,
            accept=PAGE_ACCEPT,
            validators=Validators(page.etag, page.last_modified),
            turn=elsewhere,
            obey_robots=True,
        )
    except HostBusy as busy:
        turn.asked(clock.now(), None)
        _put_back(context, page, _after(busy))
        return None
    except FetchError as error:
        answer = error
    now = clock.now()
    verdict = judge_page(answer, refusals=turn.refusals, now=now)
    _keep_pause(context, turn, answer, verdict.host_pause, now)
    stage = _record(context, page, verdict, now)
    if verdict.outcome is not PageOutcome.FETCHED:
        log.info("page.not_fetched", url=page.url, status=verdict.status, error=verdict.error)
    return stage


def _record(
    context: Context, page: PageToFetch, verdict: PageVerdict, now: datetime
) -> Stage | None:
    schedule = context.settings.refetch
    with context.database.writing() as session:
        if page.look is not None:
            return looks.record(session, page, page.look, verdict, schedule=schedule, now=now)
        return articles.record_fetch(
            session, page, verdict, schedule=schedule, jitter=clock.jitter(), now=now
        )


def _release(session: Session, page: PageToFetch, again_at: datetime) -> None:
    give_back = articles.release_fetch if page.look is None else looks.release
    give_back(session, page, again_at=again_at)


def _put_back(context: Context, page: PageToFetch, again_at: datetime) -> None:
    with context.database.writing() as session:
        _release(session, page, again_at)


def _has_robots(context: Context, page: PageToFetch, turn: _Turn) -> bool:
    """Learn what robots.txt says of the host's pace, a request like any other.

    False where the page may not be asked for in this drain any more.
    """
    known = context.fetcher.knows_robots(page.url)
    try:
        asked = context.fetcher.crawl_delay(page.url, turn=_turns_elsewhere(context, turn))
        turn.delay = max(turn.delay, timedelta(seconds=asked or 0.0))
    finally:
        if not known:
            turn.next_request_at = clock.now() + turn.delay
    return known or turn.wait()


def _turns_elsewhere(
    context: Context, turn: _Turn
) -> Callable[[str], AbstractContextManager[None]]:
    """A redirect may lead to another host: its turn is taken for that one request, or left."""

    @contextmanager
    def take(host: str) -> Iterator[None]:
        with context.database.writing() as session:
            other = hosts.acquire(session, host, owner=turn.owner, now=clock.now(), lease=LEASE)
        if other is None:
            raise HostBusy(f"{host} is being asked by another worker")
        next_request_at = other.next_request_at
        try:
            wait = (next_request_at - clock.now()).total_seconds()
            if wait > LONGEST_SLEEP.total_seconds():
                raise HostBusy(f"{host} wants to be left alone for {wait:.0f} s", seconds=wait)
            time.sleep(max(wait, 0.0))
            try:
                yield
            finally:
                next_request_at = clock.now() + usual_delay(context, host)
        finally:
            with context.database.writing() as session:
                hosts.release(
                    session,
                    host,
                    owner=turn.owner,
                    next_request_at=next_request_at,
                    refusals=other.refusals,
                )

    return take
