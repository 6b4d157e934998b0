"""Putting a backup back: the store that was there stays as it was until all of it is proven."""

import os
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import URL, delete, inspect, text

from store.backup import postgresql, sqlite
from store.backup.file import (
    BackupError,
    Manifest,
    Told,
    manifest_of,
    opened,
    parts,
    private,
    sync_directory,
)
from store.backup.taking import tables
from store.database import migrate
from store.database.connection import Database
from store.tables import Heartbeat

# A store with none of these holds nothing that anybody would miss.
_MISSED = ("sources", "feeds", "articles", "tombstones")


def restore(database: Database, file: Path, *, force: bool, told: Told) -> Manifest:
    """Put a backup in the place of the database, and bring it to the schema of this program.

    `force`: also where the database holds something. The caller sees to it that no service runs.
    Raises `BackupError`; the database is as it was then.
    """
    try:
        manifest = manifest_of(file)
        _refuse_unfit(database, manifest, file)
        if database.is_sqlite:
            _restore_file(database, file, manifest, force, told)
        else:
            _restore_tables(database, file, manifest, force, told)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BackupError(f"{file} was not restored: {reason}") from error
    return manifest


def _refuse_unfit(database: Database, manifest: Manifest, file: Path) -> None:
    system = "sqlite" if database.is_sqlite else "postgresql"
    if manifest.system != system:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise BackupError(
            f"{file} is a backup of {names.get(manifest.system, manifest.system)}, and "
            f"TRANSPACIFIC_DATABASE_URL names {names[system]}: restore it to its own kind"
        )
    if manifest.schema > migrate.HEAD:
        raise BackupError(
            f"{file} is of version {manifest.schema}, and this program knows none above "
            f"{migrate.HEAD}: restore it with Transpacific {manifest.program} or newer"
        )


def _refuse_filled(database: Database, force: bool) -> None:
    if not force:
        raise BackupError(
            f"the database {database.name} is not empty: --force replaces all of it "
            "(`transpacific db backup` keeps it)"
        )


# --- SQLite ---


def _restore_file(
    database: Database, file: Path, manifest: Manifest, force: bool, told: Told
) -> None:
    target = Path(str(database.url.database)).resolve()
    if sqlite.holds_rows(target, _MISSED):
        _refuse_filled(database, force)
    free = shutil.disk_usage(target.parent).free
    if manifest.unpacked is not None and free < manifest.unpacked:
        raise BackupError(
            f"{target.parent} has {free:,} bytes free, and {file} unpacks to {manifest.unpacked:,}"
        )
    with sqlite.held(target):
        pass  # told before the work, not after
    with private(target, "restored") as restored:
        sqlite.unpack(parts(file, manifest, "unpacking", told), restored, str(file))
        told("checking", 0, None)
        sqlite.verify(restored, manifest.rows, str(file))
        if manifest.schema != migrate.HEAD:
            told("upgrading", 0, None)
        _upgrade(restored)
        _like(target, restored)
        _sync(restored)
        with sqlite.held(target):
            sqlite.replace(target, restored)
        sync_directory(target.parent)


def _upgrade(restored: Path) -> None:
    database = Database(URL.create("sqlite", database=str(restored)))
    try:
        migrate.upgrade(database)
        _forget_signs_of_life(database)
    finally:
        database.dispose()
    sqlite.settle(restored)


def _forget_signs_of_life(database: Database) -> None:
    """Those of the service that the backup is of say nothing of one here."""
    with database.writing() as session:
        session.execute(delete(Heartbeat))


def _like(target: Path, restored: Path) -> None:
    """Give the new file the old one's mode and owner: the service may run under another user."""
    if target.exists():
        shutil.copymode(target, restored)
        if os.geteuid() == 0:
            there = target.stat()
            os.chown(restored, there.st_uid, there.st_gid)


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())


# --- PostgreSQL ---


def _restore_tables(
    database: Database, file: Path, manifest: Manifest, force: bool, told: Told
) -> None:
    database.check()
    if not _is_empty(database):
        _refuse_filled(database, force)
    others = postgresql.others(database)
    if others:
        raise BackupError(
            f"{others} sessions of Transpacific are at work in {database.name}: stop the workers, "
            "beat, and whatever else reads it"
        )
    for _ in parts(file, manifest, "checking", told):
        pass  # all of it, before anything is touched
    with opened(file) as archive:
        postgresql.restore(database, archive, tables(), manifest.rows, told)
    told("upgrading", 0, None)
    migrate.upgrade(database)
    _forget_signs_of_life(database)
    with database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("ANALYZE")


def _is_empty(database: Database) -> bool:
    with database.engine.connect() as connection:
        there = [name for name in _MISSED if inspect(connection).has_table(name)]
        return not any(
            connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() for name in there
        )
