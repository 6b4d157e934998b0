"""Logs: a line an event, whatever strangers have put into it."""

import json
import re
import subprocess
import sys

import pytest

from tests.worker.processes import ROOT, environment

HOSTILE = 'http://a.example/\n{"event": "forged"}\r\x1b[31m\x9b2J\u202e\x00\ud800é\u2028中'
PROGRAM = """
import logging, sys
import structlog
from worker.watch import logs

hostile = {hostile!r}
logs.configure({format!r})
log = structlog.get_logger("worker.test")
log.info("page.fetched", url=hostile, error=None, seconds=0.5)
log.debug("not.told")
logging.getLogger("celery.worker").warning("lost %s", hostile)
logging.getLogger("urllib3").info("chatter")
try:
    raise ValueError(hostile)
except ValueError:
    log.exception("processing.failed", article=7)
print("result")
"""
# What terminals obey: C0 without line ends and tabs, DEL, C1, and bidi controls.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def written(format: str) -> str:
    """What a process writes to stderr that logs hostile values."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(hostile=HOSTILE, format=format)],
        env=environment() | {"PYTHONIOENCODING": "utf-8:backslashreplace"},
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"result\n"
    return done.stderr.decode()


@pytest.mark.parametrize("format", ["json", "auto"])  # stderr is no terminal here
def test_for_machines_every_event_is_one_line_of_json(format: str) -> None:
    lines = written(format).removesuffix("\n").split("\n")
    events = [json.loads(line) for line in lines]
    assert [event["level"] for event in events] == ["info", "warning", "error"]
    assert events[0]["event"] == "page.fetched"
    assert events[0]["logger"] == "worker.test"
    assert events[0]["seconds"] == 0.5
    assert "http://a.example/" in events[0]["url"]
    assert "é" in events[0]["url"] and "中" in events[0]["url"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", events[0]["timestamp"])
    assert events[1]["event"].startswith("lost http://a.example/")
    assert "ValueError" in events[2]["exception"]


def test_for_people_no_stranger_begins_a_line(format: str = "text") -> None:
    lines = written(format).split("\n")
    told = [line for line in lines if re.match(r"\d{4}-\d\d-\d\dT", line)]
    assert len(told) == 3
    assert "page.fetched" in told[0]
    assert not any(line.startswith('{"event"') for line in lines[:2])
    assert "forged" in told[0] and "forged" in told[1]


@pytest.mark.parametrize("format", ["json", "text"])
def test_nothing_in_a_log_is_obeyed_by_a_terminal(format: str) -> None:
    assert not OBEYED.search(written(format))
