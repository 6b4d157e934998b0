"""What made the rows that are stored: the versions of the code, so that a figure can be traced."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ingest.duplicates.fingerprint import ALGORITHM_VERSION
from ingest.pages.extract import EXTRACTOR_VERSION
from ingest.relations.tagger import TAGGER_VERSION
from store.database.migrate import HEAD
from store.tables import Revision, Tagging


@dataclass(frozen=True, slots=True)
class Provenance:
    """The versions of this program's parts, and how many rows each version has made."""

    schema: str
    extractor: str
    fingerprint: str
    tagger: str
    revisions: tuple[tuple[str, int], ...]  # extractor version, revisions
    taggings: tuple[tuple[str, str, int], ...]  # tagger and lexicon version, taggings


def read(session: Session, *, as_of: datetime | None = None) -> Provenance:
    """Look at every revision and tagging that is stored, or was by then."""
    extractors = session.execute(
        select(Revision.extractor_version, func.count())
        .where(*_by(col(Revision.seen_at), as_of))
        .group_by(col(Revision.extractor_version))
        .order_by(col(Revision.extractor_version))
    ).all()
    taggers = session.execute(
        select(Tagging.tagger_version, Tagging.lexicon_version, func.count())
        .where(*_by(col(Tagging.tagged_at), as_of))
        .group_by(col(Tagging.tagger_version), col(Tagging.lexicon_version))
        .order_by(col(Tagging.tagger_version), col(Tagging.lexicon_version))
    ).all()
    return Provenance(
        schema=HEAD,
        extractor=EXTRACTOR_VERSION,
        fingerprint=str(ALGORITHM_VERSION),
        tagger=TAGGER_VERSION,
        revisions=tuple((version, count) for version, count in extractors),
        taggings=tuple((tagger, lexicon, count) for tagger, lexicon, count in taggers),
    )


def _by(column: Any, as_of: datetime | None) -> list[Any]:
    return [] if as_of is None else [column <= as_of]


def one_moment(session: Session) -> None:
    """Let everything that this session reads be of one moment; before its first statement.

    On SQLite a transaction is so by itself; on PostgreSQL each statement would see what others
    have written since the last.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
