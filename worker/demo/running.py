"""Running the demo: the whole embedded service against the demo wire, from a home of its own."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.feeds.entries import FullText
from store.intake import feeds, polls
from store.operations import status
from store.search import index
from store.search.results import StoryFound
from store.search.search import Question, find
from store.tables import Stage
from worker import clock
from worker.context import Context
from worker.demo.site import DemoSite
from worker.service.embedded import Embedded, EmbeddedError
from worker.settings import Settings

# The demo is done in some ten seconds. On a busy machine it takes minutes, but never so long in
# which nothing goes on.
STILL_SECONDS = 120.0
_CHECK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo found: the relevant stories, and how much there was in all."""

    feeds: int
    articles: int
    stories: int
    revised: int
    seconds: float
    found: tuple[StoryFound, ...]


def run_demo(progress: Callable[[str], None]) -> DemoReport:
    """Start the service in a temporary home, let it read both editions of the wire, and stop it.

    `progress` is told what is going on. Raises `EmbeddedError` where it does not come to an end.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="transpacific-demo-") as folder, DemoSite() as site:
        home = Path(folder)
        settings = _settings(home)
        context = Context(settings)
        with context.database.writing() as session:
            feeds.add_all(session, site.feeds(), now=clock.now())
        progress(f"{len(site.feeds())} feeds on {site.base}")
        try:
            with Embedded(settings, output=home) as service:
                progress("beat, workers and Redis are starting")
                _until_read(context, service, home, times=1)
                progress("the first edition is read; the second comes out")
                site.second_release()
                with context.database.writing() as session:
                    polls.make_due(session, None, now=clock.now())
                _until_read(context, service, home, times=2)
                progress("the second edition is read")
            return _report(context, started)
        finally:
            context.close()


def _settings(home: Path) -> Settings:
    """Nothing of the operator's own settings: the demo is the same everywhere, and offline."""
    return Settings(
        home=home,
        database_url="",
        redis_url="",
        private_hosts=("127.0.0.0/8",),
        full_text=FullText.AUTO,
        lexicon=None,
        tick_seconds=0.2,
        sweep_seconds=2.0,
        log_format="json",
    )


def _until_read(context: Context, service: Embedded, home: Path, *, times: int) -> None:
    """Wait until every feed has been polled so often, and no article is on its way."""
    before, since = None, time.monotonic()
    while time.monotonic() - since < STILL_SECONDS:
        service.check()
        with context.database.reading() as session:
            read = polls.polled_at_least(session, times)
            now = status.read(session, now=clock.now())
        if read and not now.stages.get(Stage.FETCH, 0) and not now.stages.get(Stage.PROCESS, 0):
            return
        if now.stages != before:
            before, since = now.stages, time.monotonic()
        time.sleep(_CHECK_SECONDS)
    raise EmbeddedError(
        f"the demo stood still for {STILL_SECONDS:.0f} s; the last words of its workers: "
        f"{_last_words(home)}"
    )


def _last_words(home: Path) -> str:
    lines = [
        line
        for log in sorted(home.glob("*.log"))
        for line in log.read_text(errors="replace").splitlines()[-1:]
    ]
    return " | ".join(lines) or "none"


def _report(context: Context, started: float) -> DemoReport:
    index.catch_up(context.database)
    with context.database.reading() as session:
        now = status.read(session, now=clock.now())
        return DemoReport(
            feeds=now.feeds,
            articles=sum(now.stages.values()),
            stories=now.stories,
            revised=status.revised(session),
            seconds=time.monotonic() - started,
            found=tuple(find(session, Question())),
        )
