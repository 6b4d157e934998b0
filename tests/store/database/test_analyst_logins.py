"""An analyst's login reads the views and can do nothing else, also after an upgrade."""

import uuid
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import make_url

from store.database import analyst_logins, migrate, read_only_sql
from store.database.analyst_logins import AccessError
from store.database.connection import Database
from tests.store.building import add_feed, ingest_one
from tests.support.postgres import drop_database, fresh_database

KEY = "sesame-4711"
# Roles belong to the whole server, which test processes may share.
ANA, BEN, OTHER = (f"{name}_{uuid.uuid4().hex[:8]}" for name in ("ana", "ben", "other"))


@pytest.fixture(scope="module")
def service(postgres_url: str) -> Iterator[Database]:
    """A database with one article, and a feed whose address holds a key."""
    url = fresh_database(postgres_url)
    database = Database(url)
    migrate.ensure(database)
    ingest_one(database)
    add_feed(database, 2, url=f"http://outlet2.example/feed.xml?key={KEY}")
    yield database
    for name in (ANA, BEN):
        with suppress(AccessError):
            analyst_logins.revoke(database, name)
    database.dispose()
    drop_database(postgres_url, url)


@pytest.fixture
def analyst(service: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(analyst_logins.grant(service, ANA).url, autocommit=True) as connection:
        yield connection


def test_an_analyst_reads_every_view(service: Database, analyst: psycopg.Connection) -> None:
    views = read_only_sql.views(service)
    assert len(views) > 4
    for view in views:
        analyst.execute(f"SELECT * FROM {view}").fetchall()
    assert analyst.execute("SELECT title FROM v_stories").fetchall() == [("Envoy settles visit",)]


def test_an_analyst_sees_no_key_of_a_feed(service: Database, analyst: psycopg.Connection) -> None:
    for view in read_only_sql.views(service):
        assert KEY not in str(analyst.execute(f"SELECT * FROM {view}").fetchall()), view
    told = analyst.execute("SELECT url FROM v_feed_health ORDER BY id").fetchall()
    assert told == [("http://outlet1.example/feed.xml",), ("http://outlet2.example/feed.xml?…",)]


# With the session's own read-only default set aside, which anyone may do.
BEYOND = [
    "SELECT * FROM feeds",
    "SELECT url FROM feeds",
    "SELECT count(*) FROM snapshots",
    "SELECT * FROM sources",
    "SELECT * FROM articles",
    "SELECT * FROM events",
    "SELECT * FROM alembic_version",
    "COPY feeds TO STDOUT",
    "SELECT query_to_xml('SELECT url FROM feeds', true, true, '')",
    "INSERT INTO tombstones VALUES ('x', 'y', now(), 'z')",
    "DELETE FROM v_stories",
    "UPDATE v_feed_health SET url = 'x'",
    "UPDATE v_articles SET title = 'x'",
    "TRUNCATE stories",
    "DROP VIEW v_stories",
    "DROP TABLE stories",
    "ALTER TABLE stories ADD x integer",
    "CREATE TABLE x (y integer)",
    "CREATE TEMP TABLE x (y integer)",
    "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE SCHEMA x",
    "CREATE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "CREATE ROLE x",
    "CREATE DATABASE x",
    "GRANT SELECT ON feeds TO PUBLIC",
    "ALTER ROLE CURRENT_USER CONNECTION LIMIT 100",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "SET ROLE transpacific",
    "SET ROLE pg_read_all_data",
    "SET SESSION AUTHORIZATION transpacific",
    "SELECT set_config('role', 'transpacific', false)",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('PG_VERSION')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/transpacific-analyst'",
    "SELECT lo_import('/etc/hostname')",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT nextval('articles_id_seq')",
    "SELECT setval('articles_id_seq', 1)",
    "SELECT last_value FROM articles_id_seq",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'transpacific'",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT * FROM pg_statistic",
    "SET temp_file_limit = -1",
    "SET log_statement = 'all'",
    "LOCK TABLE stories",
    "LISTEN x; SELECT pg_promote()",
]


@pytest.mark.parametrize("statement", BEYOND)
def test_an_analyst_can_do_nothing_else(
    service: Database, analyst: psycopg.Connection, statement: str
) -> None:
    owner = service.engine.connect()
    owner.exec_driver_sql("SELECT 1")
    analyst.execute("SET default_transaction_read_only = off")
    with pytest.raises(psycopg.Error):
        if statement.endswith("TO STDOUT"):
            with analyst.cursor().copy(statement):
                pass
        else:
            analyst.execute(statement)
    assert owner.exec_driver_sql("SELECT 1").scalar() == 1
    owner.close()


def test_a_session_begins_read_only_and_bounded(analyst: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        analyst.execute("CREATE TABLE x (y integer)")
    shown = {
        name: analyst.execute(f"SHOW {name}").fetchone()
        for name in ("statement_timeout", "temp_file_limit", "timezone")
    }
    assert shown == {
        "statement_timeout": ("5min",),
        "temp_file_limit": ("4GB",),
        "timezone": ("UTC",),
    }


def test_an_analyst_sees_nothing_of_the_services_statements(
    service: Database, analyst: psycopg.Connection
) -> None:
    with service.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 'a secret of the service'")
        seen = analyst.execute("SELECT query FROM pg_stat_activity").fetchall()
    assert "a secret of the service" not in str(seen)


def test_the_grant_outlives_an_upgrade_that_makes_the_views_anew(
    service: Database, analyst: psycopg.Connection
) -> None:
    before = analyst.execute("SELECT 'v_stories'::regclass::oid").fetchone()
    migrate.upgrade(service)
    assert analyst.execute("SELECT 'v_stories'::regclass::oid").fetchone() != before
    for view in read_only_sql.views(service):
        analyst.execute(f"SELECT * FROM {view}").fetchall()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute("SELECT * FROM feeds")


def test_a_table_that_an_upgrade_makes_is_not_readable(
    service: Database, analyst: psycopg.Connection
) -> None:
    with service.writing() as session:
        session.connection().exec_driver_sql("CREATE TABLE v_secrets (key text)")
    migrate.upgrade(service)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute("SELECT * FROM v_secrets")
    with service.writing() as session:
        session.connection().exec_driver_sql("DROP TABLE v_secrets")


def test_granting_again_gives_a_new_password_and_ends_the_old(service: Database) -> None:
    first, second = analyst_logins.grant(service, ANA).url, analyst_logins.grant(service, ANA).url
    assert make_url(first).password != make_url(second).password
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT count(*) FROM v_stories").fetchone() == (1,)


def test_the_password_is_kept_as_a_hash_and_in_no_log(service: Database) -> None:
    password = make_url(analyst_logins.grant(service, ANA).url).password
    with service.engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT rolpassword FROM pg_authid WHERE rolname = %s", (ANA,)
        ).scalar()
    assert kept is not None and kept.startswith("SCRAM-SHA-256$")
    assert password and password not in kept


def test_the_url_tells_where_and_no_secret_of_the_service(service: Database) -> None:
    told = make_url(analyst_logins.grant(service, ANA).url)
    assert told.username == ANA
    assert told.database == service.url.database
    assert set(told.query) <= {"host"}
    assert len(told.password or "") >= 32


def test_a_revoked_login_ends_with_its_sessions(
    service: Database, analyst: psycopg.Connection
) -> None:
    analyst_logins.grant(service, BEN)
    analyst_logins.revoke(service, ANA)
    with pytest.raises(psycopg.OperationalError):
        analyst.execute("SELECT 1")
    with pytest.raises(AccessError, match=f"no analyst {ANA}"):
        analyst_logins.revoke(service, ANA)
    with psycopg.connect(analyst_logins.grant(service, BEN).url) as connection:
        connection.execute("SELECT * FROM v_stories")


@pytest.mark.parametrize("name", ["transpacific", "pg_monitor", OTHER], ids=["own", "pg", "other"])
def test_a_role_that_is_not_ours_is_never_touched(service: Database, name: str) -> None:
    with service.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {OTHER}")
    try:
        with pytest.raises(AccessError, match="no analyst"):
            analyst_logins.grant(service, name)
        with pytest.raises(AccessError, match="no analyst"):
            analyst_logins.revoke(service, name)
    finally:
        with service.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP ROLE {OTHER}")


@pytest.mark.parametrize(
    "name", ["", "Ana", "a b", 'a"; DROP ROLE x; --', "1a", "é", "a" * 64, "-"]
)
def test_an_odd_name_is_refused(service: Database, name: str) -> None:
    with pytest.raises(AccessError, match="no name for an analyst"):
        analyst_logins.grant(service, name)


def test_what_public_may_read_is_told_and_nothing_is_granted(service: Database) -> None:
    with service.writing() as session:
        session.connection().exec_driver_sql("GRANT SELECT (url) ON feeds TO PUBLIC")
    with suppress(AccessError):
        analyst_logins.revoke(service, BEN)
    with pytest.raises(AccessError, match="could still read feeds"):
        analyst_logins.grant(service, BEN)
    with service.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("REVOKE SELECT (url) ON feeds FROM PUBLIC")
        found = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (BEN,))
        assert found.all() == []


def test_who_may_not_make_roles_is_told_so(service: Database) -> None:
    url = analyst_logins.grant(service, ANA).url
    analyst = Database(url)
    with pytest.raises(AccessError, match="TRANSPACIFIC_DATABASE_URL"):
        analyst_logins.grant(analyst, BEN)
    analyst.dispose()


def test_an_owner_who_is_no_superuser_can_grant_too(service: Database, postgres_url: str) -> None:
    url = make_url(fresh_database(postgres_url))
    with service.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {OTHER} LOGIN CREATEROLE")
        connection.exec_driver_sql(f'ALTER DATABASE "{url.database}" OWNER TO {OTHER}')
    database = Database(url.set(username=OTHER).render_as_string(hide_password=False))
    try:
        migrate.ensure(database)
        granted = analyst_logins.grant(database, BEN)
        with psycopg.connect(granted.url, autocommit=True) as connection:
            connection.execute("SELECT * FROM v_stories")
            connection.execute("SET default_transaction_read_only = off")
            for statement in ("SELECT * FROM feeds", "CREATE TEMP TABLE x (y integer)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
        analyst_logins.revoke(database, BEN)
        assert "large objects" in granted.notes[0]
    finally:
        database.dispose()
        drop_database(postgres_url, url.render_as_string(hide_password=False))
        with service.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP ROLE {url.database}_analysts")
            connection.exec_driver_sql(f"DROP ROLE {OTHER}")


def test_an_analyst_can_use_the_sql_command_with_their_url(service: Database) -> None:
    analyst = Database(analyst_logins.grant(service, ANA).url)
    with read_only_sql.answered(analyst, "SELECT title FROM v_stories", seconds=9) as answer:
        assert list(answer.rows) == [("Envoy settles visit",)]
    with (
        pytest.raises(read_only_sql.StatementError, match="permission denied"),
        read_only_sql.answered(analyst, "SELECT url FROM feeds", seconds=9),
    ):
        pass
    assert "v_stories" in read_only_sql.views(analyst)
    assert "feeds" not in read_only_sql.views(analyst)
    analyst.dispose()


def test_an_upgrade_where_nobody_was_granted_anything_is_as_before(database_url: str) -> None:
    database = Database(database_url)
    migrate.upgrade(database)
    migrate.upgrade(database)
    database.dispose()
