"""Files that the caller names: read (`-` is stdin), or written whole or not at all."""

import io
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from admin.output.errors import Misuse

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STDIN = "-"
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(name: str) -> bytes:
    """The bytes of a file. Raises `Misuse` where it cannot be read."""
    with opened(name) as file:
        return file.read()


@contextmanager
def opened(name: str) -> Iterator[io.BufferedReader]:
    """A file open for reading. Raises `Misuse` where it cannot be.

    An OSError of reading it names it.
    """
    if name == STDIN:
        yield io.BufferedReader(_Named(sys.stdin.buffer, "stdin"))
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - errors of opening alone are told here
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Misuse(_cannot("read", name, error)) from None
    with file:
        yield io.BufferedReader(_Named(file, name))


class _Named(io.RawIOBase):
    """A file whose errors carry its name: the system's errors of reading have none."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        try:
            part = self._file.read1(len(view))  # type: ignore[attr-defined]
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), self._name) from None
        view[: len(part)] = part
        return len(part)


class BadLine(ValueError):
    """A line of JSONL that is no record; the message says why."""


def json_object(line: bytes) -> dict[str, Any]:
    """The record of a line of JSONL. Raises `BadLine`."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON ({error})") from None
    if not isinstance(value, dict):
        raise BadLine("not a JSON object")
    if not isinstance(value.get("id"), str | int):
        raise BadLine('"id" is missing')
    return value


def text_of(record: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A text of a record; a missing one is empty. Raises `BadLine`.

    A lone surrogate, which is no character, becomes U+FFFD; offsets stay what they were.
    """
    value = record.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise BadLine(f'"{name}" is ' + ("missing" if value is None else "not a text"))
    return _SURROGATE.sub("\ufffd", value)


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when all of it is written.

    A symbolic link stays one: what it names is written. Into what is no regular file (a device, a
    FIFO) the bytes go as they come. Raises `Misuse` where nothing can be written there.
    """
    try:
        if _is_regular(path):
            target = Path(os.path.realpath(path))
            part = target.with_name(f".{target.name}.{os.getpid()}.part")
            file = part.open("xb")
        else:
            part = None
            file = path.open("wb")
    except (OSError, ValueError) as error:
        raise Misuse(_cannot("write", str(path), error)) from None
    if part is None:
        with file:
            yield file
        return
    try:
        with file:
            yield file
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _is_regular(path: Path) -> bool:
    """Whether a regular file is there, or would be made there."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


def _cannot(do: str, name: str, error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot {do} {name}: {reason}"
