"""The index on PostgreSQL: a tsvector a story, with a GIN index over it and the story's day.

GIN knows no order: it finds all hits of some days or none. So hits are looked for among the newest
stories first, then as far back as the hits so far make likely; where there are none yet, among all
stories, since they are few. To tell the 30,000 hits of a phrase takes 290 ms, two days' 160 take
2 ms: PostgreSQL has to read a story's words to see whether they stand side by side.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, String, bindparam, text
from sqlmodel import Session

from store.search.documents import BREAK, Document
from store.search.query import And, Node, Not, Or, Phrase
from store.tables import UtcDateTime

# Stories looked through at first: at the least, and for each hit that is wanted.
LEAST_SPAN = 1_000
SPAN_A_HIT = 8
# Counting off more of them takes longer than asking all.
MOST_SPAN = 50_000
# The next look goes so much further back than the hits so far make likely, and at least so many
# times as far; where it would be many times as far, all stories are asked.
SPARE = 1.5
FURTHER = 4
MUCH_FURTHER = 50
# Days that are named one by one; more of them are named by their months.
MOST_DAYS = 40
MOST_MONTHS = 120
_EPOCH = date(1970, 1, 1)

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
# Only an owner may; another login's searches wait for the vacuum.
_TIDY = text(
    """
    SELECT gin_clean_pending_list(oid) FROM pg_class
    WHERE oid = CAST('ix_story_words_words' AS regclass) AND pg_has_role(relowner, 'MEMBER')"""
)
# The planner does not know that a row of words lies outside of the table and has to be fetched, so
# it is kept from scans of the table: 7 ms against 1,100 for one in twenty of 30,000.
_REACH = (
    text(
        """
        WITH within AS NOT MATERIALIZED (
            SELECT at FROM story_words WHERE at >= :since AND at < :until)
        SELECT (SELECT at FROM within ORDER BY at DESC LIMIT 1) AS last,
               (SELECT at FROM within ORDER BY at DESC LIMIT 1 OFFSET :looked) AS first,
               (SELECT at FROM within ORDER BY at LIMIT 1) AS oldest,
               set_config('enable_seqscan', 'off', true)"""
    )
    .bindparams(
        *(bindparam(name, type_=_TIME) for name in ("since", "until")),
        bindparam("looked", type_=Integer),
    )
    .columns(last=_TIME, first=_TIME, oldest=_TIME)
)
_SCAN = text("SET LOCAL enable_seqscan = on")
# Materialized, and the times apart, or else the planner walks through all stories from the newest
# on.
_HITS = """
    WITH hits AS MATERIALIZED (
        SELECT story_id, at FROM story_words WHERE words @@ CAST(:query AS tsquery){days})
    SELECT story_id, at FROM hits WHERE at >= :since AND at < :until
    ORDER BY at DESC, story_id DESC LIMIT :limit"""
# A story's day and month as numbers: the very expression of the index, see `numbered`.
_DAYS = """(ARRAY[
    CAST(at AT TIME ZONE 'UTC' AS date) - DATE '1970-01-01',
    -12 * CAST(extract(year FROM at AT TIME ZONE 'UTC') AS integer)
        - CAST(extract(month FROM at AT TIME ZONE 'UTC') AS integer)])"""
_ALL = text(_HITS.format(days="")).bindparams(*_BOUND).columns(story_id=BigInteger, at=_TIME)
_OF_DAYS = (
    text(_HITS.format(days=f" AND {_DAYS} && :days"))
    .bindparams(*_BOUND, bindparam("days", type_=ARRAY(Integer)))
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


def tidy(session: Session) -> None:
    """Sort into the index what was added to it last.

    GIN puts that on a list, which every search reads until it is long or a vacuum comes along: 4 ms
    of 15 for some 300 stories.
    """
    session.execute(_TIDY)


def newest(
    session: Session, query: Node, *, since: datetime, until: datetime, limit: int
) -> list[tuple[int, datetime]]:
    """The ids and times of the newest hits."""
    values = {"query": rendered(query), "since": since, "until": until, "limit": limit}
    looked = max(LEAST_SPAN, SPAN_A_HIT * limit)
    reach = values | {"looked": min(looked, MOST_SPAN)}
    last, first, oldest, _ = session.execute(_REACH, reach).one()
    if looked > MOST_SPAN or first is None:
        first = oldest
    hits: Sequence[Any] = []
    while first is not None:
        # Days that leave nothing out only cost time.
        days = numbered(since if first == oldest else first, last)
        asked = _ALL if days is None else _OF_DAYS
        hits = session.execute(asked, values | {"since": first, "days": days}).all()
        whole = len(hits) == limit or first == oldest
        first = None if whole else earlier(first, last, oldest, len(hits), limit)
    session.execute(_SCAN)
    return [(story_id, at) for story_id, at in hits]


def earlier(first: datetime, last: datetime, oldest: datetime, found: int, limit: int) -> datetime:
    """From when on to look next, where so many of the hits wanted lie between the first two."""
    times = max(limit / found * SPARE, FURTHER) if found else MUCH_FURTHER
    back = max(last - first, timedelta(hours=1)) * times
    return oldest if times >= MUCH_FURTHER or back >= last - oldest else last - back


def numbered(first: datetime, last: datetime) -> list[int] | None:
    """The days, or else the months, from the one to the other; None: there are too many."""
    start, end = first.astimezone(UTC).date(), last.astimezone(UTC).date()
    days = (end - start).days + 1
    if days <= MOST_DAYS:
        return [(start - _EPOCH).days + number for number in range(days)]
    months = range(12 * start.year + start.month, 12 * end.year + end.month + 1)
    return [-month for month in months] if len(months) <= MOST_MONTHS else None


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
