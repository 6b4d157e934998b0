"""The tasks: each hands a step to Celery. They carry ids only, and may run twice or be lost."""

from collections.abc import Sequence
from typing import Any

import structlog
from celery import Task
from kombu.exceptions import OperationalError

from store import articles, hosts, outbox, runs
from store.fulltext import indexing
from worker import context as clock
from worker import delivering, draining
from worker.app import WORKER_LOST_RETRIES, app, context, redis_client
from worker.draining import Drained
from worker.queues import REPROCESS

log = structlog.get_logger(__name__)

# A sweep that finds more than this is catching up after an outage: the next sweep goes on.
SWEEP_LIMIT = 2_000
# A message costs about half a millisecond on either side; eight articles are done in a fraction
# of the time limit.
ARTICLES_A_MESSAGE = 8
# Stories indexed by one task: two seconds of work. The next tick goes on.
INDEX_LIMIT = 2_000
# Messages of reprocessing that are kept in the queue: enough that no worker of a large service
# waits for the next tick. Each is followed by another as long as there is work.
REPROCESS_MESSAGES = 32


class CeleryNudges:
    """Nudges by message. A broker that is away costs time only: the database knows the work."""

    def fetch_host(self, host: str) -> None:
        """Send the host to a network worker."""
        _send(fetch_host, host)

    def process_articles(self, article_ids: Sequence[int]) -> None:
        """Send the articles to CPU workers, some at a time."""
        for start in range(0, len(article_ids), ARTICLES_A_MESSAGE):
            _send(process_articles, list(article_ids[start : start + ARTICLES_A_MESSAGE]))

    def reprocess(self, run_id: int) -> None:
        """Send word of a run to CPU workers."""
        _send(reprocess, run_id)


def _send(task: Task, argument: Any) -> None:
    try:
        task.apply_async((argument,), retry=False)
    except OperationalError as error:
        log.warning("nudge.lost", task=task.name, argument=argument, error=str(error))


@app.task
def tick() -> None:
    """Wake the hosts that have due feeds, waiting pages, or pages to look at again."""
    with context.database.writing() as session:
        woken = hosts.wake(session, now=clock.now(), looks=bool(context.settings.refetch))
    for host in woken:
        CeleryNudges().fetch_host(host)
    _nudge_runs()


def _nudge_runs() -> None:
    """Keep some messages waiting for each run under way; each of them asks for the next itself."""
    with context.database.reading() as session:
        waiting = runs.running(session, now=clock.now())
    if not waiting:
        return
    with redis_client() as redis:
        queued = int(redis.llen(REPROCESS))
    for run_id, chunks in waiting:
        # A run without a free chunk is closed by whoever has the last one in hand, or by this.
        for _ in range(min(max(chunks, 1), REPROCESS_MESSAGES - queued)):
            CeleryNudges().reprocess(run_id)


@app.task
def fetch_host(host: str) -> None:
    """Drain a host; what is left when the time is up comes back at once."""
    if draining.drain_host(context, host, CeleryNudges()) is Drained.UNFINISHED:
        tick()


@app.task(bind=True, max_retries=WORKER_LOST_RETRIES, default_retry_delay=0)
def process_articles(self: Task, article_ids: list[int]) -> None:
    """Extract, tag and store articles.

    Each is claimed when its turn comes: where one of them ends the process, the redelivered
    message passes over those that are done, and the others have lost no attempt.
    """
    from worker.processing import process_article  # extraction is slow to import, and only here

    for article_id in article_ids:
        process_article(context, article_id, owner=str(self.request.id))


@app.task(max_retries=WORKER_LOST_RETRIES, default_retry_delay=0)
def reprocess(run_id: int) -> None:
    """Do a run's next chunk, and ask for another.

    One chunk a message, a second of work: what is live waits no longer than that.
    """
    from worker.reprocessing.working import work_off

    if work_off(context, run_id):
        CeleryNudges().reprocess(run_id)


@app.task
def sweep() -> None:
    """Find what fell through: processing that was nudged and did not happen; old events."""
    with context.database.writing() as session:
        overdue = articles.overdue(session, now=clock.now(), limit=SWEEP_LIMIT)
        outbox.prune(session, now=clock.now())
    CeleryNudges().process_articles(overdue)


@app.task
def index() -> None:
    """Let searches find what has changed."""
    indexing.catch_up(context.database, most=INDEX_LIMIT)


@app.task
def deliver() -> None:
    """Send the outbox on its way."""
    delivering.deliver(context, redis_client())
