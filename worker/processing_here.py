"""Processing what waits for it in this process's children, with all cores and no broker."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager

from store.articles import stages
from store.intake import imports
from store.search import index
from worker.context import Context
from worker.processing import process_article, warm_up
from worker.service.process_pool import Children, died

# Articles handed to each child beforehand, so that it need not wait for us between two.
AHEAD = 4
# Articles named by the database at a time.
_NAMED = 500


def process_waiting(context: Context, update: Callable[[int], None]) -> int:
    """Process every article that waits for it now, once; `update` is told how many are done.

    Returns that number. What fails stays, with its error, for another attempt. Raises
    `CannotBegin` where no process for it can be had.
    """
    owner = f"import:{uuid.uuid4().hex}"
    flying = dict[Future[None], int]()
    done, last, named = 0, 0, list[int]()
    with release_on_error(context, owner), Children(context.settings, prepare=warm_up) as children:
        while True:
            while len(flying) < children.number * AHEAD:
                if not named:
                    with context.database.reading() as session:
                        named = list(imports.waiting(session, after=last, limit=_NAMED))
                    named.reverse()
                if not named:
                    break
                last = named.pop()
                flying[children.submit(process_article, last, owner=owner)] = last
            if not flying:
                index.catch_up(context.database)
                return done
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                article_id = flying.pop(future)
                if died(future):
                    # Again: its row counts the attempts, and sets aside what takes too many.
                    flying[children.submit(process_article, article_id, owner=owner)] = article_id
                else:
                    done += 1
            update(done)


@contextmanager
def release_on_error(context: Context, owner: str) -> Iterator[None]:
    """Where an error, or Ctrl-C, ends the processes, others may take at once what they had."""
    try:
        yield
    except BaseException:
        with context.database.writing() as session:
            stages.release_claims(session, owner)
        raise
