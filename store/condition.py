"""What a check-up asks of the database itself."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from store.tables import Heartbeat, Poll


@dataclass(frozen=True, slots=True)
class Condition:
    """How a database is; `faults` is empty where it is whole, as far as a quick look shows."""

    server: str  # SQLite or PostgreSQL, with its version
    journal: str | None  # SQLite's mode
    server_time: datetime | None  # PostgreSQL's clock; SQLite has ours
    faults: tuple[str, ...]
    newest: datetime | None  # the latest time that was written down


def read(session: Session) -> Condition:
    """Ask; on SQLite every page is looked at (a second for a gigabyte, where it is cached)."""
    newest = max(
        filter(
            None,
            (
                session.exec(select(func.max(col(Poll.at)))).one(),
                session.exec(select(func.max(col(Heartbeat.at)))).one(),
            ),
        ),
        default=None,
    )
    if session.get_bind().dialect.name == "sqlite":
        version = session.execute(text("SELECT sqlite_version()")).scalar_one()
        journal = session.execute(text("PRAGMA journal_mode")).scalar_one()
        faults = [str(fault) for (fault,) in session.execute(text("PRAGMA quick_check(3)"))]
        faults = [] if faults == ["ok"] else faults
        return Condition(f"SQLite {version}", str(journal), None, tuple(faults), newest)
    version = session.execute(text("SHOW server_version")).scalar_one()
    at = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return Condition(f"PostgreSQL {version}", None, at, (), newest)
