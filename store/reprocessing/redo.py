"""Doing stored articles again: what stands of each, and what a run puts in its place.

No text and no tagging is overwritten. A text that comes out differently is a new revision, what the
tagger says of it a new tagging, both marked with their run; what the article shows is pointed at
them, and `undo.py` can point it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, bindparam, case, func, select
from sqlmodel import Session

from ingest.pages.choose_text import Current
from ingest.pages.extract import Document
from ingest.pages.quality import Quality
from ingest.relations.tagging import Tagging as TaggerOutput
from store import events
from store.articles import inputs, revisions, snapshots, taggings
from store.articles.inputs import Work, source_side
from store.articles.revisions import DocumentToStore
from store.events import Event
from store.history import recording
from store.reprocessing.changes import change, remember
from store.search.labels import topics_of
from store.stories import assignment, merge, summary
from store.stories.assignment import ArticleToPlace
from store.stories.assignment_decision import StoryDecision
from store.tables import (
    Article,
    Revision,
    Source,
    StoryText,
    Tagging,
    table,
)

_articles, _revisions, _taggings = table(Article), table(Revision), table(Tagging)
_sources, _texts = table(Source), table(StoryText)


@dataclass(frozen=True, slots=True)
class Labels:
    """What a tagging says, as far as analysts filter by it."""

    relevance: str
    score: float
    topics: tuple[str, ...]
    stance: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An article as it stands: its text, who made it, and its tagging."""

    article_id: int
    url: str
    first_seen_at: datetime
    source_id: int
    source_side: Literal["us", "china"] | None
    story_id: int
    revision_id: int
    title: str
    text: str
    published_at: datetime | None
    quality: Quality
    content_hash: bytes
    text_hash: bytes
    source: str
    taken_from: str
    extractor: str  # that makes this text of its bytes
    algorithm: str | None  # of its fingerprint; None where the text stands for no story
    duplicates: int | None  # the version of the rules that placed it
    tagging_id: int | None
    tagger: tuple[str, str] | None  # tagger and lexicon
    labels: Labels | None

    @property
    def current(self) -> Current:
        """The revision, as `ingest.pages.choose_text` asks for it."""
        return Current(self.content_hash, self.quality)


_STANDING: Select[Any] = (
    select(
        _articles.c.id,
        _articles.c.url,
        _articles.c.first_seen_at,
        _articles.c.story_id,
        _articles.c.tagging_id,
        _articles.c.duplicates_version,
        _articles.c.source_id,
        _sources.c.country,
        _sources.c.kind,
        _sources.c.name.label("source"),
        _revisions.c.id.label("revision_id"),
        _revisions.c.title,
        _revisions.c.text,
        _revisions.c.published_at,
        _revisions.c.quality,
        _revisions.c.content_hash,
        _revisions.c.text_hash,
        _revisions.c.taken_from,
        func.coalesce(_revisions.c.confirmed_version, _revisions.c.extractor_version).label(
            "extractor"
        ),
        _texts.c.algorithm_version,
        _taggings.c.tagger_version,
        _taggings.c.lexicon_version,
        _taggings.c.relevance,
        _taggings.c.score,
        _taggings.c.stance,
    )
    .join(_sources, _sources.c.id == _articles.c.source_id)
    .join(_revisions, _revisions.c.id == _articles.c.revision_id)
    .outerjoin(_taggings, _taggings.c.id == _articles.c.tagging_id)
    .outerjoin(_texts, _texts.c.text_hash == _revisions.c.text_hash)
    .where(_articles.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_articles.c.id)
)


def load(session: Session, article_ids: Sequence[int]) -> list[Standing]:
    """How these articles stand, in order of their ids; those that were never read are left out."""
    rows = session.execute(_STANDING, {"ids": list(article_ids)}).all()
    topics = topics_of(session, [row.tagging_id for row in rows if row.tagging_id])
    return [_standing(row, tuple(sorted(topics.get(row.tagging_id, ())))) for row in rows]


def _standing(row: Row[Any], topics: tuple[str, ...]) -> Standing:
    tagged = row.tagger_version is not None
    return Standing(
        article_id=row.id,
        url=row.url,
        first_seen_at=row.first_seen_at,
        source_id=row.source_id,
        source_side=source_side(row.kind, row.country),
        story_id=row.story_id,
        revision_id=row.revision_id,
        title=row.title,
        text=row.text,
        published_at=row.published_at,
        quality=Quality(row.quality),
        content_hash=bytes(row.content_hash),
        text_hash=bytes(row.text_hash),
        source=row.source,
        taken_from=row.taken_from,
        extractor=row.extractor,
        algorithm=row.algorithm_version,
        duplicates=row.duplicates_version,
        tagging_id=row.tagging_id,
        tagger=(row.tagger_version, row.lexicon_version) if tagged else None,
        labels=Labels(row.relevance, row.score, topics, row.stance) if tagged else None,
    )


# The page that the revision was made of; a later one may be a wall, or gone.
_made_of = case(
    (_revisions.c.taken_from == "page", _revisions.c.snapshot_id),
    else_=inputs.newest(snapshots.PAGE),
)
_BYTES = inputs.works(_made_of).where(_articles.c.id.in_(bindparam("ids", expanding=True)))


def load_bytes(session: Session, standings: Sequence[Standing]) -> dict[int, Work]:
    """The bytes that these articles' texts were made of, by article."""
    rows = session.execute(_BYTES, {"ids": [each.article_id for each in standings]})
    return {row.id: inputs.work_of(row) for row in rows}


@dataclass(frozen=True, slots=True)
class Redone:
    """What came of doing an article again; an empty field changes nothing.

    `work` are the bytes, where they were read again. `document`: the text came out differently.
    `tagger_output`: what today's tagger says of the text, the new one if there is one. `confirmed`:
    today's extractor makes the same text. `without_page`: its page is let go, so that its text
    stays as it was read. `settle`: its story is to be decided again. `error`: it broke our code.
    """

    standing: Standing
    work: Work | None = None
    document: Document | None = None
    tagger_output: TaggerOutput | None = None
    confirmed: bool = False
    without_page: bool = False
    settle: bool = False
    error: str | None = None

    @property
    def labels(self) -> Labels | None:
        """What will be said of the article."""
        if self.tagger_output is None:
            return self.standing.labels
        topics = tuple(sorted(topic.id for topic in self.tagger_output.topics))
        score = round(self.tagger_output.score, taggings.SCORE_DIGITS)
        stance = self.tagger_output.stance
        return Labels(
            str(self.tagger_output.relevance), score, topics, str(stance) if stance else None
        )

    @property
    def relabelled(self) -> bool:
        """Whether analysts who filter by labels find it elsewhere."""
        before, after = self.standing.labels, self.labels
        if before is None or after is None:
            return before is not after
        return (before.relevance, before.topics, before.stance) != (
            after.relevance,
            after.topics,
            after.stance,
        )


_LOCK: Select[Any] = (
    select(_articles.c.url, *merge.SHOWN)
    .where(_articles.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_articles.c.id)
    .with_for_update(key_share=True)
)
_POINT = (
    _articles.update()
    .where(_articles.c.id == bindparam("article"))
    .values(tagging_id=bindparam("tagging"))
)


def apply_taggings(
    session: Session, run_id: int, redone: Sequence[Redone], extractor: str, *, now: datetime
) -> None:
    """Store new taggings, and which texts `extractor` confirms, all in one transaction.

    An article whose text is another by now is passed over: whatever made it is of today.
    """
    merge.hold(session, merging=False)
    by_article = {each.standing.article_id: each for each in redone}
    locked = {
        row.id: row
        for row in session.execute(_LOCK, {"ids": list(by_article)})
        if _is_still(row, by_article[row.id].standing)
    }
    confirmed = [by_article[i].standing.revision_id for i in locked if by_article[i].confirmed]
    if confirmed:
        session.execute(
            _revisions.update()
            .where(_revisions.c.id.in_(confirmed))
            .values(confirmed_version=extractor)
        )
    judged = [
        (each, tagger_output)
        for each in (by_article[i] for i in locked)
        if (tagger_output := each.tagger_output) is not None
    ]
    if not judged:
        return
    ids = taggings.store(
        session,
        [(each.standing.revision_id, tagger_output) for each, tagger_output in judged],
        now=now,
        run_id=run_id,
    )
    articles = [each.standing.article_id for each, _ in judged]
    recording.keep(session, articles, now=now)
    session.execute(
        _POINT,
        [
            {"article": article_id, "tagging": tagging_id}
            for article_id, tagging_id in zip(articles, ids, strict=True)
        ],
    )
    remember(
        session,
        [
            change(run_id, locked[article_id], tagging=tagging_id)
            for article_id, tagging_id in zip(articles, ids, strict=True)
        ],
    )
    summary.refresh_all(session, {locked[article_id].story_id for article_id in articles})
    events.write(
        session,
        [_tagged(each, locked[each.standing.article_id].story_id) for each, _ in judged
         if each.relabelled],
        now=now,
    )  # fmt: skip


_LOCK_ONE: Select[Any] = (
    select(_articles.c.url, _articles.c.revisions, _articles.c.source_id, *merge.SHOWN)
    .where(_articles.c.id == bindparam("article"))
    .with_for_update(key_share=True)
)


def _is_still(article: Row[Any], standing: Standing) -> bool:
    """Whether an article is the one that was done again, and shows what it showed then.

    SQLite gives the ids of what was purged to what comes next.
    """
    return (article.url, article.revision_id) == (standing.url, standing.revision_id)


def apply_text(
    session: Session,
    run_id: int,
    each: Redone,
    to_store: DocumentToStore,
    *,
    merging_stories: bool,
    now: datetime,
) -> None:
    """Store a text that came out differently, as a new revision with its tagging.

    Raises `MergeNeeded` as `processing.record` does. An article whose text is another by now is
    passed over.
    """
    standing, work, tagger_output = each.standing, each.work, each.tagger_output
    assert work is not None and tagger_output is not None
    may_merge = merge.hold(session, merging=merging_stories)
    article = session.execute(_LOCK_ONE, {"article": standing.article_id}).first()
    if article is None or not _is_still(article, standing):
        return
    written = revisions.write(
        session, article, work, to_store, tagger_output, may_merge=may_merge, now=now, run_id=run_id
    )
    after = {"revision": written.revision_id, "tagging": written.tagging_id}
    changes = [change(run_id, article, story=written.joined.story_id, **after)]
    for merged in written.joined.merged:
        others = (each for each in merged.moved if each.id != standing.article_id)
        changes += (change(run_id, other, story=merged.into) for other in others)
    remember(session, changes)
    told = revisions.new_events(work, written, tagger_output, run_id=run_id)
    events.write(session, told, now=now)


def preview_text(session: Session, each: Redone, to_store: DocumentToStore) -> StoryDecision:
    """Where the article would come to stand with its new text; nothing is written."""
    standing = each.standing
    to_place = ArticleToPlace(
        article_id=standing.article_id,
        source_id=standing.source_id,
        title=to_store.document.title or standing.title,
        story_id=standing.story_id,
        revision_id=standing.revision_id,
        has_text=to_store.has_text,
    )
    return assignment.preview(session, to_place, to_store.to_place)


def evidence(session: Session, tagging_id: int) -> list[tuple[str | None, str]]:
    """The topics and words of a tagging's evidence, the heaviest first."""
    found = select(_taggings.c.evidence).where(_taggings.c.id == tagging_id)
    items = sorted(session.execute(found).scalar_one(), key=lambda item: -abs(item["weight"]))
    return [(item["topic"], item["text"]) for item in items]


def _tagged(each: Redone, story_id: int) -> Event:
    labels = each.labels
    assert labels is not None
    return Event(
        "story.tagged",
        article_id=each.standing.article_id,
        story_id=story_id,
        payload={
            "url": each.standing.url,
            "relevance": labels.relevance,
            "score": labels.score,
            "topics": list(labels.topics),
        },
    )
