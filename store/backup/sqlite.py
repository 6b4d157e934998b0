"""SQLite: a copy by the online backup API, and a restored file in the place of the old one."""

import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.backup.file import PART, BackupError, Payload, Told

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Pages of the file copied in one step: 4 MB, a few milliseconds.
_STEP = 1024
# The copy holds pages that are packed already, and texts: more effort gains little.
_ZSTD_LEVEL = 3
# Seconds that another process gets to let go of the database before we say that it is in use.
_PATIENCE = 2.0
# What SQLite keeps beside a database.
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds."""

    schema: str | None
    rows: dict[str, int]
    bytes: int


def size(file: Path) -> int:
    """The bytes that a copy will have, and that it needs on the disk."""
    with closing(_connect(file)) as source:
        (pages,) = source.execute("PRAGMA page_count").fetchone()
        (page,) = source.execute("PRAGMA page_size").fetchone()
        return int(pages) * int(page)


def copy(file: Path, target: Path, tables: Iterable[str], told: Told) -> Copied:
    """Copy a database as it is at this moment, while others write to it.

    One transaction of reading is held all the while. Without it every commit of another process
    would have the copying begin anew, and among steady writers it would never end; with it their
    log (the -wal file) grows until we are done.
    """
    with closing(_connect(file)) as source, closing(_connect(target)) as copied:
        source.execute("BEGIN")
        schema = _schema(source)
        rows = {name: _count(source, name) for name in tables if _has(source, name)}
        (page,) = source.execute("PRAGMA page_size").fetchone()

        def progress(_status: int, remaining: int, total: int) -> None:
            told("copying", (total - remaining) * page, total * page)

        # In the copy's own journal nothing is worth keeping: it is whole, or it is deleted.
        copied.execute("PRAGMA journal_mode = OFF")
        copied.execute("PRAGMA synchronous = OFF")
        source.backup(copied, pages=_STEP, progress=progress)
        source.execute("ROLLBACK")
        # One file, with nothing beside it.
        copied.execute("PRAGMA journal_mode = DELETE")
        told("checking", 0, None)
        _check(copied, str(file))
    return Copied(schema, rows, target.stat().st_size)


def pack(copied: Path, payload: Payload, told: Told) -> None:
    """Write the copy into a backup."""
    total = copied.stat().st_size
    done = 0
    packer = zstd.ZstdCompressor(level=_ZSTD_LEVEL)
    with copied.open("rb") as file:
        while part := file.read(PART):
            payload.write(packer.compress(part))
            done += len(part)
            told("packing", done, total)
    payload.write(packer.flush())


def unpack(packed: Iterable[bytes], target: Path, name: str) -> None:
    """Write the database of a backup into a file."""
    unpacker = zstd.ZstdDecompressor()
    with target.open("r+b") as file:
        for part in packed:
            try:
                file.write(unpacker.decompress(part))
            except (zstd.ZstdError, EOFError) as error:
                raise BackupError(f"{name} is damaged ({error})") from error


def verify(file: Path, rows: dict[str, int], name: str) -> None:
    """Look whether a restored file is whole and holds so many rows. Raises `BackupError`."""
    with closing(_connect(file)) as restored:
        try:
            _check(restored, name)
            found = {table: _count(restored, table) for table in rows}
        except sqlite3.DatabaseError as error:
            raise BackupError(f"{name} is damaged ({error})") from error
    if found != rows:
        raise BackupError(f"{name} is damaged: it does not hold the rows that it names")


def holds_rows(file: Path, tables: Iterable[str]) -> bool:
    """Whether any of these tables has a row; a file that cannot be read might be mended."""
    if not file.exists() or file.stat().st_size == 0:
        return False
    with closing(_connect(file)) as connection:
        try:
            there = [name for name in tables if _has(connection, name)]
            return any(
                connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() for name in there
            )
        except sqlite3.DatabaseError:
            return True


def settle(file: Path) -> None:
    """Bring all that is beside a database into its file, and leave nothing there."""
    with closing(_connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Nobody else has the database open, and nothing of it stands beside its file.

    Raises `BackupError` where somebody has. What cannot be read is nobody's.
    """
    if not file.exists():
        yield
        return
    with closing(_connect(file)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise BackupError(
                    f"{file} is in use: stop the service, and whatever else reads it"
                ) from error
        except sqlite3.DatabaseError:
            pass
        yield


def replace(file: Path, restored: Path) -> None:
    """Put a restored file in the place of the database; the caller holds that one."""
    for suffix in _BESIDE:
        # A log of the old file would be read as the new one's.
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    restored.replace(file)


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)


def _has(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
    return found.fetchone() is not None


def _schema(connection: sqlite3.Connection) -> str | None:
    if not _has(connection, "alembic_version"):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _count(connection: sqlite3.Connection, name: str) -> int:
    (number,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
    return int(number)


def _check(connection: sqlite3.Connection, name: str) -> None:
    faults = [str(fault) for (fault,) in connection.execute("PRAGMA integrity_check(3)")]
    if faults != ["ok"]:
        raise BackupError(f"{name} is damaged ({'; '.join(faults)})")
    astray = connection.execute("PRAGMA foreign_key_check").fetchone()
    if astray is not None:
        raise BackupError(
            f"{name} is damaged: a row of {astray[0]} refers to one that is not there"
        )
