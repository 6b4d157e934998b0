"""`/metrics` for Prometheus: what the database says of the service, and what workers count.

The state of the service is read from the database when it is asked for. What workers count of
their own work (counters.py) is in files, since CPU workers are several processes: one file
a process, mapped into memory and added up by whoever serves. A process that is started again goes
on with the file of the one before it, so that there are never more files than processes at once.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from wsgiref.simple_server import WSGIServer

import structlog
from billiard.process import current_process
from prometheus_client import CollectorRegistry, Counter, start_http_server, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from store.database.connection import Database
from store.operations import status
from store.operations.status import Status
from worker import clock
from worker.home import disk
from worker.settings import PREFIX, Settings
from worker.watch import queue_depths
from worker.watch.queue_depths import Depths

log = structlog.get_logger(__name__)

# By which prometheus_client is told where its files are.
DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


# The servers of this process.
_serving: list[WSGIServer] = []


class MetricsError(Exception):
    """`/metrics` cannot be served; the message says what to do."""


def count_in(directory: Path) -> None:
    """Let this process, and those that it forks, count in files of this directory.

    To be called before worker/watch/counters.py is imported.
    """
    directory.mkdir(parents=True, exist_ok=True)
    os.environ[DIRECTORY_VARIABLE] = str(directory)
    values.ValueClass = values.MultiProcessValue(_place)


def count_in_files(settings: Settings) -> None:
    """Do so where a supervisor has named the directory, or where we serve `/metrics` ourselves."""
    if named := os.environ.get(DIRECTORY_VARIABLE):
        count_in(Path(named))
    elif settings.metrics_port:
        directory = Path(tempfile.mkdtemp(prefix="transpacific-metrics-"))
        atexit.register(_remove, directory, os.getpid())
        count_in(directory)


def _place() -> str:
    """Which of a pool's processes this is, or that it is the only one: its file's name."""
    return str(getattr(current_process(), "index", "main"))


def _remove(directory: Path, owner: int) -> None:
    if os.getpid() == owner:  # and not a child, which has this from us
        shutil.rmtree(directory, ignore_errors=True)


def serve_worker(settings: Settings, database: Database | None) -> None:
    """Serve what this worker counts, if a port is set; with a database, what that says too.

    Raises `MetricsError`.
    """
    if settings.metrics_port:
        told: list[Collector] = [Counted(Path(os.environ[DIRECTORY_VARIABLE]))]
        if database is not None:
            told.append(Service(database, settings))
        serve(settings, *told)


def serve(settings: Settings, *collectors: Collector) -> WSGIServer:
    """Serve these collectors under the port that is set, on a thread. Raises `MetricsError`."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    address, port = settings.metrics_address, settings.metrics_port
    try:
        server, _ = start_http_server(port, address, registry)
    except OSError as error:
        raise MetricsError(
            f"/metrics cannot be served on {address} port {port} ({error.strerror or error}): "
            f"choose another by {PREFIX}METRICS_PORT, or up --metrics-port"
        ) from None
    _serving.append(server)
    log.info("metrics.served", address=address, port=server.server_port)
    return server


def let_go() -> None:
    """In a forked child: the port is its parent's, and is to be free when that has ended."""
    while _serving:
        _serving.pop().socket.close()


class Exposition:
    """`/metrics` of `up`: its children count in a directory each, and one port tells of all."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directory = settings.home / "metrics"
        self._restarts = Counter(
            "transpacific_child_restarts", "Children started again.", ["child"], registry=None
        )
        self._database: Database | None = None
        self._server: WSGIServer | None = None

    def environment(self, child: str) -> dict[str, str]:
        """What a child is to be told, before it is started."""
        if not self._settings.metrics_port:
            return {}
        directory = self._directory / child
        directory.mkdir(parents=True, exist_ok=True)
        return {DIRECTORY_VARIABLE: str(directory)}

    def start(self, children: Iterable[str]) -> None:
        """Serve, if a port is set. Raises `MetricsError`."""
        if self._settings.metrics_port:
            shutil.rmtree(self._directory, ignore_errors=True)  # of one that was killed
            self._database = Database(self._settings.database)
            told = Service(self._database, self._settings), self._restarts
            counted = Counted(*(self._directory / child for child in children))
            self._server = serve(self._settings, counted, *told)

    def restarted(self, child: str) -> None:
        """Count that a child has ended."""
        self._restarts.labels(child).inc()

    def stop(self) -> None:
        """End it; safe to call at any time, and again."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            _serving.remove(self._server)
            self._server = None
            shutil.rmtree(self._directory, ignore_errors=True)
        if self._database is not None:
            self._database.dispose()
            self._database = None


class Counted(Collector):
    """What the processes of these directories have counted."""

    def __init__(self, *directories: Path) -> None:
        self._directories = directories

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: what there is, is seen when it is asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Add up the files."""
        files = [str(file) for each in self._directories for file in sorted(each.glob("*.db"))]
        yield from MultiProcessCollector.merge(files)


class Service(Collector):
    """The state of the whole service. Every worker would say the same: one of them is enough."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: to know it would be to ask the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Ask the database and Redis. What does not answer is said to be down."""
        now = clock.now()
        try:
            with self._database.reading() as session:
                found = status.read(session, now=now)
        except DBAPIError as error:
            log.warning("metrics.no_database", error=str(error.orig))
            yield _gauge("transpacific_database_up", "Whether the database answers.", 0)
        else:
            yield _gauge("transpacific_database_up", "Whether the database answers.", 1)
            yield from _of_database(found, now)
        yield from _of_redis(queue_depths.read(self._settings))
        room = disk.read(self._settings.home)
        yield _gauge("transpacific_disk_free_bytes", "Free where the home is.", room.free)
        yield _gauge("transpacific_disk_bytes", "Size of the disk of the home.", room.total)


def _of_database(found: Status, now: datetime) -> Iterator[Metric]:
    def since(at: datetime | None) -> float:
        return max((now - at).total_seconds(), 0.0) if at else 0.0

    gauges: tuple[tuple[str, str, float], ...] = (
        ("feeds_due", "Feeds whose time has come.", found.feeds_due),
        ("stories", "Stories.", found.stories),
        ("stories_relevant", "Stories about US-China relations.", found.relevant_stories),
        ("events_undelivered", "Events that wait for delivery.", found.undelivered_events),
        ("outage", "Whether our own network is down.", found.outage_since is not None),
        ("hosts_paused", "Hosts that have refused, and are left alone.", len(found.paused_hosts)),
        ("gaps", "Polls of the last 7 days before which entries may have been missed.",
         sum(gap.times for gap in found.gaps)),
        ("last_new_entry_seconds", "Since any feed brought a new entry.", since(found.last_new)),
        ("longest_silence_seconds", "Since the feed that was silent longest brought a new entry.",
         found.longest_silence.total_seconds()),
        ("database_bytes", "Size of the database.", found.database_bytes),
    )  # fmt: skip
    for name, told, value in gauges:
        yield _gauge(f"transpacific_{name}", told, value)
    yield _gauges("transpacific_feeds", "Feeds, by their state.", "state", dict(found.feed_states))
    stages = dict.fromkeys(("fetch", "process", "done", "quarantined"), 0) | found.stages
    yield _gauges("transpacific_articles", "Articles, by what they wait for.", "stage", stages)
    waited = dict.fromkeys(("fetch", "process"), 0.0) | {
        stage: since(waiting.since) for stage, waiting in found.oldest.items()
    }
    yield _gauges(
        "transpacific_oldest_waiting_seconds",
        "How long the longest waiting article has waited.",
        "stage",
        waited,
    )
    yield _gauges(
        "transpacific_heartbeat_age_seconds",
        "Since a part of the service was last seen at work.",
        "part",
        {part: since(at) for part, at in found.heartbeats.items()},
    )


def _of_redis(found: Depths) -> Iterator[Metric]:
    yield _gauge("transpacific_redis_up", "Whether Redis answers.", found.queues is not None)
    if found.queues is not None:
        told = "Messages that wait, or are in work (unacknowledged)."
        waiting = found.queues | {"unacknowledged": found.unacknowledged}
        yield _gauges("transpacific_queue_messages", told, "queue", waiting)


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=float(value))


def _gauges(name: str, told: str, label: str, by: dict[str, float] | dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in by.items():
        family.add_metric([value], float(number))
    return family
