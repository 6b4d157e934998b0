"""Which stored articles are to be done again: by what they are, and by the code that made them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlmodel import Session, col

from store.articles import selection as articles
from store.articles import snapshots
from store.tables import (
    Article,
    Revision,
    Snapshot,
    Step,
    StoryText,
    Tagging,
)

# Ids in one statement.
_ASKED = 500


@dataclass(frozen=True, slots=True)
class Versions:
    """The code that a run works with."""

    extractor: str
    algorithm: str  # of fingerprints
    duplicates: int  # the rules of what is a copy
    tagger: str
    lexicon: str


@dataclass(frozen=True, slots=True)
class Selection(articles.Selection):
    """Which articles are done again; an empty field asks nothing.

    `relevance` is as the tagger saw them before. `outdated`: only those whose extractor,
    fingerprint, duplicate rules, tagger or lexicon are of another version, as far as the steps to
    be done are concerned.
    """

    outdated: bool = False

    def described(self) -> dict[str, Any]:
        """The fields that ask something, as plain JSON values."""
        asked = {name: value for name, value in asdict(self).items() if value}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asked.items()
        }


def choose(session: Session, selection: Selection, step: Step, versions: Versions) -> list[int]:
    """The articles that a selection names, in order of their ids: those that have been read."""
    statement = (
        select(col(Article.id))
        .join(Revision, col(Revision.id) == col(Article.revision_id))
        .outerjoin(Tagging, col(Tagging.id) == col(Article.tagging_id))
        .where(*_conditions(selection, step, versions))
        .order_by(col(Article.id))
    )
    return list(session.execute(statement).scalars())


def without_page(session: Session, article_ids: Sequence[int]) -> int:
    """How many of these articles keep their texts, since the pages of these are let go."""
    counted = (
        select(func.count())
        .select_from(Article)
        .join(Revision, col(Revision.id) == col(Article.revision_id))
        .where(_page_is_let_go())
    )
    number = 0
    for start in range(0, len(article_ids), _ASKED):
        some = col(Article.id).in_(article_ids[start : start + _ASKED])
        number += session.execute(counted.where(some)).scalar_one()
    return number


def _conditions(
    selection: Selection, step: Step, versions: Versions
) -> Iterator[ColumnElement[bool]]:
    yield from articles.conditions(selection)
    if selection.outdated:
        yield or_(*_outdated(step, versions))


def _outdated(step: Step, versions: Versions) -> Iterator[ColumnElement[bool]]:
    yield col(Tagging.id).is_(None)
    yield col(Tagging.tagger_version) != versions.tagger
    yield col(Tagging.lexicon_version) != versions.lexicon
    if step in (Step.EXTRACT, Step.DEDUPE):
        its_text = col(StoryText.text_hash) == col(Revision.text_hash)
        yield exists().where(its_text, col(StoryText.algorithm_version) != versions.algorithm)
        placed_by = func.coalesce(col(Article.duplicates_version), 0)
        yield and_(placed_by != versions.duplicates, exists().where(its_text))
    if step is Step.EXTRACT:
        made_by = func.coalesce(col(Revision.confirmed_version), col(Revision.extractor_version))
        yield and_(made_by != versions.extractor, ~_page_is_let_go())


def _page_is_let_go() -> ColumnElement[bool]:
    """Whether a revision cannot be made again, since retention let its page go.

    Of a feed's text that is the page which came after its entry, and was a wall.
    """
    is_page = and_(col(Snapshot.kind) == snapshots.PAGE, snapshots.is_let_go(Snapshot.body))
    made_of = col(Snapshot.id) == col(Revision.snapshot_id)
    after = and_(
        col(Revision.taken_from) == "feed",
        col(Snapshot.article_id) == col(Revision.article_id),
        col(Snapshot.id) > col(Revision.snapshot_id),
    )
    return or_(exists().where(made_of, is_page), exists().where(after, is_page))
