"""Labelled pieces as the arrays that a fit works on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.relations.codebook import TOPICS, Stance
from ingest.relations.dealings import find_dealings
from ingest.relations.fitting.labelled import WEIGHT_OF_SURE, Labelled
from ingest.relations.matching import Matcher
from ingest.relations.reading import read
from ingest.relations.relevance import relevance_features
from ingest.relations.sentence_marks import NOTHING_MARKED, MarkedPiece, mark, names_a_side
from ingest.relations.stance import stance_features
from ingest.relations.topic_features import topic_features
from ingest.relations.wordpieces import WordPieces

Array = npt.NDArray[np.float32]
STANCES = tuple(str(stance) for stance in Stance)
FIRST_STANCE = 2 + len(TOPICS)  # among OUTPUTS of sentence_network.py


@dataclass(frozen=True, slots=True)
class Design:
    """A row a piece. `values` are the features of relevance, `tones` those of stance, `of_topics`
    those of each topic: (pieces, topics, features)."""

    pieces: Sequence[Labelled]
    marked: Sequence[MarkedPiece]
    quoted: Sequence[Sequence[int]]  # which of a piece's marked sentences the reader quoted
    named: npt.NDArray[np.bool_]  # whether a side is named: others are no matter of the network
    brief: npt.NDArray[np.bool_]
    values: Array
    tones: Array
    of_topics: Array
    value_names: Sequence[str]
    tone_names: Sequence[str]
    topic_names: Sequence[str]
    relevance: npt.NDArray[np.int64]
    topics: Array
    stance: npt.NDArray[np.int64]  # -1 where there is none
    weight: Array


def design(pieces: Sequence[Labelled], matcher: Matcher, wordpieces: WordPieces) -> Design:
    marked: list[MarkedPiece] = []
    values: list[Mapping[str, float]] = []
    tones: list[Mapping[str, float]] = []
    topics: list[Mapping[str, Mapping[str, float]]] = []
    named, brief = [], []
    for piece in pieces:
        reading = read(piece.title, piece.text, matcher)
        dealings = find_dealings(reading)
        features = relevance_features(dealings)
        named.append(names_a_side(reading))
        brief.append(reading.brief)
        marked.append(mark(reading, wordpieces) if named[-1] else NOTHING_MARKED)
        values.append(features)
        tones.append(stance_features(dealings, features))
        topics.append(topic_features(dealings))
    topic_names = sorted({n for piece in topics for own in piece.values() for n in own})
    of_topics = np.zeros((len(pieces), len(TOPICS), len(topic_names)), np.float32)
    for row, found in enumerate(topics):
        for topic, own in found.items():
            for name, value in own.items():
                of_topics[row, TOPICS.index(topic), topic_names.index(name)] = value
    value_names, tone_names = sorted(values[0]), sorted(tones[0])
    return Design(
        pieces=pieces,
        marked=marked,
        quoted=[_quoted(piece, of) for piece, of in zip(pieces, marked, strict=True)],
        named=np.array(named),
        brief=np.array(brief),
        values=_matrix(values, value_names),
        tones=_matrix(tones, tone_names),
        of_topics=of_topics,
        value_names=value_names,
        tone_names=tone_names,
        topic_names=topic_names,
        relevance=np.array([piece.relevance for piece in pieces]),
        topics=np.array([[t in p.topics for t in TOPICS] for p in pieces], np.float32),
        stance=np.array([STANCES.index(p.stance) if p.stance else -1 for p in pieces]),
        weight=np.array([WEIGHT_OF_SURE[p.sure] for p in pieces], np.float32),
    )


def by_length(data: Design, rows: Any) -> Array:
    """Features of relevance for all, once more for brief pieces alone, and whether a piece is
    brief."""
    brief = data.brief[rows][:, None].astype(np.float32)
    return np.hstack([data.values[rows], data.values[rows] * brief, brief])


def _matrix(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Array:
    return np.array([[row[name] for name in names] for row in rows], np.float32)


def _quoted(piece: Labelled, marked: MarkedPiece) -> list[int]:
    if piece.quote is None:
        return []
    field, start, end = piece.quote
    return [
        number
        for number, sentence in enumerate(marked.sentences)
        if sentence.field == field and sentence.start < end and sentence.end > start
    ]
