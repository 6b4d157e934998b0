"""Sessions: what is written is never lost, and what cannot be reached says so."""

import threading
from pathlib import Path

import pytest
from sqlmodel import select

from store.database import Database, DatabaseError
from store.tables import Host
from tests.store.building import NOW

WRITERS = 16
UPDATES_EACH = 25


def test_sixteen_writers_lose_no_update(database: Database) -> None:
    with database.writing() as session:
        session.add(Host(name="counter", next_request_at=NOW, refusals=0))

    def count_up() -> None:
        for _ in range(UPDATES_EACH):
            with database.writing() as session:
                row = session.exec(
                    select(Host).where(Host.name == "counter").with_for_update()
                ).one()
                row.refusals += 1

    threads = [threading.Thread(target=count_up) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        counter = session.exec(select(Host).where(Host.name == "counter")).one()
    assert counter.refusals == WRITERS * UPDATES_EACH


def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        session.add(Host(name="a", next_request_at=NOW, refusals=0))
        session.flush()
        raise RuntimeError("stop")
    with database.reading() as session:
        assert session.exec(select(Host)).all() == []


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    with database.writing() as session:
        session.add(Host(name="a", next_request_at=NOW, refusals=0))
    with database.reading() as session:
        found = session.exec(select(Host)).one().next_request_at
    assert found == NOW
    assert found.utcoffset() is not None


def test_a_time_without_its_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="without its zone"), database.writing() as session:
        session.add(Host(name="a", next_request_at=NOW.replace(tzinfo=None), refusals=0))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://a/b", "http://example.com/db"])
def test_a_url_of_no_known_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(DatabaseError, match="postgresql\\+psycopg://"):
        Database(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hidden@127.0.0.1:1/none",
        "sqlite:////nonexistent-folder/sub/file.db",
    ],
)
def test_a_database_that_does_not_answer_is_named_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        Database(url).check()
    assert "TRANSPACIFIC_DATABASE_URL" in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "page.db"
    file.write_text("<html>this is no database</html>" * 100)
    with pytest.raises(DatabaseError):
        Database(f"sqlite:///{file}").check()
