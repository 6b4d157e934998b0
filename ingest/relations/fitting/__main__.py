"""Fit the tagger's model to labelled pieces and write it, with the scores that it had.

    make fit-tagger ARGS="--data DIR --work DIR [--folds 0,1] [--write]"

DIR holds `*_dev.jsonl` with a labelled piece a line, and `*_unlabelled.jsonl.xz` with the texts of
the labels that the project keeps; see labelled.py. Every figure is of pieces whose whole source was
held out, judged at thresholds that were chosen on other sources. The model is the mean of
MEMBERS of the folds' fits. What was computed is kept in the
working folder, so that a fit that was stopped goes on, and several can share the folds.
"""

import argparse
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ingest.relations.fitting.design import FIRST_STANCE, Array, Design, by_length, design
from ingest.relations.fitting.figures import Mask, calibration, report, say, thresholds
from ingest.relations.fitting.holding_out import FOLDS, folds
from ingest.relations.fitting.labelled import MEASURED, load
from ingest.relations.fitting.logistic import logistic
from ingest.relations.fitting.training import EPOCHS, RATE, SENTENCES_SEEN, Fit, Rows
from ingest.relations.fitting.vectors import WIDTH, Pieces, learn_pieces
from ingest.relations.fitting.writing import Settings, heads, model_toml
from ingest.relations.matching import Matcher
from ingest.relations.model import MODEL_FILE, probability
from ingest.relations.sentence_network import NETWORK_FILE, OUTPUTS, save_network
from ingest.relations.tagger import TAGGER_VERSION
from ingest.relations.vocabulary import load_lexicon
from ingest.relations.wordpieces import WordPieces

# Below this sum of the first step, in log-odds, a piece is settled: so are three quarters of a
# stream, and one relevant piece in 150.
SETTLED_BELOW = -4.5

# The model is the mean of so many folds' fits: each source was seen by two of them at least, and a
# fourth costs as much time as the others for little.
MEMBERS = 3

# What is settled is as good as this unlikely, in log-odds.
SETTLED = -20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled pieces")
    parser.add_argument("--work", type=Path, required=True, help="folder for what was computed")
    parser.add_argument("--folds", help="compute these folds alone")
    parser.add_argument("--write", action="store_true", help=f"write {MODEL_FILE.name}")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    lexicon = load_lexicon()
    pieces, data = _prepared(arguments.data, work, lexicon.version)
    fold = np.array(folds(data.pieces))
    chosen = [int(n) for n in arguments.folds.split(",")] if arguments.folds else range(FOLDS)
    for number in chosen:
        file = work / f"{lexicon.version}-{number}.pickle"
        if not file.exists():
            held = fold == number
            fit = Fit(data, pieces.floats(), np.flatnonzero(~held), seed=number)
            odds, given = fit.judge(np.flatnonzero(held))
            file.write_bytes(pickle.dumps((odds, given, fit.result())))
            print(f"fold {number}: done", flush=True)
    if not arguments.folds:
        _conclude(arguments, work, lexicon.version, pieces, data, fold)


def _prepared(folder: Path, work: Path, version: str) -> tuple[Pieces, Design]:
    words, prepared = work / "pieces.pickle", work / f"{version}-design.pickle"
    if not words.exists():
        words.write_bytes(pickle.dumps(learn_pieces(folder)))
    pieces: Pieces = pickle.loads(words.read_bytes())
    if not prepared.exists():
        found = design(load(folder), Matcher(load_lexicon()), WordPieces(pieces.spellings))
        prepared.write_bytes(pickle.dumps(found))
    return pieces, pickle.loads(prepared.read_bytes())


def _conclude(
    arguments: argparse.Namespace,
    work: Path,
    version: str,
    pieces: Pieces,
    data: Design,
    fold: Rows,
) -> None:
    fits = []
    odds = np.zeros((len(fold), len(OUTPUTS)), np.float32)
    settled = np.zeros(len(fold), bool)
    for number in range(FOLDS):
        held = fold == number
        part, _, fitted = pickle.loads((work / f"{version}-{number}.pickle").read_bytes())
        fits.append(fitted)
        odds[held] = part
        first = _first_step(data, ~held)
        settled[held] = _by_first_step(data, first)[held] < SETTLED_BELOW
    odds[settled | ~data.named, :2] = SETTLED
    measured = np.array([piece.set in MEASURED for piece in data.pieces])
    _print(figures := report(data, say(_centred(data, odds, fold, measured), data.brief, EVEN)))
    settings = {
        brief: _settings(data, odds, measured & (data.brief == brief)) for brief in (False, True)
    }
    chances = _chances(data, odds, settings)
    chinese = np.array([piece.chinese for piece in data.pieces])
    curves = {
        name: calibration(chances[rows], data.relevance[rows] > 0)
        for name, rows in (("English", measured & ~chinese), ("Chinese", measured & chinese))
    }
    lost = settled & measured & (data.relevance > 0)
    counts = {
        "pieces": len(data.pieces),
        "measured": int(measured.sum()),
        "measured_settled": int((settled & measured).sum()),
        "relevant_settled": int(lost.sum()),
    }
    print(counts, settings)
    if not arguments.write:
        return
    fits = fits[:MEMBERS]
    save_network(NETWORK_FILE, pieces.spellings, pieces.vectors, [fit.network for fit in fits])
    first = _first_step(data, np.ones(len(fold), bool))
    text = model_toml(
        heads(data, fits, first, settings[False], brief=False),
        heads(data, fits, first, settings[True], brief=True),
        sorted(arguments.data.glob("*_dev.jsonl")),
        {"tagger": TAGGER_VERSION, "lexicon": version},
        {"members": MEMBERS, "folds": FOLDS, "epochs": EPOCHS, "rate": RATE, "width": WIDTH,
         "sentences_seen": SENTENCES_SEEN, **counts},
        figures,
        curves,
    )  # fmt: skip
    MODEL_FILE.write_text(text, "utf-8")


def _first_step(data: Design, rows: Any) -> Any:
    """Weights of the piece's own features by themselves, fitted to `rows`."""
    weight = data.weight[rows].astype(float)
    return logistic(by_length(data, rows).astype(float), data.relevance[rows] > 0, weight, 1.0)


def _by_first_step(data: Design, first: Any) -> Any:
    return first[0] + by_length(data, np.ones(len(data.pieces), bool)) @ first[1:]


EVEN = {brief: {"relevant": 0.0, "primary": 0.0, "topics": 0.0} for brief in (False, True)}


def _centred(data: Design, odds: Array, fold: Rows, measured: Mask) -> Array:
    """Log-odds less the thresholds that do best on the other folds' sources, so that 0 is the
    threshold of every fold."""
    centred = odds.copy()
    for number in range(FOLDS):
        for brief in (False, True):
            chosen = thresholds(data, odds, measured & (data.brief == brief) & (fold != number))
            here = (fold == number) & (data.brief == brief)
            centred[here, 0] -= chosen["relevant"]
            centred[here, 1] -= chosen["primary"]
            centred[here, 2:FIRST_STANCE] -= chosen["topics"]
    return centred


def _settings(data: Design, odds: Array, rows: Mask) -> Settings:
    """What does best on all sources that were held out, after log-odds are made chances."""
    open_ = rows & (odds[:, 0] > SETTLED)
    stretch, shift = [], []
    even = odds.copy()
    for output, yes in ((0, data.relevance > 0), (1, data.relevance == 2)):
        column = odds[open_, output : output + 1].astype(float)
        found = logistic(column, yes[open_], np.ones(int(open_.sum())), 1.0)
        shift.append(float(found[0]))
        stretch.append(float(found[1]))
        even[open_, output] = column[:, 0] * found[1] + found[0]
    return Settings(
        settled_below=SETTLED_BELOW,
        **thresholds(data, even, rows),
        stretch=(stretch[0], stretch[1]),
        shift=(shift[0], shift[1]),
    )


def _chances(data: Design, odds: Array, settings: Mapping[bool, Settings]) -> Array:
    of = [settings[bool(brief)] for brief in data.brief]
    sums = [
        value if value == SETTLED else value * s.stretch[0] + s.shift[0]
        for value, s in zip(map(float, odds[:, 0]), of, strict=True)
    ]
    return np.array([probability(value) for value in sums], np.float32)


def _print(figures: Mapping[str, Mapping[str, float]]) -> None:
    for name, part in figures.items():
        told = [f"{key} {round(value, 3)}" for key, value in part.items()]
        print(f"{name:34s} {'  '.join(told)}")


if __name__ == "__main__":
    main()
