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
class Capture:
    """Bytes that were fetched for an article, not stored yet."""

    article_id: int
    kind: str
    body: bytes
    url: str
    content_type: str | None


def keep_all(
    session: Session, captures: Sequence[Capture], *, now: datetime, imported: bool = False
) -> None:
    """Store what is known to be new. `imported`: it came from elsewhere, and stays for good."""
    if captures:
        session.execute(_INSERT, [_row(capture, now, imported) for capture in captures])


def keep(session: Session, capture: Capture, *, now: datetime) -> bool:
    """Store what was fetched, unless the article's last snapshot of this kind is the same bytes.

    Returns whether it is new. What retention has let go is put back, as of now.
    """
    last = session.exec(
        select(Snapshot.id, Snapshot.sha256, func.length(Snapshot.body))
        .where(Snapshot.article_id == capture.article_id, Snapshot.kind == capture.kind)
        .order_by(col(Snapshot.id).desc())
        .limit(1)
    ).first()
    if last is None or bytes(last[1]) != hashlib.sha256(capture.body).digest():
        session.execute(_INSERT, [_row(capture, now)])
        return True
    snapshot_id, _, length = last
    if length == 0:
        put_back = update(Snapshot).where(col(Snapshot.id) == snapshot_id)
        session.execute(put_back.values(body=_packed(capture), taken_at=now))
    return False


def keep_behind(session: Session, capture: Capture, *, taken_at: datetime) -> None:
    """Store what was captured before the article's newest page, and was imported later.

    Everybody takes the highest id for the newest, so this one gets an id below zero: made of its
    bytes and its time, so that the same capture is kept once.
    """
    row = _row(capture, taken_at, imported=True)
    unique = f"{capture.article_id} {taken_at.isoformat()} {row['sha256']!r}"
    low = -1 - (int.from_bytes(hashlib.sha256(unique.encode()).digest()[:8]) >> 2)
    session.execute(insert_into(session, Snapshot).on_conflict_do_nothing(), [row | {"id": low}])


def _row(capture: Capture, now: datetime, imported: bool = False) -> dict[str, object]:
    return {
        "article_id": capture.article_id,
        "kind": capture.kind,
        "taken_at": now,
        "url": capture.url,
        "content_type": capture.content_type,
        "sha256": hashlib.sha256(capture.body).digest(),
        "size": len(capture.body),
        "body": _packed(capture),
        "imported": imported,
    }


def _packed(capture: Capture) -> bytes:
    return zstd.compress(capture.body, ZSTD_LEVEL)


def is_let_go(body: Any) -> ColumnElement[bool]:
    """Whether retention has let a snapshot's bytes go, by its column; it reads no bytes."""
    return func.length(body) == 0


def decompress(body: bytes) -> bytes:
    """The bytes of a snapshot's body as they were fetched."""
    return zstd.decompress(body)
