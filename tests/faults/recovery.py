"""How long what a killed process had in hand stays undone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import col, select

from store.database.connection import Database
from store.tables import Article, Host, Stage
from worker import clock

# Asking costs the database something too.
_CHECK_SECONDS = 0.5
# Parameters of one statement.
_AT_ONCE = 500


@dataclass
class _Hurt:
    """One fault: whom it hit and when, and the work that was hurt, by the attempts made at it."""

    whom: str
    at: float
    waiting: dict[int, tuple[str, int]]


@dataclass
class Recoveries:
    """Watches, fault by fault, until all that it may have hit is done or in other hands."""

    database: Database
    seconds: list[float] = field(default_factory=list)
    longest: dict[str, float] = field(default_factory=dict)
    _hurt: list[_Hurt] = field(default_factory=list)
    _looked: float = 0.0

    def cpu_in_hand(self, *, queued: bool) -> dict[int, tuple[str, int]]:
        """What is being processed; with `queued`, what waits for it as well."""
        statement = select(Article.id, Article.stage, Article.attempts).where(
            Article.stage == Stage.PROCESS
        )
        if not queued:
            statement = statement.where(col(Article.claimed_until) > clock.now())
        return self._found(statement)

    def network_in_hand(self) -> dict[int, tuple[str, int]]:
        """What is being fetched, or is due, at the hosts that somebody holds."""
        held = select(Host.name).where(col(Host.lease_owner).is_not(None))
        return self._found(
            select(Article.id, Article.stage, Article.attempts).where(
                Article.stage == Stage.FETCH,
                col(Article.host).in_(held),
                col(Article.error).is_(None),
            )
        )

    def _found(self, statement: object) -> dict[int, tuple[str, int]]:
        with self.database.reading() as session:
            return {row[0]: (row[1], row[2]) for row in session.execute(statement)}  # type: ignore[call-overload]

    def begin(self, whom: str, waiting: dict[int, tuple[str, int]]) -> None:
        """A fault has just happened to whoever had these articles in hand."""
        self._hurt.append(_Hurt(whom, time.monotonic(), waiting))

    def watch(self) -> None:
        """Look what has come of it; no more often than is of use."""
        if time.monotonic() - self._looked < _CHECK_SECONDS:
            return
        self._looked = time.monotonic()
        ids = sorted({number for hurt in self._hurt for number in hurt.waiting})
        now = self._states(ids)
        for hurt in self._hurt:
            for number in [n for n, before in hurt.waiting.items() if now[n] != before]:
                del hurt.waiting[number]
        for hurt in [hurt for hurt in self._hurt if not hurt.waiting]:
            seconds = time.monotonic() - hurt.at
            self.seconds.append(seconds)
            self.longest[hurt.whom] = max(seconds, self.longest.get(hurt.whom, 0.0))
            self._hurt.remove(hurt)

    def _states(self, ids: Sequence[int]) -> dict[int, tuple[str, int]]:
        found = dict[int, tuple[str, int]]()
        for start in range(0, len(ids), _AT_ONCE):
            found |= self._found(
                select(Article.id, Article.stage, Article.attempts).where(
                    col(Article.id).in_(ids[start : start + _AT_ONCE])
                )
            )
        return found

    @property
    def over(self) -> bool:
        """Whether nothing is being watched any more."""
        return not self._hurt

    def p99(self) -> float:
        """The time that 99 of 100 recoveries took at most."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)] if ordered else 0.0
