"""How well and how fast the tagger judges: `python -m tests.bench.tagging [--data DIR]`.

Prints one JSON object. Speed is measured on texts made up here, so it needs no data. With DIR,
every `*_dev.jsonl` of labelled records in it is scored too; where the shipped model was fitted on
that very file, `fitted_on_it` says so, and the figures of the model file, each of a source that
was held out, are the honest ones. Where DIR holds `*_unlabelled.jsonl.xz`, the speed over that
stream is told.
"""

import argparse
import hashlib
import json
import lzma
import resource
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.relations.fitting.labelled import load
from ingest.relations.model import MODEL_FILE
from ingest.relations.scoring import LEVELS, Label, scores
from ingest.relations.tagger import load_tagger, tag

# An article as the target for speed has it: 2,200 characters, of which some name both sides.
ARTICLE_LENGTH = 2_200
ARTICLES = 400
# So many pieces of each file of a stream are timed.
STREAMED = 2_500

_ENGLISH = (
    "The United States and China agreed on Tuesday to resume talks on export controls in Geneva. ",
    "Officials in Beijing said that tariffs on American soybeans would be lifted by the autumn. ",
    "The harvest in the valley was late this year, and the cooperative hired forty more pickers. ",
    "Analysts at a bank in Zurich expect growth of two percent, a little less than in the spring. ",
    "A spokesman for the ministry declined to comment on the report, first seen on Monday. ",
)
_CHINESE = (
    "美国商务部周二表示，将与中国就出口管制重启磋商。",
    "中方敦促美方取消对中国企业的制裁。",
    "今年山谷里的收成较晚，合作社又雇了四十名工人。",
    "分析人士预计，今年经济增长约为百分之二。",
)


def articles() -> list[tuple[str, str]]:
    """Made-up articles of the target's length; one in five is Chinese, one in three names no
    side."""
    made = []
    for number in range(ARTICLES):
        lines: Sequence[str] = _CHINESE if number % 5 == 0 else _ENGLISH
        if number % 3 == 0:
            lines = lines[2:]
        text = "".join(lines[(number + i) % len(lines)] for i in range(ARTICLE_LENGTH // 20))
        made.append((f"Piece {number}", text[:ARTICLE_LENGTH]))
    return made


def speed() -> dict[str, float]:
    load_tagger.cache_clear()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    load_tagger()
    loaded = time.perf_counter() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    pieces = articles()
    tag(*pieces[0])
    rates = []
    for _ in range(5):
        started = time.process_time()
        for title, text in pieces:
            tag(title, text)
        rates.append(len(pieces) / (time.process_time() - started))
    return {
        "articles_per_second": round(sorted(rates)[len(rates) // 2]),
        "load_seconds": round(loaded, 3),
        "load_megabytes": round(grown / 1024, 1),
    }


def quality(folder: Path) -> dict[str, Any]:
    """Scores of the shipped model on each labelled file, all of it and each language."""
    seen = {data["sha256"] for data in model_file()["fitted"]["data"]}
    pairs: dict[str, list[Any]] = {}
    for piece in load(folder):
        label = Label(LEVELS[piece.relevance], piece.topics, piece.stance, piece.weight)
        tagging = tag(piece.title, piece.text)
        for name in (piece.set, f"{piece.set} in {'Chinese' if piece.chinese else 'English'}"):
            pairs.setdefault(name, []).append((label, tagging))
    figures: dict[str, Any] = {
        name: {key: round(value, 4) for key, value in scores(part).items()}
        for name, part in sorted(pairs.items())
    }
    for file in folder.glob("*_dev.jsonl"):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        figures.setdefault(file.stem, {})["fitted_on_it"] = digest in seen
    return figures


def stream(folder: Path) -> dict[str, float]:
    """Milliseconds of CPU a piece over what newsrooms print, in the mixture of the files."""
    taken, relevant = [], 0
    for title, text in _streamed(folder):
        started = time.thread_time()
        relevant += tag(title, text).relevance != "none"
        taken.append(1e3 * (time.thread_time() - started))
    taken.sort()
    return {
        "pieces": len(taken),
        "mean_ms": round(sum(taken) / len(taken), 3),
        "p99_ms": round(taken[int(0.99 * len(taken))], 2),
        "called_relevant": round(relevant / len(taken), 4),
    }


def _streamed(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*_unlabelled.jsonl.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            for line in islice(lines, STREAMED):
                row = json.loads(line)
                yield row["title"] or "", row["text"] or ""


def model_file() -> dict[str, Any]:
    return tomllib.loads(MODEL_FILE.read_text("utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path)
    data = parser.parse_args().data
    result: dict[str, Mapping[str, Any]] = {"speed": speed()}
    result["held_out"] = model_file()["scores"]
    # [mean score, share that is relevant, pieces], by tenths of the score.
    result["calibration"] = model_file()["calibration"]
    if data is not None and data.is_dir():
        result["quality"] = quality(data)
        if any(data.glob("*_unlabelled.jsonl.xz")):
            result["stream"] = stream(data)
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
