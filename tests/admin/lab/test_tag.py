"""`tag`: a text explained, lines in and lines out, two runs compared."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from admin.lab.tag import split_title
from tests.admin.conftest import ROOT, Cli, command
from tests.support.waiting import ended

TITLE = "Xi Jinping invites Donald Trump to Beijing"
TEXT = (
    "Chinese President Xi Jinping invited US President Donald Trump to Beijing, and the two sides "
    "will talk about tariffs and soybeans."
)
DOMESTIC = "The town library moved its books by hand."


def lines(*records: Any) -> bytes:
    return b"".join(
        record if isinstance(record, bytes) else json.dumps(record).encode() + b"\n"
        for record in records
    )


def test_a_line_in_is_a_line_out_in_order(cli: Cli, tmp_path: Path) -> None:
    records = [
        {"id": "b", "title": TITLE, "text": TEXT, "date": "2025-11-01"},
        {"id": "a", "title": "", "text": DOMESTIC},
        {"id": 7, "text": "中美两国代表团就关税问题举行磋商。"},
    ]
    file = tmp_path / "in.jsonl"
    file.write_bytes(lines(*records, b"\n"))
    ended = cli("tag", "--jsonl", file)
    assert (ended.status, ended.err) == (0, "")
    assert [record["id"] for record in ended.records] == ["b", "a", 7]
    first, second, third = ended.records
    assert list(first)[:8] == [
        "id", "relevance", "score", "topics", "actors", "stance", "language", "evidence",
    ]  # fmt: skip
    assert first["relevance"] == "primary"
    assert first["score"] > 0.5
    for item in first["evidence"]:
        whole = TITLE if item["field"] == "title" else TEXT
        assert whole[item["start"] : item["end"]] == item["text"]
    roles = {actor["id"]: actor["role"] for actor in first["actors"]}
    assert roles["donald-trump"] == "President of the United States"
    assert (second["relevance"], second["topics"], second["stance"]) == ("none", [], None)
    assert third["language"] == "zh"
    assert cli("tag", "--jsonl", "-", stdin=file.read_bytes()).stdout == ended.stdout


@pytest.mark.parametrize(
    "bad",
    [
        b"{\n",
        b"[1]\n",
        b"null\n",
        b'{"text": "x"}\n',
        b'{"id": null, "text": "x"}\n',
        b'{"id": "x"}\n',
        b'{"id": "x", "text": 5}\n',
        b'{"id": "x", "text": "y", "title": []}\n',
        b'{"id": "x", "text": "\xff"}\n',
        b"[" * 100_000 + b"\n",
    ],
    ids=lambda bad: bad[:30].decode(errors="replace"),
)
def test_a_bad_line_is_told_with_its_number_and_the_others_are_answered(
    cli: Cli, bad: bytes
) -> None:
    good = {"id": "good", "text": DOMESTIC}
    ended = cli("tag", "--jsonl", "-", stdin=lines(good, bad, good))
    assert ended.status == 1
    assert [record["id"] for record in ended.records] == ["good", "good"]
    [line] = ended.err.splitlines()
    assert line.startswith("line 2: ")


def test_marks_that_show_nothing_hide_nothing_and_offsets_are_of_the_text_without(cli: Cli) -> None:
    hidden = {"title": TITLE.replace("in", "i\u00adn"), "text": TEXT.replace("i", "\u200bi\u2060")}
    ended = cli("tag", "--jsonl", "-", stdin=lines({"id": 1, "title": TITLE, "text": TEXT}))
    without = ended.records[0]
    ended = cli("tag", "--jsonl", "-", stdin=lines({"id": 1} | hidden))
    assert ended.records[0] == without


def test_a_lone_surrogate_does_no_harm_and_moves_no_offset(cli: Cli) -> None:
    text = "\udfff Xi Jinping met Donald Trump \ud83d in Beijing"
    ended = cli("tag", "--jsonl", "-", stdin=lines({"id": "\ud800", "text": text}))
    assert ended.status == 0
    [record] = ended.records
    assert record["id"] == "\ud800"
    spans = [item for item in record["evidence"] if item["end"]]
    assert spans
    assert all(text[item["start"] : item["end"]] == item["text"] for item in spans)


def test_answers_come_while_lines_are_still_being_written(cli: Cli) -> None:
    with subprocess.Popen(
        command("tag", "--jsonl", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
        env=cli.process_environment({}),
    ) as tagging:  # fmt: skip
        assert tagging.stdin is not None and tagging.stdout is not None
        for number in range(2):
            tagging.stdin.write(lines({"id": number, "text": DOMESTIC}))
            tagging.stdin.flush()
            assert json.loads(tagging.stdout.readline())["id"] == number
        tagging.stdin.close()
        assert ended(tagging) == 0


def test_a_text_is_explained(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(f"{TITLE}\n\n{TEXT}\n")
    ended = cli("tag", file)
    assert ended.status == 0
    assert "about US–China relations (probability" in ended.out
    assert "United States: Donald Trump ×2" in ended.out
    assert "China: Xi Jinping ×2" in ended.out
    assert "[Xi Jinping]" in ended.out
    assert "to begin with" in ended.out
    assert "in all" in ended.out


def test_a_text_in_gb18030_is_read(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    text = "中国和美国代表团周四就关税问题举行磋商，双方同意继续对话，并延长休战期九十天。" * 5
    file.write_bytes(text.encode("gb18030"))
    assert "中国" in cli("tag", file).out


def test_escape_sequences_in_a_text_reach_no_terminal(cli: Cli) -> None:
    ended = cli("tag", "-", stdin=f"\x1b[2J\x1b]0;owned\x07 [red]{TEXT} \u202egnp.exe".encode())
    assert ended.status == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.out)
    assert "[red]" in ended.out


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("Title\n\nText.\nMore.", "Title", "Text.\nMore."),
        ("\n\nTitle\n \nText.", "Title", "Text."),
        ("A line.\nAnother.", "", "A line.\nAnother."),
        ("Only a line", "Only a line", ""),
        ("", "", ""),
    ],
)
def test_the_first_line_is_the_title_where_an_empty_one_follows(
    text: str, title: str, body: str
) -> None:
    assert (split_title(text)[0], split_title(text)[1].strip()) == (title, body)


@pytest.fixture
def old_run(cli: Cli, tmp_path: Path) -> tuple[Path, Path]:
    """Records, and a run over them that judged the first one differently."""
    records, old = tmp_path / "records.jsonl", tmp_path / "old.jsonl"
    records.write_bytes(
        lines({"id": "a", "title": TITLE, "text": TEXT}, {"id": "b", "text": DOMESTIC})
    )
    first, second = cli("tag", "--jsonl", records).records
    first |= {"relevance": "none", "topics": [], "stance": None, "score": 0.1, "evidence": []}
    old.write_bytes(lines(first, second, second | {"id": "c"}))
    return records, old


def test_a_comparison_tells_which_labels_changed_and_why(
    cli: Cli, old_run: tuple[Path, Path]
) -> None:
    records, old = old_run
    ended = cli("tag", "--compare", old, records)
    assert ended.status == 0
    first, *reasons, last = ended.out.splitlines()
    assert first.startswith("a: relevance: none -> primary; topics: none -> ")
    assert any("-sentence +" in reason for reason in reasons)
    assert "1 relevance: none -> primary (a)" in reasons
    assert last == "1 changed, 1 the same, 1 in the old run only, 0 in the new"


def test_a_comparison_for_scripts(cli: Cli, old_run: tuple[Path, Path]) -> None:
    records, old = old_run
    [change] = cli("tag", "--jsonl", "--compare", old, records).records
    assert change["id"] == "a"
    assert change["labels"]["relevance"] == {"old": "none", "new": "primary"}
    assert change["score"]["old"] == 0.1
    assert change["reasons"]


def test_a_comparison_with_something_else_is_misuse(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_bytes(lines({"id": "a", "text": TEXT}))
    ended = cli("tag", "--compare", file, file)
    assert ended.status == 2
    assert "line 1" in ended.err
    assert "relevance" in ended.err


def test_a_lexicon_of_ones_own_is_laid_over_ours(cli: Cli, tmp_path: Path) -> None:
    lexicon = tmp_path / "ours.toml"
    lexicon.write_text(
        '[[actor]]\nid = "glaskombinat"\nname = "Glaskombinat"\nside = "china"\nkind = "company"\n'
        'names = ["Glaskombinat"]\n'
    )
    stdin = lines({"id": 1, "text": "Glaskombinat sells lenses."})
    assert cli("tag", "--jsonl", "-", stdin=stdin).records[0]["actors"] == []
    [record] = cli("tag", "--jsonl", "-", stdin=stdin, lexicon=str(lexicon)).records
    assert [actor["id"] for actor in record["actors"]] == ["glaskombinat"]
