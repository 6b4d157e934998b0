"""Passwords in the settings, and every way in which a command can fail to use them."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.admin.conftest import Cli
from tests.faults.rows import Row, row

CANARY = "c4nary-Secret"

# Nothing listens at port 1; names of this domain mean nothing anywhere.
_DATABASES = (
    f"postgresql+psycopg://ana:{CANARY}@127.0.0.1:1/news",
    f"postgresql://ana:{CANARY}@127.0.0.1:1/news",
    f"postgresql+psycopg://ana:{CANARY}@127.0.0.1:port/news",
    f"postgresql+psycopg:/ana:{CANARY}@127.0.0.1/news",
    f"mysql://ana:{CANARY}@127.0.0.1:1/news",
    f"ana:{CANARY}@127.0.0.1:1/news",
    f"postgresql+psycopg://127.0.0.1:1/news?user=ana&password={CANARY}",
)
_BROKERS = (
    f"redis://:{CANARY}@127.0.0.1:1/0",
    f"redis://ana:{CANARY}@127.0.0.1:1/none",
    f"rediss://:{CANARY}@127.0.0.1:1/0",
    f"http://:{CANARY}@127.0.0.1:1/0",
    f":{CANARY}@127.0.0.1",
    f"redis://127.0.0.1:1/0?password={CANARY}",
)
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("doctor",),
    ("db", "check"),
    ("db", "upgrade"),
    ("feeds", "list"),
    ("stories",),
    ("poll",),
    ("retry",),
)
_PROCESSES = (
    ("-m", "admin", "up"),
    ("-m", "celery", "-A", "worker.app", "worker", "-Q", "network", "-P", "threads"),
)
# Those that would try for ever are ended; what they have said by then is looked at.
_SECONDS = 30.0


def secrets(*, whole: bool = True) -> Row:
    """What commands and processes say with settings that hold a secret and lead nowhere."""
    said = [*_commands(whole), *(_processes() if whole else ())]
    told = [name for name, output in said if CANARY in output]
    silent = [name for name, output in said if len(output) < 20]  # it never came to say a word
    return row(
        "secrets in settings",
        times=len(said),
        items=sum(len(output) for _, output in said),
        lost=len(told),
        asked="0 found",
        measured=f"{len(told)} of {len(said)} tell one {(told + silent)[:3] or ''}".rstrip(),
        ok=not told and not silent,
    )


def _settings() -> Iterator[dict[str, str]]:
    for database in _DATABASES:
        yield {"database_url": database}
    for broker in _BROKERS:
        yield {"redis_url": broker}


def _commands(whole: bool) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="transpacific-faults-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        for settings in _settings():
            for command in _COMMANDS if whole else _COMMANDS[1:3]:
                ended = Cli(home)(*command, **settings)
                told = f"{ended.stdout!r}{ended.stderr!r}"
                yield f"{' '.join(command)} ({next(iter(settings.values()))[:12]}…)", told
        # In the file, where a value may be of a wrong kind too.
        file = home / "transpacific.toml"
        for line in (f'database_url = ["{_DATABASES[0]}"]', f'redis_url = "{_BROKERS[0]}'):
            file.write_text(line)
            ended = Cli(home)("status")
            yield f"status ({line[:12]}…)", f"{ended.stdout!r}{ended.stderr!r}"


def _processes() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="transpacific-faults-") as folder:
        for settings in ({"database_url": _DATABASES[0]}, {"redis_url": _BROKERS[0]}):
            for process in _PROCESSES:
                yield " ".join(process[1:5]), _said(Cli(Path(folder)), process, settings)


def _said(cli: Cli, process: tuple[str, ...], settings: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            [sys.executable, *process],
            env=cli.process_environment(settings),
            cwd=Path(__file__).parents[3],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as ended:
        return f"{ended.stdout!r}{ended.stderr!r}"
    return f"{done.stdout!r}{done.stderr!r}"
