"""`status` and `retry`."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
import redis

from store.articles import stages
from store.crawl import pending
from store.intake.feeds import listed
from tests.admin.conftest import Cli
from tests.admin.wire import serve
from tests.site import Site, answers
from worker.clock import now
from worker.context import Context, Nudges
from worker.network.host_drain import drain_host
from worker.service.redis_server import RedisServer
from worker.settings import Settings


def test_the_status_of_a_polled_home(polled: Cli) -> None:
    ended = polled("status", "--json")
    assert (ended.status, ended.err) == (0, "")
    [status] = ended.records
    assert list(status) == [
        "at", "needs", "feeds", "stories", "stages", "oldest", "oldest_waiting", "lag_seconds",
        "outage", "undelivered_events", "queues", "unacknowledged", "redis", "heartbeats",
        "trouble", "gaps", "paused_hosts", "quarantine", "disk",
    ]  # fmt: skip
    assert status["feeds"] == {
        "total": 2, "due": 0, "well": 2, "new": 0, "paused": 0, "quiet": 0, "failing": 0, "gone": 0,
    }  # fmt: skip
    assert status["oldest"] == {"fetch": None, "process": None}
    assert status["needs"] == []
    assert status["redis"] == {"state": "not running", "error": None}
    assert status["disk"]["database_bytes"] > 100_000
    assert status["disk"]["free_bytes"] < status["disk"]["total_bytes"]
    assert status["stories"] == {"total": 4, "relevant": 3}
    assert status["stages"] == {"fetch": 0, "process": 0, "done": 5, "quarantined": 0}
    assert status["lag_seconds"] == 0
    assert status["undelivered_events"] > 0
    assert status["queues"] is None


def test_for_people_the_queues_are_said_not_to_be_running(polled: Cli) -> None:
    out = polled("status").out
    assert "5 done" in out
    assert "not running" in out


def test_for_people_it_fits(polled: Cli) -> None:
    assert all(len(line) <= 80 for line in polled("status").out.splitlines())


def test_a_redis_that_does_not_answer_is_said_to_be_silent(polled: Cli) -> None:
    ended = polled("status", "--json", redis_url="redis://127.0.0.1:1/0")
    [status] = ended.records
    assert (ended.status, status["redis"]["state"], status["queues"]) == (0, "silent", None)
    assert [need["kind"] for need in status["needs"]] == ["redis"]
    assert "Redis is silent" in polled("status", redis_url="redis://127.0.0.1:1/0").out


def test_a_check_tells_monitoring_by_its_exit_status(polled: Cli) -> None:
    well = polled("status", "--check")
    assert (well.status, well.out, well.err) == (0, "", "")
    ill = polled("status", "--check", redis_url="redis://127.0.0.1:1/0")
    assert (ill.status, ill.out.count("\n")) == (1, 1)
    assert ill.out.startswith("! Redis does not answer")
    assert polled("status", "--check", "--json").status == 0


def test_queue_lengths_are_those_of_redis(polled: Cli, redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.redis_py_url) as client:
        client.rpush("network", "a", "b")
        try:
            ended = polled.process("status", "--json", redis_url=redis_server.url)
        finally:
            client.delete("network")
    assert ended.status == 0, ended.err
    assert ended.records[0]["queues"] == {
        "beat": 0, "network": 2, "cpu": 0, "reprocess": 0,
    }  # fmt: skip


def test_a_failing_feed_is_in_trouble(local_cli: Cli, site: Site) -> None:
    site.serve("/rss.xml", answers.status(503))
    url = site.url("/rss.xml")
    local_cli("feeds", "add", "--unchecked", url, "--source", "The \x1b[31mExample")
    local_cli("poll")
    [status] = local_cli("status", "--json").records
    [trouble] = status["trouble"]
    assert trouble["url"] == url
    assert trouble["state"] == "failing"
    assert "503" in trouble["reason"]
    out = local_cli("status").out
    assert "feeds in trouble" in out
    assert url in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("arguments", "retried"), [([], 1), (["--stage", "process"], 1), (["--stage", "fetch"], 0)]
)
def test_what_is_quarantined_is_shown_and_retried(
    local_cli: Cli, site: Site, arguments: list[str], retried: int
) -> None:
    serve(site)
    local_cli("feeds", "add", "--unchecked", site.url("/pine.xml"))
    article_id = quarantine_one(local_cli, site)
    [status] = local_cli("status", "--json").records
    assert status["stages"]["quarantined"] == 1
    [item] = status["quarantine"]
    assert item["id"] == article_id
    assert (item["stage"], item["reason"]) == ("process", "the page is odd")
    assert "the page is odd" in local_cli("status").out

    assert local_cli("retry", "--json", *arguments).records == [{"retried": retried}]
    [status] = local_cli("status", "--json").records
    assert status["stages"]["quarantined"] == 1 - retried
    assert status["stages"]["process"] == 1 + retried


def quarantine_one(cli: Cli, site: Site) -> int:
    """Bring one article as far as its bytes, then set it aside as a worker would."""
    context = Context(Settings(home=cli.home, private_hosts=("127.0.0.0/8",)))
    try:
        drain_host(context, site.hosts[0], Mock(spec=Nudges))
        with context.database.writing() as session:
            feeds = [feed.id for feed, _ in listed(session) if feed.id]
            waiting = pending.waiting(
                session, feeds, owner="test", now=now(), patience=timedelta(0)
            )
            stages.quarantine(session, waiting.articles[0], "the page is odd", now=now())
    finally:
        context.close()
    return waiting.articles[0]
