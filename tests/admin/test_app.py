"""The command itself: its help, its version, and what it loads to show them."""

import subprocess
import sys

import pytest

from admin.app import app
from tests.admin.conftest import ROOT, Cli

COMMANDS = {
    "up", "demo", "feeds", "poll", "status", "retry", "purge", "tag", "extract", "stories",
    "export", "db", "dedupe", "import", "reprocess", "revisions", "runs", "sql", "counts", "doctor",
    "trace",
}  # fmt: skip
FEEDS = {"add", "list", "import", "export", "check", "pause", "resume", "remove"}
DB = {
    "upgrade",
    "check",
    "reindex",
    "vacuum",
    "grant-analyst",
    "revoke-analyst",
    "backup",
    "restore",
    "prune",
}


def commands_in(help: str) -> set[str]:
    lines = help.partition("Commands:\n")[2].splitlines()
    return {line.split()[0] for line in lines if line.startswith("  ")}


def test_the_commands_are_those_of_the_contract(cli: Cli) -> None:
    assert commands_in(cli("--help").out) == COMMANDS
    assert commands_in(cli("feeds", "--help").out) == FEEDS
    assert commands_in(cli("db", "--help").out) == DB


@pytest.mark.parametrize(
    "words",
    [[name] for name in sorted(COMMANDS)]
    + [["feeds", name] for name in sorted(FEEDS)]
    + [["db", name] for name in sorted(DB)],
    ids=" ".join,
)
def test_every_command_tells_what_it_does(cli: Cli, words: list[str]) -> None:
    ended = cli(*words, "--help")
    assert ended.status == 0
    usage, _, rest = ended.out.partition("\n\n")
    assert usage.startswith(f"Usage: transpacific {' '.join(words)} ")
    assert len(rest.split()) > 5


@pytest.mark.parametrize("words", [[], ["feeds"], ["db"]])
def test_a_group_without_a_command_shows_its_help_and_is_misused(
    cli: Cli, words: list[str]
) -> None:
    ended = cli(*words)
    assert ended.status == 2
    assert ended.out == cli(*words, "--help").out


def test_the_version_is_printed(cli: Cli) -> None:
    ended = cli("--version")
    assert ended.status == 0
    assert ended.out.startswith("transpacific")


def test_help_is_shown_without_loading_what_the_commands_need() -> None:
    heavy = {"celery", "sqlalchemy", "trafilatura", "lxml", "urllib3", "redis", "pydantic"}
    script = (
        "import sys, admin.app\n"
        "status = admin.app.run(['--help'])\n"
        f"print(status, sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr == "0 []\n"


def test_main_is_what_python_m_runs(cli: Cli) -> None:
    ended = cli.process("feeds", "list", "--json")
    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_nothing_of_typer_reaches_the_user_but_our_one_line(cli: Cli) -> None:
    assert app.rich_markup_mode is None
    ended = cli("poll", "--what")
    assert ended.err == "transpacific: No such option: --what; see `transpacific poll --help`\n"
