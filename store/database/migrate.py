"""Bringing a database to the schema of this code: Alembic's migrations, then the views."""

from importlib.resources import files

from sqlalchemy import Connection, inspect

from store.database import analyst_logins, views
from store.database.connection import Database, DatabaseError

# The migration that this code needs; a test holds it equal to the newest file in migrations/.
HEAD = "0009"
# Any number, as long as every upgrade of any version takes the same lock.
_ADVISORY_LOCK = 7_264_001


def upgrade(database: Database) -> None:
    """Migrate to HEAD, in one transaction, under a lock: two at once do no harm."""
    # Alembic is slow to import, and only an upgrade needs it.
    from alembic import command
    from alembic.config import Config

    database.check()
    config = Config()
    config.set_main_option("script_location", str(files("store") / "migrations"))
    with database.engine.execution_options(transpacific_write=True).begin() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        views.drop(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        views.create(connection)
        analyst_logins.regrant(connection)


def version(database: Database) -> str | None:
    """The migration that the database is at; None where there is no schema yet."""
    with database.engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if row is None else str(row[0])


def ensure(database: Database) -> None:
    """Make the schema where there is none; refuse one of another version, saying what to do."""
    database.check()
    found = version(database)
    if found is None:
        upgrade(database)
    elif found != HEAD:
        raise DatabaseError(
            f"the database {database.name} is at version {found} and this program needs {HEAD}: "
            "run `transpacific db upgrade` (or a newer program, if that number is the higher)"
        )
