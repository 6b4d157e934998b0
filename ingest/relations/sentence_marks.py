"""What a piece's sentences name, as marks that the sentence network reads: those of each token, of
the sentence, of its neighbours, of the title and of the piece."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.relations.codebook import TOPICS
from ingest.relations.matching import Match
from ingest.relations.reading import Field, Reading, Sentence
from ingest.relations.vocabulary import Entry, Polarity
from ingest.relations.wordpieces import WordPieces

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.int8]  # 1 where a mark is made, else 0

# So many sentences of a piece are looked at: the title, the beginning, and those that name most.
MOST_SENTENCES = 12
# So many pieces of a sentence are read: two hundred English words, two hundred Han letters.
MOST_TOKENS = 128

# A sentence's place in its field counts up to this.
_FAR = 20

# The first sentences of a text are looked at even where they name nothing.
_BEGINNING = 3

_SIDES = ("us", "china", "taiwan", "third", "frames")
_PLACES = (*_SIDES, "voices", "genres")
_POLARITIES = (Polarity.COOPERATION, Polarity.CONFLICT, Polarity.NEUTRAL)
_ACTORS = frozenset({"us", "china", "taiwan", "third"})
_KINDS = ("person", "company", "place")  # and a fourth for all others
_ALL_PLACES = (*_PLACES, "relations", "topics")

_POLARITY = len(_PLACES)
_TERM = _POLARITY + len(_POLARITIES)
_KIND = _TERM + 1
_TOPIC = _KIND + len(_KINDS) + 1
MARKS = _TOPIC + len(TOPICS)

# Of neighbours, title and piece only the marks before the topics are told.
_TOLD = _TOPIC
# own marks; those before, behind, in the title, anywhere, their share; title, lead, place, alone
CONTEXT = MARKS + 5 * _TOLD + 4


class MarkedSentence(NamedTuple):
    """A sentence as the network reads it: `matches` are all that it names, in order."""

    field: Field
    number: int  # which sentence of its field, from 0
    start: int
    end: int
    matches: Sequence[Match]


class MarkedPiece(NamedTuple):
    """A piece's chosen sentences, in order. `pieces` and `marks` hold a row a token, sentence by
    sentence, `lengths` how many belong to each; `context` holds a row a sentence."""

    sentences: Sequence[MarkedSentence]
    pieces: npt.NDArray[np.int64]
    marks: Marks
    lengths: npt.NDArray[np.int64]
    context: Floats


NOTHING_MARKED = MarkedPiece(
    (),
    np.zeros(0, dtype=np.int64),
    np.zeros((0, MARKS), dtype=np.int8),
    np.zeros(0, dtype=np.int64),
    np.zeros((0, CONTEXT)),
)


def names_a_side(reading: Reading) -> bool:
    """Whether a piece is worth a look at its sentences: where neither side nor Taiwan is named, it
    is not about the two (docs/tagger.md tells how often that is wrong)."""
    return any(s.us or s.china or s.taiwan or s.frames for s in reading.sentences)


def mark(reading: Reading, wordpieces: WordPieces) -> MarkedPiece:
    chosen: list[MarkedSentence] = []
    pieces: list[int] = []
    rows: list[Marks] = []
    lengths: list[int] = []
    for sentence in _choose(reading):
        whole = reading.title if sentence.field == "title" else reading.text
        found = wordpieces.find(whole[sentence.start : sentence.end])[:MOST_TOKENS]
        if not found:
            continue
        chosen.append(sentence)
        pieces += [piece for piece, _, _ in found]
        rows.append(_token_marks(sentence, found))
        lengths.append(len(found))
    if not chosen:
        return NOTHING_MARKED
    return MarkedPiece(
        chosen,
        np.array(pieces, dtype=np.int64),
        np.concatenate(rows),
        np.array(lengths, dtype=np.int64),
        _context(chosen, np.array([block.max(0) for block in rows])),
    )


def marks_of(entry: Entry) -> list[int]:
    """The numbers of the marks that a match of `entry` makes."""
    marks = []
    if entry.place in _PLACES:
        marks.append(_PLACES.index(entry.place))
    if entry.place == "relations" and entry.polarity is not None:
        marks.append(_POLARITY + _POLARITIES.index(entry.polarity))
    if entry.place == "topics":
        marks.append(_TERM)
    if entry.place in _ACTORS:
        kind = _KINDS.index(entry.kind) if entry.kind in _KINDS else len(_KINDS)
        marks.append(_KIND + kind)
    marks += [_TOPIC + TOPICS.index(topic) for topic in entry.topics]
    return marks


def _choose(reading: Reading) -> list[MarkedSentence]:
    """The sentences that are looked at, in order."""
    naming = {(s.field, s.number): s for s in reading.sentences}
    found: list[tuple[float, MarkedSentence]] = []
    fields: tuple[tuple[Field, str, Sequence[int]], ...] = (
        ("title", reading.title, reading.title_ends),
        ("text", reading.text, reading.text_ends),
    )
    for field, whole, ends in fields:
        start = 0
        few = len(ends) <= MOST_SENTENCES
        for number, end in enumerate(ends):
            sentence = naming.get((field, number))
            if (sentence or few or number < _BEGINNING) and whole[start:end].strip():
                marked = MarkedSentence(field, number, start, end, _matches(sentence))
                found.append((_importance(marked, sentence), marked))
            start = end
    if len(found) > MOST_SENTENCES:
        order = sorted(range(len(found)), key=lambda n: (-found[n][0], n))[:MOST_SENTENCES]
        found = [found[n] for n in sorted(order)]
    return [marked for _, marked in found]


def _importance(marked: MarkedSentence, sentence: Sentence | None) -> float:
    if marked.field == "title":
        value = 4.0
    else:
        value = 2.0 if not marked.number else float(marked.number < _BEGINNING)
    if sentence is None:
        return value
    us, china = bool(sentence.us), bool(sentence.china or sentence.taiwan)
    value += 3.0 * ((us and china) or bool(sentence.frames)) + 1.5 * us + 1.5 * china
    return value + 0.5 * bool(sentence.relations) + 0.3 * bool(sentence.topics)


def _matches(sentence: Sentence | None) -> list[Match]:
    if sentence is None:
        return []
    found = [match for place in _ALL_PLACES for match in getattr(sentence, place)]
    return sorted(found, key=lambda match: (match.start, match.end))


def _token_marks(sentence: MarkedSentence, found: Sequence[tuple[int, int, int]]) -> Marks:
    marks = np.zeros((len(found), MARKS), dtype=np.int8)
    if not sentence.matches:
        return marks
    starts = np.array([start for _, start, _ in found])
    ends = np.array([end for _, _, end in found])
    for match in sentence.matches:
        left, right = match.start - sentence.start, match.end - sentence.start
        touched = np.flatnonzero((starts < right) & (ends > left))
        if len(touched):
            marks[touched[:, None], marks_of(match.entry)] = 1
    return marks


def _context(sentences: Sequence[MarkedSentence], own: Marks) -> Floats:
    count = len(sentences)
    context = np.zeros((count, CONTEXT))
    told = own[:, :_TOLD]
    title = np.array([sentence.field == "title" for sentence in sentences])
    context[:, :MARKS] = own
    parts = context[:, MARKS:]
    parts[1:, :_TOLD] = told[:-1]
    parts[:-1, _TOLD : 2 * _TOLD] = told[1:]
    if title.any():
        parts[:, 2 * _TOLD : 3 * _TOLD] = told[title].max(0)
    parts[:, 3 * _TOLD : 4 * _TOLD] = told.max(0)
    parts[:, 4 * _TOLD : 5 * _TOLD] = told.mean(0)
    numbers = np.array([sentence.number for sentence in sentences])
    parts[:, 5 * _TOLD] = title
    parts[:, 5 * _TOLD + 1] = ~title & (numbers == 0)
    parts[:, 5 * _TOLD + 2] = np.minimum(numbers, _FAR) / _FAR
    parts[:, 5 * _TOLD + 3] = float(count == 1)
    return context
