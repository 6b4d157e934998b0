"""The lock on a home."""

from pathlib import Path

import pytest

from worker.home import lock as homelock


def test_a_home_is_taken_once_and_free_again_when_it_is_left(tmp_path: Path) -> None:
    first = homelock.take(tmp_path)
    assert first is not None
    assert homelock.take(tmp_path) is None
    first.close()
    again = homelock.take(tmp_path)
    assert again is not None
    again.close()


def test_the_broker_is_known_while_the_service_runs(tmp_path: Path) -> None:
    assert homelock.running_broker(tmp_path / "nothing") is None
    assert homelock.running_broker(tmp_path) is None
    lock = homelock.take(tmp_path)
    assert lock is not None
    assert homelock.running_broker(tmp_path) is None  # it has not said yet
    homelock.tell_broker(lock, "redis://127.0.0.1:1/0")
    assert homelock.running_broker(tmp_path) == "redis://127.0.0.1:1/0"
    # Another that wants the home does not wipe out what its holder wrote.
    assert homelock.take(tmp_path) is None
    assert homelock.running_broker(tmp_path) == "redis://127.0.0.1:1/0"
    lock.close()
    assert homelock.running_broker(tmp_path) is None


@pytest.mark.parametrize(
    ("broker", "told"),
    [
        ("redis://:s3cret@db.example:6379/0", "redis://db.example:6379/0"),
        ("rediss://ana:s3c%40ret@[::1]:1/2?ssl=1", "rediss://ana@[::1]:1/2?ssl=1"),
        ("redis://h/0?password=s3cret&db=1", "redis://h/0?db=1"),
        ("redis+socket:///run/a%20b/redis.sock", "redis+socket:///run/a%20b/redis.sock"),
        ("redis+socket:///r.sock?virtual_host=1", "redis+socket:///r.sock?virtual_host=1"),
    ],
)
def test_no_password_stands_in_it(tmp_path: Path, broker: str, told: str) -> None:
    lock = homelock.take(tmp_path)
    assert lock is not None
    with lock:
        homelock.tell_broker(lock, broker)
        assert homelock.running_broker(tmp_path) == told
        assert "s3c" not in (tmp_path / "up.lock").read_text()
