"""How well and how fast the tagger judges: `python -m tests.bench.tagging [--data DIR]`.

Prints one JSON object. Speed is measured on texts made up here, so it needs no data. With DIR,
every `*_dev.jsonl` of labelled records in it is scored too; where the shipped model was fitted on
that very file, `fitted_on_it` says so, and the cross-validated figures of the model file are the
honest ones.
"""

import argparse
import hashlib
import json
import resource
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.relations.model import MODEL_FILE
from ingest.relations.scoring import judge, load_pieces, report
from ingest.relations.tagger import load_tagger, tag

# An article as the target for speed has it: 2,200 characters, of which some name both sides.
ARTICLE_LENGTH = 2_200
ARTICLES = 400

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
    tagger = load_tagger()
    pieces = load_pieces(folder, tagger.matcher)
    figures: dict[str, Any] = {
        name: {key: round(value, 4) for key, value in part.items()}
        for name, part in report([judge(piece, tagger.model) for piece in pieces]).items()
    }
    seen = {data["sha256"] for data in model_file()["fitted"]["data"]}
    for file in folder.glob("*_dev.jsonl"):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        figures[file.stem]["fitted_on_it"] = digest in seen
    return figures


def model_file() -> dict[str, Any]:
    return tomllib.loads(MODEL_FILE.read_text("utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path)
    data = parser.parse_args().data
    result: dict[str, Mapping[str, Any]] = {"speed": speed()}
    if data is not None and data.is_dir():
        result["quality"] = quality(data)
        result["cross_validated"] = model_file()["scores"]
        # [mean score, share that is relevant, judgements], by tenths of the score.
        result["calibration"] = model_file()["calibration"]
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
