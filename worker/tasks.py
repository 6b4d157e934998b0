"""The tasks: each hands a step to Celery. They carry ids only, and may run twice or be lost."""

import contextlib
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded
from celery import Task
from celery.exceptions import Reject
from kombu.exceptions import OperationalError
from redis import RedisError
from sqlalchemy.exc import DBAPIError

from store.articles import stages
from store.crawl import host_leases
from store.database.connection import DatabaseError
from store.database.faults import Fault, described, fault_of
from store.operations import clock_repair, heartbeats
from store.reprocessing import runs
from store.search import index as search_index
from worker import clock, delivering, prune
from worker.app import (
    HARD_PAGE_LIMIT,
    SOFT_PAGE_LIMIT,
    WORKER_LOST_RETRIES,
    app,
    context,
    redis_client,
)
from worker.network import host_drain
from worker.network.host_drain import Drained
from worker.queues import CPU, LONG_QUEUE, REPROCESS
from worker.watch import heartbeat
from worker.watch.time_limits import time_limit_in

log = structlog.get_logger(__name__)

# A sweep that finds more than this is catching up after an outage: the next sweep goes on.
SWEEP_LIMIT = 2_000
# A key that is in Redis as long as Redis remembers.
MEMORY = "transpacific:memory"
# A message costs about half a millisecond on either side.
ARTICLES_A_MESSAGE = 8
# Seconds after which a message's further articles get a message of their own: the time limits are
# then for what takes long, not for what waits behind it.
MESSAGE_SECONDS = 5.0
# Seconds that a task waits for a database that is away, before its message goes back to wait.
DATABASE_SECONDS = 5.0
# The same where others were in its way, who have been waited for already.
BUSY_SECONDS = 1.0
# Stories indexed by one task: two seconds of work. The next tick goes on.
INDEX_LIMIT = 2_000
# Messages of reprocessing that are kept in the queue: enough that no worker of a large service
# waits for the next tick. Each is followed by another as long as there is work.
REPROCESS_MESSAGES = 32


class Patient(Task):  # type: ignore[misc]
    """A task that is not lost when the database can do nothing: its message waits with it."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Run; where the database is away, busy or unable, wait a little and put it back."""
        try:
            return super().__call__(*args, **options)
        except DBAPIError as error:
            fault = fault_of(error)
            if fault is None or time_limit_in(error) is not None:
                raise
            log.warning(f"database.{fault}", task=self.name, error=described(error))
            _wait_for_database(fault)
            self.put_back()
            raise Reject(f"the database was {fault}", requeue=True) from None

    def put_back(self) -> None:
        """Undo what the task has begun, before its message goes back to wait."""


def _wait_for_database(fault: Fault) -> None:
    if fault is not Fault.AWAY:  # it would answer at once
        context.stopping.wait(BUSY_SECONDS if fault is Fault.BUSY else DATABASE_SECONDS)
        return
    deadline = time.monotonic() + DATABASE_SECONDS
    while time.monotonic() < deadline and not context.stopping.wait(0.5):
        try:
            context.database.check()
            return
        except DatabaseError:
            continue


task = partial(app.task, base=Patient)


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


def _send(to: Task, argument: Any) -> None:
    try:
        to.apply_async((argument,), retry=False)
    except OperationalError as error:
        log.warning("nudge.lost", task=to.name, argument=argument, error=str(error))


@task
def tick() -> None:
    """Wake the hosts that have due feeds, waiting pages, or pages to fetch again."""
    for part in (heartbeats.BEAT, heartbeats.NETWORK):
        heartbeat.show(context, part)
    if _broker_forgot():
        log.info("broker.forgot")  # or it is new
        with context.database.writing() as session:
            host_leases.forget_nudges(session)
            stages.forget_nudges(session, now=clock.now())
        _nudge_overdue()
        _remind_broker()
    _wake()


def _broker_forgot() -> bool:
    """Whether Redis has lost what was in it since the last tick, and so every message."""
    try:
        with redis_client() as redis:
            return not redis.exists(MEMORY)
    except RedisError:
        return False  # it is away: a later tick finds out


def _remind_broker() -> None:
    """Only once all is done: what is forgotten twice does no harm."""
    with contextlib.suppress(RedisError), redis_client() as redis:
        redis.set(MEMORY, 1)


def _nudge_overdue() -> None:
    """Ask again for processing that did not happen, unless it only stands in a long queue."""
    try:
        with redis_client() as redis:
            waiting = int(redis.llen(CPU))
    except RedisError:
        return  # it is away: so are all nudges
    if waiting > LONG_QUEUE:
        return
    with context.database.writing() as session:
        overdue = stages.overdue(session, now=clock.now(), limit=SWEEP_LIMIT)
    CeleryNudges().process_articles(overdue)


def _wake() -> None:
    with context.database.writing() as session:
        woken = host_leases.wake(session, now=clock.now(), refetches=bool(context.settings.refetch))
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
        # A run without a free chunk is closed by whoever has claimed the last one, or by this.
        for _ in range(min(max(chunks, 1), REPROCESS_MESSAGES - queued)):
            CeleryNudges().reprocess(run_id)


@task
def fetch_host(host: str) -> None:
    """Drain a host; what is left when the time is up comes back at once."""
    heartbeat.show(context, heartbeats.NETWORK)
    if host_drain.drain_host(context, host, CeleryNudges()) is Drained.UNFINISHED:
        _wake()


class Processing(Patient):
    """Processing that takes all of its time is ended from outside, with the process it is in."""

    def on_failure(
        self, error: BaseException, task_id: str, _args: Any, _options: Any, _info: Any
    ) -> None:
        """Release the article that took so long; its message comes again, for the others too."""
        if isinstance(error, TimeLimitExceeded):
            with context.database.writing() as session:
                stages.out_of_time(session, task_id, now=clock.now())

    def put_back(self) -> None:
        """Release the article in hand: that the database could do nothing was no attempt."""
        with contextlib.suppress(DBAPIError), context.database.writing() as session:
            stages.put_back(session, str(self.request.id), now=clock.now())


@app.task(
    base=Processing,
    bind=True,
    soft_time_limit=SOFT_PAGE_LIMIT,
    time_limit=HARD_PAGE_LIMIT,
    acks_on_timeout=False,
    # Each of them may be what ends its process.
    max_retries=WORKER_LOST_RETRIES * ARTICLES_A_MESSAGE,
    default_retry_delay=0,
)
def process_articles(self: Task, article_ids: list[int]) -> None:
    """Extract, tag and store articles.

    Each is claimed when its turn comes: where one of them ends the process, the redelivered
    message passes over those that are done, and the others have lost no attempt.
    """
    # Extraction is slow to import, and only here.
    from worker.processing import end_attempt, process_article

    heartbeat.show(context, heartbeats.CPU)
    began = time.monotonic()
    for number, article_id in enumerate(article_ids):
        if time.monotonic() - began > MESSAGE_SECONDS:
            CeleryNudges().process_articles(article_ids[number:])
            return
        try:
            process_article(context, article_id, owner=str(self.request.id))
        except SoftTimeLimitExceeded as limit:
            end_attempt(context, str(self.request.id), limit)
            CeleryNudges().process_articles(article_ids[number:])
            return


@task(max_retries=WORKER_LOST_RETRIES, default_retry_delay=0)
def reprocess(run_id: int) -> None:
    """Do a run's next chunk, and ask for another.

    One chunk a message, a second of work: what is live waits no longer than that.
    """
    from worker.reprocessing.working import work_off

    heartbeat.show(context, heartbeats.CPU)
    if work_off(context, run_id):
        CeleryNudges().reprocess(run_id)


@task
def sweep() -> None:
    """Find what fell through: processing that was nudged and did not happen."""
    with context.database.writing() as session:
        mended = clock_repair.mend(
            session,
            now=clock.now(),
            longest_interval=context.settings.bounds.longest,
            longest_refetch=max(context.settings.refetch, default=timedelta(0)),
        )
        if mended:
            log.warning("clock.mended", rows=mended)
    _nudge_overdue()


@task
def index() -> None:
    """Let searches find what has changed."""
    heartbeat.show(context, heartbeats.CPU)
    search_index.catch_up(context.database, most=INDEX_LIMIT)


@task
def keep_up() -> None:
    """Let go of what is too old to be kept."""
    prune.keep_up(context)


@task
def deliver() -> None:
    """Send the outbox on its way."""
    delivering.deliver(context, redis_client())
