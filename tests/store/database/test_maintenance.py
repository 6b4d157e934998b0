"""How a database is: its server, its faults, and the latest time that was written down in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.database import maintenance, migrate
from store.database.connection import Database, DatabaseError
from store.database.maintenance import Condition, read_condition
from store.operations import heartbeats
from store.tables import Poll
from tests.store.building import MINUTE, NOW, add_feed


def _read(database: Database) -> Condition:
    with database.reading() as session:
        return read_condition(session)


def _beat(database: Database, at: datetime) -> None:
    with database.writing() as session:
        heartbeats.record(session, heartbeats.BEAT, now=at)


def _poll(database: Database, *at: datetime) -> None:
    feed = add_feed(database)
    with database.writing() as session:
        session.add_all(Poll(feed_id=feed.id, at=each, outcome="unchanged") for each in at)


def test_a_whole_database_tells_its_server_and_no_faults(database: Database) -> None:
    found = _read(database)
    assert found.faults == ()
    if database.is_sqlite:
        assert found.server.startswith("SQLite 3.")
        assert (found.journal, found.server_time) == ("wal", None)
    else:
        name, version = found.server.split(" ", 1)
        assert (name, version[0].isdigit(), found.journal) == ("PostgreSQL", True, None)
        assert found.server_time is not None
        # Its clock is that of this machine.
        assert abs(found.server_time - datetime.now(UTC)) < timedelta(hours=1)


def test_where_nothing_was_written_down_there_is_no_newest_time(database: Database) -> None:
    assert _read(database).newest is None


@pytest.mark.parametrize(
    ("polls", "beat", "newest"),
    [
        ([NOW], None, NOW),
        ([], NOW, NOW),
        ([NOW + MINUTE, NOW], NOW, NOW + MINUTE),
        ([NOW], NOW + MINUTE, NOW + MINUTE),
    ],
    ids=["poll", "heartbeat", "both-poll", "both-heartbeat"],
)
def test_the_newest_time_is_that_of_a_poll_or_of_a_heartbeat(
    database: Database, polls: list[datetime], beat: datetime | None, newest: datetime
) -> None:
    _poll(database, *polls)
    if beat is not None:
        _beat(database, beat)
    assert _read(database).newest == newest


def test_the_faults_of_a_damaged_file_are_told_and_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'transpacific.db'}")
    migrate.upgrade(database)
    assert maintenance.check(database) == migrate.HEAD
    with database.writing() as session:
        connection = session.connection()
        # An index that lacks what stands in its table, as after a torn write.
        connection.exec_driver_sql("CREATE TABLE torn (word TEXT)")
        connection.exec_driver_sql("CREATE INDEX ix_torn ON torn (word)")
        connection.exec_driver_sql("INSERT INTO torn VALUES ('a'), ('b')")
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_schema SET sql = 'CREATE TABLE torn (word TEXT NOT NULL)'"
            " WHERE name = 'torn'"
        )
        connection.exec_driver_sql("INSERT INTO torn VALUES (NULL)")
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    database.dispose()
    assert any("torn" in fault for fault in _read(database).faults)
    with pytest.raises(DatabaseError, match=r"is damaged .*restore it from a backup"):
        maintenance.check(database)
    database.dispose()


def test_a_database_without_tables_or_of_another_version_is_not_fit(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(DatabaseError, match=r"has no tables yet .*db upgrade"):
        maintenance.check(database)
    migrate.upgrade(database)
    with database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(DatabaseError, match=r"is at version 0000 .*db upgrade"):
        maintenance.check(database)
    database.dispose()
