"""Where the words of a query stand in a text as it is printed."""

from bisect import bisect_left
from collections.abc import Iterator

from store.search.query import Node, Phrase, wanted
from store.search.tokens import Placed, is_run, placed_words


def spans(query: Node | None, text: str) -> list[tuple[int, int]]:
    """The stretches of the text that the query asks for: in order, apart from each other.

    A word is marked whole where its beginning was asked for. What is excluded is nowhere.
    """
    phrases = list(wanted(query))
    if not phrases:
        return []
    placed = list(placed_words(text))
    places: dict[str, list[int]] = {}
    for number, one in enumerate(placed):
        places.setdefault(one.word, []).append(number)
    found = sorted(span for phrase in phrases for span in _spans(phrase, placed, places))
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _spans(
    phrase: Phrase, placed: list[Placed], places: dict[str, list[int]]
) -> Iterator[tuple[int, int]]:
    *before, last = phrase.words
    for number in _ends(last, phrase.open_end, places):
        first = number - len(before)
        if first >= 0 and all(
            placed[first + step].word == word for step, word in enumerate(before)
        ):
            yield placed[first].start, _end(placed[number], last, phrase.open_end)


def _ends(last: str, open_end: bool, places: dict[str, list[int]]) -> Iterator[int]:
    """The numbers of the words that can end the phrase."""
    if not open_end:
        yield from places.get(last, ())
        return
    ordered = sorted(places)
    for word in ordered[bisect_left(ordered, last) :]:
        if not word.startswith(last):
            break
        yield from places[word]


def _end(one: Placed, last: str, open_end: bool) -> int:
    """Of a pair that was asked for by its first character, that one alone is marked."""
    return one.first_end if open_end and is_run(last) else one.end
