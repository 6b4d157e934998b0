"""Stories in memory: what the store does with fingerprints, for files and for tests.

Texts come one after another. Each joins the story of a text that it copies; where it copies
texts of two stories, these were one all along and are merged; otherwise it begins a story.
All count as first seen now, so that no window of time keeps them apart. Where a source is told,
what it prints in several stories is left out of its texts, as in the store.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from ingest.duplicates.boilerplate import PAGES
from ingest.duplicates.decide import Printing, decide
from ingest.duplicates.fingerprint import fingerprint
from ingest.text.shingles import paragraphs

# Texts that are read for each new one: those that share most keys with it.
CANDIDATES = 16
SAME_TEXT = "the same text"


@dataclass(frozen=True, slots=True)
class Membership:
    """The story that a text joined, numbered as texts are; why, or None where it began one."""

    story: int
    because: str | None


class Grouping:
    """The stories of the texts that have come so far, numbered from 0 in their order."""

    def __init__(self) -> None:
        self._printings: list[Printing] = []
        self._stories: list[int] = []  # of each text a text of its story, nearer to the first
        self._by_hash: dict[bytes, int] = {}
        self._by_key: defaultdict[int, list[int]] = defaultdict(list)
        # Of each source the stories it has printed, and in how many of them each paragraph stands.
        self._of_source: defaultdict[str, set[int]] = defaultdict(set)
        self._printed: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, printing: Printing) -> Membership:
        """Take the next text in."""
        number = len(self._printings)
        self._printings.append(printing)
        self._stories.append(number)
        lines = {plain for _, plain in paragraphs(printing.text)} if printing.source else set()
        printed = self._printed[printing.source or ""]
        printed.update(lines)
        joined = self._join(number)
        stories = self._of_source[printing.source or ""]
        if joined.story in stories:
            printed.subtract(lines)
        stories.add(joined.story)
        return joined

    def _join(self, number: int) -> Membership:
        printing = self._bare(number)
        print_of = fingerprint(printing.title, printing.text, without=printing.without)
        known = self._by_hash.setdefault(print_of.text_hash, number)
        if known != number:
            self._stories[number] = self.story_of(known)
            return Membership(self.story_of(known), SAME_TEXT)
        because: str | None = None
        for candidate in self._candidates(print_of.keys):
            verdict = decide(printing, self._bare(candidate))
            if verdict.copy:
                because = because or verdict.because
                self._merge(number, candidate)
        for key in print_of.keys:
            self._by_key[key].append(number)
        return Membership(self.story_of(number), because)

    def story_of(self, number: int) -> int:
        """The story that a text is in by now: the number of its first text."""
        while self._stories[number] != number:
            self._stories[number] = number = self._stories[self._stories[number]]
        return number

    def _bare(self, number: int) -> Printing:
        """The printing without what its source is known to print in several stories."""
        printing = self._printings[number]
        if printing.source is None:
            return printing
        printed = self._printed[printing.source]
        repeated = {plain for _, plain in paragraphs(printing.text) if printed[plain] >= PAGES}
        return replace(printing, without=printing.without | repeated) if repeated else printing

    def _candidates(self, keys: tuple[int, ...]) -> list[int]:
        shared = Counter(number for key in keys for number in self._by_key[key])
        ranked = sorted(shared.items(), key=lambda item: (-item[1], item[0]))
        return [number for number, _ in ranked[:CANDIDATES]]

    def _merge(self, one: int, other: int) -> None:
        first, second = sorted((self.story_of(one), self.story_of(other)))
        self._stories[second] = first
