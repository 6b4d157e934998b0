"""`db backup`, `db restore` and `db prune`, as an operator uses them."""

import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from store.database import migrate
from store.database.connection import Database
from tests.admin.conftest import Cli
from tests.store.building import NOW, ingest_one, tagger_output
from worker.home import lock


@pytest.fixture
def filled(cli: Cli, migrated_file: Path) -> Cli:
    """A home with one article that is not relevant."""
    cli.home.mkdir()
    shutil.copy(migrated_file, cli.home / "transpacific.db")
    database = Database(f"sqlite:///{cli.home / 'transpacific.db'}")
    ingest_one(database, judged=tagger_output(relevance="none"))
    database.dispose()
    return cli


def test_a_home_is_backed_up_and_restored(filled: Cli) -> None:
    taken = filled("db", "backup")
    assert (taken.status, taken.err) == (0, "")
    assert "1 article of 1 feed" in taken.out
    (file,) = (filled.home / "backups").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    refused = filled("db", "restore", file)
    assert refused.status == 1
    assert "--force" in refused.err
    assert len(refused.err.splitlines()) == 1
    (filled.home / "transpacific.db").unlink()
    restored = filled("db", "restore", file, "--json")
    (told,) = restored.records
    assert told["rows"]["articles"] == 1
    assert (told["schema"], told["system"]) == (migrate.HEAD, "sqlite")
    assert filled("db", "check").status == 0
    # In a home where there is nothing yet.
    other = Cli(filled.home.parent / "other")
    assert other("db", "restore", file).status == 0
    assert other("export", "articles").out == filled("export", "articles").out


def test_older_backups_of_the_folder_are_deleted(filled: Cli) -> None:
    folder = filled.home / "backups"
    folder.mkdir()
    other = folder / "notes.txt"
    other.write_text("mine")
    left_by_a_kill = folder / ".transpacific-20261101T080000Z.backup.4711.part"
    left_by_a_kill.write_text("half a backup")
    os.utime(left_by_a_kill, (datetime(2026, 11, 3, tzinfo=UTC).timestamp(),) * 2)
    being_written = folder / ".transpacific-20261104T070000Z.backup.4712.part"
    being_written.write_text("half of another")
    os.utime(being_written, (datetime(2026, 11, 4, 7, tzinfo=UTC).timestamp(),) * 2)
    for day in range(1, 5):
        with time_machine.travel(f"2026-11-0{day}T08:00:00Z", tick=True):
            ended = filled("db", "backup", "--keep", "2", "--json")
        assert ended.status == 0
    assert [Path(name).name for name in ended.records[0]["deleted"]] == [
        "transpacific-20261102T080000Z.backup",
        left_by_a_kill.name,
    ]
    assert sorted(file.name for file in folder.iterdir()) == [
        being_written.name,
        "notes.txt",
        "transpacific-20261103T080000Z.backup",
        "transpacific-20261104T080000Z.backup",
    ]
    misused = filled("db", "backup", "-o", folder / "mine.backup", "--keep", "2")
    assert misused.status == 2
    assert not (folder / "mine.backup").exists()


def test_nothing_is_restored_under_a_running_service(filled: Cli) -> None:
    file = filled.home.parent / "a.backup"
    assert filled("db", "backup", "-o", file).status == 0
    with lock.take(filled.home):
        ended = filled("db", "restore", file, "--force")
    assert ended.status == 1
    assert "the service is running" in ended.err
    assert filled("db", "restore", file, "--force").status == 0


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ("db restore /no/such/file", 2, "cannot read /no/such/file"),
        ("db restore /", 2, "cannot read /"),
        ("db restore README.md", 1, "is no backup"),
        ("db backup -o /no/such/folder/a.backup", 2, "cannot write"),
        ("db backup", 1, "transpacific db upgrade"),
        ("db backup --keep 0", 2, "--keep"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    cli: Cli, arguments: str, status: int, says: str
) -> None:
    ended = cli(*arguments.split())
    assert (ended.status, ended.out) == (status, "")
    assert len(ended.err.splitlines()) == 1
    assert says in ended.err


def test_what_would_go_is_told_and_goes(filled: Cli) -> None:
    with time_machine.travel(NOW.replace(year=2027), tick=True):
        (foreseen,) = filled("db", "prune", "--dry-run", "--json").records
        assert (foreseen["pages"], foreseen["dry_run"]) == (1, True)
        assert foreseen["bytes"] > 0
        assert filled("db", "prune", keep_snapshots_days="0").out.startswith("0 pages")
        (pruned,) = filled("db", "prune", "--json").records
        assert pruned == foreseen | {"dry_run": False}
        again = filled("db", "prune")
    assert again.out == "0 pages (0 bytes), 0 polls and 0 events are gone\n"
    assert filled("export", "articles").status == 0


def test_a_vacuum_tells_what_it_gave_back(filled: Cli) -> None:
    (told,) = filled("db", "vacuum", "--json").records
    assert set(told) == {"before", "after", "seconds"}
    assert told["after"] == (filled.home / "transpacific.db").stat().st_size
