"""Counting over processes, and what is served when something does not answer."""

import socket
from pathlib import Path

import pytest
from billiard.process import current_process
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, values
from prometheus_client.registry import Collector

from store.database.connection import Database
from worker.settings import Settings
from worker.watch.metrics_endpoint import (
    DIRECTORY_VARIABLE,
    Counted,
    MetricsError,
    Service,
    count_in,
    serve,
)


def samples(collector: Collector) -> dict[str, float]:
    """Samples by their names; of labels, the values in a row after it."""
    found: list[Metric] = list(collector.collect())
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for metric in found
        for sample in metric.samples
    }


@pytest.fixture
def _counting_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets of prometheus_client, and of this process's place, is set back."""
    monkeypatch.setenv(DIRECTORY_VARIABLE, "")
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setattr(current_process(), "index", "0", raising=False)


@pytest.mark.usefixtures("_counting_elsewhere")
def test_processes_are_added_up_and_one_that_is_started_again_goes_on(tmp_path: Path) -> None:
    count_in(tmp_path / "cpu")
    for place, pages in (("0", 5), ("1", 10), ("0", 20)):
        current_process().index = place  # as a pool gives them, and gives them again
        registry = CollectorRegistry()
        Counter("pages", "Pages.", ["outcome"], registry=registry).labels("fetched").inc(pages)
        Histogram("seconds", "Seconds.", buckets=(1, 2), registry=registry).observe(1.5)
    found = samples(Counted(tmp_path / "cpu", tmp_path / "not-started-yet"))
    assert found["pages_total fetched"] == 35
    assert (found["seconds_count"], found["seconds_bucket 1.0"], found["seconds_bucket 2.0"]) == (
        3, 0, 3,
    )  # fmt: skip
    # Counters and histograms of two places, however often one was taken.
    assert len(list(tmp_path.glob("*/*.db"))) == 4


def test_servers_that_do_not_answer_are_told_as_such(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, redis_url="redis://127.0.0.1:1/0")
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    found = samples(Service(database, settings))
    database.dispose()
    assert found["transpacific_database_up"] == found["transpacific_redis_up"] == 0
    assert found["transpacific_disk_free_bytes"] > 0
    assert "transpacific_stories" not in found


def test_a_port_that_is_taken_is_refused_with_the_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(home=tmp_path, metrics_port=taken.getsockname()[1])
        with pytest.raises(MetricsError, match="TRANSPACIFIC_METRICS_PORT"):
            serve(settings)
