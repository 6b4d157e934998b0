"""`--as-of`: what was known then, on stories and on exports."""

import json
from pathlib import Path

import pytest

from tests.admin.conftest import Cli

BEFORE, EVER = "2020-01-01", "9999-12-31"


@pytest.mark.parametrize("what", ["articles", "revisions", "stories", "polls"])
def test_an_export_as_of_later_is_that_of_now_and_before_there_was_nothing(
    polled: Cli, what: str
) -> None:
    now = polled("export", what)
    later = polled("export", what, "--as-of", EVER)
    assert later.records == now.records != []
    assert "not over yet" in later.err
    assert polled("export", what, "--as-of", BEFORE).records == []


def test_stories_as_of_a_time_are_found_by_their_words(polled: Cli) -> None:
    asked = ("stories", "soybeans", "--format", "jsonl")
    assert polled(*asked, "--as-of", EVER).records == polled(*asked).records != []
    [story] = polled(*asked).records
    at = ("--as-of", story["first_seen"])  # its text was read later
    assert polled(*asked, *at).records == polled(*asked, "--as-of", BEFORE).records == []


def test_a_package_tells_the_time_that_it_is_of(polled: Cli, tmp_path: Path) -> None:
    ended = polled("export", "package", "--as-of", "2026-06-30", "-o", tmp_path / "june")
    assert ended.status == 0, ended.err
    told = json.loads((tmp_path / "june" / "datapackage.json").read_text("utf-8"))
    assert told["transpacific"]["as_of"] == "2026-06-30T23:59:59.999999Z"
    assert (told["transpacific"]["revisions"], told["transpacific"]["taggings"]) == ([], [])
    assert "known at 2026-06-30T23:59:59.999999Z" in (tmp_path / "june" / "README.md").read_text()
    again = polled("export", "package", "--as-of", told["transpacific"]["as_of"], "-o",
                   tmp_path / "again")  # fmt: skip
    assert again.status == 0, again.err
    rows = [(tmp_path / name / "polls.csv").read_bytes() for name in ("june", "again")]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("value", ["yesterday", "2026-10-03T08:05:00", ""])
def test_what_is_no_time_is_misuse(polled: Cli, value: str) -> None:
    for command in (["stories"], ["counts"], ["export", "stories"]):
        ended = polled(*command, "--as-of", value)
        assert ended.status == 2
        assert "--as-of is a date" in ended.err


def test_a_warc_is_of_no_other_time(polled: Cli, tmp_path: Path) -> None:
    ended = polled("export", "warc", "--as-of", "2026-06-30", "-o", tmp_path / "x.warc.gz")
    assert ended.status == 2
    assert "leave --as-of out" in ended.err
    assert list(tmp_path.iterdir()) == []
