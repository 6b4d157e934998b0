import os
import pwd
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from kombu import Connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support import machine
from tests.support.waiting import until
from worker.service import redis_server as launcher
from worker.service import unprivileged
from worker.service.redis_server import RedisServer, RedisUnavailable, check_policy, find_binary

OUR_UID = os.geteuid()
SERVER_UID = pwd.getpwnam(unprivileged.ACCOUNT).pw_uid if OUR_UID == 0 else OUR_UID


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "run") as started:
        yield started


@pytest.fixture
def client(server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.redis_py_url) as connected:
        yield connected


def test_it_answers_on_a_socket_that_only_its_owner_may_use(
    server: RedisServer, client: redis.Redis
) -> None:
    assert client.ping()
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700


def test_it_runs_as_an_unprivileged_user(server: RedisServer) -> None:
    assert psutil.Process(server.pid).uids().effective == SERVER_UID


def test_it_listens_on_no_port(server: RedisServer) -> None:
    assert psutil.Process(server.pid).net_connections(kind="inet") == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [("maxmemory-policy", "noeviction"), ("save", ""), ("appendonly", "no"), ("port", "0")],
)
def test_it_keeps_every_message_and_nothing_on_disk(
    client: redis.Redis, setting: str, value: str
) -> None:
    assert client.config_get(setting)[setting] == value


def test_celery_can_send_and_receive_through_its_url(server: RedisServer) -> None:
    with Connection(server.url) as connection:
        queue = connection.SimpleQueue("letters")
        queue.put({"article": 7})
        received = queue.get(timeout=machine.scaled(10))
        received.ack()
        assert received.payload == {"article": 7}
        queue.close()


def test_a_directory_with_a_space_in_its_name_works(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "my news") as server, Connection(server.url) as connection:
        connection.ensure_connection(max_retries=1, timeout=machine.scaled(10))


def test_a_path_too_long_for_a_socket_gives_way_to_a_short_one(tmp_path: Path) -> None:
    with RedisServer(tmp_path / ("long" * 30)) as server:
        assert len(os.fsencode(server.socket)) < launcher.SOCKET_PATH_BYTES
        assert redis.Redis.from_url(server.redis_py_url).ping()


def test_nothing_is_left_of_it_afterwards(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "run") as server:
        process = psutil.Process(server.pid)
        directory = server.socket.parent
    assert not process.is_running()
    assert not directory.exists()


def test_it_starts_again_at_the_same_address_after_a_stop(server: RedisServer) -> None:
    before = (server.pid, server.url)
    server.stop()
    assert server.pid is None
    server.start()
    server.wait_ready(time.monotonic() + machine.scaled(launcher.START_SECONDS))
    assert server.pid != before[0]
    assert server.url == before[1]


def test_it_starts_again_after_it_was_killed(server: RedisServer) -> None:
    psutil.Process(server.pid).kill()
    until(lambda: server.pid is None, "the killed server has ended")
    server.start()
    server.wait_ready(time.monotonic() + machine.scaled(launcher.START_SECONDS))
    assert redis.Redis.from_url(server.redis_py_url).ping()


def test_stopping_twice_does_no_harm(server: RedisServer) -> None:
    server.stop()
    server.stop()


def test_a_start_on_a_socket_in_use_is_refused_and_the_server_there_unharmed(
    server: RedisServer,
) -> None:
    running = server.pid
    with pytest.raises(RedisUnavailable, match="another Redis answers"):
        server.start()
    assert server.pid == running
    assert redis.Redis.from_url(server.redis_py_url).ping()


def test_a_server_that_cannot_start_says_why_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho 'no such engine'\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with (
        pytest.raises(RedisUnavailable, match=r"^Redis ended as it started: no such engine$"),
        RedisServer(tmp_path / "run"),
    ):
        pass


def test_a_server_on_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "valkey-server"
    own.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == own


def test_without_one_on_path_the_wheels_binary_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    binary = find_binary()
    assert binary.name == "valkey-server"
    assert os.access(binary, os.X_OK)


def test_without_any_binary_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(launcher, "find_spec", lambda _: None)
    with pytest.raises(RedisUnavailable, match="install redis-server"):
        find_binary()


def test_the_policy_of_the_embedded_server_is_accepted(client: redis.Redis) -> None:
    check_policy(client)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
def test_a_policy_that_drops_messages_is_refused_in_one_line(
    client: redis.Redis, policy: str
) -> None:
    client.config_set("maxmemory-policy", policy)
    with pytest.raises(RedisUnavailable, match=rf"^.*{policy}.*noeviction.*$"):
        check_policy(client)


def test_a_server_that_does_not_answer_is_refused_in_one_line(tmp_path: Path) -> None:
    once = Retry(NoBackoff(), 0)
    nowhere = redis.Redis(unix_socket_path=str(tmp_path / "nothing.sock"), retry=once)
    with pytest.raises(RedisUnavailable, match=r"^Redis does not answer .*TRANSPACIFIC_REDIS_URL$"):
        check_policy(nowhere)
