"""Labelled pieces, and how well a model judges them."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.relations.dealings import find_dealings
from ingest.relations.matching import Matcher
from ingest.relations.model import Model, Values
from ingest.relations.reading import read
from ingest.relations.relevance import relevance_features
from ingest.relations.stance import stance_features
from ingest.relations.topic_features import topic_features

# A piece with this share of Han characters is a Chinese one: English that quotes names stays below.
HAN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Piece:
    """A labelled piece as features, and how many pieces of the whole stream it stands for."""

    id: str
    source: str  # the data set's name
    weight: float
    chinese: bool
    relevance: int  # 0 none, 1 secondary, 2 primary
    topics: frozenset[str]
    stance: str | None
    relevance_values: Values
    topic_values: Mapping[str, Values]
    stance_values: Values


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model says of a piece. Topics and stance are said as if it were relevant."""

    piece: Piece
    score: float
    relevant: bool
    primary: bool
    topics: frozenset[str]
    stance: str


def load_pieces(folder: Path, matcher: Matcher) -> list[Piece]:
    """The pieces of every `*_dev.jsonl` in `folder`; a `NAME_strata.json` (id -> stratum, pop)
    beside one re-weights its sample to the population that it was drawn from."""
    pieces = []
    for file in sorted(folder.glob("*_dev.jsonl")):
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
        weights = _stream_weights(rows, file.with_name(f"{file.stem}_strata.json"))
        for row, weight in zip(rows, weights, strict=True):
            pieces.append(piece(row, matcher, source=file.stem, weight=weight))
    return pieces


def piece(
    row: Mapping[str, Any], matcher: Matcher, *, source: str = "", weight: float = 1.0
) -> Piece:
    title, text = row["title"] or "", row["text"] or ""
    dealings = find_dealings(read(title, text, matcher))
    measures = relevance_features(dealings)
    han = sum("\u4e00" <= character <= "\u9fff" for character in title + text)
    return Piece(
        id=row["id"],
        source=source,
        weight=weight,
        chinese=han > HAN_SHARE * len(title + text),
        relevance=row["relevance"],
        topics=frozenset(row["topics"]),
        stance=row["stance"],
        relevance_values={name: measure.value for name, measure in measures.items()},
        topic_values=topic_features(dealings),
        stance_values=stance_features(dealings, measures),
    )


def judge(piece: Piece, model: Model) -> Judged:
    score = model.relevant.probability(piece.relevance_values)
    relevant = score >= model.relevant.threshold
    main = model.primary.probability(piece.relevance_values) >= model.primary.threshold
    return Judged(
        piece=piece,
        score=score,
        relevant=relevant,
        primary=relevant and main,
        topics=frozenset(topic for topic, _ in model.choose_topics(piece.topic_values)),
        stance=model.choose_stance(piece.stance_values),
    )


def scores(judged: Sequence[Judged]) -> dict[str, float]:
    """F1 of relevant and primary over the stream; of relevant pieces topics' micro-F1 and the share
    of right stances."""
    about = [item for item in judged if item.piece.relevance]
    named = sum(len(item.topics) + len(item.piece.topics) for item in about)
    right = sum(len(item.topics & item.piece.topics) for item in about)
    stances = sum(item.stance == item.piece.stance for item in about)
    return {
        "relevant_f1": _f1(judged, lambda p: p.relevance > 0, lambda j: j.relevant),
        "primary_f1": _f1(judged, lambda p: p.relevance == 2, lambda j: j.primary),
        "topics_f1": 2 * right / named if named else 0.0,
        "stance_accuracy": stances / len(about) if about else 0.0,
    }


def report(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """The scores of each data set, and of each language in it where there are two."""
    figures = {}
    for source in sorted({item.piece.source for item in judged}):
        part = [item for item in judged if item.piece.source == source]
        figures[source] = scores(part)
        chinese = [item for item in part if item.piece.chinese]
        if chinese:
            figures[f"{source} in Chinese"] = scores(chinese)
            figures[f"{source} in English"] = scores([i for i in part if not i.piece.chinese])
    return figures


def calibration(judged: Sequence[Judged], bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean score, share that is relevant, pieces) for each tenth of the scores' range."""
    curve = []
    for number in range(bins):
        part = [j for j in judged if min(bins - 1, int(j.score * bins)) == number]
        if part:
            mean = sum(item.score for item in part) / len(part)
            share = sum(item.piece.relevance > 0 for item in part) / len(part)
            curve.append((mean, share, len(part)))
    return curve


def _stream_weights(rows: Sequence[Mapping[str, Any]], strata: Path) -> list[float]:
    if not strata.exists():
        return [1.0] * len(rows)
    of = json.loads(strata.read_text("utf-8"))
    drawn = Counter(of[row["id"]]["stratum"] for row in rows)
    return [of[row["id"]]["pop"] / drawn[of[row["id"]]["stratum"]] for row in rows]


def _f1(
    judged: Iterable[Judged], gold: Callable[[Piece], bool], said: Callable[[Judged], bool]
) -> float:
    hit = either = 0.0
    for item in judged:
        yes, say = gold(item.piece), said(item)
        hit += item.piece.weight * (yes and say)
        either += item.piece.weight * (yes + say)
    return 2 * hit / either if either else 0.0
