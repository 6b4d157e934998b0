"""Logins for analysts on PostgreSQL: they read the views, and can do nothing else.

Each is a member of one group for the database, which alone is granted anything. Views are dropped
and made anew by every upgrade, so the upgrade grants them to the group again (`regrant`).
Privileges that PostgreSQL gives to everyone (temporary tables, and until version 14 tables in
`public`) are taken back. What a login could do in the end is asked of the server before anything
is committed: a grant that somebody once made to PUBLIC is found there, and told.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from store.database.connection import Database, DatabaseError

# Limits of a session, which an analyst may set anew, and of all of them, which they may not: enough
# for a year's coverage and a notebook, too little to hold up ingestion by oversight.
STATEMENT_TIMEOUT = "5min"
IDLE_TIMEOUT = "10min"
CONNECTIONS = 5
# Sorts that spill to disk; setting it takes a superuser.
TEMPORARY_FILES = "4GB"

_PASSWORD_BYTES = 24
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Bytes of a PostgreSQL name; a longer one is cut off without a word.
_NAME_BYTES = 63
_GROUP_ENDING = "_analysts"
_VIEWS = "v\\_%"  # the analysts' views, as LIKE has them
# Parts of the service's URL that tell where the server is; the rest may hold its secrets.
_PLACE = ("host", "port", "hostaddr", "sslmode")
# Large objects can be made by everyone, without leave for any table.
_LARGE_OBJECTS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")

Driver = psycopg.Connection[Any]


class AccessError(Exception):
    """A login cannot be given or taken away; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The URL of a new login, with its password; `notes`: what could not be forbidden."""

    url: str
    notes: tuple[str, ...]


def check_name(name: str) -> str:
    """The name of an analyst. Raises `AccessError` unless it is plain."""
    if not _NAME.fullmatch(name):
        raise AccessError(
            f"{name!r} is no name for an analyst: small letters, digits and _, a letter first, "
            "at most 63 of them"
        )
    return name


def grant(database: Database, name: str) -> Granted:
    """Make a login that can read the views alone; one that is there gets a new password.

    Raises `AccessError`, and has then changed nothing.
    """
    check_name(name)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    with _administering(database) as driver:
        group = _group_of(driver)
        _make_group(driver, group)
        _take_back_from_everyone(driver)
        _give_to_group(driver, group)
        _make_login(driver, name, group, password)
        notes = _limit_as_superuser(driver, name)
        if found := _could_still(driver, name, group):
            raise AccessError(
                f"{name} could still {found[0]}, by a privilege of PUBLIC or by its roles: revoke "
                "it, as the owner of the database or a superuser; nothing was granted"
            )
    place = {key: value for key, value in database.url.query.items() if key in _PLACE}
    url = database.url.set(
        drivername="postgresql", username=name, password=password, query=place
    ).render_as_string(hide_password=False)
    return Granted(url, notes)


def revoke(database: Database, name: str) -> None:
    """End a login and its sessions. Raises `AccessError` where there is no such analyst."""
    check_name(name)
    with _administering(database) as driver:
        if _comment(driver, name) != _mark(driver):
            raise AccessError(f"there is no analyst {name} of this database")
        driver.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (name,)
        )
        driver.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def regrant(connection: Connection) -> None:
    """Grant the views, made anew in this transaction, to the analysts, where there are any."""
    if connection.dialect.name == "postgresql":
        driver: Driver = connection.connection.driver_connection  # type: ignore[assignment]
        group = _group_of(driver)
        if _comment(driver, group) == _mark(driver):
            _grant_views(driver, group)


@contextmanager
def _administering(database: Database) -> Iterator[Driver]:
    """One transaction of whoever may make roles; its errors told."""
    database.check()
    pooled = database.engine.raw_connection()
    driver: Driver = pooled.driver_connection  # type: ignore[assignment]
    try:
        with driver.transaction():
            yield driver
    except (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.ReadOnlySqlTransaction,  # an analyst's own login
    ) as error:
        raise AccessError(
            f"{database.url.username or 'this login'} may not do this ({_told(error)}): set "
            "TRANSPACIFIC_DATABASE_URL to a login that owns the database and may make roles "
            "(CREATEROLE), for this command"
        ) from None
    except psycopg.Error as error:
        raise DatabaseError(f"the database {database.name}: {_told(error)}") from None
    finally:
        pooled.close()


def _told(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).partition("\n")[0]


# The group, and what it is given ------------------------------------------------------------------


def _group_of(driver: Driver) -> str:
    """The group's name. Roles belong to the whole server, so the database's name is in it."""
    base = driver.info.dbname
    if len((base + _GROUP_ENDING).encode()) > _NAME_BYTES:
        base = hashlib.sha256(base.encode()).hexdigest()[:32]
    return base + _GROUP_ENDING


def _mark(driver: Driver) -> str:
    """The comment by which our roles are known: no other role is ever touched."""
    return f"Transpacific: reads the views of the database {driver.info.dbname}"


def _comment(driver: Driver, role: str) -> str | None:
    row = driver.execute(
        "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s", (role,)
    ).fetchone()
    return row[0] if row else None


def _exists(driver: Driver, role: str) -> bool:
    found = driver.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    return found is not None


def _make_group(driver: Driver, group: str) -> None:
    if _comment(driver, group) == _mark(driver):
        return
    if _exists(driver, group):
        raise AccessError(f"there is a role {group} already that is not ours: rename it")
    driver.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(group)))
    _set_mark(driver, group)


def _set_mark(driver: Driver, role: str) -> None:
    driver.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(role), _mark(driver)))


def _take_back_from_everyone(driver: Driver) -> None:
    """Temporary tables, and tables in the service's schema; its owner keeps the right to both."""
    database, schema = sql.Identifier(driver.info.dbname), _schema(driver)
    _try(driver, sql.SQL("REVOKE CREATE, TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
    _try(driver, sql.SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(schema))


def _give_to_group(driver: Driver, group: str) -> None:
    role, database = sql.Identifier(group), sql.Identifier(driver.info.dbname)
    _try(driver, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
    _try(driver, sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(_schema(driver), role))
    _grant_views(driver, group)


def _grant_views(driver: Driver, group: str) -> None:
    for view in _views(driver):
        driver.execute(
            sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(view), sql.Identifier(group))
        )


def _views(driver: Driver) -> list[str]:
    rows = driver.execute(
        "SELECT viewname FROM pg_views WHERE schemaname = current_schema() AND viewname LIKE %s",
        (_VIEWS,),
    )
    return [view for (view,) in rows.fetchall()]


def _schema(driver: Driver) -> sql.Identifier:
    row = driver.execute("SELECT current_schema()").fetchone()
    return sql.Identifier(row[0] if row and row[0] else "public")


# A login ------------------------------------------------------------------------------------------


def _make_login(driver: Driver, name: str, group: str, password: str) -> None:
    role = sql.Identifier(name)
    if not _exists(driver, name):
        driver.execute(sql.SQL("CREATE ROLE {} IN ROLE {}").format(role, sql.Identifier(group)))
        _set_mark(driver, name)
    elif _comment(driver, name) != _mark(driver):
        raise AccessError(
            f"there is a role {name} already that is no analyst of this database: choose another "
            "name"
        )
    # Hashed here, so that the password is in no log of the server.
    hashed = driver.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    driver.execute(
        sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}").format(
            role, CONNECTIONS, hashed.decode()
        )
    )
    for setting, value in (
        ("default_transaction_read_only", "on"),
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
        ("timezone", "UTC"),
        ("search_path", _schema(driver)),
    ):
        driver.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(setting), value)
        )


def _limit_as_superuser(driver: Driver, name: str) -> tuple[str, ...]:
    """The limits that a superuser alone can set; what is left open where this is none."""
    statements = [
        sql.SQL("ALTER ROLE {} SET temp_file_limit = {}").format(
            sql.Identifier(name), TEMPORARY_FILES
        ),
        *(
            sql.SQL("REVOKE EXECUTE ON FUNCTION pg_catalog.{} FROM PUBLIC").format(sql.SQL(made))
            for made in _LARGE_OBJECTS
        ),
    ]
    done = [_try(driver, statement) for statement in statements]
    if all(done) and not _large_objects(driver, name):
        return ()
    return (
        f"{name} can still fill the disk by large objects or sorts, which a superuser alone can "
        "forbid: run this command once as one",
    )


def _large_objects(driver: Driver, name: str) -> bool:
    """Whether this login may make large objects."""
    row = driver.execute(
        "SELECT bool_or(has_function_privilege(%s, 'pg_catalog.' || made, 'EXECUTE'))"
        " FROM unnest(%s::text[]) AS made",
        (name, list(_LARGE_OBJECTS)),
    ).fetchone()
    return row is None or bool(row[0])


def _try(driver: Driver, statement: sql.Composed) -> bool:
    """Run what an owner or a superuser may; whether that was so."""
    with suppress(psycopg.errors.InsufficientPrivilege), driver.transaction():
        driver.execute(statement)
        return True
    return False


# What it could do ---------------------------------------------------------------------------------

_NOT_SYSTEM = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
# Each: whatever of these kinds the login has beyond its views, as the end of "could still …".
# What an extension brings with it (deptype e) holds none of our rows.
_BEYOND = (
    f"""SELECT 'make objects in the database' WHERE has_database_privilege(
            %(name)s, current_database(), 'CREATE')
        UNION ALL SELECT 'make temporary tables' WHERE has_database_privilege(
            %(name)s, current_database(), 'TEMPORARY')
        UNION ALL SELECT 'make objects in the schema ' || nspname FROM pg_namespace
            WHERE {_NOT_SYSTEM} AND has_schema_privilege(%(name)s, oid, 'CREATE')""",
    f"""SELECT 'read ' || relname FROM pg_class JOIN pg_namespace AS space
            ON space.oid = relnamespace
        WHERE {_NOT_SYSTEM} AND relkind IN ('r', 'p', 'v', 'm', 'f')
            AND NOT (nspname = current_schema() AND relname = ANY(%(views)s))
            AND has_any_column_privilege(%(name)s, pg_class.oid, 'SELECT')
            AND has_schema_privilege(%(name)s, space.oid, 'USAGE')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')""",
    f"""SELECT 'write to ' || relname FROM pg_class JOIN pg_namespace AS space
            ON space.oid = relnamespace
        WHERE {_NOT_SYSTEM} AND relkind IN ('r', 'p', 'v', 'm', 'f')
            AND (has_any_column_privilege(%(name)s, pg_class.oid, 'INSERT, UPDATE, REFERENCES')
                 OR has_table_privilege(%(name)s, pg_class.oid, 'DELETE, TRUNCATE, TRIGGER'))""",
    f"""SELECT 'use the sequence ' || relname FROM pg_class JOIN pg_namespace AS space
            ON space.oid = relnamespace
        WHERE {_NOT_SYSTEM} AND CASE WHEN relkind = 'S'
            THEN has_sequence_privilege(%(name)s, pg_class.oid, 'USAGE, SELECT, UPDATE') END""",
    """SELECT 'act as ' || rolname FROM pg_roles
        WHERE rolname NOT IN (%(name)s, %(group)s) AND pg_has_role(%(name)s, oid, 'MEMBER')""",
    """SELECT 'do what its attributes allow (SUPERUSER, CREATEROLE, CREATEDB …)' FROM pg_roles
        WHERE rolname = %(name)s AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication
            OR rolbypassrls)""",
)


def _could_still(driver: Driver, name: str, group: str) -> Sequence[str]:
    """What the login may do that it should not."""
    values = {"name": name, "group": group, "views": _views(driver)}
    return [told for query in _BEYOND for (told,) in driver.execute(query, values).fetchall()]
