"""Making the database, looking whether it is whole, and tidying it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from admin.db.group import db, opened
from admin.output.console import counted, print_json, print_result, progress


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this program.

    It is made where there is none. Safe to run at any time, and twice at once; `transpacific up`
    does it by itself.
    """
    from store.database import migrate
    from store.search import index

    with opened(make=True) as database:
        migrate.upgrade(database)
        with _told("indexing stories") as update:
            index.catch_up(database, progress=update)
        print_result(f"{database.name} is at version {migrate.version(database)}")


@db.command()
def check() -> None:
    """Does the database answer, and is it whole?"""
    from store.database import maintenance

    with opened(make=False) as database:
        version = maintenance.check(database)
        print_result(f"{database.name} answers, is at version {version} and whole")


@db.command()
def reindex() -> None:
    """Make the search index and the counts of coverage anew.

    They keep themselves up to date; it is of use when a source's country was corrected.
    """
    from store.database import maintenance
    from store.search import index

    with opened(make=False) as database:
        maintenance.check(database)
        with _told("indexing stories") as update:
            stories = index.rebuild(database, update)
        print_result(f"{counted(stories, 'story is', 'stories are')} indexed anew")


@db.command()
def vacuum(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Give back the room of what was deleted.

    The planner's statistics are refreshed too. SQLite writes its file anew, for which it needs as
    much room again; best while the service is stopped, which waits meanwhile. PostgreSQL does it
    beside the service, and keeps most of the room for itself.
    """
    from store.database import maintenance

    with opened(make=False) as database:
        maintenance.check(database)
        with progress("tidying"):
            done = maintenance.vacuum(database)
        if as_json:
            print_json({"before": done.before, "after": done.after, "seconds": done.seconds})
            return
        print_result(
            f"{database.name} is tidied: {done.before:,} bytes before, {done.after:,} now, "
            f"in {done.seconds:.1f} s"
        )


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
