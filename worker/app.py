"""The Celery app: queues, beat schedule, and the promises that a broken worker must not break.

Run as `celery -A worker.app worker -Q network -P threads`, `celery -A worker.app worker -Q cpu -P
prefork` and `celery -A worker.app beat`; `transpacific up` starts all of them.
"""

import contextlib
import os
import signal
import time
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import redis
import structlog
from celery import Celery
from celery.platforms import SecurityWarning
from celery.schedules import schedule
from celery.signals import (
    after_task_publish,
    beat_init,
    celeryd_after_setup,
    setup_logging,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_shutting_down,
)
from kombu import Queue  # type: ignore[attr-defined]
from sqlalchemy.exc import OperationalError

from ingest.crawl_policy.page_retry import PROCESS_ATTEMPTS
from ingest.relations.lexicon_file import LexiconError
from store.crawl import host_leases
from store.database.connection import DatabaseError
from worker import settings
from worker.context import Context, prepare_home
from worker.network import host_lease
from worker.queues import BEAT, CPU, NETWORK, REPROCESS
from worker.service import unprivileged
from worker.service.process_pool import PAGE_SECONDS, collect_seldomer
from worker.service.redis_server import RedisUnavailable, check_policy
from worker.settings import SettingsError
from worker.watch import logs, metrics_endpoint, queue_depths
from worker.watch.metrics_endpoint import MetricsError

# Seconds. Extraction of a page within the size caps takes well under one; a task that is still at
# it after this is told so, then killed.
SOFT_TIME_LIMIT = 40
HARD_TIME_LIMIT = 60
# The same for reading pages, which strangers write: shorter, since each that takes so long is had
# twice before it is set aside.
SOFT_PAGE_LIMIT = 15
HARD_PAGE_LIMIT = PAGE_SECONDS
# Redelivery of a message whose worker is gone. More than twice the hard limit: a task that is
# only slow must not run twice, time and again.
VISIBILITY_TIMEOUT = 300
# A child is replaced after so many pages or when it has grown to so many kilobytes: parsers leak.
PAGES_PER_CHILD = 2_000
KILOBYTES_PER_CHILD = 600_000
# How often a message whose worker process died is sent again: once more than an article may be
# begun, so that the last delivery finds its row full, sets it aside and goes on with the others.
WORKER_LOST_RETRIES = PROCESS_ATTEMPTS

# Seconds for which an order to index waits behind pages before it is dropped: orders that come to
# nothing cost little, and under load there may be no earlier moment.
INDEX_EXPIRES = 600.0
# How often beat has old pages, polls and events let go: little each time, none of it urgent.
KEEP_UP_SECONDS = 300.0
# The file in the home whose time is that of the last tick; compose.yaml looks at it.
BEAT_TICKED = "beat-ticked"

# Celery warns of root because of pickled messages; here they are JSON alone.
warnings.filterwarnings("ignore", category=SecurityWarning)


def _refuse(error: Exception) -> NoReturn:
    """End the process with one line: in Celery's hands an error becomes a traceback, or nothing."""
    structlog.get_logger(__name__).error("worker.refused", reason=str(error))
    raise SystemExit(1)


try:
    _settings = settings.load()
except SettingsError as error:
    logs.configure("auto")
    _refuse(error)
logs.configure(_settings.log_format)
metrics_endpoint.count_in_files(_settings)
context = Context(_settings)

_started, _started_at = time.monotonic(), datetime.now(UTC)


def _steady_now() -> datetime:
    """Beat's clock: what was set right or wrong since it began neither stops nor hurries it."""
    return _started_at + timedelta(seconds=time.monotonic() - _started)


app = Celery("transpacific", broker=_settings.broker, include=["worker.tasks"])
app.conf.update(
    task_queues=[Queue(BEAT), Queue(NETWORK), Queue(CPU), Queue(REPROCESS)],
    task_default_queue=NETWORK,
    task_routes={
        "worker.tasks.tick": {"queue": BEAT},
        "worker.tasks.sweep": {"queue": BEAT},
        "worker.tasks.deliver": {"queue": BEAT},
        "worker.tasks.process_articles": {"queue": CPU},
        "worker.tasks.index": {"queue": CPU},
        "worker.tasks.keep_up": {"queue": CPU},
        "worker.tasks.reprocess": {"queue": REPROCESS},
    },
    task_create_missing_queues=False,
    task_serializer="json",
    accept_content=["json"],
    # Results are in the database; storing them in Redis costs a quarter of the throughput.
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    # Late acknowledgement loses nothing when a worker dies; every task may run twice.
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_retry_on_worker_lost=True,
    # Seconds that a dead child's answer may still be on its way; its message waits so long.
    worker_lost_wait=1.0,
    task_time_limit=HARD_TIME_LIMIT,
    task_soft_time_limit=SOFT_TIME_LIMIT,
    worker_max_tasks_per_child=PAGES_PER_CHILD,
    worker_max_memory_per_child=KILOBYTES_PER_CHILD,
    # What is in hand when Redis goes away is brought to its end; its message may come again.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_throttle": 1,
        # Live articles before those that are done again: the other orders go round, or by chance.
        "queue_order_strategy": "sorted",
        # A publish must not wait for ever on a broker that is gone: the nudge is only a nudge.
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
    },
    broker_pool_limit=_settings.network_threads,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    timezone="UTC",
    # Nothing on disk: a file that is broken, or from a day on which the clock was wrong, would
    # keep beat from its work. What is due stands in the database.
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        name: {
            "task": f"worker.tasks.{name}",
            "schedule": schedule(seconds, nowfun=_steady_now, app=app),
            # Beats that nobody has heard must not pile up.
            "options": {"expires": INDEX_EXPIRES if name == "index" else max(seconds, 10.0)},
        }
        for name, seconds in {
            "tick": _settings.tick_seconds,
            "sweep": _settings.sweep_seconds,
            "deliver": _settings.tick_seconds,
            "index": _settings.tick_seconds,
            "keep_up": KEEP_UP_SECONDS,
        }.items()
    },
)


def redis_client() -> redis.Redis:
    """A client of the broker's Redis."""
    return queue_depths.client(_settings.broker)


@after_task_publish.connect(sender="worker.tasks.tick")
def _ticked(**_: Any) -> None:
    """Beat, which alone sends ticks, shows by the time of a file that it does."""
    with contextlib.suppress(OSError):  # a full disk must not end it
        prepare_home(_settings.home)
        (_settings.home / BEAT_TICKED).touch()


@beat_init.connect
def _end_when_told(**_: Any) -> None:
    """Beat has nothing to save: Celery's own way to end it breaks into a send with an error."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


@setup_logging.connect
def _logging(**_: Any) -> None:
    """Celery leaves logging as it is where somebody listens to this."""


@worker_init.connect
def _check(**_: Any) -> None:
    """Refuse to start over a database or a Redis that cannot be relied on."""
    try:
        context.database.check()
        check_policy(redis_client())
        with context.database.writing() as session:
            host_leases.reclaim(session, has_ended=host_lease.has_ended)
    except (DatabaseError, OperationalError, RedisUnavailable) as error:
        _refuse(error)


@celeryd_after_setup.connect
def _preload(instance: Any, **_: Any) -> None:
    """What CPU workers need is loaded before they fork: shared, and no child's loss of time."""
    if CPU in instance.app.amqp.queues.consume_from:
        from worker.processing import warm_up

        try:
            warm_up(context)
        except LexiconError as error:
            _refuse(error)
        collect_seldomer()  # which would also copy the lexicon's pages in every child


@celeryd_after_setup.connect
def _serve_metrics(instance: Any, **_: Any) -> None:
    """Serve what this worker counts; one of the network tells of the whole service too.

    CPU workers do not: they fork, and a child must not be born while a thread of its parent is
    in the middle of a transaction.
    """
    forks = CPU in instance.app.amqp.queues.consume_from
    try:
        metrics_endpoint.serve_worker(_settings, None if forks else context.database)
    except MetricsError as error:
        _refuse(error)


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    """A drain under way ends after its request, and gives its host back."""
    context.stopping.set()


@worker_process_init.connect
def _child_begins(**_: Any) -> None:
    """A forked child must not use the connections of its parent: it opens its own.

    And it ends with its parent, which alone can end it when it takes too long.
    """
    unprivileged.end_with_parent(signal.SIGKILL)
    metrics_endpoint.let_go()
    context.database.dispose(close=False)


@worker_process_shutdown.connect
def _child_ends(**_: Any) -> None:
    context.close()
