"""Leases of hosts: whoever holds that of a host's row is the only one to send it requests.

So politeness holds across any number of workers and processes, and a worker that dies gives the
host back when its lease runs out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, tuple_, union, update
from sqlmodel import Session, col, select

from store.crawl.refetches import due_for_refetch
from store.database.connection import insert_into
from store.tables import Article, Feed, Host, Stage, is_due, table

# A nudge that was lost is repeated after this long; one that is only waiting in the queue is not
# doubled before.
NUDGE_AGAIN = timedelta(seconds=60)
# How many hosts one tick wakes at most; the rest come with the next.
HOSTS_PER_TICK = 500


@dataclass(frozen=True, slots=True)
class HeldHost:
    """A held lease: when the host may be asked next, how often it has refused in a row, and the
    seconds between two requests that its robots.txt asks for (None: not known)."""

    host: str
    next_request_at: datetime
    refusals: int
    crawl_delay: float | None = None


def acquire(
    session: Session, host: str, *, owner: str, now: datetime, lease: timedelta
) -> HeldHost | None:
    """Take the host's lease, or None where another holds it."""
    session.execute(
        insert_into(session, Host)
        .values(name=host, next_request_at=now, refusals=0)
        .on_conflict_do_nothing()
    )
    row = session.execute(
        update(Host)
        .where(
            col(Host.name) == host,
            or_(
                col(Host.lease_owner).is_(None),
                col(Host.lease_owner) == owner,
                col(Host.lease_until) <= now,
            ),
        )
        .values(lease_owner=owner, lease_until=now + lease)
        .returning(col(Host.next_request_at), col(Host.refusals), col(Host.crawl_delay))
    ).first()
    return None if row is None else HeldHost(host, *row)


def release(
    session: Session,
    host: str,
    *,
    owner: str,
    next_request_at: datetime,
    refusals: int,
    crawl_delay: float | None = None,
) -> None:
    """Give the lease back, and say when the host may be asked next, and what is known of it."""
    session.execute(
        update(Host)
        .where(col(Host.name) == host, col(Host.lease_owner) == owner)
        .values(
            lease_owner=None,
            lease_until=None,
            nudged_until=None,
            next_request_at=next_request_at,
            refusals=refusals,
            crawl_delay=crawl_delay,
        )
    )


def reclaim(session: Session, *, has_ended: Callable[[str], bool]) -> int:
    """Give back the leases of owners that are no more, before they run out; returns how many."""
    held = session.execute(
        select(Host.name, Host.lease_owner).where(col(Host.lease_owner).is_not(None))
    ).all()
    over = [(name, owner) for name, owner in held if owner is not None and has_ended(owner)]
    given_back = session.execute(
        update(Host)
        # Each with its very owner: somebody else, who lives, may have taken a lease over meanwhile.
        .where(tuple_(col(Host.name), col(Host.lease_owner)).in_(over))
        .values(lease_owner=None, lease_until=None, nudged_until=None)
        .returning(col(Host.name))
        .execution_options(synchronize_session=False)
    )
    return len(given_back.all())


def pause(session: Session, host: str, *, until: datetime) -> None:
    """Leave a host alone until then, longer than it would be anyway: it has refused."""
    session.execute(
        update(Host)
        .where(col(Host.name) == host, col(Host.next_request_at) < until)
        .values(next_request_at=until, refusals=Host.refusals + 1)
    )


def forgive(session: Session, host: str) -> None:
    """A host that had refused has answered: it has refused none in a row."""
    session.execute(update(Host).where(col(Host.name) == host).values(refusals=0))


def wake(session: Session, *, now: datetime, refetches: bool = True) -> list[str]:
    """Name the hosts that have due work and that nobody holds, and mark them as nudged.

    Without `refetches`, pages that are due to be fetched again do not count.
    """
    names = _with_due_work(session, now, refetches)
    if not names:
        return []
    session.execute(
        insert_into(session, Host)
        .values([{"name": name, "next_request_at": now, "refusals": 0} for name in names])
        .on_conflict_do_nothing()
    )
    rows = session.execute(
        update(Host)
        .where(col(Host.name).in_(names), *_can_be_woken(now))
        .values(nudged_until=now + NUDGE_AGAIN)
        .returning(col(Host.name))
    )
    return sorted(rows.scalars())


def forget_nudges(session: Session) -> None:
    """The broker has lost its memory: no message is on its way to any host."""
    session.execute(
        update(Host).where(col(Host.nudged_until).is_not(None)).values(nudged_until=None)
    )


def _with_due_work(session: Session, now: datetime, refetches: bool) -> Sequence[str]:
    """Hosts with due work that can be woken: awake, held by nobody, and not nudged just now."""
    feeds = select(Feed.host).where(is_due(now))
    articles = select(Article.host).where(
        Article.stage == Stage.FETCH, col(Article.next_attempt_at) <= now
    )
    edits = select(Article.host).where(due_for_refetch(table(Article), now))
    due = union(feeds, articles, *([edits] if refetches else [])).subquery()
    statement = (
        select(due.c.host)
        .outerjoin(Host, col(Host.name) == due.c.host)
        .where(or_(col(Host.name).is_(None), and_(*_can_be_woken(now))))
        .limit(HOSTS_PER_TICK)
    )
    return sorted(session.execute(statement).scalars())


def _can_be_woken(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Host.next_request_at) <= now,
        or_(col(Host.lease_until).is_(None), col(Host.lease_until) <= now),
        or_(col(Host.nudged_until).is_(None), col(Host.nudged_until) <= now),
    )
