"""What a running service tells of itself: logs that follow an article, metrics, signs of life."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from store.database import migrate
from store.database.connection import Database
from store.operations import heartbeats
from store.tables import Article, EventRow, Stage, trace_of
from tests.site import LOOPBACK, Site
from tests.support import machine
from tests.support.waiting import until
from tests.worker.wire import FEED, add_feed, all_are, item, publish, rows
from worker.context import prepare_home
from worker.delivering import STREAM
from worker.service.embedded import Embedded
from worker.settings import Settings
from worker.watch import queue_depths

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a service has left that read a feed with two articles."""

    lines: list[dict[str, Any]]
    metrics: Samples
    articles: list[Article]
    events: list[EventRow]
    stream: list[dict[str, Any]]
    heartbeats: set[str]
    home: Path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def scrape(port: int) -> Samples:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{port}/metrics", timeout=machine.scaled(10)
    ) as answer:
        text = answer.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One run of the embedded service, from the feed to the delivered events."""
    home = tmp_path_factory.mktemp("seen")
    settings = Settings(
        home=home,
        private_hosts=LOOPBACK,
        tick_seconds=0.2,
        sweep_seconds=1.0,
        cpu_processes=1,
        log_format="json",
        metrics_port=free_port(),
    )
    prepare_home(home)
    database = Database(settings.database)
    migrate.ensure(database)
    with Site() as site:
        publish(site, [item(1), item(2)])
        add_feed(database, site.url(FEED))
        with Embedded(settings, output=home):

            def seen() -> bool:
                delivered = [event.delivered_at for event in rows(database, EventRow)]
                with database.reading() as session:
                    alive = set(heartbeats.last(session))
                return (
                    all_are(database, Stage.DONE, of=2)
                    and all(delivered)
                    and alive == {heartbeats.BEAT, heartbeats.NETWORK, heartbeats.CPU}
                )

            until(seen, "the articles are done, and their events delivered")
            metrics = scrape(settings.metrics_port)
            with queue_depths.client(queue_depths.broker(settings) or "") as client:
                stream = _events_of(client)
        with database.reading() as session:
            alive = set(heartbeats.last(session))
        logs = [home / "network.log", home / "cpu.log"]
        yield Ran(
            sorted(_told(logs), key=lambda line: str(line["timestamp"])),
            metrics,
            rows(database, Article),
            rows(database, EventRow),
            stream,
            alive,
            home,
        )
    database.dispose()


def _told(logs: list[Path]) -> list[dict[str, Any]]:
    """The lines of these logs. That a worker is to stop, Celery says in its own words."""
    lines = [line for log in logs for line in log.read_text().splitlines()]
    return [json.loads(line) for line in lines if line and not line.startswith("worker: ")]


def _events_of(client: redis.Redis) -> list[dict[str, Any]]:
    entries: Any = client.xrange(STREAM)
    return [json.loads(fields[b"event"]) for _, fields in entries]


def test_a_trace_follows_each_article_from_the_poll_to_its_story(ran: Ran) -> None:
    assert len(ran.articles) == 2
    for article in ran.articles:
        trace = trace_of(article.url)
        lines = [line for line in ran.lines if line.get("trace") == trace]
        assert [line["event"] for line in lines] == [
            "article.discovered",
            "page.fetched",
            "article.processed",
        ]
        assert {line["article"] for line in lines} == {article.id}
        assert lines[-1]["story"] == article.story_id
        assert lines[-1]["happened"] == "story.created"


def test_every_line_about_an_article_names_it_and_no_other_does(ran: Ran) -> None:
    pages = {article.url: (article.id, trace_of(article.url)) for article in ran.articles}
    for line in ran.lines:
        named = (line.get("article"), line.get("trace"))
        assert named == pages.get(str(line.get("url")), (None, None)), line


def test_events_carry_the_trace_into_the_stream(ran: Ran) -> None:
    for article in ran.articles:
        trace = trace_of(article.url)
        kinds = [event.kind for event in ran.events if event.payload.get("trace") == trace]
        assert kinds == ["article.discovered", "article.fetched", "story.created", "story.tagged"]
        assert len([event for event in ran.stream if event.get("trace") == trace]) == len(kinds)


def test_every_part_of_the_service_has_shown_that_it_lives(ran: Ran) -> None:
    assert ran.heartbeats == {"beat", "network", "cpu"}


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("transpacific_database_up", {}, 1),
        ("transpacific_redis_up", {}, 1),
        ("transpacific_feeds", {"state": "well"}, 1),
        ("transpacific_feeds", {"state": "quiet"}, 0),
        ("transpacific_articles", {"stage": "done"}, 2),
        ("transpacific_articles", {"stage": "quarantined"}, 0),
        ("transpacific_stories", {}, 2),
        ("transpacific_oldest_waiting_seconds", {"stage": "fetch"}, 0),
        # Counted in the network worker.
        ("transpacific_polls_total", {"outcome": "read"}, 1),
        ("transpacific_entries_total", {"what": "new"}, 2),
        ("transpacific_pages_total", {"outcome": "fetched"}, 2),
        ("transpacific_exchange_seconds_count", {"what": "page"}, 2),
        # Counted in the CPU worker's child.
        ("transpacific_articles_processed_total", {"outcome": "first"}, 2),
        ("transpacific_documents_total", {"quality": "ok"}, 2),
        ("transpacific_processing_seconds_count", {"step": "extract"}, 2),
        ("transpacific_processing_seconds_bucket", {"step": "tag", "le": "+Inf"}, 2),
    ],
)
def test_one_port_tells_of_the_service_and_of_all_its_processes(
    ran: Ran, name: str, labels: dict[str, str], value: float
) -> None:
    assert ran.metrics[name, tuple(sorted(labels.items()))] == value


def test_no_label_is_from_outside(ran: Ran) -> None:
    values = {value for _, labels in ran.metrics for _, value in labels}
    assert not any("/" in value or "127.0.0.1" in value for value in values)
    assert len(ran.metrics) < 500


def test_nothing_of_the_counting_is_left_behind(ran: Ran) -> None:
    assert not (ran.home / "metrics").exists()
