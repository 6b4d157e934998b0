"""The quality gate: the shipped tagger on pieces of the project's own, in both languages.

The floors stand a little below what the tagger reaches, so that they fail when a change of lexicon,
features or weights makes it worse and not when a single piece turns.
"""

import tomllib
from pathlib import Path

import pytest

from ingest.relations import Relevance, Tagging, tag
from ingest.relations.codebook import TOPICS
from ingest.relations.scoring import Label, scores

LABELLED = Path(__file__).with_name("labelled.toml")

Pairs = list[tuple[Label, Tagging]]


def pieces() -> list[dict]:
    return tomllib.loads(LABELLED.read_text("utf-8"))["piece"]


@pytest.fixture(scope="module")
def judged() -> Pairs:
    return [
        (
            Label(Relevance(row["relevance"]), frozenset(row.get("topics", ())), row.get("stance")),
            tag(row["title"], row["text"]),
        )
        for row in pieces()
    ]


def test_the_labelled_set_is_large_varied_and_well_formed():
    rows = pieces()
    assert len(rows) >= 60
    assert {row["relevance"] for row in rows} == set(Relevance)
    assert all(set(row.get("topics", [])) <= set(TOPICS) for row in rows)
    assert sum(row["relevance"] == "none" for row in rows) >= 25  # hard negatives


@pytest.mark.parametrize(("score", "floor"), [("relevant_f1", 0.95), ("primary_f1", 0.85)])
def test_relevance_stays_above_its_floor(judged, score, floor):
    wrong = [
        (row["title"], round(tagging.score, 2), str(tagging.relevance))
        for row, (label, tagging) in zip(pieces(), judged, strict=True)
        if label.relevance is not tagging.relevance
    ]
    assert scores(judged)[score] >= floor, wrong


@pytest.mark.parametrize("language", ["zh", "en"])
def test_neither_language_falls_behind(judged, language):
    part = [pair for pair in judged if pair[1].language == language]
    assert len(part) >= 20
    assert scores(part)["relevant_f1"] >= 0.93


def test_topics_are_found_more_often_than_not(judged):
    assert scores(judged)["topics_f1"] >= 0.75


def test_stances_are_mostly_right(judged):
    toned = [pair for pair in judged if pair[0].stance]
    assert len(toned) >= 20
    assert scores(toned)["stance_accuracy"] >= 0.75


@pytest.mark.parametrize(
    "row", [r for r in pieces() if r["relevance"] == "none"], ids=lambda r: r["title"]
)
def test_no_hard_negative_is_called_primary(row):
    assert tag(row["title"], row["text"]).relevance != "primary"
