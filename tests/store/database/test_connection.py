"""Sessions: what is written is never lost, and what cannot be reached says so."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlmodel import select

from store.database.connection import Database, DatabaseError
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


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://a/b", "http://example.com/db", "postgresql://user:word@host:port/db"],
)
def test_a_url_of_no_known_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(DatabaseError, match="postgresql\\+psycopg://"):
        Database(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://host/file.db", "names no file"),
        ("sqlite:////tmp/file.db?foo=bar", "foo="),
        ("sqlite:////tmp/file.db?timeout=5", "timeout="),
        ("sqlite:///file:store?mode=memory&uri=true", "mode="),
    ],
)
def test_a_sqlite_url_is_the_path_of_a_file_and_nothing_else(url: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says) as caught:
        Database(url)
    assert "sqlite:////path/to/file.db" in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:///{file}", "sqlite+other:///{file}"])
def test_a_driver_that_is_not_installed_is_passed_over(url: str, tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    database = Database(url.format(file=file))
    database.check()
    database.dispose()
    assert file.exists()


@pytest.mark.parametrize(
    "options", ["", "-c search_path=pg_catalog", "-c search_path=pg_catalog -c timezone=Asia/Tokyo"]
)
def test_postgresql_counts_time_in_utc_and_keeps_the_operators_options(
    postgres_url: str, options: str
) -> None:
    url = make_url(postgres_url)
    database = Database(
        (url.update_query_dict({"options": options}) if options else url).render_as_string(
            hide_password=False
        )
    )
    # The second session is one of the pool's, after the first was rolled back.
    for _ in range(2):
        with database.reading() as session:
            assert session.connection().exec_driver_sql("SHOW timezone").scalar_one() == "UTC"
            if options:
                path = session.connection().exec_driver_sql("SHOW search_path").scalar_one()
                assert path == "pg_catalog"
    database.dispose()


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


@pytest.mark.parametrize(
    "url",
    ["postgresql://ana:secret@db.example/news", "postgresql://db.example/news?password=secret"],
)
def test_a_database_is_named_without_its_password(url: str) -> None:
    database = Database(url)
    assert "db.example/news" in database.name
    assert "secret" not in database.name
    database.dispose()
