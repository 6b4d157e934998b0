"""Child processes: what they do, how they end, and what their end takes with it."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from store.articles import stages
from store.reprocessing import runs
from tests.support.waiting import until
from worker.context import Context
from worker.reprocessing import here
from worker.service import process_pool as subject
from worker.service.process_pool import CannotBegin, ChildDied, Children
from worker.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, cpu_processes=1, log_format="json")


def home(context: Context) -> tuple[Path, int]:
    return context.settings.home, os.getpid()


def end(_context: Context) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(_context: Context, reason: str) -> None:
    raise ValueError(reason)


def refuse_with_something_that_cannot_be_sent(_context: Context) -> None:
    raise ValueError(lambda: None)


def dawdle(_context: Context) -> None:
    time.sleep(subject.PAGE_SECONDS)


def test_a_child_does_one_thing_after_another_whatever_comes_of_each(settings: Settings) -> None:
    with Children(settings, background=True) as children:
        first, second = children.submit(home), children.submit(home)
        error = children.submit(refuse, reason="what a page")
        odd = children.submit(refuse_with_something_that_cannot_be_sent)
        last = children.submit(home)
        assert first.result() == second.result() == last.result()
        assert first.result()[0] == settings.home
        with pytest.raises(ValueError, match="what a page"):
            error.result()
        with pytest.raises(RuntimeError, match="ValueError"):
            odd.result()
        (pid,) = children.pids
        assert psutil.Process(pid).nice() > psutil.Process().nice()
    assert not psutil.pid_exists(pid)


def test_a_child_that_dies_takes_nothing_else_with_it(settings: Settings) -> None:
    with Children(settings) as children:
        dead, after = children.submit(end), children.submit(home)
        with pytest.raises(ChildDied, match="ended") as died:
            dead.result()
        assert died.value.pid in children.pids
        assert after.result()[1] != died.value.pid
    assert not any(map(psutil.pid_exists, children.pids))


def test_a_child_that_takes_too_long_is_ended(settings: Settings) -> None:
    with (
        Children(settings, seconds=0.5) as children,
        pytest.raises(ChildDied, match="was ended after"),
    ):
        children.submit(dawdle).result()
    assert not any(map(psutil.pid_exists, children.pids))


def test_no_claim_runs_out_while_a_child_may_be_at_it() -> None:
    assert timedelta(seconds=subject.PAGE_SECONDS) < stages.PROCESS_CLAIM
    assert timedelta(seconds=here.CHUNK_SECONDS) < runs.CLAIM


def test_children_that_do_not_come_to_begin_are_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "BEGIN_SECONDS", 0.001)
    with Children(settings) as children, pytest.raises(CannotBegin, match="was ended after"):
        children.submit(home).result()
    assert len(children.pids) == subject.BEGINNINGS


def lack(_context: Context) -> None:
    raise ValueError("there is no lexicon")


def test_a_child_that_cannot_begin_says_why(settings: Settings) -> None:
    with (
        Children(settings, prepare=lack) as children,
        pytest.raises(CannotBegin, match="no lexicon"),
    ):
        children.submit(home).result()
    assert len(children.pids) == 1


def test_an_error_ends_them_at_once_with_what_they_have_in_hand(settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt), Children(settings) as children:
        children.submit(home).result()
        flying = children.submit(dawdle)
        waiting = children.submit(home)
        until(flying.running, "it is at it")
        raise KeyboardInterrupt
    with pytest.raises(ChildDied):
        flying.result(0)
    assert waiting.cancelled()
    assert not any(map(psutil.pid_exists, children.pids))


_PARENT = """
import sys
from pathlib import Path
from tests.worker.service.test_process_pool import dawdle, home
from worker.service.process_pool import Children
from worker.settings import Settings

if __name__ == "__main__":
    with Children(Settings(home=Path(sys.argv[1]), cpu_processes=1)) as children:
        pid = children.submit(home).result()[1]
        flying = children.submit(dawdle)
        print(pid, flush=True)
        flying.result()
"""


def test_children_end_with_the_process_that_began_them(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(_PARENT)
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, program, tmp_path], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    until(lambda: not psutil.pid_exists(pid), "the child has ended")
