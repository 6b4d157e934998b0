"""Backups, and putting them back."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.db.group import db, opened
from admin.output.console import counted, note, print_json, print_result, progress
from admin.output.errors import Failure, Misuse

if TYPE_CHECKING:
    from store.backup.file import Manifest, Told

# Their names sort by the time that they show.
_NAME = "transpacific-{:%Y%m%dT%H%M%SZ}.backup"
_PATTERN = "transpacific-*T*Z.backup"
_MEGABYTE = 1_000_000


@db.command()
def backup(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Or a folder, for a name with the time; by default `backups` in the home.",
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Delete all but so many of the folder's newest backups."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Write all that is stored into a file, beside the service.

    It shows one moment, and holds all that was stored before. The file appears under its name when
    it is whole and checked, and only its user can read it: it holds feeds' whole addresses. On
    PostgreSQL pg_dump does it.

    \b
    Examples:
      transpacific db backup --keep 7
      transpacific db backup -o before-the-upgrade.backup
    """
    from admin.output.version import program_version
    from store.backup import taking
    from worker import clock

    began, now = time.monotonic(), clock.now()
    file, directory = _target(output, now)
    if keep is not None and directory is None:
        raise Misuse("--keep is for a folder of backups: name one with -o, or leave -o out")
    with opened(make=False) as database, _told("backup") as told:
        manifest = taking.take(database, file, program=program_version(), now=now, told=told)
    gone: Sequence[Path] = ()
    if directory and keep:
        gone = taking.remove_older(directory, _PATTERN, keep=keep, now=now)
    seconds = time.monotonic() - began
    if as_json:
        print_json(
            _described(file, manifest, seconds) | {"deleted": [str(older) for older in gone]}
        )
        return
    print_result(f"{file}: {_summary(manifest)}, in {seconds:.1f} s")
    if gone:
        note(f"{counted(len(gone), 'older file')} deleted")


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` wrote.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace a database that holds something.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Put a backup in the place of the database.

    The service must be stopped. A backup that is damaged or cut off changes nothing, nor does
    anything else that goes wrong; one of an older version is upgraded. On PostgreSQL pg_restore and
    psql do it, in one transaction.
    """
    from store.backup import restoring

    if not file.is_file():
        raise Misuse(f"cannot read {file}: there is no such file")
    began = time.monotonic()
    with _stopped(), opened(make=True) as database, _told("restore") as told:
        manifest = restoring.restore(database, file, force=force, told=told)
        name = database.name
    seconds = time.monotonic() - began
    if as_json:
        print_json(_described(file, manifest, seconds) | {"database": name})
        return
    print_result(f"{name} is restored: {_summary(manifest)}, in {seconds:.1f} s")


def _target(output: Path | None, now: datetime) -> tuple[Path, Path | None]:
    """The file to write, and its folder where the name is ours."""
    from worker import settings

    directory = output
    if output is None:
        directory = settings.load().home / "backups"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not output.is_dir():
        if not output.parent.is_dir():
            raise Misuse(f"cannot write {output}: there is no such folder")
        return output, None
    assert directory is not None
    return directory / _NAME.format(now), directory


@contextmanager
def _stopped() -> Iterator[None]:
    """No service runs in this home, and none begins meanwhile."""
    from worker import settings
    from worker.context import prepare_home
    from worker.home import lock as homelock

    home = settings.load().home
    prepare_home(home)
    lock = homelock.take(home)
    if lock is None:
        raise Failure(f"the service is running in {home}: stop it first")
    with lock:
        yield


@contextmanager
def _told(what: str) -> Iterator["Told"]:
    """Show on a terminal what is done, and how far it is."""
    with progress(what) as bar:

        def told(step: str, done: int, of: int | None) -> None:
            far = f" {done // _MEGABYTE:,}" if done else ""
            total = f" of {of // _MEGABYTE:,}" if of else ""
            bar(done, f"{step}{far}{total}{' MB' if far or total else ''}")

        yield told


def _summary(manifest: "Manifest") -> str:
    rows = manifest.rows
    return (
        f"{counted(rows.get('articles', 0), 'article')} of "
        f"{counted(rows.get('feeds', 0), 'feed')}, "
        f"{sum(rows.values()):,} rows as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"{manifest.bytes / _MEGABYTE:,.1f} MB"
    )


def _described(file: Path, manifest: "Manifest", seconds: float) -> dict[str, Any]:
    return {"file": str(file)} | manifest.described() | {"seconds": round(seconds, 3)}
