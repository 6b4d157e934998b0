"""Signs of life: when each part of the service was last seen at work."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from store.database.connection import insert_into
from store.tables import Heartbeat

BEAT = "beat"  # beat's tick was done: beat, Redis and a network worker are there
NETWORK = "network"  # a network worker took a task
CPU = "cpu"  # a CPU worker took one
# A part that shows no sign of life for longer is not at work. Beat calls on each every few
# seconds, but a host that drips holds up a thread for 35 s, and a page a process for 60.
SILENT_AFTER = timedelta(minutes=3)


def record(session: Session, part: str, *, now: datetime) -> None:
    """Write down that a part of the service is at work."""
    insert = insert_into(session, Heartbeat).values(name=part, at=now)
    session.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"at": now}))


def last(session: Session) -> dict[str, datetime]:
    """When each part was last seen; one that has never been is not named."""
    rows = session.execute(select(Heartbeat.name, Heartbeat.at).order_by(col(Heartbeat.name)))
    return {row.name: row.at for row in rows}
