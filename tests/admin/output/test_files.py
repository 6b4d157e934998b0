"""Files that the caller names: what is written stays what it was, and what fails is named."""

import errno
import io
import os
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from admin.output import files
from admin.output.errors import Misuse
from tests.admin.conftest import Cli
from tests.support.waiting import join


def through_a_fifo(cli: Cli, fifo: Path, *arguments: str) -> bytes:
    """What a reader at the other end of a FIFO gets of a command that writes into it."""
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)
    reader.start()
    ended = cli(*arguments, "-o", fifo)
    join(reader)
    assert (ended.status, ended.out) == (0, ""), ended.err
    return got[0]


@pytest.mark.parametrize(
    "arguments",
    ["export stories", "export articles --format csv", "feeds export"],
)
def test_a_fifo_is_written_into_and_stays_one(polled: Cli, tmp_path: Path, arguments: str) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    assert through_a_fifo(polled, fifo, *arguments.split()) == polled(*arguments.split()).stdout
    assert stat.S_ISFIFO(fifo.lstat().st_mode)
    assert list(tmp_path.iterdir()) == [fifo]


@pytest.mark.parametrize("to_fifo", [False, True])
def test_a_parquet_file_is_the_same_through_a_fifo(
    polled: Cli, tmp_path: Path, to_fifo: bool
) -> None:
    import pyarrow.parquet

    target = tmp_path / "out"
    arguments = ("export", "stories", "--format", "parquet")
    if to_fifo:
        os.mkfifo(target)
        body = through_a_fifo(polled, target, *arguments)
    else:
        assert polled(*arguments, "-o", target).status == 0
        body = target.read_bytes()
    assert pyarrow.parquet.read_table(io.BytesIO(body)).num_rows == 4


@pytest.mark.parametrize("before", ["old", None])
def test_a_symbolic_link_stays_one_and_what_it_names_is_written(
    polled: Cli, tmp_path: Path, before: str | None
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    target = folder / "out.jsonl"
    if before is not None:
        target.write_text(before)
    link = tmp_path / "link"
    link.symlink_to(Path("folder") / "out.jsonl")
    ended = polled("export", "stories", "-o", link)
    assert ended.status == 0, ended.err
    assert link.is_symlink()
    assert target.read_bytes() == polled("export", "stories").stdout
    assert list(folder.iterdir()) == [target]


@pytest.mark.parametrize("name", ["folder", "to_folder", "circle"])
def test_what_cannot_be_written_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "to_folder").symlink_to("folder")
    (tmp_path / "circle").symlink_to("circle")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Misuse, match=f"cannot write .*{name}: "), files.written(tmp_path / name):
        pass
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "circle").is_symlink()


class Broken(io.RawIOBase):
    """A file that opens and cannot be read: one on a disk that fails."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("command", ["feeds import", "tag", "tag --jsonl", "extract"])
def test_an_error_of_reading_names_the_file(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    whole = Path.open

    def opened(path: Path, *how: Any, **options: Any) -> Any:
        broken = path.name == "broken.xml"
        return io.BufferedReader(Broken()) if broken else whole(path, *how, **options)

    monkeypatch.setattr(Path, "open", opened)
    ended = cli(*command.split(), "broken.xml")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "transpacific: broken.xml: Input/output error\n"


def test_an_error_of_reading_stdin_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Broken())))
    with pytest.raises(OSError, match="Input/output error") as caught:
        files.read("-")
    assert caught.value.filename == "stdin"


def test_stdin_is_open_still_when_it_has_been_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"line\n" * 50_000))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert files.read("-") == b"line\n" * 50_000
    assert not stdin.buffer.closed
