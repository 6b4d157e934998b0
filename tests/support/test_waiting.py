"""Patience is spent as fast as the machine works, and comes to its end on any machine."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import machine, waiting
from tests.support.waiting import Patience, ended, join, output, result, run, until

FOR_EVER = [sys.executable, "-c", "import sys; sys.stdin.read()"]


class Wall:
    """A clock that goes on by itself, a second at each look; and a machine of that slowness."""

    def __init__(self, slowness: float) -> None:
        self.now = 0.0
        self.slowness = slowness

    def monotonic(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def wall(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall(request.param)
    monkeypatch.setattr(machine, "slowness", lambda: wall.slowness)
    monkeypatch.setattr(waiting.time, "monotonic", wall.monotonic)
    monkeypatch.setattr(waiting.time, "sleep", lambda _seconds: None)
    return wall


@pytest.mark.parametrize(
    ("wall", "seconds"),
    [(1.0, 60), (7.0, 420), (machine.MOST, 60 * machine.MOST)],
    indirect=["wall"],
)
def test_what_hangs_fails_after_as_much_longer_as_the_machine_is_slower(
    wall: Wall, seconds: float
) -> None:
    with pytest.raises(AssertionError, match="60 s of a quiet machine: it comes"):
        until(lambda: False, "it comes")
    assert wall.now == pytest.approx(seconds, abs=machine.MOST + 2)


@pytest.mark.parametrize("wall", [5.0], indirect=True)
def test_a_machine_that_is_slow_for_a_while_is_given_more_for_that_while_only(wall: Wall) -> None:
    patience = Patience(20.0)
    while wall.now < 50:
        assert not patience.is_over()
    wall.slowness = 1.0
    while not patience.is_over():
        assert wall.now < 100
    assert wall.now == pytest.approx(60, abs=3)


@pytest.mark.parametrize("wall", [1.0], indirect=True)
def test_what_comes_in_time_is_waited_for(wall: Wall) -> None:
    until(lambda: wall.now > 55, "it comes")
    assert wall.now < 60


def test_what_hangs_fails_by_the_real_clock_too() -> None:
    never, go_on = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool, subprocess.Popen(FOR_EVER, stdin=subprocess.PIPE) as hung:
        waits = [
            lambda: until(never.is_set, "it comes", seconds=0.2),
            lambda: ended(hung, seconds=0.2),
        ]
        for wait in waits:
            with pytest.raises(AssertionError, match="quiet machine"):
                wait()
        future = pool.submit(go_on.wait)
        go_on.set()
        assert result(future)
    assert ended(hung) == 0


def test_a_process_is_heard_to_its_end() -> None:
    ran = run([sys.executable, "-c", "import sys; print(sys.stdin.read() * 2)"], "ab", text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "abab\n", "")
    silent = run([sys.executable, "-c", "import sys; sys.exit(bool(sys.stdin.read()))"])
    assert (silent.returncode, silent.stdout) == (0, b"")


def test_a_wait_for_a_process_is_taken_up_again_with_what_was_said_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "_MEASURE_SECONDS", 0.001)
    much = "import sys; print(sys.stdin.read() + 'a' * 200_000, flush=True); print('b')"
    with subprocess.Popen(
        [sys.executable, "-c", much], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        out, _ = output(process, "given once ")
    assert out == "given once " + "a" * 200_000 + "\nb\n"


def test_threads_are_joined() -> None:
    gate = threading.Event()
    threads = [threading.Thread(target=gate.wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    gate.set()
    join(*threads)
    assert not any(thread.is_alive() for thread in threads)


def test_a_core_that_is_wanted_by_many_is_measured_as_slow() -> None:
    """Threads of one process share a core: beside six of them, ours has a seventh."""
    over = threading.Event()

    def be_busy() -> None:
        while not over.is_set():
            pass

    busy = [threading.Thread(target=be_busy) for _ in range(6)]
    alone = min(machine.slowness() for _ in range(3))
    for thread in busy:
        thread.start()
    try:
        crowded = max(machine.slowness() for _ in range(3))
    finally:
        over.set()
        join(*busy)
    assert crowded > 2 * alone or crowded == machine.MOST


def test_a_stopwatch_tells_of_the_wall_and_of_the_machine() -> None:
    with machine.stopwatch() as took:
        time.sleep(0.05)
    assert took.wall >= 0.05
    assert 1.0 <= took.slowness <= machine.MOST
    assert took.quiet == pytest.approx(took.wall / took.slowness)
