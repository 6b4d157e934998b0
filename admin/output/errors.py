"""What went wrong, in one line that says what to do, and the exit status that goes with it.

    Misuse    2   what the caller wrote is wrong: an option, a URL, a file that is not there
    Failure   1   something failed while it ran

Errors of the other rooms are known by their names: importing those rooms to learn them would cost
every start half a second.
"""

import traceback
from dataclasses import dataclass
from pathlib import Path

import typer

from ingest.text.sanitise import clean_line

FAILED = 1
MISUSED = 2
# What a shell says of a command that was ended by SIGINT.
INTERRUPTED = 130


class Misuse(Exception):
    """What the caller wrote is wrong; the message says how to write it."""


class Failure(Exception):
    """A command came to nothing; the message says why and what to do."""


# Errors whose message says what to do by itself.
STATUS_OF = {
    "admin.output.errors.Misuse": MISUSED,
    "admin.output.errors.Failure": FAILED,
    "ingest.feeds.subscription.CatalogueError": MISUSED,
    "ingest.relations.lexicon_file.LexiconError": MISUSED,
    "ingest.url.UrlError": MISUSED,
    "store.database.analyst_logins.AccessError": FAILED,
    "store.backup.file.BackupError": FAILED,
    "store.database.connection.DatabaseError": FAILED,
    "store.search.filters.FilterError": MISUSED,
    "store.reprocessing.runs.RunError": MISUSED,
    "store.database.read_only_sql.StatementError": MISUSED,
    "store.exports.writers.ParquetMissing": FAILED,
    "store.database.read_only_sql.TooSlow": FAILED,
    "worker.service.process_pool.CannotBegin": FAILED,
    "worker.service.embedded.EmbeddedError": FAILED,
    "worker.watch.metrics_endpoint.MetricsError": FAILED,
    "worker.service.redis_server.RedisUnavailable": FAILED,
    "worker.settings.SettingsError": MISUSED,
}
# Errors of libraries, and what their message lacks.
ADVICE_ON = {
    "redis.exceptions.RedisError": "Redis: {}; start it, or correct TRANSPACIFIC_REDIS_URL",
}
_OF_THE_DATABASE = ("sqlalchemy.exc.DBAPIError", "sqlite3.Error", "psycopg.Error")


@dataclass(frozen=True, slots=True)
class Told:
    """How a command ends: its exit status, and the line for stderr (None: silence)."""

    status: int
    line: str | None = None


def tell(error: BaseException) -> Told:
    """What to say of an error, and the status to exit with."""
    if isinstance(error, KeyboardInterrupt):
        return Told(INTERRUPTED)
    if isinstance(error, typer.TyperException):
        return _tell_usage(error)
    for name in _names(error):
        if name in STATUS_OF:
            return Told(STATUS_OF[name], clean_line(str(error)))
        if name in _OF_THE_DATABASE:
            from store.database.faults import sentence  # whoever raised it has it loaded

            return Told(FAILED, sentence(error, "the database"))
        if name in ADVICE_ON:
            first = next(iter(str(error).strip().splitlines()), type(error).__name__)
            return Told(FAILED, ADVICE_ON[name].format(clean_line(first)))
    if isinstance(error, OSError):
        about = f"{error.filename}: " if error.filename else ""
        return Told(FAILED, clean_line(f"{about}{error.strerror or error}"))
    return Told(FAILED, _tell_fault(error))


def _tell_usage(error: typer.TyperException) -> Told:
    """Typer's own errors: which option or argument is wrong, and where to read about it."""
    formatted = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "transpacific"
    message = clean_line(formatted).rstrip(".")
    return Told(MISUSED, f"{message}; see `{command} --help`")


def _tell_fault(error: BaseException) -> str:
    """A fault of ours: no traceback for the user, but the place for whoever mends it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    what = clean_line(f"{type(error).__name__}: {error}")[:300]
    return f"a fault of the program ({what}{place}): please report it"


def _names(error: BaseException) -> list[str]:
    return [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]


def help_without_command(context: typer.Context) -> None:
    """The callback of a group: named without a command it shows its help, and is misused."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(MISUSED)
