"""Labelled pieces, and labels without texts joined to whoever's texts."""

import json
import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.relations.fitting.holding_out import FOLDS, folds
from ingest.relations.fitting.labelled import LABELS_FOLDER, Labelled, identity, joined, load

ROW = {
    "id": "paper:1", "source": "paper", "date": "2026-01-02", "title": "Talks", "relevance": 2,
    "text": "It rained.\nChina and the  US met.", "topics": ["trade"], "stance": "neutral",
    "quote": "China and the US met", "sure": 2,
}  # fmt: skip


def write(folder: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if name.endswith(".xz"):
        (folder / name).write_bytes(lzma.compress(body.encode()))
    else:
        (folder / name).write_text(body, "utf-8")


def test_a_quote_is_found_whatever_its_white_space(tmp_path):
    write(tmp_path, "articles2_dev.jsonl", [ROW, {**ROW, "title": "Other", "quote": "No such"}])
    first, second = load(tmp_path)
    assert first.quote is not None
    field, start, end = first.quote
    assert field == "text" and first.text[start:end] == "China and the  US met"
    assert second.quote is None
    assert (first.year, first.sure, first.set) == ("2026", 2, "articles2_dev")


def test_a_line_separator_in_a_text_ends_no_record(tmp_path):
    write(tmp_path, "articles2_dev.jsonl", [{**ROW, "text": "one\u2028two"}])
    assert [piece.text for piece in load(tmp_path)] == ["one\u2028two"]


def test_of_one_text_the_piece_that_is_measured_stands(tmp_path):
    write(tmp_path, "unsure_dev.jsonl", [{**ROW, "id": "again", "relevance": 0}])
    write(tmp_path, "articles2_dev.jsonl", [ROW])
    assert [piece.id for piece in load(tmp_path)] == ["paper:1"]


def test_a_sample_is_weighed_by_the_stream_that_it_was_drawn_from(tmp_path):
    rows = [{**ROW, "id": id, "title": id} for id in "abc"]
    write(tmp_path, "headlines_dev.jsonl", rows)
    strata = {"a": ("near", 10), "b": ("near", 10), "c": ("far", 90)}
    meta = {id: {"stratum": name, "pop": pop} for id, (name, pop) in strata.items()}
    (tmp_path / "headlines_dev_strata.json").write_text(json.dumps(meta))
    assert [piece.weight for piece in load(tmp_path)] == [5.0, 5.0, 90.0]


def test_labels_are_joined_to_the_texts_that_are_there(tmp_path):
    texts, labels = tmp_path / "texts", tmp_path / "labels"
    texts.mkdir()
    labels.mkdir()
    row = {"source": "wire", "date": "2025-05-05", "title": " Talks ", "text": "China met the US."}
    write(texts, "articles_unlabelled.jsonl.xz", [row, {**row, "title": "Unread"}])
    head = "id\trelevance\ttopics\tstance\tsure\tpick\tsecond\tquote\n"
    line = f"{identity(row)}\t1\ttrade,health\tmixed\t3\tchance\t\ttext:0-5\n"
    (labels / "articles.tsv").write_text(head + line + line.replace("wire", "gone"))
    [piece] = joined(texts, labels)
    assert (piece.title, piece.relevance, piece.stance) == ("Talks", 1, "mixed")
    assert piece.topics == {"trade", "health"} and piece.quote == ("text", 0, 5)


def test_the_project_s_labels_hold_no_texts():
    files = sorted(LABELS_FOLDER.glob("*.tsv"))
    assert files
    for file in files:
        header, *lines = file.read_text("utf-8").splitlines()
        assert header.split("\t") == [
            "id", "relevance", "topics", "stance", "sure", "pick", "second", "quote",
        ]  # fmt: skip
        assert all(line.isascii() and len(line) < 160 for line in lines)


def labelled(source: str, relevance: int = 0, set: str = "articles2_dev") -> Labelled:
    return Labelled(
        id="", set=set, source=source, title="", text="", relevance=relevance,
        topics=frozenset(), stance=None, sure=3, year="", script="", pick="", quote=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("allsides", "allsides_titles", True),
        ("rss_2026", "rss_2026_long", True),
        ("nodebe4_oped2", "nodebe4_nei", True),
        ("rss_2021", "rss_2026", False),
        ("paper", "paper2", False),
    ],
)
def test_lists_of_one_publisher_are_held_out_together(one, other, together):
    assert (labelled(one).family == labelled(other).family) is together


def test_no_source_is_on_both_sides_and_folds_are_even():
    pieces = [labelled(f"s{n % 12}", relevance=n % 3) for n in range(240)]
    fold = folds(pieces)
    of: dict[str, set[int]] = {}
    for piece, number in zip(pieces, fold, strict=True):
        of.setdefault(piece.family, set()).add(number)
    assert all(len(numbers) == 1 for numbers in of.values())
    assert {fold.count(number) for number in range(FOLDS)} == {60}
