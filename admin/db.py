"""`transpacific db`: the schema of the database, and its care."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from admin.console import print_result
from admin.errors import help_without_command

if TYPE_CHECKING:
    from store.database import Database

db = typer.Typer(
    invoke_without_command=True,
    callback=help_without_command,
    help="Upgrade, check and tidy the database.",
)


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this program.

    It is made where there is none. Safe to run at any time, and twice at once; `transpacific up`
    does it by itself.
    """
    from store import migrate

    with _database(make=True) as database:
        migrate.upgrade(database)
        print_result(f"{database.name} is at version {migrate.version(database)}")


@db.command()
def check() -> None:
    """Does the database answer, and is it whole?"""
    from store import maintenance

    with _database(make=False) as database:
        version = maintenance.check(database)
        print_result(f"{database.name} answers, is at version {version} and whole")


@db.command()
def vacuum() -> None:
    """Give back the room of what was deleted.

    Best while the service is stopped: it waits meanwhile.
    """
    from store import maintenance

    with _database(make=False) as database:
        maintenance.check(database)
        maintenance.vacuum(database)
        print_result(f"{database.name} is tidied")


@contextmanager
def _database(*, make: bool) -> Iterator["Database"]:
    """The database whatever its version; a SQLite file that is not there is made only if asked."""
    from store.database import Database, DatabaseError
    from worker import settings
    from worker.context import prepare_home

    read = settings.load()
    database = Database(read.database)
    file = database.url.database
    if database.is_sqlite and make and not read.database_url:
        prepare_home(read.home)
    elif database.is_sqlite and not make and file and not Path(file).exists():
        raise DatabaseError(f"there is no database {file} yet: run `transpacific db upgrade`")
    try:
        yield database
    finally:
        database.dispose()
