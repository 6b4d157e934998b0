"""Fitting: that it learns what is there, the same each time, and writes a file that loads."""

import json
import tomllib

import pytest

from ingest.relations import fit
from ingest.relations.codebook import TOPICS
from ingest.relations.model import load_model
from ingest.relations.scoring import Judged, Piece, calibration, judge, load_pieces, scores
from ingest.relations.tagger import load_tagger

ABOUT = ("US and China agree on tariffs", "China and the United States agreed to cut tariffs.")
TOUCHED = (
    "Rain in Rome",
    "It rained. The US and China met over tariffs. It rained on." + " Rain." * 40,
)
OTHER = ("Rain in Rome", "It rained in Rome all day and the river rose.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rows = []
    for number in range(60):
        relevance = (2, 1, 0)[number % 3]
        title, text = (OTHER, TOUCHED, ABOUT)[relevance]
        stance = ("cooperation", "conflict", "mixed", "neutral")[number % 4] if relevance else None
        rows.append(
            {
                "id": str(number),
                "title": title,
                "text": text,
                "relevance": relevance,
                "topics": ["trade"] if relevance else [],
                "stance": stance,
            }
        )
    text = "\n".join(json.dumps(row) for row in rows)
    (folder / "made_dev.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pieces(folder):
    return load_pieces(folder, load_tagger().matcher)


def test_what_can_be_told_apart_is_learnt(pieces):
    figures = scores(fit.cross_validate(pieces))
    assert figures["relevant_f1"] == figures["primary_f1"] == 1.0
    assert figures["topics_f1"] > 0.9


def test_fitting_twice_gives_the_same_model(pieces):
    assert fit.fit_model(pieces) == fit.fit_model(pieces)


def test_a_written_model_judges_as_the_fitted_one(pieces, folder, tmp_path):
    model = fit.fit_model(pieces)
    text = fit.model_toml(
        model, folder.glob("*.jsonl"), "abc", {"made_dev": {"x": 1.0}}, [(0.5, 0.5, 2)]
    )
    (tmp_path / "model.toml").write_text(text, "utf-8")
    loaded = load_model(tmp_path / "model.toml")
    for piece in pieces[:6]:
        assert judge(piece, loaded).score == pytest.approx(judge(piece, model).score, abs=1e-3)
    assert len(tomllib.loads(text)["fitted"]["data"][0]["sha256"]) == 64


def test_a_ridge_shrinks_and_a_named_one_shrinks_more():
    rows = [{"a": float(n % 2), "b": float(n % 2)} for n in range(40)]
    yes = [n % 2 == 1 for n in range(40)]
    loose, tight = (fit.logistic(rows, yes, fit.Penalty(ridge)) for ridge in (1.0, 100.0))
    assert 0 < tight.weights["a"] < loose.weights["a"]
    uneven = fit.logistic(rows, yes, fit.Penalty(1.0, {"b": 50.0}))
    assert uneven.weights["b"] < uneven.weights["a"]


CLASSES = {"good": (1.0, 0.0), "bad": (0.0, 1.0), "both": (1.0, 1.0), "none": (0.0, 0.0)}


def signs(count: int) -> tuple[list[dict[str, float]], list[str]]:
    """Pieces whose two features say which class they are of."""
    names = [list(CLASSES)[number % 4] for number in range(count)]
    return [dict(zip("ab", CLASSES[name], strict=True)) for name in names], names


def test_the_likeliest_of_several_classes_has_the_greatest_sum():
    rows, names = signs(80)
    fitted = fit.softmax(rows, names, CLASSES, ridge=1.0)
    for row, name in zip(rows, names, strict=True):
        assert max(fitted, key=lambda other: fitted[other].log_odds(row)) == name


def test_a_class_learns_from_those_that_it_shares_a_mark_with(monkeypatch):
    pairs = [pair for pair in zip(*signs(80), strict=True) if pair[1] != "both"]
    rows, names = [row for row, _ in pairs], [name for _, name in pairs]
    leanings = []
    for kinship in (0.0, fit.KINSHIP):
        monkeypatch.setattr(fit, "KINSHIP", kinship)
        fitted = fit.softmax(rows, names, CLASSES, ridge=5.0)
        leanings.append(fitted["both"].weights["a"] - fitted["none"].weights["a"])
    assert leanings[1] > leanings[0]


def test_stretching_moves_probabilities_away_from_one_half_and_no_decision():
    linear = fit.Linear(-1.0, {"a": 2.0}, 0.5)
    wide = fit.stretched(linear, 1.2)
    for value in (0.0, 0.4, 0.5, 0.6, 2.0):
        before, after = linear.probability({"a": value}), wide.probability({"a": value})
        assert abs(after - 0.5) >= abs(before - 0.5)
        assert (after >= 0.5) == (before >= 0.5)


def test_a_topic_may_have_a_weight_of_its_own_and_learns_the_rest_from_the_others(pieces):
    topics = fit.fit_model(pieces).topics
    assert topics.keys() == set(TOPICS)
    assert topics["trade"].weights["inside"] > topics["health"].weights["inside"]
    assert topics["trade"].weights["lead"] == topics["health"].weights["lead"]


def made(score: float, relevance: int, weight: float = 1.0) -> Judged:
    piece = Piece("", "", weight, False, relevance, frozenset(), None, {}, {}, {})
    return Judged(piece, score, score >= 0.5, score >= 0.9, frozenset(), "neutral")


def test_f1_is_of_the_stream_that_the_sample_stands_for():
    judged = [made(0.9, 2), made(0.9, 0, weight=3.0), made(0.1, 1)]
    assert scores(judged)["relevant_f1"] == pytest.approx(2 * 1 / (1 + 4 + 1))


def test_the_calibration_curve_gives_the_share_of_each_tenth():
    judged = [made(0.85, 2), made(0.85, 1), made(0.85, 0), made(0.05, 0), made(1.0, 2)]
    assert calibration(judged) == [
        (0.05, 0.0, 1),
        (pytest.approx(0.85), pytest.approx(2 / 3), 3),
        (1.0, 1.0, 1),
    ]
