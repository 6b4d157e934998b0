"""The embedded Redis is supervised like the other children, and leaves nothing behind."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from tests.support.waiting import until
from worker.service import embedded, redis_server, unprivileged
from worker.service.embedded import Embedded
from worker.service.redis_server import RedisServer, RedisUnavailable
from worker.settings import Settings


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """A service of Redis alone: workers take seconds to start, and are not the subject."""
    monkeypatch.setattr(embedded, "commands", lambda _settings: {})
    with Embedded(Settings(home=tmp_path / "home")) as running:
        running._redis_restarts.wait = 0.05
        yield running


def server_of(service: Embedded) -> RedisServer:
    assert service._redis is not None
    return service._redis


def answers(server: RedisServer) -> bool:
    try:
        with redis.Redis.from_url(server.redis_py_url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def is_another(service: Embedded, *, not_pid: int) -> bool:
    service.check()
    return service.pids().get("redis", not_pid) != not_pid and answers(server_of(service))


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "alive, without its socket"])
def test_a_redis_whose_folder_was_cleaned_away_is_started_again_at_its_address(
    service: Embedded, killed: bool
) -> None:
    service._redis_restarts.started -= embedded.START_SECONDS  # it has started long ago
    server = server_of(service)
    url, pid = server.url, service.pids()["redis"]
    shutil.rmtree(server.socket.parent)
    if killed:
        psutil.Process(pid).kill()
    until(lambda: is_another(service, not_pid=pid), "it is there again")
    assert server.url == url
    assert server.socket.parent.stat().st_mode & 0o777 == 0o700
    assert not psutil.pid_exists(pid)


def test_a_redis_that_cannot_be_started_ends_nothing_and_is_tried_again_ever_later(
    service: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "LONGEST_RESTART", 0.4)
    start, tried = RedisServer.start, list[float]()
    errors = [RedisUnavailable("another Redis answers"), OSError(28, "No space left on device")]

    def fails_at_first(server: RedisServer) -> None:
        tried.append(service._redis_restarts.wait)
        if len(tried) <= len(errors):
            raise errors[len(tried) - 1]
        start(server)

    monkeypatch.setattr(RedisServer, "start", fails_at_first)
    pid = service.pids()["redis"]
    psutil.Process(pid).kill()
    until(lambda: is_another(service, not_pid=pid), "it is there again")
    assert len(tried) == 3
    assert tried == sorted(set(tried))


def test_a_folder_that_somebody_else_has_made_meanwhile_is_not_used(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis")
    shutil.rmtree(server.socket.parent)
    server.socket.parent.symlink_to(tmp_path)
    try:
        with pytest.raises(RedisUnavailable, match="belongs to somebody else"):
            server.start()
    finally:
        server.socket.parent.unlink()


def test_what_a_killed_service_has_left_in_the_temporary_folder_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_server, "SOCKET_PATH_BYTES", 0)  # as for root, or in a deep home
    killed = RedisServer(tmp_path / "redis")
    killed.start()
    assert killed.pid is not None
    psutil.Process(killed.pid).kill()
    left = killed.socket.parent
    with RedisServer(tmp_path / "redis") as server:
        until(lambda: not left.exists(), "it is gone")
        beside = RedisServer(tmp_path / "redis")
        assert answers(server), "a server that is at work is left alone"
        beside.close()
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_closes_ends_it_in_order(service: Embedded) -> None:
    before = {number: signal.getsignal(number) for number in embedded.STOP_SIGNALS}
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGHUP))
    timer.start()
    try:
        service.supervise()
    finally:
        timer.join()
        for number, handler in before.items():
            signal.signal(number, handler)
    service.stop()
    assert service.pids() == {}


def test_a_private_folder_is_made_for_the_account_that_is_to_use_it(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    owner = unprivileged.account()
    assert unprivileged.make_private(folder)
    assert folder.stat().st_uid == (owner.pw_uid if owner is not None else os.geteuid())
    assert unprivileged.make_private(folder)
