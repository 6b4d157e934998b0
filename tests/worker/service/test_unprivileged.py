import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.waiting import output, until
from worker.service import unprivileged

AS_ROOT = os.geteuid() == 0
EXPECTED_USER = pwd.getpwnam(unprivileged.ACCOUNT) if AS_ROOT else pwd.getpwuid(os.geteuid())

# Starts a sleeping child in the way that a supervisor would, and tells its process id.
PARENT = """
import subprocess, sys
from worker.service import unprivileged
child = subprocess.Popen(unprivileged.command(["/bin/sleep", "60"]))
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_runs_as_the_unprivileged_account_with_no_other_groups() -> None:
    shown = subprocess.run(
        unprivileged.command(["/bin/sh", "-c", "id -u; id -g; id -G"]),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    assert int(shown[0]) == EXPECTED_USER.pw_uid
    assert int(shown[1]) == EXPECTED_USER.pw_gid
    if AS_ROOT:
        assert shown[2] == str(EXPECTED_USER.pw_gid)


def test_a_program_of_ours_keeps_our_account() -> None:
    shown = subprocess.run(
        unprivileged.command(["/bin/sh", "-c", "id -u; id -g; id -G"], as_ourselves=True),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    groups = " ".join(map(str, dict.fromkeys([os.getegid(), *os.getgroups()])))
    assert shown == f"{os.geteuid()}\n{os.getegid()}\n{groups}\n"


def test_a_child_keeps_its_process_id_and_leads_a_session_of_its_own() -> None:
    child = subprocess.Popen(
        unprivileged.command(["/bin/sh", "-c", "echo $$; read line"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == child.pid
        assert os.getsid(child.pid) == child.pid
        output(child, "\n")


if sys.platform == "linux":  # no other system tells a child of its parent's end

    def test_a_child_ends_when_its_parent_is_killed() -> None:
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with parent:
            assert parent.stdout is not None
            child = psutil.Process(int(parent.stdout.readline()))
            until(lambda: child.name() == "sleep", "the wrapper has become the program")
            parent.send_signal(signal.SIGKILL)
        until(
            lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE,
            "the child has ended",
        )


def test_a_private_directory_belongs_to_the_account_and_lets_no_other_in() -> None:
    directory = unprivileged.private_directory("transpacific-test-")
    try:
        facts = directory.stat()
        assert (facts.st_uid, facts.st_mode & 0o777) == (EXPECTED_USER.pw_uid, 0o700)
    finally:
        directory.rmdir()


def test_a_directory_below_a_closed_one_is_not_open_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    below = closed / "below"
    below.mkdir(parents=True)
    below.chmod(0o755)
    closed.chmod(0o700)
    assert not unprivileged.others_may_enter(below)
    assert unprivileged.others_may_enter(Path("/bin"))


def test_root_is_given_a_copy_of_programs_that_the_account_cannot_reach(tmp_path: Path) -> None:
    programs = tmp_path / "closed" / "programs"
    programs.mkdir(parents=True)
    programs.parent.chmod(0o700)
    (programs / "server").write_text("#!/bin/sh\necho started\n")
    (programs / "server").chmod(0o755)
    directory = unprivileged.private_directory("transpacific-test-")
    try:
        reached = unprivileged.within_reach(programs, directory)
        assert reached == (directory / "programs" if AS_ROOT else programs.resolve())
        started = subprocess.run(
            unprivileged.command([str(reached / "server")]), capture_output=True, check=True
        )
        assert started.stdout == b"started\n"
    finally:
        subprocess.run(["rm", "-r", str(directory)], check=True)
