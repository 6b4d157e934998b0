"""Writers on SQLite stand in line: no one is overtaken, and no one who ends blocks the others."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from store.database import connection as module
from store.database import migrate
from store.database.connection import Database
from store.database.write_lock import SUFFIX, TooLong, Writers
from store.tables import Host
from tests.store.building import NOW
from tests.support import machine
from tests.support.waiting import PATIENCE, ended, join, until

SHORT = 0.05


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    file.touch(mode=0o640)
    file.chmod(0o640)
    return file


@pytest.fixture
def holder(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, whose turn it is."""
    holding = (
        "import sys; from pathlib import Path; from store.database.write_lock import Writers\n"
        "with Writers(Path(sys.argv[1])).turn(seconds=60):\n"
        "    print('mine', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holding, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        yield process
        process.kill()


def is_free(file: Path) -> bool:
    try:
        with Writers(file).turn(seconds=SHORT):
            return True
    except TooLong:
        return False


def test_turns_are_given_in_the_order_of_coming(file: Path) -> None:
    served = list[int]()
    line = Writers(file)

    def write(number: int) -> None:
        with line.turn(seconds=machine.scaled(PATIENCE)):
            served.append(number)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    with line.turn(seconds=machine.scaled(PATIENCE)):
        for number, writer in enumerate(writers):
            writer.start()
            until(partial(stands_in_line, number + 1), "it stands in line")
    join(*writers)
    assert served == list(range(8))


def stands_in_line(number: int) -> bool:
    """Whether so many wait, as the system tells of them."""
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "-> FLOCK" in line]
    return sum(f" {os.getpid()} " in line for line in waiting) >= number


def test_another_process_is_waited_for_but_not_for_ever(
    file: Path, holder: subprocess.Popen[str]
) -> None:
    with machine.stopwatch() as took, pytest.raises(TooLong), Writers(file).turn(seconds=SHORT):
        pass
    assert took.wall >= SHORT
    assert took.quiet < PATIENCE
    assert holder.stdin is not None
    holder.stdin.close()
    until(partial(is_free, file), "it is free when the other is done")


def test_a_turn_that_was_given_up_goes_to_the_next(file: Path) -> None:
    line = Writers(file)

    def give_up() -> None:
        with pytest.raises(TooLong), Writers(file).turn(seconds=SHORT):
            pass

    with line.turn(seconds=machine.scaled(PATIENCE)):
        impatient = threading.Thread(target=give_up)
        impatient.start()
        join(impatient)
    until(partial(is_free, file), "nobody has it")


def test_a_writer_that_is_killed_lets_go(file: Path, holder: subprocess.Popen[str]) -> None:
    assert not is_free(file)
    holder.kill()
    with Writers(file).turn(seconds=machine.scaled(PATIENCE)):
        pass


def test_a_child_forked_meanwhile_does_not_hold_on_to_it(file: Path) -> None:
    with Writers(file).turn(seconds=machine.scaled(PATIENCE)):
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(0)
        assert not is_free(file)
    try:
        until(partial(is_free, file), "it is free, though the child lives")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_turn_within_a_turn_is_refused_at_once(file: Path) -> None:
    line = Writers(file)
    with line.turn(seconds=machine.scaled(PATIENCE)):
        with (
            pytest.raises(RuntimeError, match="wait for itself"),
            line.turn(seconds=machine.scaled(PATIENCE)),
        ):
            pass
        assert not is_free(file)
    until(partial(is_free, file), "it is free afterwards")


def test_the_lock_file_has_the_databases_mode_and_stays(file: Path) -> None:
    with Writers(file).turn(seconds=machine.scaled(PATIENCE)):
        pass
    lock = file.with_name(file.name + SUFFIX)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o640
    with Writers(file).turn(seconds=machine.scaled(PATIENCE)):
        pass
    assert lock.exists()


def test_where_there_is_no_folder_sqlite_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}")
    with pytest.raises(OperationalError, match="unable to open"), database.writing() as session:
        session.add(Host(name="a", next_request_at=NOW, refusals=0))


def test_a_line_that_does_not_move_is_told_as_a_locked_database(
    file: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert holder.poll() is None
    monkeypatch.setattr(module, "SQLITE_BUSY_SECONDS", SHORT)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(OperationalError, match="database is locked"), database.writing():
        pass
    database.dispose()


def test_many_writers_of_two_processes_are_all_served_and_none_waits_long(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    database = Database(url)
    migrate.ensure(database)
    with database.writing() as session:
        session.add(Host(name="counter", next_request_at=NOW, refusals=0))
    count = (
        "import sys; from tests.store.database.test_write_lock import count_up;"
        "count_up(sys.argv[1])"
    )
    other = subprocess.Popen([sys.executable, "-c", count, url], cwd=Path(__file__).parents[3])
    with machine.stopwatch() as took:
        longest = count_up(url)
        assert ended(other) == 0
    with database.reading() as session:
        assert session.get_one(Host, "counter").refusals == 2 * THREADS * TIMES
    assert longest / took.slowness < 5.0
    database.dispose()


THREADS = 8
TIMES = 10


def count_up(url: str) -> float:
    """Count from several threads; returns the longest wait in seconds."""
    database = Database(url)
    waits = list[float]()

    def write() -> None:
        for _ in range(TIMES):
            began = time.monotonic()
            with database.writing() as session:
                session.get_one(Host, "counter").refusals += 1
            waits.append(time.monotonic() - began)

    threads = [threading.Thread(target=write) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.dispose()
    return max(waits)
