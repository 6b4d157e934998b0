"""Reprocessing runs: who began them, how far each is, and what it changed.

A run's articles stand in chunks, whose rows are its queue, as an article's row is that of live
work: a chunk is claimed by one worker at a time, and one whose worker died comes back by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select, update
from sqlmodel import Session, col

from store.reprocessing.selection import Selection, Versions
from store.tables import Run, RunChange, RunChunk, Step, table

# Articles in a chunk. Extraction takes some 25 ms a page, so that a chunk is a second of work and
# live articles, which go first, never wait longer for a process; tagging takes half of one.
CHUNK = {Step.EXTRACT: 40, Step.DEDUPE: 100, Step.TAG: 100}
# A chunk comes back after this, should its worker die: longer than the hard limit of a task.
CLAIM = timedelta(minutes=2)
# A chunk that failed so often, whatever the reason, is set aside with its error.
ATTEMPTS = 3

RUNNING, STOPPED, DONE, UNDONE = "running", "stopped", "done", "undone"
WAITING, FAILED = "waiting", "failed"

_runs, _chunks, _changes = table(Run), table(RunChunk), table(RunChange)
_INSERT_CHUNKS = _chunks.insert()


class RunError(Exception):
    """What was asked of a run cannot be done; the message says why."""


class RunUnderWay(RunError):
    """Processes are at work on it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Articles of a run that one worker has claimed; `attempts` counts this time."""

    run_id: int
    number: int
    article_ids: tuple[int, ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in articles."""

    state: str
    articles: int
    done: int
    failed: int

    @property
    def left(self) -> int:
        """Articles that wait still."""
        return self.articles - self.done - self.failed


def begin(
    session: Session,
    article_ids: Sequence[int],
    *,
    without_page: int = 0,
    step: Step,
    selection: Selection,
    versions: Versions,
    by: str,
    now: datetime,
) -> int:
    """Write a run down, with its articles in chunks; return its number.

    `without_page`: how many of them keep their texts, for want of a page (selection.py).
    """
    run = Run(
        step=step,
        selection=selection.described(),
        started_at=now,
        started_by=by,
        state=RUNNING,
        articles=len(article_ids),
        without_page=without_page,
        extractor_version=versions.extractor,
        algorithm_version=versions.algorithm,
        tagger_version=versions.tagger,
        lexicon_version=versions.lexicon,
    )
    session.add(run)
    session.flush()
    assert run.id is not None
    _insert_chunks(session, run.id, parts(article_ids, step), first=0)
    return run.id


def parts(article_ids: Sequence[int], step: Step) -> list[tuple[int, ...]]:
    """Articles in parts that are done as one."""
    size = CHUNK[step]
    return [tuple(article_ids[start : start + size]) for start in range(0, len(article_ids), size)]


def _insert_chunks(
    session: Session, run_id: int, chunks: Sequence[tuple[int, ...]], *, first: int
) -> None:
    rows = [
        {
            "run_id": run_id,
            "number": number,
            "article_ids": list(part),
            "size": len(part),
            "state": WAITING,
            "attempts": 0,
        }
        for number, part in enumerate(chunks, start=first)
    ]
    if rows:
        session.execute(_INSERT_CHUNKS, rows)


def get(session: Session, run_id: int) -> Run:
    """A run by its number. Raises `RunError` where there is none."""
    run = session.get(Run, run_id)
    if run is None:
        raise RunError(f"there is no run {run_id}: `transpacific runs` lists them")
    return run


def latest_unfinished(session: Session) -> Run | None:
    """The newest run that was stopped, is still under way, or left something undone."""
    failed = exists().where(_chunks.c.run_id == _runs.c.id, _chunks.c.state == FAILED)
    has_failed = (_runs.c.state == DONE) & failed
    return session.execute(
        select(Run)
        .where(or_(col(Run.state).in_((RUNNING, STOPPED)), has_failed))
        .order_by(col(Run.id).desc())
        .limit(1)
    ).scalar()


def every(session: Session, *, limit: int) -> Sequence[Run]:
    """The newest runs first."""
    return session.execute(select(Run).order_by(col(Run.id).desc()).limit(limit)).scalars().all()


# --- work ---


_next = _chunks.alias()
_CLAIM = (
    _chunks.update()
    .where(
        _chunks.c.run_id == bindparam("run"),
        _chunks.c.number
        == select(_next.c.number)
        .where(
            _next.c.run_id == bindparam("run"),
            _next.c.state == WAITING,
            or_(_next.c.claimed_until.is_(None), _next.c.claimed_until <= bindparam("now")),
        )
        .order_by(_next.c.number)
        .limit(1)
        .scalar_subquery(),
    )
    .values(
        attempts=_chunks.c.attempts + 1,
        claimed_by=bindparam("owner"),
        claimed_until=bindparam("until"),
    )
    .returning(_chunks.c.number, _chunks.c.article_ids, _chunks.c.attempts, _chunks.c.error)
)


def claim(session: Session, run_id: int, *, owner: str, now: datetime) -> Chunk | None:
    """Claim the run's next waiting chunk; None where none waits, or the run was stopped.

    `owner` names the process that works on it. A chunk whose worker died is taken apart: of its
    articles, the one that kills workers shall stand alone.
    """
    # Locked, so that of two workers that look for a chunk one sees what the other takes.
    run = session.execute(
        select(_runs.c.state, _runs.c.step).where(_runs.c.id == run_id).with_for_update()
    ).first()
    if run is None or run.state != RUNNING:
        return None
    # Of two copies, the one that arrived first is the story's: one chunk after the other.
    if run.step == Step.DEDUPE and _is_any_in_hand(session, run_id, now):
        return None
    while True:
        row = session.execute(
            _CLAIM, {"run": run_id, "owner": owner, "now": now, "until": now + CLAIM}
        ).first()
        if row is None:
            return None
        chunk = Chunk(run_id, row.number, tuple(row.article_ids), row.attempts)
        # It was claimed before, and whoever had it has not said how it ended.
        died = chunk.attempts > 1 and row.error is None
        if died and len(chunk.article_ids) > 1:
            _take_apart(session, chunk)
        elif chunk.attempts > ATTEMPTS:
            _end(session, chunk, FAILED, "its worker died each time")
        else:
            return chunk


def _is_any_in_hand(session: Session, run_id: int, now: datetime) -> bool:
    held = select(_chunks.c.number).where(_is_in_hand(run_id, now))
    return session.execute(held.limit(1)).first() is not None


def _is_in_hand(run_id: int, now: datetime) -> ColumnElement[bool]:
    return and_(
        _chunks.c.run_id == run_id, _chunks.c.state == WAITING, _chunks.c.claimed_until > now
    )


def _take_apart(session: Session, chunk: Chunk) -> None:
    of_run = _chunks.c.run_id == chunk.run_id
    last = session.execute(select(func.max(_chunks.c.number)).where(of_run)).scalar_one()
    session.execute(_chunks.delete().where(of_run, _chunks.c.number == chunk.number))
    alone = [(article_id,) for article_id in chunk.article_ids]
    _insert_chunks(session, chunk.run_id, alone, first=last + 1)


def finish_chunk(
    session: Session, chunk: Chunk, *, failed: bool = False, error: str | None = None
) -> None:
    """A chunk is done, `error` telling of single articles; or it has failed, and waits again until
    it has failed too often."""
    state = DONE
    if failed:
        state = FAILED if chunk.attempts >= ATTEMPTS else WAITING
    _end(session, chunk, state, error)


def _end(session: Session, chunk: Chunk, state: str, error: str | None) -> None:
    session.execute(
        _chunks.update()
        .where(_chunks.c.run_id == chunk.run_id, _chunks.c.number == chunk.number)
        .values(state=state, claimed_until=None, error=error)
    )


def finish(session: Session, run_id: int, *, now: datetime) -> bool:
    """Close the run if nothing of it waits any more; say whether it is closed."""
    waiting = exists().where(_chunks.c.run_id == run_id, _chunks.c.state == WAITING)
    session.execute(
        _runs.update()
        .where(_runs.c.id == run_id, _runs.c.state == RUNNING, ~waiting)
        .values(state=DONE, finished_at=now)
    )
    return bool(session.execute(select(_runs.c.state).where(_runs.c.id == run_id)).scalar() == DONE)


def stop(session: Session, run_id: int) -> bool:
    """Let no further chunk begin; what is claimed is done. False where it was not under way."""
    found = session.execute(
        _runs.update()
        .where(_runs.c.id == run_id, _runs.c.state == RUNNING)
        .values(state=STOPPED)
        .returning(_runs.c.id)
    )
    return found.first() is not None


def in_hand(session: Session, run_id: int, *, now: datetime) -> list[str]:
    """The processes that have claimed chunks of a run, and hold them still."""
    found = select(_chunks.c.claimed_by).where(_is_in_hand(run_id, now))
    return sorted(set(session.execute(found).scalars()))


def release_chunks(session: Session, run_id: int, owners: Iterable[str], *, died: bool) -> None:
    """Let others take what these processes had claimed: they are no more.

    `died`: perhaps of that, so that the attempt counts.
    """
    held = _chunks.update().where(
        _chunks.c.run_id == run_id,
        _chunks.c.state == WAITING,
        _chunks.c.claimed_until.is_not(None),
        _chunks.c.claimed_by.in_(list(owners)),
    )
    attempts = _chunks.c.attempts - (0 if died else 1)
    session.execute(held.values(claimed_until=None, attempts=attempts))


def resume(session: Session, run_id: int, *, now: datetime) -> None:
    """Go on where it was stopped; what had failed is tried again.

    Raises `RunError` where nothing waits, `RunUnderWay` where processes hold chunks of it.
    The chunks of processes that are no more are to be released before.
    """
    run = get(session, run_id)
    if run.state in (DONE, UNDONE) and not _failed(session, run_id):
        raise RunError(f"run {run_id} is {run.state}: there is nothing to resume")
    owners = in_hand(session, run_id, now=now)
    if run.state == RUNNING and owners:
        raise RunUnderWay(
            f"run {run_id} is under way, in the hands of {', '.join(owners)}: see `transpacific "
            f"runs`, and stop it there or by `transpacific runs stop {run_id}`"
        )
    session.execute(
        update(Run).where(col(Run.id) == run_id).values(state=RUNNING, finished_at=None)
    )
    session.execute(
        _chunks.update()
        .where(_chunks.c.run_id == run_id, _chunks.c.state == FAILED)
        .values(state=WAITING, attempts=0, claimed_until=None, error=None)
    )


def _failed(session: Session, run_id: int) -> bool:
    found = select(_chunks.c.number).where(_chunks.c.run_id == run_id, _chunks.c.state == FAILED)
    return session.execute(found.limit(1)).first() is not None


def running(session: Session, *, now: datetime) -> list[tuple[int, int]]:
    """Runs under way, with how many of their chunks nobody has claimed."""
    free = case(
        (or_(_chunks.c.claimed_until.is_(None), _chunks.c.claimed_until <= now), 1), else_=0
    )
    rows = session.execute(
        select(_runs.c.id, func.coalesce(func.sum(free), 0))
        .outerjoin(_chunks, (_chunks.c.run_id == _runs.c.id) & (_chunks.c.state == WAITING))
        .where(_runs.c.state == RUNNING)
        .group_by(_runs.c.id)
        .order_by(_runs.c.id)
    )
    return [(run_id, int(chunks)) for run_id, chunks in rows]


def progress(session: Session, run_id: int) -> Progress:
    """How far a run is."""
    run = get(session, run_id)
    counted = select(_chunks.c.state, func.sum(_chunks.c.size)).where(_chunks.c.run_id == run_id)
    counts = {state: int(n) for state, n in session.execute(counted.group_by(_chunks.c.state))}
    return Progress(run.state, run.articles, counts.get(DONE, 0), counts.get(FAILED, 0))


def errors(session: Session, run_id: int) -> list[str]:
    """What went wrong, each message once."""
    found = select(_chunks.c.error).where(
        _chunks.c.run_id == run_id, _chunks.c.state != WAITING, _chunks.c.error.is_not(None)
    )
    return sorted(set(session.execute(found).scalars()))


# --- changes ---


@dataclass(frozen=True, slots=True)
class Changed:
    """How many articles a run gave another text, another judgement, another story."""

    texts: int
    taggings: int
    stories: int


def changed(session: Session, run_ids: Sequence[int]) -> dict[int, Changed]:
    """What each run has changed."""

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    rows = session.execute(
        select(
            _changes.c.run_id,
            count(_changes.c.revision_before != _changes.c.revision_after),
            count(_changes.c.tagging_before.is_distinct_from(_changes.c.tagging_after)),
            count(_changes.c.story_before != _changes.c.story_after),
        )
        .where(_changes.c.run_id.in_(run_ids))
        .group_by(_changes.c.run_id)
    )
    found = {run_id: Changed(int(t), int(j), int(s)) for run_id, t, j, s in rows}
    return {run_id: found.get(run_id, Changed(0, 0, 0)) for run_id in run_ids}
