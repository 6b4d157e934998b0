"""Starting a child as nobody, and not leaving it behind.

PostgreSQL refuses to run as root and Redis should not. `command` wraps a command line so that the
child, when we are root, becomes an unprivileged account first; on Linux it is also told to end when
the process that started it ends. Neither changes who we are ourselves.

The wrapper is this very file, run by a bare interpreter: it imports nothing of ours.
"""

import ctypes
import os
import pwd
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ACCOUNT = "nobody"  # exists on every Linux and on macOS, and owns nothing

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SHARED_TEMPORARY = Path("/tmp")  # where TMPDIR points into a directory that is private to root


def account() -> pwd.struct_passwd | None:
    """The account that servers run as, or None when we are not root and they run as ourselves."""
    return pwd.getpwnam(ACCOUNT) if os.geteuid() == 0 else None


def command(
    arguments: Sequence[str],
    *,
    as_ourselves: bool = False,
    ends_on: signal.Signals = signal.SIGTERM,
) -> list[str]:
    """`arguments` as a command line that drops root's rights and ends with its starting thread.

    The first argument is the program's path. `as_ourselves`: a program of ours, which keeps our
    account. `ends_on`: the signal that it takes as "shut down now". The process keeps its id, and
    leads a session of its own, so that Ctrl-C in a terminal does not reach it before its users.
    """
    owner = None if as_ourselves else account()
    uid, gid = (owner.pw_uid, owner.pw_gid) if owner is not None else (os.geteuid(), os.getegid())
    wrapper = [sys.executable, "-I", "-S", str(Path(__file__))]
    return [*wrapper, str(uid), str(gid), str(int(ends_on)), *arguments]


def private_directory(prefix: str) -> Path:
    """A new directory in the system's temporary folder that only `account` (and root) may enter."""
    found = Path(tempfile.gettempdir())
    owner = account()
    if owner is not None and not others_may_enter(found):
        found = _SHARED_TEMPORARY
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=found))
    if owner is not None:
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    return directory


def make_private(directory: Path) -> bool:
    """Make a directory of `private_directory` anew, or one of ours, where it has been removed.

    False where somebody else has made one of its name: what lies in it is not to be trusted.
    """
    owner = account()
    uid = owner.pw_uid if owner is not None else os.geteuid()
    try:
        directory.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        found = directory.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == uid
    if owner is not None:
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    return True


def within_reach(programs: Path, directory: Path) -> Path:
    """`programs`, a file or a tree, or its copy in `directory` where `account` could not read it.

    A checkout under /root is the common case: its mode 0700 hides the environment from others.
    """
    resolved = programs.resolve()
    if account() is None or others_may_enter(resolved.parent):
        return resolved
    copy = directory / resolved.name
    if resolved.is_dir():
        shutil.copytree(resolved, copy, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy(resolved, copy)
    return copy


def others_may_enter(directory: Path) -> bool:
    """Whether the modes of `directory` and of everything above it let any account pass."""
    path = directory.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def _become(uid: int, gid: int) -> None:
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def end_with_parent(ends_on: int) -> None:
    """Have this process get the signal when its parent ends; Linux alone knows how.

    After a change of user, which forgets the request.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, ends_on, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the request was made
        sys.exit(1)


def main(arguments: Sequence[str]) -> None:
    uid, gid, ends_on, *program = arguments
    if os.getsid(0) != os.getpid():
        os.setsid()
    _become(int(uid), int(gid))
    end_with_parent(int(ends_on))
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
