"""A SQLite file that holds what the analysts' views show, and nothing else.

SQLite has no logins: whoever may read the service's file reads all of it, pages and feeds'
addresses included. So an analyst is given a copy, in which each view is a table of its name.
"""

import os
from contextlib import closing
from pathlib import Path

from store.database.connection import Database, DatabaseError
from store.database.read_only_sql import open_sqlite

# Columns that rows are looked up and put in order by.
_INDEXED = ("id", "story", "article", "tagging", "first_seen")
_READ_ONLY = 0o444


def write(database: Database, file: Path) -> int:
    """Write the copy, in place of what was there before; returns how many views it has.

    The rows are those of one moment. Raises `DatabaseError` where there are no views.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        count = _copy(database, part)
        part.chmod(_READ_ONLY)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


def _copy(database: Database, part: Path) -> int:
    with closing(open_sqlite(database)) as connection:
        views = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'view' AND name GLOB 'v_*'"
            )
        ]
        if not views:
            raise DatabaseError(
                f"the database {database.name} has no views: run `transpacific db upgrade`"
            )
        connection.execute("ATTACH ? AS copy", (f"{part.absolute().as_uri()}?mode=rwc",))
        # Nobody sees the file before it is whole: a journal would only cost.
        connection.execute("PRAGMA copy.journal_mode = OFF")
        connection.execute("PRAGMA copy.synchronous = OFF")
        connection.execute("BEGIN")
        for view in views:
            connection.execute(f"CREATE TABLE copy.{view} AS SELECT * FROM main.{view}")
            columns = connection.execute(f"PRAGMA copy.table_info({view})").fetchall()
            for _, column, *_ in columns:
                if column in _INDEXED:
                    connection.execute(f"CREATE INDEX copy.{view}_{column} ON {view} ({column})")
        connection.execute("COMMIT")
        return len(views)
