"""`up` and `demo`: the whole service, with its own Redis, beat and workers."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.admin.conftest import ROOT, Cli, command
from tests.support.waiting import ended, output, until
from worker.settings import Settings


@contextmanager
def running(cli: Cli, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`up` in a process of its own; ended if the test has not done so."""
    cli.home.mkdir(parents=True)
    with (cli.home / "err").open("wb") as err:
        process = subprocess.Popen(
            command("up", *arguments), stdout=subprocess.PIPE, stderr=err, cwd=ROOT,
            env=cli.process_environment({"tick_seconds": "0.2", "cpu_processes": "1"}),
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        output(process)


def stories(cli: Cli) -> int:
    ended = cli("stories", "--format", "jsonl")
    assert ended.status == 0, ended.err
    return len(ended.records)


def status(cli: Cli) -> Any:
    [found] = cli.process("status", "--json").records
    return found


def test_up_reads_the_sample_wire_and_stops_when_told(cli: Cli) -> None:
    with running(cli, "--demo") as process:
        error = cli.home / "err"
        until(lambda: b"running" in error.read_bytes() or process.poll() is not None, "it is up")
        assert process.poll() is None, error.read_text()
        children = psutil.Process(process.pid).children(recursive=True)

        second = cli.process("up")
        assert second.status == 1
        assert "already running" in second.err
        assert len(second.err.splitlines()) == 1

        until(
            lambda: stories(cli) >= 20,
            "the stories of the sample wire are found",
        )
        now = status(cli)
        assert now["feeds"]["total"] == 10
        assert set(now["queues"]) == {"beat", "network", "cpu", "reprocess"}

        children += psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        out, _ = output(process)
    assert process.returncode == 0, error.read_text()
    assert out == b""
    assert error.read_text().splitlines()[-1] == "stopped"
    assert b"Traceback" not in error.read_bytes()
    until(lambda: not any(child.is_running() for child in children), "all children are gone")
    after = status(cli)
    assert after["queues"] is None
    assert after["feeds"]["total"] == 0  # the sample wire went with its server
    assert after["stories"]["relevant"] >= 20


def test_up_loads_the_catalogue_into_an_empty_database_only(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing of the service is started: the catalogue's feeds are on the web.
    monkeypatch.setattr("worker.service.embedded.Embedded", NoService)
    assert "feeds" in cli("up").err
    feeds = cli("feeds", "list", "--json").records
    assert len(feeds) >= 80
    cli("feeds", "remove", feeds[0]["feed"])
    assert cli("up").status == 0
    assert len(cli("feeds", "list", "--json").records) == len(feeds) - 1


class NoService:
    """Stands for the service: it is told to stop as soon as it is up."""

    def __init__(self, _settings: Settings) -> None: ...

    def __enter__(self) -> "NoService":
        return self

    def __exit__(self, *_: object) -> None: ...

    def supervise(self) -> None: ...


def test_the_demo_tells_of_its_stories(cli: Cli) -> None:
    ended = cli.process("demo", "--json")
    assert ended.status == 0, ended.err
    assert ended.err == ""
    [told] = ended.records
    assert list(told) == ["feeds", "articles", "stories", "revised", "seconds", "found"]
    assert told["feeds"] == 10
    assert told["articles"] >= 40
    assert told["revised"] == 2
    assert any(len(story["sources"]) >= 3 for story in told["found"])
    assert any(story["language"] == "zh" for story in told["found"])
    assert all(story["sentences"] for story in told["found"])
    assert json.dumps(told)
    assert not cli.home.exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["tag", "--jsonl", "-"], b'{"id": 1, "text": "x"}\n'),
        # More lines than are handed to the child processes at once: the first is answered.
        (["extract", "--jsonl", "-"], b'{"id": 1, "path": "page.html"}\n' * 100),
    ],
)
def test_an_interrupt_ends_a_command_and_its_children_quietly(
    cli: Cli, tmp_path: Path, arguments: list[str], line: bytes
) -> None:
    (tmp_path / "page.html").write_text("<p>A page.</p>")
    environment = cli.process_environment({"cpu_processes": "1"}) | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command(*arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=tmp_path, env=environment, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        first = process.stdout.readline()
        assert first, process.stderr.read() if process.stderr else None
        assert json.loads(first)["id"] == 1
        # As a terminal does it: to the whole process group.
        os.killpg(process.pid, signal.SIGINT)
        try:
            status = ended(process)
        finally:
            process.kill()
        assert process.stderr is not None
        assert (status, process.stderr.read()) == (130, b"")
