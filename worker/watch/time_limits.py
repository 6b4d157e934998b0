"""Time limits as they arrive: by a signal, in the middle of whatever is being done."""

from traceback import walk_tb

from billiard.exceptions import SoftTimeLimitExceeded

_ASKING_THE_DATABASE = ("sqlalchemy.engine", "psycopg", "store.database.write_lock")


def time_limit_in(error: BaseException) -> SoftTimeLimitExceeded | None:
    """The time limit that an error comes of; None where there is none.

    A limit is told by a signal. Where that breaks into a statement, what is raised in the end is
    that the connection cannot be used in the midst of it.
    """
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, SoftTimeLimitExceeded):
        seen = seen.__cause__ or seen.__context__
    return seen


def only_waited(limit: SoftTimeLimitExceeded) -> bool:
    """Whether the time was up while the database was asked, so that no page is to blame for it."""
    frames = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(limit.__traceback__))
    return any(name.startswith(_ASKING_THE_DATABASE) for name in frames)
