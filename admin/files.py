"""Files that the caller names: read (`-` is stdin), or written whole or not at all."""

import errno
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from admin.errors import Misuse

STDIN = "-"
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(name: str) -> bytes:
    """The bytes of a file. Raises `Misuse` where it cannot be read."""
    with opened(name) as file:
        return file.read()


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file open for reading. Raises `Misuse` where it cannot be."""
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - errors of opening alone are told here
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Misuse(_cannot("read", name, error)) from None
    with file:
        yield file


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

    Raises `Misuse` where nothing can be written there.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        file = part.open("xb")
    except (OSError, ValueError) as error:
        raise Misuse(_cannot("write", str(path), error)) from None
    try:
        with file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _cannot(do: str, name: str, error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot {do} {name}: {reason}"
