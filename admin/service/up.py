"""`transpacific up`: the whole service on this machine, until it is told to stop."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from admin.output.console import note
from admin.output.errors import Failure

if TYPE_CHECKING:
    from ingest.feeds.subscription import FeedSpec
    from worker.context import Context

# Where the sample wire is served from, and what it takes to be let near it.
LOOPBACK = "127.0.0.0/8"


class _Stopped(Exception):
    """SIGINT or SIGTERM came before the service was up."""


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve the sample wire on loopback, and poll it.")
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=65_535, help="Serve /metrics for Prometheus on this port."
        ),
    ] = None,
) -> None:
    """Run the service here: Redis, beat and workers.

    They are supervised together, and Ctrl-C stops them. The database is upgraded first; where it
    has no feed, the catalogue's are added.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(_stoppable())
            _serve(stack, demo, metrics_port)
        except _Stopped:
            pass
    note("stopped")


def _serve(stack: ExitStack, demo: bool, metrics_port: int | None) -> None:
    from store.database import migrate
    from store.database.connection import Database
    from worker import settings
    from worker.context import Context, prepare_home
    from worker.home.lock import running_broker
    from worker.service.embedded import Embedded
    from worker.service.redis_server import check_policy
    from worker.watch import logs, queue_depths

    read = settings.load()
    if running_broker(read.home) is not None:
        raise Failure(
            f"the service is already running in {read.home}: stop it first, or set "
            "TRANSPACIFIC_HOME to another folder"
        )
    if demo:
        hosts = tuple(dict.fromkeys((*read.private_hosts, LOOPBACK)))
        read = read.model_copy(update={"private_hosts": hosts})
    if metrics_port is not None:
        read = read.model_copy(update={"metrics_port": metrics_port})
    logs.configure(read.log_format)
    if read.redis_url:
        with queue_depths.client(read.redis_url) as redis:
            check_policy(redis)
    prepare_home(read.home)
    database = Database(read.database)
    migrate.upgrade(database)
    database.dispose()
    note(f"database  {database.name}")

    context = Context(read)
    stack.callback(context.close)
    service = Embedded(read)
    if demo:
        _add_demo(stack, context)
    else:
        _add_catalogue(context)
    with service:
        if read.metrics_port:
            note(f"metrics   http://{read.metrics_address}:{read.metrics_port}/metrics")
        note("running; Ctrl-C stops it")
        service.supervise()


def _add_catalogue(context: "Context") -> None:
    from ingest.feeds.catalogue import load_catalogue
    from store.intake import feeds
    from worker import clock

    with context.database.writing() as session:
        if feeds.count(session):
            return
        new, _ = feeds.add_all(session, load_catalogue(), now=clock.now())
    note(f"feeds     {new} of the catalogue, since there were none; see `transpacific feeds list`")


def _add_demo(stack: ExitStack, context: "Context") -> None:
    """Serve the sample wire; its feeds go with it, since its port is another next time."""
    from store.intake import feeds
    from worker import clock
    from worker.demo.site import DemoSite

    site = stack.enter_context(DemoSite())
    stack.callback(_forget, context, site.feeds())
    with context.database.writing() as session:
        feeds.add_all(session, site.feeds(), now=clock.now())
    note(f"feeds     {len(site.feeds())} of the sample wire on {site.base}")


def _forget(context: "Context", specs: "tuple[FeedSpec, ...]") -> None:
    from store.intake import feeds

    with context.database.writing() as session:
        for spec in specs:
            feed = feeds.find(session, spec.url)
            if feed is not None and feed.id is not None:
                feeds.remove(session, feed.id)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let what ends us do so in order before supervision has begun, too."""
    from worker.service.embedded import STOP_SIGNALS

    def stop(_number: int, _frame: object) -> None:
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
