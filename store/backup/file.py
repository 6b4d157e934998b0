"""The file of a backup: a header of 4,096 bytes that people can read, then the copy.

The header is two lines, the second of them JSON (`head -n 2 FILE`). The copy is what the database's
own tools make, so that it can be had back without this program:

    tail -c +4097 FILE | zstd -d > transpacific.db      the SQLite file
    tail -c +4097 FILE > transpacific.dump              for pg_restore
"""

import glob
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

MAGIC = b"transpacific backup 1\n"
_ANY_VERSION = b"transpacific backup "
HEADER_BYTES = 4096
# Bytes read or written at once.
PART = 1 << 20

# Told of every part: what is done, how many bytes of it, and of how many (None: nobody knows).
Told = Callable[[str, int, int | None], None]


class BackupError(Exception):
    """A backup cannot be taken or put back; what was there is as it was. The message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    system: str  # sqlite, postgresql
    program: str  # its version
    schema: str  # the migration that the store was at
    taken_at: datetime  # the moment that it shows
    rows: dict[str, int]  # by table
    bytes: int  # of the copy in the file
    sha256: str  # of these
    unpacked: int | None = None  # bytes of a SQLite file

    def described(self) -> dict[str, Any]:
        """The manifest as plain JSON values."""
        return asdict(self) | {"taken_at": self.taken_at.isoformat()}


class Payload:
    """Where the copy is written to; knows its length and its hash."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, part: bytes) -> int:
        self._file.write(part)
        self._hash.update(part)
        self.bytes += len(part)
        return len(part)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Write the header, now that all is known."""
        line = json.dumps(manifest.described(), sort_keys=True).encode()
        header = (MAGIC + line + b"\n").ljust(HEADER_BYTES, b"\n")
        assert len(header) == HEADER_BYTES, "the copy begins where the header ends"
        self._file.seek(0)
        self._file.write(header)


@contextmanager
def written(path: Path) -> Iterator[Payload]:
    """A backup that appears under its name when it is whole and on the disk; for its user alone."""
    with private(path, "part") as part:
        with part.open("r+b") as file:
            file.seek(HEADER_BYTES)
            yield Payload(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_directory(path.parent)


@contextmanager
def private(beside: Path, suffix: str) -> Iterator[Path]:
    """An empty file in the same folder that only its user can read; gone afterwards."""
    path = beside.with_name(f".{beside.name}.{os.getpid()}.{suffix}")
    _remove(path)  # left by a process of our number that was killed
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield path
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    """Delete a file, and what a database has beside it."""
    for file in (path, *path.parent.glob(f"{glob.escape(path.name)}-*")):
        file.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Let a new name survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def manifest_of(path: Path) -> Manifest:
    """What a backup says of itself. Raises `BackupError` where it is none, or not whole."""
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    length = path.stat().st_size - HEADER_BYTES
    if not header.startswith(_ANY_VERSION):
        raise BackupError(f"{path} is no backup of Transpacific")
    if not header.startswith(MAGIC):
        raise BackupError(f"{path} was written by a newer program: restore it with that one")
    try:
        manifest = _read(json.loads(header.removeprefix(MAGIC)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{path} is damaged: its header cannot be read") from error
    if length != manifest.bytes:
        state = "cut off" if length < manifest.bytes else "damaged"
        raise BackupError(
            f"{path} is {state}: it has {max(length, 0):,} bytes of {manifest.bytes:,}"
        )
    return manifest


def _read(fields: dict[str, Any]) -> Manifest:
    return Manifest(
        system=str(fields["system"]),
        program=str(fields["program"]),
        schema=str(fields["schema"]),
        taken_at=datetime.fromisoformat(fields["taken_at"]),
        rows={str(name): int(number) for name, number in fields["rows"].items()},
        bytes=int(fields["bytes"]),
        sha256=str(fields["sha256"]),
        unpacked=None if fields["unpacked"] is None else int(fields["unpacked"]),
    )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The copy within a backup, from its first byte on."""
    # Without a buffer, so that a child that gets the file begins where we are.
    with path.open("rb", buffering=0) as file:
        file.seek(HEADER_BYTES)
        yield file


def parts(path: Path, manifest: Manifest, what: str, told: Told) -> Iterator[bytes]:
    """The copy, part by part; use nothing of it before the last has come.

    After that it raises `BackupError` where this is not what was written.
    """
    hashed = hashlib.sha256()
    done = 0
    with opened(path) as file:
        while part := file.read(PART):
            hashed.update(part)
            done += len(part)
            told(what, done, manifest.bytes)
            yield part
    if hashed.hexdigest() != manifest.sha256:
        raise BackupError(f"{path} is damaged: its checksum does not fit")
