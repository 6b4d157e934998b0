"""Figures of a fit: F1, thresholds, calibration, logistic regression."""

import numpy as np
import pytest

from ingest.relations.fitting.figures import best_threshold as best
from ingest.relations.fitting.figures import calibration, f1
from ingest.relations.fitting.logistic import logistic


def flags(bits: str) -> np.ndarray:
    return np.array([bit == "1" for bit in bits])


@pytest.mark.parametrize(
    ("yes", "said", "value"),
    [("1100", "1100", 1.0), ("1100", "1010", 0.5), ("1100", "0000", 0.0), ("0000", "0000", 0.0)],
)
def test_f1(yes, said, value):
    assert f1(flags(yes), flags(said)) == value


def test_f1_is_of_the_stream_that_the_sample_stands_for():
    weight = np.array([1.0, 3.0, 1.0])
    assert f1(flags("101"), flags("110"), weight) == pytest.approx(2 / (2 + 4))


def test_the_threshold_is_where_f1_is_best_and_an_even_chance_where_all_do():
    odds = np.array([-1.5, -0.62, 0.42, 1.0])
    assert best(flags("0111"), odds) == pytest.approx(-0.62, abs=0.05)
    assert best(flags("0001"), odds) == pytest.approx(0.45, abs=0.05)
    assert best(flags("0011"), odds) == 0.0


def test_the_calibration_curve_gives_the_share_of_each_tenth():
    chances, yes = np.array([0.85, 0.85, 0.85, 0.05, 1.0]), flags("11001")
    assert calibration(chances, yes) == [
        (0.05, 0.0, 1),
        (pytest.approx(0.85), pytest.approx(2 / 3), 3),
        (1.0, 1.0, 1),
    ]


def test_logistic_regression_finds_what_made_the_data_and_the_ridge_holds_it():
    random = np.random.default_rng(0)
    rows = random.normal(size=(4000, 2))
    chance = 1 / (1 + np.exp(-(0.5 + 2.0 * rows[:, 0])))
    yes = random.random(4000) < chance
    free = logistic(rows, yes, np.ones(4000), 1e-6)
    assert free == pytest.approx([0.5, 2.0, 0.0], abs=0.15)
    held = logistic(rows, yes, np.ones(4000), 1000.0)
    assert abs(held[1]) < abs(free[1]) / 1.5


def test_a_row_s_weight_is_as_many_rows():
    rows = np.array([[0.0], [1.0], [1.0], [2.0]])
    yes = flags("0101")
    once = logistic(rows, yes, np.array([1.0, 2.0, 1.0, 1.0]), 1.0)
    twice = logistic(rows[[0, 1, 1, 2, 3]], yes[[0, 1, 1, 2, 3]], np.ones(5), 1.0)
    assert once == pytest.approx(twice)
