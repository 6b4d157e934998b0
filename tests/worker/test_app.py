"""The Celery app refuses to start where it could not keep its promises, in one line."""

import json
from pathlib import Path

import pytest
import redis

from tests.support.waiting import run
from tests.worker.processes import ROOT, environment
from worker.service.embedded import commands
from worker.service.redis_server import RedisServer
from worker.settings import Settings

NOWHERE = "postgresql+psycopg://news:hidden@127.0.0.1:1/none"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'transpacific.db'}"


def refusal(tmp_path: Path, worker: str = "network", **settings: str) -> dict[str, str]:
    """Start a worker that is to refuse, and return the one line that it says."""
    variables = environment(home=str(tmp_path), log_format="json", **settings)
    ended = run(commands(Settings(home=tmp_path))[worker], env=variables, cwd=ROOT, text=True)
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    told: dict[str, str] = json.loads(line)
    assert told["event"] == "worker.refused"
    return told


@pytest.mark.parametrize("worker", ["network", "cpu"])
def test_a_redis_that_may_drop_messages_is_refused(
    tmp_path: Path, sqlite_url: str, worker: str
) -> None:
    with RedisServer(tmp_path / "redis") as server:
        with redis.Redis.from_url(server.redis_py_url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        told = refusal(tmp_path, worker, database_url=sqlite_url, redis_url=server.url)
    assert "allkeys-lru" in told["reason"]
    assert "noeviction" in told["reason"]


def test_a_redis_that_does_not_answer_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    told = refusal(
        tmp_path, database_url=sqlite_url, redis_url=f"redis+socket://{tmp_path}/none.sock"
    )
    assert "TRANSPACIFIC_REDIS_URL" in told["reason"]


def test_a_database_that_does_not_answer_is_refused_without_its_password(
    tmp_path: Path, redis_url: str
) -> None:
    told = refusal(tmp_path, database_url=NOWHERE, redis_url=redis_url)
    assert "TRANSPACIFIC_DATABASE_URL" in told["reason"]
    assert "hidden" not in told["reason"]


def test_a_lexicon_that_cannot_be_read_is_refused(
    tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    lexicon = tmp_path / "lexicon.toml"
    lexicon.write_text("this is no [ TOML")
    told = refusal(
        tmp_path, "cpu", database_url=sqlite_url, redis_url=redis_url, lexicon=str(lexicon)
    )
    assert "lexicon.toml" in told["reason"]


def test_a_setting_that_is_wrong_is_refused(tmp_path: Path, redis_url: str) -> None:
    told = refusal(tmp_path, redis_url=redis_url, full_text="perhaps")
    assert "TRANSPACIFIC_FULL_TEXT" in told["reason"]


def test_a_database_of_another_kind_is_refused(tmp_path: Path, redis_url: str) -> None:
    told = refusal(tmp_path, database_url="mysql://127.0.0.1/news", redis_url=redis_url)
    assert "TRANSPACIFIC_DATABASE_URL" in told["reason"]
