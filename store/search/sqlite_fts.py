"""The index on SQLite: an FTS5 table whose rows stand in the order of their days.

The row of a story is numbered day first (`row_of`), so that the newest hits are read from the end
of the index, and reading stops when there are enough. The tokenizer `ascii` parts words at what is
ASCII and neither letter, digit nor one of `tokenchars`: our words hold nothing of that, so it finds
the words as they are written.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, bindparam, text
from sqlmodel import Session

from store.search.documents import BREAK, STORY_BITS, Document, day_of, row_of
from store.search.query import And, Node, Not, Or, Phrase
from store.tables import UtcDateTime

_TIME = UtcDateTime()
_DELETE = text("DELETE FROM story_words WHERE rowid = :row")
_INSERT = text("INSERT INTO story_words (rowid, words) VALUES (:row, :words)")
# Made anew: FTS5 forgets rows only one after the other.
_DROP = text("DROP TABLE story_words")
_CREATE = text(
    """CREATE VIRTUAL TABLE story_words USING fts5(words, tokenize = "ascii tokenchars ':'")"""
)
# Indexes are merged when there are sixteen of a size, not four: a third less work to write, and
# a search reads at most some thirty of them.
_MERGE_SELDOM = text("INSERT INTO story_words (story_words, rank) VALUES ('automerge', 16)")
# A story's document tells its day, so a row that was left over is no hit.
_HITS = (
    text(
        """
        SELECT documents.story_id, documents.at, documents.day FROM
            story_words CROSS JOIN story_documents AS documents
              ON documents.story_id = (story_words.rowid & :story_mask)
             AND documents.day = (story_words.rowid >> :story_bits)
            WHERE story_words MATCH :query AND story_words.rowid BETWEEN :first AND :last
              AND documents.at >= :since AND documents.at < :until
        ORDER BY story_words.rowid DESC"""
    )
    .bindparams(
        bindparam("query", type_=String),
        bindparam("first", type_=BigInteger),
        bindparam("last", type_=BigInteger),
        bindparam("since", type_=_TIME),
        bindparam("until", type_=_TIME),
        story_mask=(1 << STORY_BITS) - 1,
        story_bits=STORY_BITS,
    )
    .columns(story_id=BigInteger, at=_TIME, day=Integer)
)


def write(session: Session, documents: Sequence[Document], days: dict[int, int]) -> None:
    """Put these in the place of what is there; `days` are those of the rows that are."""
    if stale := [{"row": row_of(day, story_id)} for story_id, day in days.items()]:
        session.execute(_DELETE, stale)
    rows = [
        {"row": row_of(day_of(made.at), made.story_id), "words": " ".join(made.words)}
        for made in documents
    ]
    if rows:
        session.execute(_INSERT, rows)


def tidy(session: Session) -> None:
    """Nothing: FTS5 merges what was added as it goes."""


def clear(session: Session) -> None:
    """Empty the index."""
    session.execute(_DROP)
    session.execute(_CREATE)
    session.execute(_MERGE_SELDOM)


def newest(
    session: Session, query: Node, *, since: datetime, until: datetime, limit: int
) -> list[tuple[int, datetime]]:
    """The ids and times of the newest hits."""
    rows = session.execute(
        _HITS,
        {
            "query": rendered(query),
            "since": since,
            "until": until,
            "first": row_of(day_of(since), 0),
            "last": row_of(day_of(until) + 1, 0),
        },
    )
    found, last_day = list[tuple[int, datetime]](), None
    # Each is looked for when it is asked for. Within a day they are in no order: so many from the
    # end, and the rest of the last one's day.
    for story_id, at, day in rows:
        if len(found) >= limit and day != last_day:
            break
        found.append((story_id, at))
        last_day = day
    rows.close()
    found.sort(key=lambda hit: (hit[1], hit[0]), reverse=True)
    return found[:limit]


def rendered(node: Node) -> str:
    """The query in the language of FTS5, every word quoted."""
    match node:
        case Phrase(words, open_end):
            return f'"{" ".join(words)}"{" *" if open_end else ""}'
        case Or(parts):
            return f"({' OR '.join(map(rendered, parts))})"
        case And(parts):
            there = [rendered(part) for part in parts if not isinstance(part, Not)]
            query = f"({' AND '.join(there) or _EVERYTHING})"
            # One NOT for all: FTS5 gives up on more than a hundred within each other.
            unwanted = [rendered(part.part) for part in parts if isinstance(part, Not)]
            return f"({query} NOT ({' OR '.join(unwanted)}))" if unwanted else query
        case Not(part):
            # NOT stands between two queries only.
            return f"({_EVERYTHING} NOT {rendered(part)})"


_EVERYTHING = f'"{BREAK}"'
