"""The sentences of a story that say why it was found, with the telling words marked.

Pure: from a text and the evidence kept with its tagging to what may be shown.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.relations.sentences import sentence_ends
from store.search.highlights import spans
from store.search.query import Node

# Three sentences fit under a headline; an analyst who wants more opens the article.
MOST_SENTENCES = 3
# Characters of a sentence that are shown: about four lines of a terminal.
LONGEST = 320
# Characters before the first mark that are kept where a longer sentence is cut.
LEAD = 80


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence; `side` and `marked` tell what it speaks for, if it does."""

    text: str
    marked: bool = False
    side: str | None = None


Quotation = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    side: str | None
    weight: float


def quotations(
    text: str, evidence: Iterable[Mapping[str, Any]], *, most: int = MOST_SENTENCES
) -> tuple[Quotation, ...]:
    """The sentences of `text` that hold most of the evidence, in their order.

    Sentences that name both sides come before those that name one, then the weightier ones.
    Evidence that lies outside the text (in the title, or of a rule for the whole piece) is left
    out.
    """
    ends = sentence_ends(text)
    found: dict[int, list[_Span]] = {}
    for span in _spans(text, evidence):
        found.setdefault(bisect_right(ends, span.start), []).append(span)
    chosen = sorted(found, key=lambda number: (_rank(found[number]), -number), reverse=True)[:most]
    return tuple(
        _quotation(text, ends[number - 1] if number else 0, ends[number], found[number])
        for number in sorted(chosen)
    )


def hits(text: str, query: Node | None) -> tuple[Quotation, ...]:
    """The sentences of `text` that hold most of what a query asks for, marked."""
    found = [
        {"field": "text", "start": start, "end": end, "side": None, "weight": 1.0}
        for start, end in spans(query, text)
    ]
    return quotations(text, found)


def alternating(quotation: Quotation) -> list[str]:
    """A quotation as stretches of text, every second of them marked; some may be empty."""
    stretches = [""]
    for piece in quotation:
        if piece.marked != (len(stretches) % 2 == 0):
            stretches.append("")
        stretches[-1] += piece.text
    return stretches


def plain(quotation: Quotation) -> str:
    """A quotation as text alone."""
    return "".join(piece.text for piece in quotation)


def _spans(text: str, evidence: Iterable[Mapping[str, Any]]) -> Iterator[_Span]:
    for item in evidence:
        start, end = item["start"], item["end"]
        if item["field"] == "text" and 0 <= start < end <= len(text):
            yield _Span(start, end, item["side"], abs(item["weight"]))


def _rank(spans: Sequence[_Span]) -> tuple[bool, float, int]:
    sides = {span.side for span in spans}
    both = "both" in sides or {"us", "china"} <= sides
    return both, sum(span.weight for span in spans), len({span.start for span in spans})


def _quotation(text: str, start: int, end: int, spans: list[_Span]) -> Quotation:
    start, end, cut_before, cut_after = _window(text, start, end, spans)
    pieces = [Piece("… ")] if cut_before else []
    at = start
    for span in sorted(spans, key=lambda span: (span.start, -span.end, span.side is None)):
        if span.start < at or span.end > end:
            continue
        if span.start > at:
            pieces.append(Piece(text[at : span.start]))
        pieces.append(Piece(text[span.start : span.end], marked=True, side=span.side))
        at = span.end
    if at < end:
        pieces.append(Piece(text[at:end]))
    if cut_after:
        pieces.append(Piece(" …"))
    return tuple(pieces)


def _window(text: str, start: int, end: int, spans: list[_Span]) -> tuple[int, int, bool, bool]:
    """The part of a sentence that is shown: without white space around, and not too long."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end - start <= LONGEST:
        return start, end, False, False
    first = min(span.start for span in spans)
    begin = start if first - start <= LEAD else _after_space(text, first - LEAD, first)
    stop = end if end - begin <= LONGEST else _before_space(text, begin + LONGEST, begin + LEAD)
    return begin, stop, begin > start, stop < end


def _after_space(text: str, at: int, limit: int) -> int:
    """The next beginning of a word from here, but not beyond the limit."""
    space = text.find(" ", at, limit)
    return at if space < 0 else space + 1


def _before_space(text: str, at: int, limit: int) -> int:
    """The last end of a word before here, but not before the limit."""
    space = text.rfind(" ", limit, at)
    return at if space < 0 else space
