"""`export`: every kind in every format, with the fields that scripts count on."""

import csv
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet
import pytest

from store.exports.columns import COLUMNS
from tests.admin.conftest import Cli

# The contract, spelled out anew: a change of columns.py alone must not pass.
FIELDS = {
    "stories": "id title first_published first_seen language articles sources relevance score"
    " topics actors stance urls copies first_source agency",
    "articles": "id url title text authors published first_seen source feed language quality story"
    " relevance score topics stance agency joined_because origin",
    "revisions": "article url number seen title text",
    "polls": "id feed at outcome status error bytes seconds entries new revised rolled_over",
}
ROWS = {"stories": 4, "articles": 5, "revisions": 5, "polls": 2}


@pytest.mark.parametrize("what", FIELDS)
def test_jsonl_has_the_fields_of_the_contract(polled: Cli, what: str) -> None:
    ended = polled("export", what)
    assert (ended.status, ended.err) == (0, "")
    assert len(ended.records) == ROWS[what]
    for record in ended.records:
        assert " ".join(record) == FIELDS[what]


@pytest.mark.parametrize("what", FIELDS)
def test_csv_has_the_same_rows(polled: Cli, what: str) -> None:
    ended = polled("export", what, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ended.out, newline="")))
    assert [" ".join(row) for row in rows] == [FIELDS[what]] * ROWS[what]
    for row, record in zip(rows, polled("export", what).records, strict=True):
        for name, value in record.items():
            if isinstance(value, str):
                assert row[name] == value


@pytest.mark.parametrize("what", FIELDS)
def test_parquet_has_the_same_rows(polled: Cli, what: str, tmp_path: Path) -> None:
    file = tmp_path / "out.parquet"
    assert polled("export", what, "--format", "parquet", "-o", file).status == 0
    rows = pyarrow.parquet.read_table(file).to_pylist()
    plain = [json.loads(json.dumps(row, default=_rfc3339)) for row in rows]
    assert plain == polled("export", what).records


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("what", FIELDS)
def test_an_export_of_nothing_has_its_columns_all_the_same(
    cli: Cli, what: str, format: str, tmp_path: Path
) -> None:
    file = tmp_path / "empty"
    assert cli("export", what, "--format", format, "-o", file).status == 0
    if format == "csv":
        assert next(csv.reader([file.read_text()])) == FIELDS[what].split()
    elif format == "parquet":
        assert pyarrow.parquet.read_schema(file).names == FIELDS[what].split()
    else:
        assert file.read_bytes() == b""


def test_columns_are_those_of_the_contract() -> None:
    assert {what: " ".join(columns) for what, columns in COLUMNS.items()} == FIELDS


def test_an_export_of_articles_tells_where_each_comes_from(polled: Cli) -> None:
    articles = {
        record["url"].rpartition("/")[2]: record for record in polled("export", "articles").records
    }
    ships = articles["ships.html"]
    assert ships["source"] == "Harbour Gazette"
    assert ships["feed"].endswith("/harbour.xml")
    assert ships["published"] == "2026-10-02T08:00:00Z"
    assert ships["language"] == "en"
    assert ships["quality"] == "ok"
    assert ships["text"].startswith("Growers in Iowa have begun")
    assert "agriculture" in ships["topics"]


def test_a_files_name_says_its_format(polled: Cli, tmp_path: Path) -> None:
    file = tmp_path / "stories.csv"
    assert polled("export", "stories", "-o", file).status == 0
    assert file.read_bytes() == polled("export", "stories", "--format", "csv").stdout
    ended = polled("export", "stories", "--format", "jsonl", "-o", file)
    assert ended.status == 2
    assert "stories.csv is to hold jsonl" in ended.err


def test_an_existing_file_is_replaced_whole_and_nothing_else_is_left(
    polled: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("old")
    ended = polled("export", "stories", "-o", file)
    assert ended.out == ""
    assert "4 stories written" in ended.err
    assert len(file.read_text().splitlines()) == 4
    assert list(tmp_path.iterdir()) == [file]


def test_an_export_that_fails_leaves_the_old_file(
    polled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.parquet"
    file.write_text("old")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ended = polled("export", "stories", "--format", "parquet", "-o", file)
    assert ended.status == 1
    assert "transpacific[parquet]" in ended.err
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_reader_that_goes_away_is_no_traceback(polled: Cli) -> None:
    import subprocess

    from tests.admin.conftest import ROOT, command

    with subprocess.Popen(
        command("export", "articles"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        env=polled.process_environment({}),
    ) as exporting:  # fmt: skip
        assert exporting.stdout is not None and exporting.stderr is not None
        exporting.stdout.close()
        assert exporting.stderr.read() == b""
