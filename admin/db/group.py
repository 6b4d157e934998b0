"""The group of commands, and the way to the database whatever its version."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from admin.output.errors import help_without_command

if TYPE_CHECKING:
    from store.database.connection import Database

db = typer.Typer(
    invoke_without_command=True,
    callback=help_without_command,
    help="Upgrade, check, tidy and back up the database; analysts.",
)


@contextmanager
def opened(*, make: bool) -> Iterator["Database"]:
    """The database whatever its version; a SQLite file that is not there is made only if asked."""
    from store.database.connection import Database, DatabaseError
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
