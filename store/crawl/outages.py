"""Whether the web can be reached from here: which hosts answer, and the outages of our network.

`ingest.crawl_policy.outage_blame` decides; here are the facts that it goes by, kept where every
process sees them.
"""

from datetime import datetime

from sqlalchemy import case, func, or_, update
from sqlmodel import Session, col, select

from ingest.crawl_policy.outage_blame import Blame, Unreached, blame
from store import events
from store.database.connection import insert_into
from store.events import Event
from store.tables import Host, Outage


def note_reached(session: Session, host: str, *, at: datetime) -> None:
    """A host has answered; an outage that began before is over."""
    session.execute(
        update(Host)
        .where(col(Host.name) == host)
        .where(or_(col(Host.reached_at).is_(None), col(Host.reached_at) < at))
        # It may have failed again since.
        .values(
            reached_at=at,
            unreached_since=case((col(Host.unreached_since) > at, col(Host.unreached_since))),
        )
    )
    ended = session.execute(
        update(Outage)
        .where(col(Outage.ongoing).is_(True), col(Outage.noticed_at) < at)
        .values(ongoing=None, ended_at=at)
        .returning(col(Outage.began_at))
    ).scalar()
    if ended is not None:
        told = {"since": ended.isoformat(), "until": at.isoformat()}
        events.write(session, [Event("network.up", payload=told)], now=at)


def judge(session: Session, host: str, *, now: datetime) -> tuple[Blame, Unreached]:
    """Decide who is to blame that no connection to a host came about, and note it.

    Where our own network is, an outage begins, unless one is going on.
    """
    since = session.execute(
        update(Host)
        .where(col(Host.name) == host)
        .values(unreached_since=func.coalesce(col(Host.unreached_since), now))
        .returning(col(Host.unreached_since))
    ).scalar_one()
    last_reached = session.execute(select(func.max(col(Host.reached_at)))).scalar()
    failing = select(func.count(), func.min(col(Host.unreached_since))).where(
        col(Host.unreached_since).is_not(None)
    )
    if last_reached is not None:
        failing = failing.where(col(Host.unreached_since) > last_reached)
    hosts, began_at = session.execute(failing).one()
    facts = Unreached(now, since, last_reached, hosts)
    found = blame(facts)
    if found is Blame.OURS:
        _begin_outage(session, began_at, hosts, now)
    return found, facts


def _begin_outage(session: Session, began_at: datetime, hosts: int, now: datetime) -> None:
    begun = session.execute(
        insert_into(session, Outage)
        .values(began_at=began_at, noticed_at=now, ongoing=True)
        .on_conflict_do_nothing()
        .returning(col(Outage.id))
    ).scalar()
    if begun is not None:
        told = {"since": began_at.isoformat(), "hosts": hosts}
        events.write(session, [Event("network.down", payload=told)], now=now)


def down_since(session: Session) -> datetime | None:
    """Since when our own network has seemed down; None where it does not."""
    return session.exec(select(Outage.began_at).where(col(Outage.ongoing).is_(True))).first()
