"""What is indexed of a story: marks for what it is filtered by, its headlines, its text.

One row of words a story, the same on both databases. Marks are words of their own, begun by a
colon, which no word of a text holds; so words and filters are one question to the index.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from store.search.tokens import words

# Raise it whenever a text is indexed as other words than before, here or in tokens.py: documents of
# another version are written anew (`index.rebuild`).
INDEX_VERSION = 1

# Stands between the parts of a document, so that no phrase reaches from one into the next; and so
# in every document.
BREAK = ":"

# PostgreSQL tells 16,383 positions of a document apart, 255 of a word, and takes 1 MB. Beyond
# these an article is no news any more; both databases stop there, so that both find the same.
MOST_CHARACTERS = 200_000
MOST_WORDS = 16_000
MOST_REPEATS = 255

# A bit more than 28 bits beside the day, and numbers in the index would take a byte more.
STORY_BITS = 28
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Marks:
    """What a story is filtered by."""

    relevance: str
    stance: str | None
    topics: Sequence[str]
    actors: Sequence[str]
    source_ids: Iterable[int]


@dataclass(frozen=True, slots=True)
class Document:
    """A story as it is indexed. `at` is the time that it is ordered by."""

    story_id: int
    at: datetime
    words: list[str]

    @property
    def digest(self) -> bytes:
        """16 bytes that change with anything that is indexed."""
        told = f"{INDEX_VERSION} {self.at.astimezone(UTC).isoformat()} {' '.join(self.words)}"
        return blake2b(told.encode(), digest_size=16).digest()


def document(
    story_id: int, at: datetime, marks: Marks, titles: Iterable[str], text: str
) -> Document:
    """A story with the titles of all its copies and the text that it shows."""
    row = marked(marks)
    for part in (*dict.fromkeys(titles), text):
        row.append(BREAK)
        row.extend(words(part[:MOST_CHARACTERS]))
    return Document(story_id, at, _within_bounds(row))


def marked(marks: Marks) -> list[str]:
    """The marks as words."""
    stance = [mark("stance", marks.stance)] if marks.stance else []
    return [
        mark("relevance", marks.relevance),
        *stance,
        *(mark("topic", topic) for topic in marks.topics),
        *(mark("actor", actor) for actor in marks.actors),
        *(mark("source", source_id) for source_id in sorted(set(marks.source_ids))),
    ]


def mark(kind: str, value: object) -> str:
    """The word that says that a story has this topic, actor, …"""
    return f":{kind[0]}:{value}"


def _within_bounds(row: list[str]) -> list[str]:
    del row[MOST_WORDS:]
    room = MOST_CHARACTERS
    if sum(map(len, row)) > room:
        for number, word in enumerate(row):
            room -= len(word)
            if room < 0:
                del row[number:]
                break
    # To know the different words is cheaper than to count each, and often enough.
    repeats = len(row) - len(set(row))
    if repeats < MOST_REPEATS or max(Counter(row).values()) <= MOST_REPEATS:
        return row
    seen: Counter[str] = Counter()
    for number, word in enumerate(row):
        seen[word] += 1
        if seen[word] > MOST_REPEATS:
            row[number] = BREAK
    return row


def day_of(at: datetime) -> int:
    """Days since 1970; earlier ones count as the first."""
    return max(0, int(at.timestamp() // _SECONDS_A_DAY))


def row_of(day: int, story_id: int) -> int:
    """The number of a story's row where rows are kept in the order of their days."""
    return day << STORY_BITS | story_id
