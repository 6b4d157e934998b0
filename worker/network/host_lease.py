"""A worker's lease of a host: when it may be asked, how far apart, and who else is waited for.

Whoever holds it (`store.crawl.host_leases`) is the only one to send the host requests. What is
learnt of the host meanwhile goes back with the lease: when it may be asked next, how often it has
refused, the pace that its robots.txt asks for, and whether it was reached at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlmodel import Session

from ingest import url as urls
from ingest.crawl_policy.outage_blame import Blame, again_after
from ingest.http import FetchError, HostBusy, Response, RulesWithheld
from store.crawl import host_leases, outages
from store.crawl.page_fetches import PageToFetch
from store.intake.polls import DueFeed
from worker import clock
from worker.context import Context, was_here_and_ended

# One task works on a host for this long, then lets others have the thread and comes back.
BUDGET = timedelta(seconds=20)
# Outlives the budget and one exchange begun in its last moment (robots.txt, page, another host).
LEASE = BUDGET + timedelta(seconds=75)
# A wait for the host's next request that is longer than this is not slept through.
LONGEST_SLEEP = timedelta(seconds=5)
# A redirect to a host that another holds: try again when its drain may have ended.
BUSY_WAIT = timedelta(seconds=15)
# In a drain that goes on, others are told now and then that this host answers.
NOTE_REACHED = timedelta(seconds=10)


@dataclass
class HostLease:
    """A held host while it is drained."""

    context: Context
    host: str
    owner: str
    until: datetime
    next_request_at: datetime
    refusals: int
    crawl_delay: float | None
    reached_at: datetime | None = None  # under this lease
    noted_at: datetime = field(default_factory=lambda: clock.now())
    # Of the hosts that redirects led to: how often they had refused, and when they were asked.
    refusals_elsewhere: dict[str, int] = field(default_factory=dict)
    asked_elsewhere: dict[str, datetime] = field(default_factory=dict)
    # What is claimed and not recorded yet.
    feed: DueFeed | None = None
    pages: list[PageToFetch] = field(default_factory=list)

    @property
    def delay(self) -> timedelta:
        """The time between two requests."""
        return spacing(self.context, self.host, self.crawl_delay)

    def wait(self) -> bool:
        """Wait until the host may be asked; False where it is too long, or where we are to stop."""
        left = self.next_request_at - clock.now()
        if left > LONGEST_SLEEP or self.next_request_at > self.until:
            return False
        if self.context.stopping.wait(max(left.total_seconds(), 0.0)):
            return False
        return clock.now() < self.until

    def refusals_of(self, answer: Response | FetchError) -> int:
        """How often in a row the host that has answered had refused before."""
        answered = _who_answered(answer, self.host)
        return self.refusals if answered == self.host else self.refusals_elsewhere.get(answered, 0)

    def asked(self) -> None:
        """A request was made, or left in the middle: the next comes after the delay."""
        self.next_request_at = clock.now() + self.delay

    def answered(self, answer: Response | FetchError, pause: timedelta | None) -> Blame:
        """Keep the host's usual delay, and leave the host alone that asked for a `pause`.

        Says who is to blame where no connection came about: unless it is they, the host is tried
        again soon, and what was asked for must not suffer for it.
        """
        self.asked()
        now, who = clock.now(), _who_answered(answer, self.host)
        if isinstance(answer, Response):
            self._reached(now)
        if who == self.host and isinstance(answer, Response | RulesWithheld):
            self.refusals = 0 if pause is None else self.refusals + 1
        if pause is None and isinstance(answer, Response) and self.refusals_elsewhere.get(who):
            self.refusals_elsewhere[who] = 0
            with self.context.database.writing() as session:
                host_leases.forgive(session, who)
        if pause is not None:
            if who == self.host:
                self.next_request_at = max(self.next_request_at, now + pause)
            else:
                with self.context.database.writing() as session:
                    host_leases.pause(session, who, until=now + pause)
        unreached = answer.unreached if isinstance(answer, FetchError) else None
        # Where it is the target of a redirect that is not reached, who sent us there was.
        if unreached != self.host or is_own(self.context, self.host):
            return Blame.THEIRS
        with self.context.database.writing() as session:
            blame, facts = outages.judge(session, self.host, now=now)
        if blame is not Blame.THEIRS:
            self.next_request_at = now + again_after(facts, clock.jitter())
        return blame

    def read_robots(self, url: str) -> bool:
        """Learn what robots.txt says of a page and of the host's pace, a request like any other.

        False where the page may not be asked for under this lease any more. Raises FetchError.
        """
        if self.context.fetcher.knows_robots(url):
            return True
        try:
            self.context.fetcher.read_robots(url, lease=self.elsewhere)
        finally:
            self._learn_pace()
            self.asked()
        self._reached(clock.now())
        return self.wait()

    @contextmanager
    def elsewhere(self, host: str) -> Iterator[None]:
        """The lease of the host that a redirect leads to, for one request. May raise HostBusy."""
        context = self.context
        with context.database.writing() as session:
            other = host_leases.acquire(
                session, host, owner=self.owner, now=clock.now(), lease=LEASE
            )
        if other is None:
            raise HostBusy(f"{host} is being asked by another worker")
        self.refusals_elsewhere[host] = other.refusals
        crawl_delay = _newer(context.fetcher.crawl_delay(host), other.crawl_delay)
        delay = spacing(context, host, crawl_delay)
        next_request_at = other.next_request_at
        if host in self.asked_elsewhere:  # for the robots.txt that has told its pace
            next_request_at = max(next_request_at, self.asked_elsewhere[host] + delay)
        try:
            wait = next_request_at - clock.now()
            if wait > LONGEST_SLEEP:
                seconds = wait.total_seconds()
                raise HostBusy(
                    f"{host} wants to be left alone for {seconds:.0f} s", seconds=seconds
                )
            if context.stopping.wait(max(wait.total_seconds(), 0.0)):
                raise HostBusy("the service is being stopped")
            try:
                yield
            finally:
                self.asked_elsewhere[host] = clock.now()
                next_request_at = self.asked_elsewhere[host] + delay
        finally:
            with context.database.writing() as session:
                host_leases.release(
                    session,
                    host,
                    owner=self.owner,
                    next_request_at=next_request_at,
                    refusals=other.refusals,
                    crawl_delay=crawl_delay,
                )

    def release(self, session: Session) -> None:
        """Give the lease back, with what was learnt of the host."""
        host_leases.release(
            session,
            self.host,
            owner=self.owner,
            next_request_at=self.next_request_at,
            refusals=self.refusals,
            crawl_delay=self.crawl_delay,
        )
        if self.reached_at is not None:
            outages.note_reached(session, self.host, at=self.reached_at)

    def _reached(self, now: datetime) -> None:
        if is_own(self.context, self.host):
            return  # it says nothing of the way to the web
        self.reached_at = now
        if now - self.noted_at > NOTE_REACHED:
            self.noted_at = now
            with self.context.database.writing() as session:
                outages.note_reached(session, self.host, at=now)

    def _learn_pace(self) -> None:
        self.crawl_delay = _newer(self.context.fetcher.crawl_delay(self.host), self.crawl_delay)


def take(context: Context, host: str, owner: str) -> HostLease | None:
    """Take a host's lease; None where another worker has it."""
    now = clock.now()
    with context.database.writing() as session:
        held = host_leases.acquire(session, host, owner=owner, now=now, lease=LEASE)
    if held is None:
        return None
    return HostLease(
        context,
        host,
        owner,
        until=now + BUDGET,
        next_request_at=held.next_request_at,
        refusals=held.refusals,
        crawl_delay=held.crawl_delay,
    )


def has_ended(owner: str) -> bool:
    """Whether the holder of a lease was a process of this machine that is no more."""
    return was_here_and_ended(owner.rpartition(":")[0])


def after(busy: HostBusy) -> datetime:
    """When it is of use to come back to a redirect whose host was not to be had."""
    return clock.now() + max(BUSY_WAIT, timedelta(seconds=busy.seconds))


def spacing(context: Context, host: str, crawl_delay: float | None = None) -> timedelta:
    """The time between two requests to a host: as robots.txt asks, and no less than is set.

    The operator's own hosts are not spaced, unless they ask for it.
    """
    usual = 0.0 if is_own(context, host) else context.settings.host_delay
    return timedelta(seconds=max(usual, crawl_delay or 0.0))


def is_own(context: Context, host: str) -> bool:
    """Whether a host is an address of the operator's own networks."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return any(address in ip_network(network) for network in context.settings.private_hosts)


def _newer(learnt: float | None, known: float | None) -> float | None:
    return known if learnt is None else learnt


def _who_answered(answer: Response | FetchError, asked: str) -> str:
    if isinstance(answer, Response):
        return urls.host(answer.final_url)
    return answer.host if isinstance(answer, RulesWithheld) else asked
