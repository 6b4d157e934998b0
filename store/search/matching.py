"""Whether a document answers a query: what the full-text index does, for texts it does not hold."""

from collections.abc import Iterator, Sequence

from store.search.query import And, Node, Not, Or, Phrase


class Words:
    """A document's words, to be asked for many phrases."""

    def __init__(self, row: Sequence[str]) -> None:
        self._row = row
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(row):
            self._places.setdefault(word, []).append(place)

    def answer(self, node: Node) -> bool:
        """Whether the query is true of the document."""
        match node:
            case Phrase():
                return self._hold(node)
            case Not(part):
                return not self.answer(part)
            case And(parts):
                return all(map(self.answer, parts))
            case Or(parts):
                return any(map(self.answer, parts))

    def _hold(self, phrase: Phrase) -> bool:
        *before, last = phrase.words
        return any(
            place >= len(before) and list(self._row[place - len(before) : place]) == before
            for place in self._ends(last, phrase.open_end)
        )

    def _ends(self, last: str, open_end: bool) -> Iterator[int]:
        """The places of the words that can end the phrase."""
        if not open_end:
            yield from self._places.get(last, ())
            return
        for word, places in self._places.items():
            if word.startswith(last):
                yield from places


def asks_for_text(node: Node) -> bool:
    """Whether any word of the query can stand in a text: marks alone need none to be read."""
    match node:
        case Phrase(words):
            return any(not word.startswith(":") for word in words)
        case Not(part):
            return asks_for_text(part)
        case And(parts) | Or(parts):
            return any(map(asks_for_text, parts))
