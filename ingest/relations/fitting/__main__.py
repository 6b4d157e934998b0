"""Fit the tagger's model to labelled pieces and write it, with the scores that it had.

    make fit-tagger ARGS="--data DIR --work DIR [--folds 0,1] [--write]"

DIR holds `*_dev.jsonl` with a labelled piece a line, and `*_unlabelled.jsonl.xz` with the texts of
the labels that the project keeps; see labelled.py. Every figure is of pieces whose whole source was
held out, judged at thresholds that were chosen on other sources. What was computed is kept in the
working folder, so that a fit that was stopped goes on, and several can share the folds.
"""

import argparse
import pickle
from pathlib import Path

import numpy as np
import torch

from ingest.relations.fitting.design import Array, Design, design
from ingest.relations.fitting.figures import calibration, report, say, thresholds
from ingest.relations.fitting.holding_out import FOLDS, folds
from ingest.relations.fitting.labelled import MEASURED, load
from ingest.relations.fitting.training import EPOCHS, RATE, SENTENCES_SEEN, Fit
from ingest.relations.fitting.vectors import WIDTH, Pieces, learn_pieces
from ingest.relations.fitting.writing import heads, model_toml
from ingest.relations.matching import Matcher
from ingest.relations.model import MODEL_FILE, probability
from ingest.relations.sentence_network import NETWORK_FILE, save_network
from ingest.relations.tagger import TAGGER_VERSION
from ingest.relations.vocabulary import load_lexicon
from ingest.relations.wordpieces import WordPieces

# Networks that the model is the mean of, each from another beginning; held-out figures are of one
# network a fold, so that they say a little less.
MEMBERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled pieces")
    parser.add_argument("--work", type=Path, required=True, help="folder for what was computed")
    parser.add_argument("--folds", help="compute these folds alone, and members after the last")
    parser.add_argument("--write", action="store_true", help=f"write {MODEL_FILE.name}")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    lexicon = load_lexicon()
    pieces, data = _prepared(arguments.data, work, lexicon.version)
    fold = np.array(folds(data.pieces))
    count = FOLDS + (MEMBERS if arguments.write else 0)
    chosen = [int(n) for n in arguments.folds.split(",")] if arguments.folds else range(count)
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
    fold: Array,
) -> None:
    odds = np.zeros((len(fold), 0), np.float32)
    for number in range(FOLDS):
        part, _, _ = pickle.loads((work / f"{version}-{number}.pickle").read_bytes())
        if not odds.shape[1]:
            odds = np.zeros((len(fold), part.shape[1]), np.float32)
        odds[fold == number] = part
    # Where neither side is named the tagger says no, whatever the fit.
    odds[~data.named, :2] = -20.0
    measured = np.array([piece.set in MEASURED for piece in data.pieces])
    honest = odds.copy()
    for number in range(FOLDS):
        for brief in (False, True):
            rows = measured & (data.brief == brief)
            chosen = thresholds(data, odds, rows & (fold != number))
            here = (fold == number) & (data.brief == brief)
            # Shifted so that one threshold, 0, serves all folds.
            honest[here, 0] -= chosen["relevant"]
            honest[here, 1] -= chosen["primary"]
            honest[here, 2:19] -= chosen["topics"]
    zero = {"relevant": 0.0, "primary": 0.0, "topics": 0.0}
    figures = report(data, say(honest, data.brief, {True: zero, False: zero}))
    for name, part in figures.items():
        told = [f"{key} {round(value, 3)}" for key, value in part.items()]
        print(f"{name:34s} {'  '.join(told)}")
    chances = np.array([probability(float(value)) for value in odds[:, 0]])
    chinese = np.array([piece.chinese for piece in data.pieces])
    curves = {
        name: calibration(chances[rows], data.relevance[rows] > 0)
        for name, rows in (("English", measured & ~chinese), ("Chinese", measured & chinese))
    }
    final = {b: thresholds(data, odds, measured & (data.brief == b)) for b in (False, True)}
    print("thresholds", final)
    if arguments.write:
        fits = [
            pickle.loads((work / f"{version}-{FOLDS + n}.pickle").read_bytes())[2]
            for n in range(MEMBERS)
        ]
        save_network(NETWORK_FILE, pieces.spellings, pieces.vectors, [f.network for f in fits])
        text = model_toml(
            heads(data, fits, final[False], brief=False),
            heads(data, fits, final[True], brief=True),
            sorted(arguments.data.glob("*_dev.jsonl")),
            {"tagger": TAGGER_VERSION, "lexicon": version},
            {"members": MEMBERS, "folds": FOLDS, "epochs": EPOCHS, "rate": RATE, "width": WIDTH,
             "sentences_seen": SENTENCES_SEEN, "pieces": len(data.pieces)},
            figures,
            curves,
        )  # fmt: skip
        MODEL_FILE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
