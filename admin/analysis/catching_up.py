"""Answers from an index that may not know all stories yet: it catches up, or the answer says so.

After a kill, and in the first seconds of a service, stories wait to be indexed. "None" would then
be an answer to another question.
"""

from typing import TYPE_CHECKING

from admin.output.console import counted, note, print_json

if TYPE_CHECKING:
    from worker.context import Context

# Stories that a command indexes before it answers: a few seconds of work.
MOST = 2_000


def catch_up(context: "Context") -> int:
    """Have the index know what has changed; returns how many stories it does not know yet.

    Where nothing can be written, or others are at it, it stays behind.
    """
    from sqlalchemy.exc import DBAPIError

    from store.database.faults import fault_of
    from store.search import index

    with context.database.reading() as session:
        if not index.behind(session):
            return 0
    try:
        index.catch_up(context.database, most=MOST)
    except DBAPIError as error:
        if fault_of(error) is None and "permission denied" not in str(error.orig):
            raise
    with context.database.reading() as session:
        return index.behind(session)


def tell_behind(stories: int, *, as_json: bool) -> None:
    """Say that an answer may lack so many stories: on stderr, and as JSON's last line."""
    if stories:
        are = "is" if stories == 1 else "are"
        note(f"{counted(stories, 'story', 'stories')} {are} not indexed yet, and may be missing")
        if as_json:
            print_json({"not_indexed": stories})
