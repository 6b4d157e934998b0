"""`counts`: kinds, formats, and what a table says beside its rows."""

import csv
import io

import pytest

from tests.admin.conftest import Cli

DAY = "2026-10-02"


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ([], [{"day": DAY, "stories": 3, "articles": 4}]),
        (["--by", "day", "--relevance", "all", "library"], None),
        (["--by", "month", "soybeans"], [{"month": "2026-10", "stories": 1, "articles": 1}]),
        (["--by", "week", "--topic", "agriculture"],
         [{"week": "2026-09-28", "stories": 1, "articles": 1}]),
        (["--by", "source", "--actor", "xi-jinping"], [
            {"source": "Harbour Gazette", "stories": 1, "articles": 1},
            {"source": "Pine Valley News", "stories": 1, "articles": 1},
        ]),
        (["--as-of", "2020-01-01"], []),
    ],
)  # fmt: skip
def test_stories_are_counted(
    polled: Cli, arguments: list[str], rows: list[dict[str, object]] | None
) -> None:
    ended = polled("counts", "--format", "jsonl", *arguments)
    assert (ended.status, ended.err) == (0, "")
    if rows is None:
        assert [row["stories"] for row in ended.records] == [1]
    else:
        assert ended.records == rows


def test_counts_agree_with_the_stories_that_the_same_options_find(polled: Cli) -> None:
    stories = polled("stories", "--format", "jsonl", "--relevance", "all").records
    by_stance = polled("counts", "--by", "stance", "--relevance", "all", "--format", "jsonl")
    assert sum(row["stories"] for row in by_stance.records) == len(stories) == 4
    topics = polled("counts", "--by", "topic", "--format", "jsonl").records
    told = [topic for story in stories if story["relevance"] != "none" for topic in story["topics"]]
    assert {row["topic"]: row["stories"] for row in topics} == {
        topic: told.count(topic) for topic in told
    }


def test_actors_are_counted_by_their_ids_and_told_by_their_names(polled: Cli) -> None:
    rows = polled("counts", "--by", "actor", "--format", "jsonl").records
    [found] = [row for row in rows if row["actor"] == "xi-jinping"]
    assert found == {"actor": "xi-jinping", "name": "Xi Jinping", "stories": 1, "articles": 2}


def test_csv_has_a_line_a_group_and_an_empty_cell_for_none(polled: Cli) -> None:
    ended = polled("counts", "--by", "country", "--by", "month", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ended.out, newline="")))
    assert rows == [{"country": "", "month": "2026-10", "stories": "3", "articles": "4"}]


def test_a_table_tells_how_many_stories_it_counts_and_when_there_is_more(polled: Cli) -> None:
    ended = polled("counts", "--by", "topic")
    assert ended.out.splitlines()[0].split() == ["topic", "stories", "articles"]
    assert "3 stories in 4 articles" in ended.err
    assert len(polled("counts", "--by", "topic", "--limit", "1").out.splitlines()) == 2
    empty = polled("counts", "nothing")
    assert (empty.status, empty.out) == (0, "")
    assert len(empty.err.splitlines()) == 1


def test_three_kinds_are_refused(polled: Cli) -> None:
    ended = polled("counts", "--by", "day", "--by", "topic", "--by", "source")
    assert ended.status == 2
    assert "--by can be given 2 times" in ended.err
