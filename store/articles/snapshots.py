"""What was fetched, compressed, so that everything after can be done again."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, update
from sqlmodel import Session, col, select

from store.database.connection import insert_into
from store.tables import Snapshot, table

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# The level at which a news page of 150 kB packs to a fifth in about a millisecond.
ZSTD_LEVEL = 3

_INSERT = table(Snapshot).insert()

PAGE = "page"
ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """Bytes that were fetched for an article, not stored yet."""

    article_id: int
    kind: str
    body: bytes
    url: str
    content_type: str | None


def keep_all(
    session: Session, new_snapshots: Sequence[NewSnapshot], *, now: datetime, imported: bool = False
) -> None:
    """Store what is known to be new. `imported`: it came from elsewhere, and stays for good."""
    if new_snapshots:
        session.execute(
            _INSERT, [_row(new_snapshot, now, imported) for new_snapshot in new_snapshots]
        )


def keep(session: Session, new_snapshot: NewSnapshot, *, now: datetime) -> bool:
    """Store what was fetched, unless the article's last snapshot of this kind is the same bytes.

    Returns whether it is new. What retention has let go is put back, as of now.
    """
    last = session.exec(
        select(Snapshot.id, Snapshot.sha256, func.length(Snapshot.body))
        .where(Snapshot.article_id == new_snapshot.article_id, Snapshot.kind == new_snapshot.kind)
        .order_by(col(Snapshot.id).desc())
        .limit(1)
    ).first()
    if last is None or bytes(last[1]) != hashlib.sha256(new_snapshot.body).digest():
        session.execute(_INSERT, [_row(new_snapshot, now)])
        return True
    snapshot_id, _, length = last
    if length == 0:
        put_back = update(Snapshot).where(col(Snapshot.id) == snapshot_id)
        session.execute(put_back.values(body=_packed(new_snapshot), taken_at=now))
    return False


def keep_behind(session: Session, new_snapshot: NewSnapshot, *, taken_at: datetime) -> None:
    """Store a page that was taken before the article's newest one, and was imported later.

    Everybody takes the highest id for the newest, so this one gets an id below zero: made of its
    bytes and its time, so that the same snapshot is kept once.
    """
    row = _row(new_snapshot, taken_at, imported=True)
    unique = f"{new_snapshot.article_id} {taken_at.isoformat()} {row['sha256']!r}"
    low = -1 - (int.from_bytes(hashlib.sha256(unique.encode()).digest()[:8]) >> 2)
    session.execute(insert_into(session, Snapshot).on_conflict_do_nothing(), [row | {"id": low}])


def _row(new_snapshot: NewSnapshot, now: datetime, imported: bool = False) -> dict[str, object]:
    return {
        "article_id": new_snapshot.article_id,
        "kind": new_snapshot.kind,
        "taken_at": now,
        "url": new_snapshot.url,
        "content_type": new_snapshot.content_type,
        "sha256": hashlib.sha256(new_snapshot.body).digest(),
        "size": len(new_snapshot.body),
        "body": _packed(new_snapshot),
        "imported": imported,
    }


def _packed(new_snapshot: NewSnapshot) -> bytes:
    return zstd.compress(new_snapshot.body, ZSTD_LEVEL)


def is_let_go(body: Any) -> ColumnElement[bool]:
    """Whether retention has let a snapshot's bytes go, by its column; it reads no bytes."""
    return func.length(body) == 0


def decompress(body: bytes) -> bytes:
    """The bytes of a snapshot's body as they were fetched."""
    return zstd.decompress(body)
