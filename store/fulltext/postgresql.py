"""The index on PostgreSQL: a tsvector a story, with a GIN index over it.

GIN knows no order: it finds all hits or none. So the newest are asked first, one after the other
(WALKED of them), which ends soon where hits are common; where they are not, the index gives them
all, and they are few.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import BigInteger, Integer, String, bindparam, text
from sqlmodel import Session

from store.fulltext.documents import BREAK, Document
from store.fulltext.grammar import And, Node, Not, Or, Phrase
from store.tables import UtcDateTime

# Stories that are read from the newest on, at some 15 µs each, before the index is asked.
WALKED = 400

_TIME = UtcDateTime()
_BOUND = (
    bindparam("query", type_=String),
    bindparam("since", type_=_TIME),
    bindparam("until", type_=_TIME),
    bindparam("limit", type_=Integer),
)
_DELETE = text("DELETE FROM story_words WHERE story_id = :story")
_INSERT = text(
    "INSERT INTO story_words (story_id, at, words) VALUES (:story, :at, CAST(:words AS tsvector))"
).bindparams(bindparam("at", type_=_TIME), bindparam("words", type_=String))
_EMPTY = text("TRUNCATE story_words")
_WALK = (
    text(
        """
        WITH newest AS MATERIALIZED (
            SELECT story_id, at, words FROM story_words
            WHERE at >= :since AND at < :until
            ORDER BY at DESC, story_id DESC LIMIT :walked)
        SELECT story_id, at FROM newest WHERE words @@ CAST(:query AS tsquery) LIMIT :limit"""
    )
    .bindparams(*_BOUND, walked=WALKED)
    .columns(story_id=BigInteger, at=_TIME)
)
# Materialized, and the times apart, or else the planner walks through all stories from the newest
# on; and without scans of the table, since it does not know that a row of words lies outside of it
# and has to be fetched: 7 ms against 1,100 for one in twenty of 30,000.
_NO_SCAN = text("SET LOCAL enable_seqscan = off")
_SCAN = text("SET LOCAL enable_seqscan = on")
_ALL = (
    text(
        """
        WITH hits AS MATERIALIZED (
            SELECT story_id, at FROM story_words WHERE words @@ CAST(:query AS tsquery))
        SELECT story_id, at FROM hits WHERE at >= :since AND at < :until
        ORDER BY at DESC, story_id DESC LIMIT :limit"""
    )
    .bindparams(*_BOUND)
    .columns(story_id=BigInteger, at=_TIME)
)


def write(session: Session, documents: Sequence[Document], days: dict[int, int]) -> None:
    """Put these in the place of what is there; `days` are those of the rows that are."""
    if days:
        session.execute(_DELETE, [{"story": story_id} for story_id in days])
    if documents:
        rows = [
            {"story": made.story_id, "at": made.at, "words": vector(made.words)}
            for made in documents
        ]
        session.execute(_INSERT, rows)


def clear(session: Session) -> None:
    """Empty the index."""
    session.execute(_EMPTY)


def newest(
    session: Session, query: Node, *, since: datetime, until: datetime, limit: int
) -> list[tuple[int, datetime]]:
    """The ids and times of the newest hits."""
    values = {"query": rendered(query), "since": since, "until": until, "limit": limit}
    if limit <= WALKED:
        found = session.execute(_WALK, values).all()
        if len(found) == limit:
            return [(story_id, at) for story_id, at in found]
    session.execute(_NO_SCAN)
    found = session.execute(_ALL, values).all()
    session.execute(_SCAN)
    return [(story_id, at) for story_id, at in found]


def vector(words: Sequence[str]) -> str:
    """The words with their positions, as PostgreSQL reads a tsvector."""
    places: dict[str, str] = {}
    for word, place in zip(words, map(str, count(1)), strict=False):
        if word in places:
            places[word] += f",{place}"
        else:
            places[word] = place
    return " ".join([f"'{word}':{at}" for word, at in places.items()])


def rendered(node: Node) -> str:
    """The query as PostgreSQL reads a tsquery, every word quoted."""
    match node:
        case Phrase(words, open_end):
            *before, last = (f"'{word}'" for word in words)
            return f"({' <-> '.join([*before, last + ':*' * open_end])})"
        case Or(parts):
            return f"({' | '.join(map(rendered, parts))})"
        case And(parts):
            return f"({' & '.join(map(rendered, parts))})"
        case Not(part):
            return f"('{BREAK}' & !{rendered(part)})"
