"""Care of the database itself: is it whole, and is it tidy."""

from sqlalchemy.exc import DBAPIError

from store import migrate
from store.database import Database, DatabaseError

# SQLite tells of every damaged page; the first few say enough.
_FAULTS_TOLD = 3
# A table that everything else hangs on; reading it whole proves little, reading it at all enough.
_PROBE = "SELECT count(*) FROM feeds"


def check(database: Database) -> str:
    """Look whether the database answers, is of this program's version, and is whole.

    Returns its version. Raises `DatabaseError` with what is wrong and what to do.
    """
    database.check()
    version = migrate.version(database)
    if version != migrate.HEAD:
        state = "has no tables yet" if version is None else f"is at version {version}"
        raise DatabaseError(
            f"the database {database.name} {state} and this program needs version {migrate.HEAD}: "
            "run `transpacific db upgrade`"
        )
    try:
        with database.engine.connect() as connection:
            if database.is_sqlite:
                statement = f"PRAGMA integrity_check({_FAULTS_TOLD})"
                faults = [str(fault) for (fault,) in connection.exec_driver_sql(statement)]
            else:
                connection.exec_driver_sql(_PROBE)
                faults = ["ok"]
    except DBAPIError as error:
        faults = [str(error.orig)]
    if faults != ["ok"]:
        raise DatabaseError(
            f"the database {database.name} is damaged ({'; '.join(faults)}): "
            "restore it from a backup, or dump and reload what can be read"
        )
    return version


def vacuum(database: Database) -> None:
    """Give back the room of what was deleted, and refresh the planner's statistics."""
    if database.is_sqlite:
        # Outside any transaction, which the engine would begin: the driver's own connection.
        connection = database.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("ANALYZE")
            cursor.close()
        finally:
            connection.close()
        return
    with database.engine.connect() as session:
        session = session.execution_options(isolation_level="AUTOCOMMIT")
        session.exec_driver_sql("VACUUM (ANALYZE)")
