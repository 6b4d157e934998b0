"""A backup that is restored is the store that it was taken of."""

import os
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from store import events
from store.backup.file import BackupError, manifest_of
from store.database import maintenance, migrate
from store.database.connection import Database
from store.events import Event
from store.operations import heartbeats
from store.search import index
from tests.store.backup.building import contents, opened, restore, take
from tests.store.building import NOW, document, ingest_one
from tests.support import printings
from tests.support.postgres import drop_database, find_programs, fresh_database
from tests.support.waiting import until


@pytest.fixture
def filled(database: Database) -> Database:
    """A store with three articles in two stories."""
    made = document(printings.text(1), title=printings.title(1))
    ingest_one(database, 1, made=made)
    ingest_one(database, 2, made=made)
    ingest_one(database, 3, made=document(printings.text(2), title=printings.title(2)))
    index.catch_up(database)
    return database


@pytest.fixture
def empty_url(database: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the same kind that nothing is in, not even tables."""
    if database.is_sqlite:
        yield f"sqlite:///{tmp_path / 'other' / 'restored.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    url = fresh_database(server)
    yield url
    drop_database(server, url)


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the test server's own version, first on PATH."""
    directory = find_programs().bin
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "a.backup"


def test_signs_of_life_are_not_brought_along(filled: Database, empty_url: str, file: Path) -> None:
    with filled.writing() as session:
        heartbeats.record(session, heartbeats.BEAT, now=NOW)
    take(filled, file)
    restore(empty_url, file)
    with opened(empty_url) as restored, restored.reading() as session:
        assert heartbeats.last(session) == {}


def test_a_quiet_store_comes_back_row_for_row(filled: Database, empty_url: str, file: Path) -> None:
    taken = take(filled, file)
    assert manifest_of(file) == taken
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (taken.rows["articles"], taken.schema) == (3, migrate.HEAD)
    assert restore(empty_url, file) == taken
    with opened(empty_url) as restored:
        assert contents(restored) == contents(filled)
        assert maintenance.check(restored) == migrate.HEAD
        # The pipeline goes on: new rows get new ids, copies join, searches find.
        joined = ingest_one(restored, 4, made=document(printings.text(1), title=printings.title(1)))
        index.catch_up(restored)
        with restored.reading() as session:
            found = session.execute(
                text("SELECT articles FROM v_stories WHERE id = "
                     "(SELECT story_id FROM articles WHERE id = :id)"), {"id": joined}
            ).scalar_one()  # fmt: skip
            words = session.execute(text("SELECT count(*) FROM story_words")).scalar_one()
        assert (found, words) == (3, 2)
    assert sorted(path.name for path in file.parent.iterdir() if path.name.startswith(".")) == []


def test_what_is_committed_before_is_in_it_and_it_is_whole_while_writers_write(
    filled: Database, empty_url: str, file: Path
) -> None:
    stop, written = threading.Event(), list[int]()

    def write() -> None:
        with opened(filled.url.render_as_string(hide_password=False)) as mine:
            while not stop.is_set():
                with mine.writing() as session:
                    events.write(session, [Event("story.tagged", payload={"a": 1})] * 20, now=NOW)
                written.append(20)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        until(lambda: len(written) >= 10, "they write")
        before = sum(written)
        taken = take(filled, file)
        after = sum(written) + 40
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert after > before
    restore(empty_url, file)
    with opened(empty_url) as restored:
        maintenance.check(restored)
        with restored.reading() as session:
            number = session.execute(text("SELECT count(*) FROM events")).scalar_one()
            assert number == taken.rows["events"]
            assert before <= number <= after + 20
            highest = session.execute(text("SELECT max(id) FROM events")).scalar_one()
        with restored.writing() as session:
            events.write(session, [Event("story.tagged")], now=NOW)
        with restored.reading() as session:
            assert session.execute(text("SELECT max(id) FROM events")).scalar_one() > highest


def test_a_filled_store_is_replaced_by_force_alone(filled: Database, file: Path) -> None:
    url = filled.url.render_as_string(hide_password=False)
    take(filled, file)
    before = contents(filled)
    ingest_one(filled, 4)
    changed = contents(filled)
    filled.dispose()
    with pytest.raises(BackupError, match="--force"):
        restore(url, file)
    with opened(url) as there:
        assert contents(there) == changed
    restore(url, file, force=True)
    with opened(url) as there:
        assert contents(there) == before


def test_a_store_that_is_in_use_is_not_replaced(filled: Database, file: Path) -> None:
    url = filled.url.render_as_string(hide_password=False)
    take(filled, file)
    before = contents(filled)
    with filled.engine.connect() as connection:
        connection.execute(text("SELECT 1 FROM articles"))
        with pytest.raises(BackupError, match=r"in use|at work"):
            restore(url, file, force=True)
    assert contents(filled) == before


def test_a_damaged_backup_changes_nothing(filled: Database, file: Path) -> None:
    url = filled.url.render_as_string(hide_password=False)
    take(filled, file)
    before = contents(filled)
    filled.dispose()
    whole = file.read_bytes()
    middle = len(whole) - 2000
    for damaged, says in (
        (whole[:-1], "is cut off"),
        (whole[:5000], "is cut off"),
        (whole + b"!", "is damaged"),
        (whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :], "is damaged"),
        (whole[:40] + b"]" + whole[41:], "is damaged: its header"),
        (whole[:300], "is damaged: its header"),
        (b"PK" + whole, "is no backup"),
        (b"", "is no backup"),
        (whole.replace(b"backup 1", b"backup 2", 1), "by a newer program"),
        (whole.replace(b'"schema": "0', b'"schema": "9', 1), "none above"),
        (whole.replace(b'"system": "', b'"system":"x', 1), "is a backup of x"),
        # All of it is restored before this is found out.
        (whole.replace(b'"articles": 3', b'"articles": 4', 1), "does not hold the rows"),
    ):
        assert damaged != whole
        file.write_bytes(damaged)
        with pytest.raises(BackupError, match=says):
            restore(url, file, force=True)
    with opened(url) as there:
        assert contents(there) == before
    assert [path for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_a_full_disk_leaves_no_half_file_and_the_store_as_it_was(
    filled: Database, file: Path
) -> None:
    if not filled.is_sqlite:
        ingest_one(filled, 4)
    url = filled.url.render_as_string(hide_password=False)
    before = contents(filled)
    with limited(20_000), pytest.raises(BackupError, match="no backup was written"):
        take(filled, file)
    assert not file.exists()
    take(filled, file)
    filled.dispose()
    if filled.is_sqlite:
        with limited(20_000), pytest.raises(BackupError, match="was not restored"):
            restore(url, file, force=True)
    with opened(url) as there:
        assert contents(there) == before
    assert [path for path in file.parent.iterdir() if path.name.startswith(".")] == []


@contextmanager
def limited(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_older_store_is_backed_up_and_upgraded_when_it_is_restored(
    database_url: str, tmp_path: Path
) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parents[1] / "migrations"))
    file = tmp_path / "old.backup"
    with opened(database_url) as old:
        with old.engine.execution_options(transpacific_write=True).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            connection.execute(
                text(
                    "INSERT INTO sources (name, kind, state_media) VALUES ('A', 'newspaper', :no)"
                ),
                {"no": False},
            )
        taken = take(old, file)
    assert taken.schema == "0001"
    restore(database_url, file, force=True)
    with opened(database_url) as restored:
        assert maintenance.check(restored) == migrate.HEAD
        with restored.reading() as session:
            assert session.execute(text("SELECT name FROM sources")).scalar_one() == "A"
