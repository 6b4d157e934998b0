"""The checks of `transpacific doctor`, each a few findings."""

import importlib
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
from sqlalchemy.exc import DBAPIError

from admin.service.alerts import needs
from admin.service.check_results import Finding, fail, ok, warn, without_secrets
from admin.service.network_check import reached
from admin.service.status_view import size
from ingest.relations.lexicon_file import LexiconError
from store.database import maintenance, migrate
from store.database.connection import Database, DatabaseError
from store.database.faults import sentence
from store.database.maintenance import Condition
from store.operations import status
from worker import clock, settings
from worker.home import disk
from worker.service.redis_server import RedisUnavailable, find_binary
from worker.settings import PREFIX, Settings, SettingsError
from worker.watch import queue_depths

# A clock that is further off gives articles times that others doubt, and then leases that overlap.
CLOCK_WARN = timedelta(seconds=2)
CLOCK_FAIL = timedelta(seconds=60)
# Sockets, files and the database's connections of a worker with the usual threads come to 150.
DESCRIPTORS_FAIL, DESCRIPTORS_WARN = 256, 1024
# Redis is asked to hold messages only; more than this of its limit means that something piles up.
REDIS_FULL = 0.8
OLDEST_REDIS = 6
# What libraries need and can be installed without.
ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
MODULES = ("lxml_html_clean", "brotli", ZSTD, "trafilatura", "feedparser", "psycopg")
REINSTALL = "install the program again with all it needs: `make clean`, then `make run`"
# Variables that are read elsewhere than by the settings.
OTHER_VARIABLES = (f"{PREFIX}CONFIG",)


def checked(*, network: bool) -> list[Finding]:
    """Look at everything; with `network` at feeds' hosts too. Never raises, and shows no secret."""
    found = list(_programs())
    read: Settings | None = None
    try:
        read = settings.load()
    except SettingsError as error:
        found.append(fail("settings", str(error), "correct it; see the README's table"))
    else:
        found += [*_settings(read), *_home(read), *_disk(read), *_descriptors()]
        found += [*_database(read), *_redis(read)]
        if network:
            found += reached(read)
    return without_secrets(found, read)


def _settings(read: Settings) -> Iterator[Finding]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | set(OTHER_VARIABLES)
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        yield warn("settings", f"{', '.join(unknown)}: no such setting", "correct the spelling")
    file = settings.config_file()
    yield ok("settings", "read from the environment" + (f" and {file}" if file else ""))
    if read.contact is None:
        told = "sites that are read cannot reach you"
        yield warn("contact", told, f"set {PREFIX}CONTACT to a page or e-mail address")
    if read.lexicon is not None:
        from ingest.relations.tagger import load_tagger

        try:
            load_tagger(read.lexicon)
            yield ok("lexicon", str(read.lexicon))
        except (LexiconError, OSError) as error:
            yield fail("lexicon", str(error), f"correct it, or {PREFIX}LEXICON")


def _home(read: Settings) -> Iterator[Finding]:
    home = read.home
    if not home.exists():
        there = next(each for each in home.absolute().parents if each.exists())
        if os.access(there, os.W_OK | os.X_OK):
            yield ok("home", f"{home} is made at the first start")
        else:
            yield fail("home", f"{home} cannot be made in {there}", f"set {PREFIX}HOME")
        return
    try:
        with tempfile.NamedTemporaryFile(dir=home) as file:
            written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except OSError as error:
        told = f"{home} cannot be written to ({error.strerror})"
        yield fail("home", told, f"give it to this user, or set {PREFIX}HOME")
        return
    if home.stat().st_mode & 0o077:
        yield warn("home", f"others may look into {home}", f"chmod 700 {home}")
    else:
        yield ok("home", f"{home} can be written to, by this user alone")
    yield from _clock("clock", "the home's file system", written)


def _clock(name: str, whose: str, theirs: datetime) -> Iterator[Finding]:
    apart = abs(clock.now() - theirs)
    if apart < CLOCK_WARN:
        yield ok(name, f"as {whose} has it")
        return
    told = f"{apart.total_seconds():.0f} s away from that of {whose}"
    make = fail if apart >= CLOCK_FAIL else warn
    yield make(name, told, "let all machines keep time by NTP (chrony, systemd-timesyncd)")


def _programs() -> Iterator[Finding]:
    missing = []
    for module in MODULES:
        try:
            importlib.import_module(module)
        except Exception as error:
            missing.append(f"{module} ({type(error).__name__}: {error})")
    if missing:
        yield fail("programs", "cannot be loaded: " + ", ".join(missing), REINSTALL)
    else:
        yield ok("programs", f"Python {sys.version.split()[0]} and all libraries load")


def _disk(read: Settings) -> Iterator[Finding]:
    room = disk.read(read.home)
    told = f"{size(room.free)} free of {size(room.total)}, the home takes {size(room.home)}"
    if room.low:
        yield warn("disk", told, "make room, or see `transpacific db vacuum`")
    else:
        yield ok("disk", told)


def _descriptors() -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    told = f"{soft} files and sockets at once"
    mend = f"raise it: `ulimit -n {DESCRIPTORS_WARN}`, or LimitNOFILE in a systemd unit"
    if soft != resource.RLIM_INFINITY and soft < DESCRIPTORS_WARN:
        yield (fail if soft < DESCRIPTORS_FAIL else warn)("descriptors", told, mend)
    else:
        yield ok("descriptors", told)


def _database(read: Settings) -> Iterator[Finding]:
    try:
        database = Database(read.database)
    except DatabaseError as error:
        yield fail("database", str(error), f"correct {PREFIX}DATABASE_URL")
        return
    try:
        file = database.url.database
        if database.is_sqlite and file and not Path(file).exists():
            told = f"there is no {file} yet"
            yield warn("database", told, "`transpacific up` or `transpacific db upgrade` makes it")
            return
        yield from _of_database(database)
    except DatabaseError as error:
        told, _, mend = str(error).rpartition(": ")
        yield fail("database", told, mend)
    except DBAPIError as error:
        told, _, mend = sentence(error, "it").rpartition(": ")
        yield fail("database", told, mend)
    finally:
        database.dispose()


def _of_database(database: Database) -> Iterator[Finding]:
    database.check()
    version = migrate.version(database)
    if version != migrate.HEAD:
        told = "there is no schema yet" if version is None else f"it is at version {version}"
        told += f", and this program needs {migrate.HEAD}"
        yield fail("database", told, "`transpacific db upgrade`, or a program of that version")
        return
    with database.reading() as session:
        found = maintenance.read_condition(session)
        state = status.read(session, now=clock.now())
    if found.faults:
        told = f"damaged: {'; '.join(found.faults)}"
        yield fail("database", told, "restore it from a backup, see `transpacific db --help`")
    else:
        told = f"{found.server} answers, at version {version}, {size(state.database_bytes)}"
        yield ok("database", told)
    if found.journal not in (None, "wal"):
        told = f"its journal is {found.journal}, so that readers and writers wait for each other"
        yield warn("database", told, "keep the file on a local disk: a network drive has no WAL")
    yield from _times(found)
    for need in needs(state, queue_depths.Depths(), disk.Room(0, 1, 0), now=clock.now()):
        if need.kind != "disk":
            yield warn(need.kind, need.what, "`transpacific status` tells more")
    if not state.feeds:
        yield warn("feeds", "there are none", "`transpacific feeds import --catalogue`")


def _times(found: Condition) -> Iterator[Finding]:
    if found.server_time is not None:
        yield from _clock("clock", "the database's server", found.server_time)
    if found.newest is not None and found.newest - clock.now() > CLOCK_FAIL:
        ahead = found.newest - clock.now()
        told = f"the database knows a time {ahead} from now: a clock was set back, or runs ahead"
        yield warn("clock", told, "keep time by NTP; due times come back by themselves")


def _redis(read: Settings) -> Iterator[Finding]:
    url = queue_depths.broker(read)
    if url is None:
        try:
            told = f"the service is not running; `up` starts one of its own ({find_binary()})"
            yield ok("redis", told)
        except RedisUnavailable as error:
            told, _, mend = str(error).partition(": ")
            yield fail("redis", told, mend)
        return
    mend = f"start it, or correct {PREFIX}REDIS_URL"
    try:
        with queue_depths.client(url) as asked:
            info = asked.info()
            seconds, micros = asked.time()
    except redis.RedisError as error:
        yield fail("redis", f"it does not answer ({' '.join(str(error).split())})", mend)
        return
    yield from _of_redis({str(name): str(value) for name, value in info.items()})
    yield from _clock("clock", "Redis", datetime.fromtimestamp(seconds + micros / 1e6, UTC))


def _of_redis(info: dict[str, str]) -> Iterator[Finding]:
    version, policy = info["redis_version"], info["maxmemory_policy"]
    if int(version.split(".")[0]) < OLDEST_REDIS:
        yield fail("redis", f"version {version} is too old", f"version {OLDEST_REDIS} or newer")
    elif policy != "noeviction":
        told = f"its maxmemory-policy is {policy}: when full it drops queued work"
        yield fail("redis", told, "set maxmemory-policy to noeviction, in its configuration too")
    else:
        # Nor need it: what waits stands in the database.
        keeps = "keeps" if info.get("aof_enabled") == "1" else "does not keep"
        yield ok("redis", f"version {version} answers, noeviction, {keeps} queues over a restart")
    limit, used = int(info.get("maxmemory", 0)), int(info["used_memory"])
    if limit and used > limit * REDIS_FULL:
        told = f"{size(used)} of {size(limit)} are used"
        yield warn("redis", told, "see `transpacific status` for queues that grow; raise maxmemory")
    for name in ("aof_last_write_status", "rdb_last_bgsave_status"):
        if info.get(name, "ok") != "ok":
            yield warn(
                "redis", f"{name} is {info[name]}", "see its log, and whether its disk is full"
            )
