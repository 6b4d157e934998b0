"""Letting analysts read the views."""

from pathlib import Path
from typing import Annotated

import typer

from admin.db.group import db, opened
from admin.output.console import note, print_result

Analyst = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and _.")]


@db.command("grant-analyst")
def grant_analyst(name: Analyst) -> None:
    """Let an analyst read the views and nothing else.

    It prints the URL for them.

    On PostgreSQL: a login of its own that cannot write, and reads neither pages as they were
    fetched nor feeds' whole addresses. The password in the URL is shown this once; again, and it
    gets a new one. On SQLite, which has no logins: a copy that holds the views alone; again, and
    it is as of now.
    """
    from store.database import analyst_logins, views_copy

    analyst_logins.check_name(name)
    with opened(make=False) as database:
        if database.is_sqlite:
            file = _copy_of(name)
            views_copy.write(database, file)
            note(
                "SQLite has no logins, so this is a copy of the views as of now; run this again "
                "to renew it. `transpacific sql` reads the database itself."
            )
            print_result(f"{file.absolute().as_uri()}?mode=ro")
            return
        granted = analyst_logins.grant(database, name)
        for line in granted.notes:
            note(line)
        note(f"{name} can read the views. The password is shown this once; hand the URL on safely:")
        print_result(granted.url)


@db.command("revoke-analyst")
def revoke_analyst(name: Analyst) -> None:
    """Take an analyst's login away, or the copy on SQLite.

    Its sessions end.
    """
    from store.database import analyst_logins

    analyst_logins.check_name(name)
    with opened(make=False) as database:
        if not database.is_sqlite:
            analyst_logins.revoke(database, name)
        else:
            try:
                _copy_of(name).unlink()
            except FileNotFoundError:
                raise analyst_logins.AccessError(f"there is no copy for {name}") from None
        print_result(f"{name} cannot read any more")


def _copy_of(name: str) -> Path:
    from worker import settings

    return settings.load().home / "analysts" / f"{name}.db"
