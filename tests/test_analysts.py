"""The analysts' tutorial: its commands and queries are run, on the sample wire and on both systems.

What its sentences say of the sample wire is looked at too.
"""

import json
import re
import shlex
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text

from store.database.connection import Database
from store.intake import feeds, polls
from tests.admin.conftest import LOCAL, Cli
from tests.store.building import ingest_one
from worker import clock
from worker.demo.site import DemoSite

TUTORIAL = (Path(__file__).parents[1] / "docs" / "analysts.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", TUTORIAL, re.S)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TUTORIAL, re.S)
    for line in block.splitlines()
    if line
]
# It runs until it is stopped; the README's tests start it.
LONG = "transpacific up --demo"
# The sample wire never fails and has no gaps.
EMPTY = ("state <> 'ok'", "v_feed_gaps")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A home in which both editions of the sample wire have been read."""
    cli = Cli(tmp_path_factory.mktemp("analyst") / "home", LOCAL)
    assert cli("db", "upgrade").status == 0
    database = Database(f"sqlite:///{cli.home / 'transpacific.db'}")
    with DemoSite() as site:
        for release in (1, 2):
            if release == 2:
                site.second_release()
            with database.writing() as session:
                feeds.add_all(session, site.feeds(), now=clock.now())
                polls.make_due(session, None, now=clock.now())
            ended = cli("poll")
            assert ended.status == 0, ended.err
    database.dispose()
    return cli


def answers(cli: Cli, query: str) -> list[dict[str, object]]:
    ended = cli("sql", "-", "--format", "json", stdin=query.encode())
    assert ended.status == 0, ended.err
    found: list[dict[str, object]] = json.loads(ended.out)
    return found


def query_with(words: str) -> str:
    (query,) = [query for query in QUERIES if words in query]
    return query


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_query_answers_on_the_sample_wire(demo: Cli, number: int) -> None:
    found = answers(demo, QUERIES[number])
    assert found or any(words in QUERIES[number] for words in EMPTY)


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_query_runs_on_both_databases(database: Database, number: int) -> None:
    ingest_one(database)
    with database.reading() as session:
        session.execute(text(QUERIES[number].replace(":", r"\:"))).all()


def test_the_commands_do_what_they_say(
    demo: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in COMMANDS:
        command, _, stdin = line.partition(" < ")
        program, *words = shlex.split(command)
        assert program == "transpacific"
        if line != LONG:
            ended = demo(*words, stdin=QUERIES[0].encode() if stdin else b"")
            assert ended.status == 0, (line, ended.err)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "coverage.csv", "june.csv", "report-data.zip", "stories.parquet",
    ]  # fmt: skip
    assert zipfile.ZipFile(tmp_path / "report-data.zip").testzip() is None


def test_what_the_tutorial_says_of_the_sample_wire_is_so(demo: Cli) -> None:
    assert len(answers(demo, query_with("Every copy of the story"))) == 3
    assert len(answers(demo, query_with("after we first read them"))) == 2
    assert [row["source"] for row in answers(demo, query_with("no room left"))] == [
        "Tidewater Courier"
    ]
    (sources,) = answers(demo, query_with("'state media'"))
    assert sources["outlets"] == "the rest"
    (counted,) = answers(demo, query_with("sum(articles) AS articles"))
    by_month = demo("counts", "--by", "month", "--as-of", "2999-01-01", "--format", "jsonl")
    assert sum(row["stories"] for row in by_month.records) == counted["stories"]
    assert sum(row["articles"] for row in by_month.records) == counted["articles"]
    assert demo("counts", "--as-of", "2020-01-01", "--format", "jsonl").records == []
    assert answers(demo, "SELECT count(*) AS outlets FROM v_feed_health") == [{"outlets": 10}]
