"""The quality gate: the shipped tagger on pieces of the project's own, in both languages.

The floors stand a little below what the tagger reaches, so that they fail when a change of lexicon,
features or weights makes it worse and not when a single piece turns.
"""

import tomllib
from pathlib import Path

import pytest

from ingest.relations import tag
from ingest.relations.codebook import TOPICS
from ingest.relations.scoring import Judged, judge, piece, scores
from ingest.relations.tagger import load_tagger

LABELLED = Path(__file__).with_name("labelled.toml")
LEVELS = {"none": 0, "secondary": 1, "primary": 2}


def pieces() -> list[dict]:
    return tomllib.loads(LABELLED.read_text("utf-8"))["piece"]


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    tagger = load_tagger()
    rows = [
        {
            "id": str(number),
            "title": row["title"],
            "text": row["text"],
            "relevance": LEVELS[row["relevance"]],
            "topics": row.get("topics", []),
            "stance": row.get("stance"),
        }
        for number, row in enumerate(pieces())
    ]
    return [judge(piece(row, tagger.matcher), tagger.model) for row in rows]


def test_the_labelled_set_is_large_varied_and_well_formed():
    rows = pieces()
    assert len(rows) >= 60
    assert {row["relevance"] for row in rows} == LEVELS.keys()
    assert all(set(row.get("topics", [])) <= set(TOPICS) for row in rows)
    assert sum(row["relevance"] == "none" for row in rows) >= 25  # hard negatives


@pytest.mark.parametrize(("score", "floor"), [("relevant_f1", 0.95), ("primary_f1", 0.90)])
def test_relevance_stays_above_its_floor(judged, score, floor):
    wrong = [
        (pieces()[int(j.piece.id)]["title"], round(j.score, 2), j.primary)
        for j in judged
        if (j.relevant, j.primary) != (j.piece.relevance > 0, j.piece.relevance == 2)
    ]
    assert scores(judged)[score] >= floor, wrong


@pytest.mark.parametrize("chinese", [False, True])
def test_neither_language_falls_behind(judged, chinese):
    part = [item for item in judged if item.piece.chinese is chinese]
    assert scores(part)["relevant_f1"] >= 0.93


def test_topics_are_found_more_often_than_not(judged):
    about = [item for item in judged if item.piece.topics]
    assert scores(about)["topics_f1"] >= 0.75


def test_stances_are_mostly_right(judged):
    about = [item for item in judged if item.piece.stance]
    assert sum(i.stance == i.piece.stance for i in about) / len(about) >= 0.75


@pytest.mark.parametrize(
    "row", [r for r in pieces() if r["relevance"] == "none"], ids=lambda r: r["title"]
)
def test_no_hard_negative_is_called_primary(row):
    assert tag(row["title"], row["text"]).relevance != "primary"
