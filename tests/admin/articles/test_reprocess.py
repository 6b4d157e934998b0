"""`transpacific reprocess` and `runs`: what is refused, what is resumed, what is stopped."""

import os
from collections.abc import Iterator

import pytest

from store.database.connection import Database
from store.reprocessing import runs
from store.reprocessing.selection import Selection, Versions
from store.search import index
from store.tables import Step
from tests.admin.conftest import Cli
from tests.store.building import ingest_one
from worker import clock
from worker.context import process_name


@pytest.fixture
def database(cli: Cli) -> Iterator[Database]:
    """The database of the command line's home, with one article that was read."""
    assert cli("status").status == 0
    database = Database(f"sqlite:///{cli.home / 'transpacific.db'}")
    ingest_one(database)
    yield database
    database.dispose()


def begun(database: Database, owner: str) -> int:
    """A run of one article, in the hands of this process."""
    with database.writing() as session:
        run_id = runs.begin(
            session, [1], step=Step.TAG, selection=Selection(),
            versions=Versions("1", "1", 1, "1", "1"), by="me", now=clock.now(),
        )  # fmt: skip
        assert runs.claim(session, run_id, owner=owner, now=clock.now()) is not None
    return run_id


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("reprocess --from tag --resume", "--resume goes on with a run as it was begun"),
        ("reprocess --from extract --resume", "--resume goes on with a run as it was begun"),
        ("reprocess --resume --dry-run", "--resume goes on with a run as it was begun"),
        ("reprocess --here --detach", "choose one"),
        ("reprocess --here --resume", "no run was stopped"),
        ("reprocess --here --feed http://no.example/f", "no feed http://no.example/f"),
        ("runs stop 7", "there is no run 7"),
        ("runs undo 7", "there is no run 7"),
    ],
)
@pytest.mark.usefixtures("database")
def test_what_cannot_be_done_is_refused(cli: Cli, arguments: str, says: str) -> None:
    ended = cli(*arguments.split())
    assert (ended.status, ended.out) == (2, "")
    assert says in ended.err


def test_a_run_in_other_hands_is_stopped_before_it_is_resumed_or_undone(
    cli: Cli, database: Database
) -> None:
    run_id = begun(database, "elsewhere:4:17")
    ended = cli("reprocess", "--here", "--resume")
    assert (ended.status, ended.out) == (2, "")
    assert "in the hands of elsewhere:4:17" in ended.err
    assert f"runs stop {run_id}" in ended.err
    assert f"runs stop {run_id}" in cli("runs", "undo", str(run_id)).err
    assert cli("runs", "stop", str(run_id)).status == 0
    assert "only one that is under way" in cli("runs", "stop", str(run_id)).err
    assert "elsewhere:4:17 is at its last part" in cli("runs", "undo", str(run_id)).err


def test_what_a_process_of_this_machine_had_in_hand_that_is_no_more_is_free(
    cli: Cli, database: Database
) -> None:
    ended = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(ended, 0)
    run_id = begun(database, process_name(ended))
    with database.writing() as session:
        runs.stop(session, run_id)
    assert cli("runs", "undo", str(run_id)).status == 0


@pytest.mark.usefixtures("database")
def test_a_feed_is_known_however_it_is_spelled(cli: Cli) -> None:
    told = cli("reprocess", "--outdated", "--dry-run", "--feed", "HTTP://Outlet1.example:80/feed.xml",
               "--relevance", "none", "--json")  # fmt: skip
    assert told.status == 0, told
    assert told.records[0]["articles"] == 0


def test_what_a_run_and_its_undoing_have_changed_is_found_without_a_service(
    cli: Cli, database: Database
) -> None:
    index.catch_up(database)
    before = cli("counts", "--by", "topic", "--relevance", "all", "--format", "csv").out
    assert cli("reprocess", "--here", "--from", "tag").status == 0
    assert cli("counts", "--by", "topic", "--relevance", "all", "--format", "csv").out != before
    assert cli("runs", "undo", "1").status == 0
    assert cli("counts", "--by", "topic", "--relevance", "all", "--format", "csv").out == before
