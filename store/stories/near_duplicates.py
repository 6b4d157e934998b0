"""The texts that a text is a copy of: candidates by shared keys, each one compared.

A search costs the same however much is stored: it reads the window's rows of the text's own keys,
and a key that many texts carry takes no more. What was compared once is remembered with the text:
`compare_ahead` does the work before the transaction, in which `find` only makes sure.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    any_,
    bindparam,
    func,
    select,
    text,
)
from sqlmodel import Session

from ingest.duplicates.decide import WINDOW, Printing, Verdict, decide
from ingest.duplicates.fingerprint import Fingerprint
from store.stories.boilerplate import Boilerplate
from store.tables import Article, Revision, Source, StoryKey, StoryText, table

# Texts that are compared at most, those first that share the most keys.
MOST_CANDIDATES = 16
# A key that so many texts of the window carry tells no more of the next one: it is a formula, or
# a story that is found by these already. It is not stored again, which bounds the look-up.
CROWD = 16
# Texts that are compared though only such keys led to them: where they are of one story, the
# first of them show it; where they have a formula in common, none of them is a copy.
MOST_OF_CROWD = 4

_keys, _texts, _revisions = table(StoryKey), table(StoryText), table(Revision)
_articles, _sources = table(Article), table(Source)

_STANDING: Any = (
    select(_texts.c.id, _texts.c.story_id, _revisions.c.article_id)
    .join(_revisions, _revisions.c.id == _texts.c.revision_id)
    .where(_texts.c.id.in_(bindparam("texts", expanding=True)))
)
_PRINTED: Any = (
    select(
        _texts.c.id,
        _revisions.c.title,
        _revisions.c.text,
        _revisions.c.published_at,
        _articles.c.source_id,
        _sources.c.name.label("source"),
    )
    .join(_revisions, _revisions.c.id == _texts.c.revision_id)
    .join(_articles, _articles.c.id == _revisions.c.article_id)
    .join(_sources, _sources.c.id == _articles.c.source_id)
    .where(_texts.c.id.in_(bindparam("texts", expanding=True)))
)
_ARRAY = ARRAY(BigInteger)


@cache
def _sharing(dialect: str) -> Any:
    """The rows of these keys within the window; PostgreSQL is handed one array, not 32 values."""
    if dialect == "sqlite":
        among: ColumnElement[bool] = _keys.c.key.in_(bindparam("keys", expanding=True))
    else:
        among = _keys.c.key == any_(bindparam("keys", type_=_ARRAY))
    window = _keys.c.day.between(bindparam("first"), bindparam("last"))
    return select(_keys.c.key, _keys.c.text_id).where(among, window)


_INSERT_KEYS = _keys.insert()
_INSERT_ARRAY = _keys.insert().from_select(
    ["key", "day", "text_id"],
    select(
        func.unnest(bindparam("keys", type_=_ARRAY)),
        bindparam("of_day", type_=Integer),
        bindparam("text", type_=BigInteger),
    ),
)
# The rows of an array come in its order, so that every worker takes its locks in the same one.
_LOCK_KEYS = text(
    "SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS key"
)


@dataclass(frozen=True, slots=True)
class TextToPlace:
    """A text that an article brings, and what has come of comparing it with others so far."""

    fingerprint: Fingerprint
    printing: Printing
    first_seen_at: datetime  # of the article
    boilerplate: Boilerplate
    verdicts: dict[int, Verdict] = field(default_factory=dict)  # by the other text's id

    @property
    def day(self) -> int:
        """The day on which it was first seen, in days since 1970."""
        return self.first_seen_at.astimezone(UTC).toordinal() - datetime(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that is a copy of the one that was brought, standing for this story."""

    story_id: int
    article_id: int
    because: str


@dataclass(frozen=True, slots=True)
class Found:
    """The copies of a text, the best first and one a story; and the keys it is to be found by."""

    copies: tuple[Copy, ...]
    keys: tuple[int, ...]


def lock(session: Session, to_place: TextToPlace) -> bool:
    """Let nobody else look for copies of a like text until this transaction ends.

    Returns whether that may have taken a while, in which others were first. On SQLite a
    transaction that writes is alone from its beginning.
    """
    if session.get_bind().dialect.name == "sqlite":
        return False
    session.execute(_LOCK_KEYS, {"keys": sorted(to_place.fingerprint.keys)})
    return True


def find(session: Session, to_place: TextToPlace, *, story_id: int | None) -> Found:
    """Look for copies in other stories than this one, which the article is in already."""
    keys = to_place.fingerprint.keys
    if not keys:
        return Found((), ())
    window = {"first": to_place.day - WINDOW.days, "last": to_place.day + WINDOW.days}
    sharing = _sharing(session.get_bind().dialect.name)
    rows = session.execute(sharing, {"keys": list(keys), **window}).all()
    if not rows:
        return Found((), keys)
    carried = Counter(key for key, _ in rows)
    free = tuple(key for key in keys if carried[key] < CROWD)
    ranked = _likeliest(rows, carried)
    standing = {row.id: row for row in session.execute(_STANDING, {"texts": ranked})}
    others = [
        standing[text_id]
        for text_id in ranked
        if text_id in standing and standing[text_id].story_id != story_id
    ]
    return Found(tuple(_copies(session, to_place, others)), free)


def compare_ahead(
    session: Session, to_place: TextToPlace, *, story_id: int | None, own: Sequence[int] = ()
) -> None:
    """Compare the text now with all that `find`, and `among` its `own` texts, will ask for.

    To be called before the transaction that places it: comparing takes milliseconds, for which
    other writers would have to wait.
    """
    if own:
        next(among(session, to_place, own), None)
    find(session, to_place, story_id=story_id)


def _likeliest(rows: Sequence[Any], carried: Counter[int]) -> list[int]:
    """The texts that are worth comparing, those first that share the most keys."""
    shared = Counter(text_id for _, text_id in rows)
    apart = {text_id for key, text_id in rows if carried[key] < CROWD}
    ranked = sorted(shared, key=lambda text_id: (-shared[text_id], text_id))
    of_crowd = [text_id for text_id in ranked if text_id not in apart]
    left_out = set(of_crowd[MOST_OF_CROWD:])
    return [text_id for text_id in ranked if text_id not in left_out][:MOST_CANDIDATES]


def among(session: Session, to_place: TextToPlace, text_ids: Sequence[int]) -> Iterator[Copy]:
    """Which of these texts, whatever keys they have, the brought one is a copy of."""
    standing = {row.id: row for row in session.execute(_STANDING, {"texts": list(text_ids)})}
    return _copies(session, to_place, [standing[i] for i in text_ids if i in standing])


def _copies(session: Session, to_place: TextToPlace, others: Sequence[Row[Any]]) -> Iterator[Copy]:
    """Those of these texts that are copies; of a story only the first that is."""
    met, printed = set[int](), dict[int, Printing]()
    for row in others:
        if row.story_id in met:
            continue
        if row.id not in to_place.verdicts:
            if not printed:
                printed = _printed(session, to_place, [other.id for other in others])
            if row.id not in printed:
                continue  # purged since
            to_place.verdicts[row.id] = decide(to_place.printing, printed[row.id])
        verdict = to_place.verdicts[row.id]
        if verdict.copy:
            met.add(row.story_id)
            yield Copy(row.story_id, row.article_id, verdict.because)


def _printed(
    session: Session, to_place: TextToPlace, text_ids: Sequence[int]
) -> dict[int, Printing]:
    """How these texts were printed; those that were compared already are skipped."""
    unknown = [text_id for text_id in text_ids if text_id not in to_place.verdicts]
    rows = session.execute(_PRINTED, {"texts": unknown}).all()
    return {
        row.id: Printing(
            title=row.title,
            text=row.text,
            published=row.published_at,
            source=row.source,
            without=to_place.boilerplate.of(session, row.source_id),
        )
        for row in rows
    }


def store(session: Session, text_id: int, keys: Sequence[int], day: int) -> None:
    """Let a text be found by these keys from now on."""
    if not keys:
        return
    if session.get_bind().dialect.name == "sqlite":
        rows = [{"key": key, "day": day, "text_id": text_id} for key in keys]
        session.execute(_INSERT_KEYS, rows)
    else:  # in one statement: half the time of 32
        session.execute(_INSERT_ARRAY, {"keys": list(keys), "of_day": day, "text": text_id})
