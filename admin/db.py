"""`transpacific db`: the schema of the database, and its care."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from admin.console import note, print_result, progress
from admin.errors import help_without_command

if TYPE_CHECKING:
    from store.database import Database

db = typer.Typer(
    invoke_without_command=True,
    callback=help_without_command,
    help="Upgrade, check and tidy the database, and let analysts read it.",
)


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this program.

    It is made where there is none. Safe to run at any time, and twice at once; `transpacific up`
    does it by itself.
    """
    from store import migrate
    from store.fulltext import indexing

    with _database(make=True) as database:
        migrate.upgrade(database)
        with _told("indexing stories") as update:
            indexing.catch_up(database, progress=update)
        print_result(f"{database.name} is at version {migrate.version(database)}")


@db.command()
def check() -> None:
    """Does the database answer, and is it whole?"""
    from store import maintenance

    with _database(make=False) as database:
        version = maintenance.check(database)
        print_result(f"{database.name} answers, is at version {version} and whole")


@db.command()
def reindex() -> None:
    """Make the search index and the counts of coverage anew.

    They keep themselves up to date; it is of use when a source's country was corrected.
    """
    from store import maintenance
    from store.fulltext import indexing

    with _database(make=False) as database:
        maintenance.check(database)
        with _told("indexing stories") as update:
            stories = indexing.rebuild(database, update)
        print_result(f"{stories:,} stories are indexed anew")


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


Analyst = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and _.")]


@db.command("grant-analyst")
def grant_analyst(name: Analyst) -> None:
    """Let an analyst read the views, and nothing else; prints the URL for them.

    On PostgreSQL: a login of its own that cannot write, and reads neither pages as they were
    fetched nor feeds' whole addresses. The password in the URL is shown this once; again, and it
    gets a new one. On SQLite, which has no logins: a copy that holds the views alone; again, and
    it is as of now.
    """
    from store import access, viewcopy

    access.check_name(name)
    with _database(make=False) as database:
        if database.is_sqlite:
            file = _copy_of(name)
            viewcopy.write(database, file)
            note(
                "SQLite has no logins, so this is a copy of the views as of now; run this again "
                "to renew it. `transpacific sql` reads the database itself."
            )
            print_result(f"{file.absolute().as_uri()}?mode=ro")
            return
        granted = access.grant(database, name)
        for line in granted.notes:
            note(line)
        note(f"{name} can read the views. The password is shown this once; hand the URL on safely:")
        print_result(granted.url)


@db.command("revoke-analyst")
def revoke_analyst(name: Analyst) -> None:
    """Take the login away again, with its sessions; on SQLite, the copy."""
    from store import access

    access.check_name(name)
    with _database(make=False) as database:
        if not database.is_sqlite:
            access.revoke(database, name)
        else:
            try:
                _copy_of(name).unlink()
            except FileNotFoundError:
                raise access.AccessError(f"there is no copy for {name}") from None
        print_result(f"{name} cannot read any more")


def _copy_of(name: str) -> Path:
    from worker import settings

    return settings.load().home / "analysts" / f"{name}.db"


@contextmanager
def _told(what: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many are done; yields what is to be told of each batch."""
    done = 0
    with progress(what) as bar:

        def update(more: int) -> None:
            nonlocal done
            done += more
            bar(done, f"{what}: {done:,}")

        yield update


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
