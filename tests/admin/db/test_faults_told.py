"""A file that is broken, or may only be read: what is said, and what can still be done."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.admin.conftest import ROOT, Cli, command
from tests.support.waiting import run

READING = [
    ("stories", "--relevance", "all"),
    ("counts",),
    ("feeds", "list"),
    ("status",),
    ("sql", "SELECT count(*) FROM v_stories"),
]


@pytest.mark.parametrize(
    "arguments", [*READING, ("feeds", "add", "--unchecked", "http://a.example")]
)
@pytest.mark.parametrize("whole", [True, False], ids=["another kind of file", "torn pages"])
def test_a_broken_file_is_told_as_one_with_the_command_that_mends_it(
    cli: Cli, migrated_file: Path, arguments: tuple[str, ...], whole: bool
) -> None:
    cli.home.mkdir()
    content = bytearray(migrated_file.read_bytes())
    content[0 if whole else 4096 :] = b"\xa5" * (len(content) - (0 if whole else 4096))
    (cli.home / "transpacific.db").write_bytes(content)
    ended = cli(*arguments)
    assert ended.status == 1, ended.err
    assert len(ended.err.splitlines()) == 1
    assert "transpacific db restore" in ended.err
    assert "start it" not in ended.err


@pytest.fixture(params=["no log", "a log"])
def read_only(
    request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path
) -> Iterator[Path]:
    """A home that may only be read."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(migrated_file, home / "transpacific.db")
    if request.param == "a log":
        for suffix in ("-wal", "-shm"):
            (home / f"transpacific.db{suffix}").touch()
    for file in home.iterdir():
        file.chmod(0o444)
    home.chmod(0o555)
    yield home
    home.chmod(0o700)


# Root may write wherever it wants, unless it lets go of that right (linux/prctl.h, capability.h).
AS_OTHERS = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1, 0, 0, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def as_reader(home: Path, *arguments: str) -> tuple[int, str]:
    """Run a command without root's right to write everywhere; its status and stderr."""
    whole = [sys.executable, "-c", AS_OTHERS, *command(*arguments)]
    done = run(whole, b"", cwd=ROOT, env=Cli(home).process_environment({}))
    return done.returncode, done.stderr.decode()


def test_a_store_that_may_only_be_read_can_be(read_only: Path) -> None:
    before = sorted(read_only.iterdir())
    for arguments in READING[:3] + READING[4:]:
        status, said = as_reader(read_only, *arguments)
        assert status == 0, (arguments, said)
    assert sorted(read_only.iterdir()) == before


def test_what_would_write_to_it_says_why_it_cannot(read_only: Path) -> None:
    status, said = as_reader(read_only, "feeds", "add", "--unchecked", "http://a.example/feed")
    assert status == 1
    assert len(said.splitlines()) == 1
    assert "cannot be written to" in said
    assert "give its file and the folder" in said
