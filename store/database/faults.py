"""What an error of the database means: that it is away, busy, unable, or that a statement is wrong.

The drivers raise `OperationalError` for all of it. What tells is SQLSTATE on PostgreSQL and the
result code on SQLite.
"""

import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError

from ingest.text.sanitise import clean_line

# The longest error that is kept beside an article or in a log.
LONGEST = 500


class Fault(StrEnum):
    """Why nothing can be done now, whatever the statement was: no article is to blame for it."""

    AWAY = "away"  # there is no connection, or it was lost
    BUSY = "busy"  # another transaction was in the way for too long
    UNABLE = "unable"  # it answers, and can do no such thing: a full disk, a file not to be written


# SQLSTATEs, by their beginnings; the longest that fits counts.
_BY_STATE = {
    "08": Fault.AWAY,  # connection exceptions
    "25P03": Fault.AWAY,  # ended by the server, as idle within a transaction
    "25006": Fault.UNABLE,  # a server that only reads
    "40001": Fault.BUSY,
    "40P01": Fault.BUSY,  # deadlock
    "53": Fault.UNABLE,  # disk full, out of memory
    "53300": Fault.AWAY,  # too many connections
    "55P03": Fault.BUSY,  # a lock was not to be had
    "57014": Fault.BUSY,  # cancelled by a time limit, or by whoever looks after the server
    "57P": Fault.AWAY,  # shut down, or starting
    "58": Fault.UNABLE,  # errors of the server's own system
}
_BY_CODE = {
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_INTERRUPT: Fault.BUSY,
    sqlite3.SQLITE_PROTOCOL: Fault.BUSY,
    sqlite3.SQLITE_PERM: Fault.UNABLE,
    sqlite3.SQLITE_READONLY: Fault.UNABLE,
    sqlite3.SQLITE_IOERR: Fault.UNABLE,
    sqlite3.SQLITE_FULL: Fault.UNABLE,
    sqlite3.SQLITE_CANTOPEN: Fault.UNABLE,
    sqlite3.SQLITE_NOTADB: Fault.UNABLE,
    sqlite3.SQLITE_NOMEM: Fault.UNABLE,
}


def fault_of(error: BaseException) -> Fault | None:
    """What of the database an error tells; None where it is of something else, as of a statement.

    A malformed file is None: it may be one page of it, and whatever needs that page fails for good.
    """
    if not isinstance(error, DBAPIError):
        return None
    code = result_code(error)
    if code is not None:
        return _BY_CODE.get(code)
    state = _sqlstate(error)
    if state is not None:
        fits = [known for known in _BY_STATE if state.startswith(known)]
        return _BY_STATE[max(fits, key=len)] if fits else None
    # Without a SQLSTATE it does not come from the server: there was none, or it was lost.
    lost = type(error.orig).__name__ == "OperationalError"
    return Fault.AWAY if error.connection_invalidated or lost else None


def result_code(error: BaseException) -> int | None:
    """SQLite's primary result code; None where SQLite has said nothing."""
    code = getattr(_of_driver(error), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def is_of_the_file(error: BaseException) -> bool:
    """Whether SQLite says that something is wrong with its file, not with the statement."""
    return result_code(error) in _TOLD_BY_CODE


def sentence(error: BaseException, name: str) -> str:
    """What is wrong with the database of this name, and what mends it, in a line."""
    code, state = result_code(error), _sqlstate(error) or ""
    told = _TOLD_BY_CODE.get(0 if code is None else code)
    if told is None and state.startswith("53") and state != "53300":
        told = _FULL
    if told is None:
        fault = fault_of(error)
        told = _OTHERWISE if fault is None else _TOLD_BY_FAULT[fault]
    lines = str(_of_driver(error) or "").strip().splitlines()
    return clean_line(told.format(name=name, said=lines[0] if lines else "no reason given"))


_FULL = "{name} has no room left ({said}): make room on its disk"
_NOT_WRITABLE = (
    "{name} cannot be written to ({said}): give its file and the folder to the user who runs this"
)
_BROKEN = "{name} is broken ({said}): stop the service, and `transpacific db restore` a backup"
_TOLD_BY_CODE = {
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: (
        "{name} is broken, or another kind of file ({said}): `transpacific db restore` a backup, "
        "or correct TRANSPACIFIC_DATABASE_URL"
    ),
    sqlite3.SQLITE_READONLY: _NOT_WRITABLE,
    sqlite3.SQLITE_PERM: _NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: (
        "{name} cannot be opened ({said}): see whether its folder is there, and may be written to, "
        "or correct TRANSPACIFIC_DATABASE_URL"
    ),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: (
        "{name} cannot be read or written ({said}): see whether its disk is full, or failing"
    ),
}
_TOLD_BY_FAULT = {
    Fault.AWAY: "{name} does not answer ({said}): start it, or correct TRANSPACIFIC_DATABASE_URL",
    Fault.BUSY: "{name} is held by others ({said}): try again, or see who is at work there",
    Fault.UNABLE: "{name} can do nothing of the kind ({said}): see its log",
}
_OTHERWISE = "{name} says {said}: see `transpacific db check`"


def _sqlstate(error: BaseException) -> str | None:
    return getattr(_of_driver(error), "sqlstate", None)


def _of_driver(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def described(error: BaseException) -> str:
    """An error in a line to be kept: of the database's without the statement and its values."""
    said = _of_driver(error) or error
    return clean_line(f"{type(said).__name__}: {said}")[:LONGEST]
