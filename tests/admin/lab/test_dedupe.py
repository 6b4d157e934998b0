"""`dedupe`: the stories of a file's texts."""

import json
from pathlib import Path

from tests.admin.conftest import Cli
from tests.ingest.duplicates.test_decide import FORM, FORM_TITLE, NEWS, TITLE

RECORDS = [
    {"id": "a", "title": TITLE, "text": NEWS, "date": "2024-05-01", "source": "Herald"},
    {"id": 2, "title": FORM_TITLE, "text": FORM},
    {"id": "c", "title": "Update: " + TITLE, "text": "GENEVA (Wire) " + NEWS, "published": None},
]


def test_a_line_in_is_a_line_out_with_the_story_it_joins(cli: Cli, tmp_path: Path) -> None:
    body = b"".join(json.dumps(record).encode() + b"\n" for record in RECORDS) + b"\n"
    file = tmp_path / "in.jsonl"
    file.write_bytes(body)
    ended = cli("dedupe", "--jsonl", file)
    assert (ended.status, ended.err) == (0, "")
    assert ended.records == [
        {"id": "a", "story": "a", "because": None},
        {"id": 2, "story": 2, "because": None},
        {
            "id": "c",
            "story": "a",
            "because": "100% of the wording of one stands in the other, under the same title",
        },
    ]
    assert cli("dedupe", "--jsonl", "-", stdin=body).stdout == ended.stdout
    table = cli("dedupe", file)
    assert table.out.splitlines() == [
        TITLE,
        "    a",
        "    c: 100% of the wording of one stands in the other, under the same title",
        "3 texts, 2 stories, 1 of them of several texts",
    ]


def test_a_broken_line_is_named_and_the_others_are_answered(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(b'{"id": 1}\n{\n' + json.dumps(RECORDS[0]).encode())
    ended = cli("dedupe", "--jsonl", file)
    assert ended.status == 1
    assert [record["id"] for record in ended.records] == ["a"]
    assert ended.err.startswith('line 1: "text" is missing\nline 2: not JSON')


def test_a_file_that_is_not_there_is_a_misuse(cli: Cli) -> None:
    ended = cli("dedupe", "--jsonl", "/no/such/file")
    assert ended.status == 2
    assert "No such file" in ended.err
