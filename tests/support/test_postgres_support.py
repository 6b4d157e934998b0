import os
import pwd
import subprocess
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.postgres import Programs, drop_database, fresh_database
from worker.service import unprivileged


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def test_every_fresh_database_is_empty_and_nobody_elses(postgres_url: str) -> None:
    first, second = fresh_database(postgres_url), fresh_database(postgres_url)
    execute(first, "CREATE TABLE letters (body text)")
    execute(second, "CREATE TABLE letters (body text)")
    assert execute(second, "SELECT count(*) FROM letters") == [(0,)]
    drop_database(postgres_url, first)
    with pytest.raises(sa.exc.OperationalError, match="does not exist"):
        execute(first, "SELECT 1")
    drop_database(postgres_url, second)


def test_a_database_that_is_still_in_use_can_be_dropped(postgres_url: str) -> None:
    url = fresh_database(postgres_url)
    connection = sa.create_engine(url, poolclass=sa.NullPool).connect()
    connection.execute(sa.text("SELECT 1"))
    drop_database(postgres_url, url)
    with pytest.raises(sa.exc.OperationalError, match="terminating connection"):
        connection.execute(sa.text("SELECT 1"))
    connection.invalidate()


def test_text_is_utf_8(postgres_url: str) -> None:
    assert execute(postgres_url, "SELECT octet_length('中美')") == [(6,)]


def test_the_wheels_programs_serve_and_leave_nothing_behind() -> None:
    [programs] = postgres.wheel_programs()
    with postgres.started_server(programs) as url:
        assert execute(url, "SELECT current_setting('is_superuser')") == [("on",)]
        [(data,)] = execute(url, "SHOW data_directory")
        owner = Path(str(data)).stat().st_uid
        postmaster = int((Path(str(data)) / "postmaster.pid").read_text().split("\n")[0])
        assert psutil.Process(postmaster).net_connections(kind="inet") == []
    expected = pwd.getpwnam(unprivileged.ACCOUNT).pw_uid if os.geteuid() == 0 else os.geteuid()
    assert owner == expected
    assert not psutil.pid_exists(postmaster)
    assert not Path(str(data)).parent.exists()


def test_programs_that_others_cannot_reach_serve_all_the_same(tmp_path: Path) -> None:
    [wheel] = postgres.wheel_programs()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in (wheel.tree, wheel.tree.with_name(f"{wheel.tree.name}.libs")):
        if part.is_dir():
            subprocess.run(["cp", "-R", str(part), str(closed)], check=True)
    tree = closed / wheel.tree.name
    with postgres.started_server(Programs(bin=tree / "pginstall/bin", tree=tree)) as url:
        assert execute(url, "SELECT 1") == [(1,)]


def test_a_server_named_by_the_variable_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(postgres.URL_VARIABLE, "postgresql+psycopg://news@db.example/tests")
    with postgres.postgres_server() as url:
        assert url == "postgresql+psycopg://news@db.example/tests"


def test_an_installation_without_a_working_initdb_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = tmp_path / "half"
    half.mkdir()
    server = half / "postgres"
    server.write_text("#!/bin/sh\nexit 0\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(half))
    assert postgres.find_programs().bin != half


def test_a_failing_initdb_is_reported_with_its_own_words() -> None:
    programs = unprivileged.private_directory("transpacific-test-")
    initdb = programs / "initdb"
    initdb.write_text("#!/bin/sh\necho 'no space left' >&2\nexit 1\n")
    initdb.chmod(0o755)
    try:
        with (
            pytest.raises(postgres.PostgresUnavailable, match="no space left"),
            postgres.started_server(Programs(bin=programs, tree=programs)),
        ):
            pass
    finally:
        initdb.unlink()
        programs.rmdir()
