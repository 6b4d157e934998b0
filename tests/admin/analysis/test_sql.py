"""`sql`: one statement, its rows in every format; bounded, clean, and in constant memory."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from store.database.connection import Database
from tests.admin.conftest import ROOT, Cli, command
from tests.store.building import document, ingest_one
from tests.support.waiting import output, run, until

STORIES = "SELECT title, articles, score, language FROM v_stories ORDER BY id"
FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def asked(migrated_url: str, database: Database, tmp_path: Path) -> Cli:
    """The command line over each database, with one story."""
    ingest_one(database)
    return Cli(tmp_path / "home", {"TRANSPACIFIC_DATABASE_URL": migrated_url})


def test_a_table_for_people(asked: Cli) -> None:
    ended = asked("sql", STORIES)
    assert (ended.status, ended.err) == (0, "")
    head, row = ended.out.splitlines()
    assert head.split() == ["title", "articles", "score", "language"]
    assert row.split() == ["Envoy", "settles", "visit", "1", "0.97", "en"]


def test_json_csv_and_parquet_say_the_same(asked: Cli, tmp_path: Path) -> None:
    expected = [{"title": "Envoy settles visit", "articles": 1, "score": 0.97, "language": "en"}]
    assert json.loads(asked("sql", STORIES, "--format", "json").out) == expected
    assert asked("sql", STORIES, "--format", "jsonl").records == expected
    rows = list(csv.reader(io.StringIO(asked("sql", STORIES, "--format", "csv").out)))
    assert rows == [list(expected[0]), ["Envoy settles visit", "1", "0.97", "en"]]
    file = tmp_path / "out.parquet"
    ended = asked("sql", STORIES, "-o", file)
    assert (ended.status, ended.out) == (0, "")
    assert "1 row written" in ended.err
    assert pyarrow.parquet.read_table(file).to_pylist() == expected


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "parquet"])
def test_no_rows_are_a_whole_answer(asked: Cli, tmp_path: Path, format: str) -> None:
    file = tmp_path / f"out.{format}"
    assert asked("sql", "SELECT id, title FROM v_stories WHERE 1 = 0", "-o", file).status == 0
    if format == "json":
        assert json.loads(file.read_text()) == []
    elif format == "jsonl":
        assert file.read_bytes() == b""
    elif format == "csv":
        assert file.read_bytes() == b'"id","title"\r\n'
    else:
        assert pyarrow.parquet.read_table(file).column_names == ["id", "title"]


def test_a_statement_from_stdin(asked: Cli) -> None:
    ended = asked("sql", "-", "--format", "jsonl", stdin="SELECT '中美' AS 题目;\n".encode())
    assert ended.records == [{"题目": "中美"}]


def test_a_statement_may_begin_with_a_comment(asked: Cli) -> None:
    ended = asked("sql", "-- one\nSELECT 1 AS a", "--format", "jsonl")
    assert ended.records == [{"a": 1}]


def test_an_option_that_there_is_not_is_told(asked: Cli) -> None:
    ended = asked("sql", "--fromat")
    assert (ended.status, ended.err) == (2, "transpacific: no such option: --fromat\n")


def test_two_columns_of_one_name_are_both_there(asked: Cli) -> None:
    ended = asked("sql", "SELECT 1 AS a, 2 AS a, 3 AS a_2", "--format", "jsonl")
    assert ended.records == [{"a": 1, "a_3": 2, "a_2": 3}]


def test_the_views_are_listed(asked: Cli) -> None:
    ended = asked("sql", "--views")
    assert ended.status == 0
    assert re.search(r"^v_coverage_daily +day, topic, source_country, stories", ended.out, re.M)


def test_what_the_terminal_would_obey_is_not_shown(cli: Cli) -> None:
    cli("db", "upgrade")
    nasty = "SELECT 'a' || char(27) || '[31mred' || char(8238) || char(10) || 'b' AS x"
    ended = cli("sql", nasty)
    assert ended.status == 0
    assert ended.out.splitlines() == ["x", "a[31mred b"]


def test_a_formula_is_no_formula_in_csv(cli: Cli) -> None:
    cli("db", "upgrade")
    ended = cli("sql", "SELECT '=1+1' AS \"=x\", -1 AS n", "--format", "csv")
    assert ended.out == '"\'=x","n"\r\n"\'=1+1",-1\r\n'


def test_a_table_is_bounded_in_rows_and_width(cli: Cli) -> None:
    cli("db", "upgrade")
    many = FOREVER.replace("max(i)", "i") + " LIMIT 400"
    ended = cli("sql", many)
    assert len(ended.out.splitlines()) == 101
    assert "--limit" in ended.err
    assert len(cli("sql", many, "--limit", "300").out.splitlines()) == 301
    wide = cli("sql", "SELECT printf('%.*c', 5000, 'x') AS x, '关税' AS y")
    assert [len(line) for line in wide.out.splitlines()] == [63, 64]
    assert "…" in wide.out


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["SELECT x FROM v_stories"], 2, "transpacific sql --views"),
        (["SELEC 1"], 2, "SELECT, WITH or VALUES, not SELEC"),
        (["DELETE FROM feeds"], 2, "only one statement that reads"),
        (["SELECT 1; SELECT 2"], 2, "only one statement"),
        ([], 2, "no statement"),
        (["SELECT 1", "--format", "parquet"], 2, "-o"),
        (["SELECT 1", "-o", "rows.xlsx"], 2, "--format"),
        (["SELECT 1", "-o", "rows.csv", "--format", "table"], 2, "for people"),
        (["SELECT 1", "-o", "/no/such/folder/x.csv"], 2, "cannot write"),
        (["SELECT 1", "--limit", "0"], 2, "--limit"),
        (["SELECT 1", "--timeout", "0"], 2, "--timeout"),
        ([FOREVER, "--timeout", "0.2"], 1, "--timeout"),
    ],
)
def test_what_goes_wrong_is_one_line(
    asked: Cli, arguments: list[str], status: int, says: str
) -> None:
    ended = asked("sql", *arguments)
    assert (ended.status, ended.out) == (status, "")
    assert says in ended.err
    assert len(ended.err.splitlines()) == 1
    assert "fault of the program" not in ended.err


def test_where_there_is_no_database_none_is_made(cli: Cli) -> None:
    ended = cli("sql", "SELECT 1")
    assert ended.status == 1
    assert "transpacific db upgrade" in ended.err
    assert not cli.home.exists()


def test_a_failing_statement_leaves_the_old_file(asked: Cli, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("old")
    endless = FOREVER.replace("max(i)", "i")
    ended = asked("sql", endless, "-o", file, "--timeout", "0.3")
    assert ended.status == 1
    assert file.read_text() == "old"
    assert [path for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_column_of_several_types_is_told_for_parquet(cli: Cli, tmp_path: Path) -> None:
    cli("db", "upgrade")
    mixed = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
        " SELECT i AS x FROM n UNION ALL SELECT 'text'"
    )
    ended = cli("sql", mixed, "-o", tmp_path / "x.parquet")
    assert ended.status == 1
    assert "CAST(x AS TEXT)" in ended.err
    assert list(tmp_path.glob("*.parquet")) == []
    assert cli("sql", mixed, "-o", tmp_path / "x.csv").status == 0


def test_ctrl_c_ends_it(cli: Cli) -> None:
    cli("db", "upgrade")
    with subprocess.Popen(
        command("sql", FOREVER), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        env=cli.process_environment({}),
    ) as running:  # fmt: skip
        stat = Path(f"/proc/{running.pid}/stat")
        until(lambda: int(stat.read_text().split()[13]) >= 150, "it has worked: so it has begun")
        os.kill(running.pid, signal.SIGINT)
        out, err = output(running)
    assert (running.returncode, out, err) == (130, b"", b"")


def test_many_rows_take_no_more_memory(
    database: Database, migrated_url: str, tmp_path: Path
) -> None:
    """300 MB of rows, of which one copy alone would be seen."""
    ingest_one(database, made=document(text="Talks went on. " * 6_666))
    cli = Cli(tmp_path / "home", {"TRANSPACIFIC_DATABASE_URL": migrated_url})
    statement = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " SELECT n.i, v_articles.text FROM n CROSS JOIN v_articles"
    )
    # Not getrusage: a child's maximum begins with that of the process that it was forked from.
    code = (
        "import pathlib, sys; from admin.app import run;"
        f"status = run(['sql', {statement!r}, '-o', sys.argv[1]]);"
        "told = pathlib.Path('/proc/self/status').read_text().split();"
        "print(status, told[told.index('VmHWM:') + 1])"
    )
    done = run(
        [sys.executable, "-c", code, tmp_path / "out.jsonl"],
        text=True, cwd=ROOT, env=cli.process_environment({}),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    status, kilobytes = map(int, done.stdout.split())
    assert status == 0
    assert (tmp_path / "out.jsonl").stat().st_size > 290_000_000
    assert kilobytes < 280_000
