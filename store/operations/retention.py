"""What is let go of with time: pages that nobody will read again, old polls, delivered events.

Of a page only the bytes go. Its row stays with address, time, size and hash, so that the same page
is known again, and the text that was read from it stays as it is. All is done in steps, each with
short transactions of its own: they may be done twice, by two at once, or be cut off anywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text, tuple_
from sqlmodel import Session

from store import events as outbox
from store.database.connection import Database, insert_into
from store.tables import Article, Id, Poll, Snapshot, Stage, Tagging, UtcDateTime, Walk, table

# Pages that are looked at in one step: a few milliseconds of reading.
CHECK = 500
# Pages that are let go in one transaction, and rows that are deleted in one: some 10 ms on SQLite,
# which goes through the pages of the file that they fill.
BATCH = 100
ROWS = 500
# What is kept by the day need not be looked for more often.
WALK_EVERY = timedelta(days=1)
# The walks of two days in a row have to agree on the time: what went by a clock that was wrong for
# an hour could not be had again.
LONGEST_BREAK = timedelta(days=2)

_WALK = "pages"

_articles, _snapshots, _taggings = table(Article), table(Snapshot), table(Tagging)
_polls = table(Poll)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long what is kept; None: for ever."""

    pages: timedelta | None  # of articles that are not relevant
    relevant_pages: timedelta | None
    polls: timedelta | None
    events: timedelta | None  # that were delivered


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page whose bytes are held, and what its article is.

    `relevance` and `tagging_id` are None where the tagger has not judged the article.
    """

    snapshot_id: int
    article_id: int
    taken_at: datetime
    first_seen_at: datetime
    at_rest: bool
    tagging_id: int | None
    relevance: str | None


def is_due(page: Page, policy: Policy, *, now: datetime) -> bool:
    """Whether the bytes of a page go: only of what is judged and at rest.

    A page is as old as our having it: an article of years ago that came yesterday is new to us.
    """
    if not page.at_rest or page.relevance is None:
        return False
    keep = policy.pages if page.relevance == "none" else policy.relevant_pages
    return keep is not None and max(page.taken_at, page.first_seen_at) <= now - keep


@dataclass(frozen=True, slots=True)
class Freed:
    """What went, or would go. `bytes` are those of the pages, packed as they are stored."""

    pages: int = 0
    bytes: int = 0
    polls: int = 0
    events: int = 0

    def __add__(self, more: "Freed") -> "Freed":
        return Freed(
            self.pages + more.pages,
            self.bytes + more.bytes,
            self.polls + more.polls,
            self.events + more.events,
        )


def keep_up(database: Database, policy: Policy, *, now: datetime) -> Iterator[Freed]:
    """Let go what is due; yields after each step what it freed, and may be left there.

    The walk through the pages goes on where the last one was left. One that came to its end begins
    again a day later. After a break, of the service or in its time, nothing goes for a day.
    """
    with database.reading() as session:
        walk = session.get(Walk, _WALK)
    if walk is not None and not now - LONGEST_BREAK < walk.began_at <= now:
        with database.writing() as session:
            _remember(session, now, None)
        return
    yield from _prune_rows(database, policy, now)
    if walk is not None and walk.reached_at is None and walk.began_at > now - WALK_EVERY:
        return
    began_at, position = now, None
    if walk is not None and walk.reached_at is not None and walk.reached_id is not None:
        began_at, position = walk.began_at, (walk.reached_at, walk.reached_id)
    for freed, reached in _walk(database, policy, position, now):
        with database.writing() as session:
            _remember(session, began_at, reached)
        yield freed


def prune(database: Database, policy: Policy, *, now: datetime) -> Iterator[Freed]:
    """Let go all that is due, wherever the service's own walk is."""
    yield from _prune_rows(database, policy, now)
    for freed, _ in _walk(database, policy, None, now):
        yield freed


def preview(database: Database, policy: Policy, *, now: datetime) -> Iterator[Freed]:
    """What `prune` would let go; nothing is written."""
    with database.reading() as session:
        polls = _count_polls(session, now - policy.polls) if policy.polls else 0
        events = outbox.count_old(session, before=now - policy.events) if policy.events else 0
        yield Freed(polls=polls, events=events)
        pages = _check(session, policy, None, now)
        while pages:
            due = {
                page.snapshot_id: page.taken_at for page in pages if is_due(page, policy, now=now)
            }
            yield Freed(pages=len(due), bytes=sum(_sizes(session, due).values()))
            position = _position(pages)
            pages = _check(session, policy, position, now) if position else []


# --- polls and events ---


def _prune_rows(database: Database, policy: Policy, now: datetime) -> Iterator[Freed]:
    gone = ROWS
    while policy.polls is not None and gone == ROWS:
        with database.writing() as session:
            gone = _delete_polls(session, now - policy.polls)
        yield Freed(polls=gone)
    gone = ROWS
    while policy.events is not None and gone == ROWS:
        with database.writing() as session:
            gone = outbox.prune(session, before=now - policy.events, most=ROWS)
        yield Freed(events=gone)


def _delete_polls(session: Session, before: datetime) -> int:
    oldest = select(_polls.c.id).where(_polls.c.at < before).order_by(_polls.c.at).limit(ROWS)
    gone = session.execute(_polls.delete().where(_polls.c.id.in_(oldest)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _count_polls(session: Session, before: datetime) -> int:
    counted = select(func.count()).select_from(_polls).where(_polls.c.at < before)
    return int(session.execute(counted).scalar_one())


# --- pages ---


# The time and the id of the last page that was looked at.
_Position = tuple[datetime, int]

# In the very words of the index: planners take it for no others. It holds all that is asked of
# the snapshots, so that none of their rows is read. What was imported nobody could fetch again.
_HELD = text(
    "snapshots.kind = 'page' AND length(snapshots.body) > 0 AND snapshots.imported = false"
)
_OLDEST: Select[Any] = (
    select(
        _snapshots.c.id,
        _snapshots.c.article_id,
        _snapshots.c.taken_at,
        _articles.c.first_seen_at,
        _articles.c.stage,
        _articles.c.tagging_id,
        _taggings.c.relevance,
    )
    .join(_articles, _articles.c.id == _snapshots.c.article_id)
    .outerjoin(_taggings, _taggings.c.id == _articles.c.tagging_id)
    .where(_HELD, _snapshots.c.taken_at <= bindparam("until", type_=UtcDateTime))
    .order_by(_snapshots.c.taken_at, _snapshots.c.id)
    .limit(CHECK)
)
_NEXT = _OLDEST.where(
    tuple_(_snapshots.c.taken_at, _snapshots.c.id)
    > tuple_(bindparam("after", type_=UtcDateTime), bindparam("after_id", type_=Id))
)

# The stage is not asked for here: by its index SQLite would go through all articles that are done.
_LOCK: Select[Any] = (
    select(_articles.c.id, _articles.c.stage, _articles.c.tagging_id)
    .where(_articles.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_articles.c.id)
    .with_for_update(skip_locked=True, key_share=True)
)


def _walk(
    database: Database, policy: Policy, position: _Position | None, now: datetime
) -> Iterator[tuple[Freed, _Position | None]]:
    """Let pages go, the oldest first; yields what went, and how far that was (None: the end)."""
    while True:
        with database.reading() as session:
            pages = _check(session, policy, position, now)
        due = [page for page in pages if is_due(page, policy, now=now)]
        freed = Freed()
        for start in range(0, len(due), BATCH):
            freed += _let_go(database, due[start : start + BATCH])
        position = _position(pages)
        yield freed, position
        if position is None:
            return


def _check(
    session: Session, policy: Policy, position: _Position | None, now: datetime
) -> list[Page]:
    """The next pages that are old enough for one rule at least, the oldest first."""
    ages = [age for age in (policy.pages, policy.relevant_pages) if age is not None]
    if not ages:
        return []
    asked: dict[str, object] = {"until": now - min(ages)}
    if position is not None:
        asked |= {"after": position[0], "after_id": position[1]}
    return [
        Page(
            snapshot_id=row.id,
            article_id=row.article_id,
            taken_at=row.taken_at,
            first_seen_at=row.first_seen_at,
            at_rest=row.stage == Stage.DONE,
            tagging_id=row.tagging_id,
            relevance=row.relevance,
        )
        for row in session.execute(_OLDEST if position is None else _NEXT, asked)
    ]


def _position(pages: Sequence[Page]) -> _Position | None:
    """Where to go on after these; None where there are no more."""
    return (pages[-1].taken_at, pages[-1].snapshot_id) if len(pages) == CHECK else None


def _let_go(database: Database, due: Sequence[Page]) -> Freed:
    """Empty these pages, as far as they and their articles are still what they were.

    Those are asked for as a whole should they ever be fetched again: by its validators a site would
    answer that nothing has changed, and there would be no page.
    """
    with database.writing() as session:
        # An article that is locked is at work, and needs its page: a later walk comes by.
        resting = {
            row.id: row.tagging_id
            for row in session.execute(_LOCK, {"ids": {page.article_id for page in due}})
            if row.stage == Stage.DONE
        }
        # Tagged otherwise since it was checked, it may be relevant now.
        same = {
            page.snapshot_id: page.taken_at
            for page in due
            if page.article_id in resting and resting[page.article_id] == page.tagging_id
        }
        sizes = _sizes(session, same)
        if sizes:
            emptied = _snapshots.update().where(_snapshots.c.id.in_(sizes)).values(body=b"")
            session.execute(emptied)
            validators = _articles.c.etag, _articles.c.last_modified
            theirs = {page.article_id for page in due if page.snapshot_id in sizes}
            mine = _articles.update().where(
                _articles.c.id.in_(theirs), func.coalesce(*validators).is_not(None)
            )
            session.execute(mine.values(etag=None, last_modified=None))
    return Freed(pages=len(sizes), bytes=sum(sizes.values()))


def _sizes(session: Session, taken_at: Mapping[int, datetime]) -> dict[int, int]:
    """The bytes that snapshots fill, by their ids.

    Those that hold none are left out, and those that were put back at another time than this.
    """
    size = func.length(_snapshots.c.body)
    rows = session.execute(
        select(_snapshots.c.id, _snapshots.c.taken_at, size.label("size")).where(
            _snapshots.c.id.in_(taken_at), size > 0
        )
    )
    return {row.id: row.size for row in rows if row.taken_at == taken_at[row.id]}


def _remember(session: Session, began_at: datetime, reached: _Position | None) -> None:
    at, last = reached or (None, None)
    values = {"began_at": began_at, "reached_at": at, "reached_id": last}
    insert = insert_into(session, Walk).values(name=_WALK, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))
