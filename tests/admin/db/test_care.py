"""`db`: made, checked, tidied."""

from pathlib import Path

import pytest

from store.database import migrate
from store.database.connection import Database
from tests.admin.conftest import Cli


def test_a_database_is_made_checked_and_tidied(cli: Cli, database_url: str) -> None:
    before = cli("db", "check", database_url=database_url)
    assert before.status == 1
    assert "transpacific db upgrade" in before.err
    for _ in range(2):
        upgraded = cli("db", "upgrade", database_url=database_url)
        assert upgraded.status == 0
        assert f"is at version {migrate.HEAD}" in upgraded.out
    checked = cli("db", "check", database_url=database_url)
    assert (checked.status, checked.err) == (0, "")
    assert "whole" in checked.out
    assert cli("db", "vacuum", database_url=database_url).status == 0


def test_a_check_makes_no_file(cli: Cli) -> None:
    ended = cli("db", "check")
    assert ended.status == 1
    assert "transpacific db upgrade" in ended.err
    assert not cli.home.exists()


def test_a_vacuum_gives_room_back(cli: Cli) -> None:
    cli("db", "upgrade")
    file = cli.home / "transpacific.db"
    database = Database(f"sqlite:///{file}")
    with database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("CREATE TABLE junk (bytes BLOB)")
        connection.exec_driver_sql("INSERT INTO junk VALUES (zeroblob(2000000))")
        connection.exec_driver_sql("DROP TABLE junk")
    database.dispose()
    before = file.stat().st_size
    assert cli("db", "vacuum").status == 0
    assert file.stat().st_size < before - 1_500_000


def test_a_damaged_file_is_told(cli: Cli) -> None:
    cli("feeds", "import", "--catalogue")
    cli("db", "vacuum")
    file = cli.home / "transpacific.db"
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 30] = bytes(4096 * 27)
    file.write_bytes(content)
    ended = cli("db", "check")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 1
    assert "damaged" in ended.err


def test_what_is_no_database_is_told(cli: Cli) -> None:
    cli.home.mkdir()
    Path(cli.home / "transpacific.db").write_bytes(b"This is no database. " * 500)
    ended = cli("db", "check")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 1
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_another_version_is_told_with_what_to_do(cli: Cli, version: str) -> None:
    cli("db", "upgrade")
    database = Database(f"sqlite:///{cli.home / 'transpacific.db'}")
    with database.writing() as session:
        session.connection().exec_driver_sql(
            f"UPDATE alembic_version SET version_num = '{version}'"
        )
    database.dispose()
    for command in (["db", "check"], ["status"]):
        ended = cli(*command)
        assert ended.status == 1
        assert version in ended.err
        assert "transpacific db upgrade" in ended.err
