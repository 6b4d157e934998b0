"""PostgreSQL's programs: found, of a fitting version, and never told the password aloud."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from store.backup.file import BackupError
from store.backup.postgresql import _understood
from tests.store.backup.building import opened, take


@pytest.fixture
def url(migrated_postgres: str) -> Iterator[str]:
    """A database with the schema; the server takes any password."""
    with_password = sa.make_url(migrated_postgres).set(password="s3cret-word")
    yield with_password.render_as_string(hide_password=False)


def program(directory: Path, name: str, *lines: str) -> None:
    file = directory / name
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(0o755)


def test_a_missing_program_is_told(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with opened(url) as database, pytest.raises(BackupError, match="pg_dump is not on PATH"):
        take(database, tmp_path / "a.backup")
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_is_older_than_the_server_is_told(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with opened(url) as database, pytest.raises(BackupError, match="is of version 9, and the"):
        take(database, tmp_path / "a.backup")


def test_the_password_is_not_among_the_arguments_and_what_goes_wrong_is_passed_on(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(
        tmp_path,
        "pg_dump",
        'test "$1" = --version && echo "pg_dump (PostgreSQL) 99.1" && exit',
        f'echo "$@" > {tmp_path}/arguments; echo "$PGPASSWORD" > {tmp_path}/password',
        "printf half-a-dump; echo 'pg_dump: error: the server is on fire' >&2; exit 1",
    )
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with opened(url) as database, pytest.raises(BackupError, match="the server is on fire"):
        take(database, tmp_path / "a.backup")
    assert "--dbname=" in (tmp_path / "arguments").read_text()
    assert "s3cret-word" not in (tmp_path / "arguments").read_text()
    assert (tmp_path / "password").read_text() == "s3cret-word\n"
    assert not (tmp_path / "a.backup").exists()


def test_newer_programs_write_for_an_older_server_what_it_knows() -> None:
    script = b"SET lock_timeout = 0;\nSET transaction_timeout = 0;\nSET row_security = off;\n"
    assert _understood(script, 17) == script
    assert _understood(script, 16) == b"SET lock_timeout = 0;\nSET row_security = off;\n"
