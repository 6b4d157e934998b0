"""The lock on a home."""

from pathlib import Path

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
