"""What the tagger said, written down: a row for each judgement, its topics and its actors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from ingest.relations.tagging import Evidence
from ingest.relations.tagging import Tagging as Judgement
from store.tables import Tagging, TaggingActor, TaggingTopic, table

# Scores are estimates; four digits are more than they are good for.
SCORE_DIGITS = 4

_taggings = table(Tagging)
_INSERT = _taggings.insert().returning(_taggings.c.id, sort_by_parameter_order=True)
_INSERT_TOPICS = table(TaggingTopic).insert()
_INSERT_ACTORS = table(TaggingActor).insert()


def store(
    session: Session,
    judged: Sequence[tuple[int, Judgement]],
    *,
    now: datetime,
    run_id: int | None = None,
) -> list[int]:
    """Store judgements on revisions (by id); return the ids of their taggings, in order.

    A revision that has been judged by the same tagger and lexicon keeps that tagging: it says the
    same. `run_id`: the reprocessing that made them.
    """
    known = _known(session, judged) if run_id is not None else {}
    new = [pair for pair in judged if _key(*pair) not in known]
    if new:
        rows = [_row(revision_id, judgement, now, run_id) for revision_id, judgement in new]
        ids = session.execute(_INSERT, rows).scalars().all()
        known |= {_key(*pair): tagging_id for pair, tagging_id in zip(new, ids, strict=True)}
        _store_parts(session, [(known[_key(*pair)], pair[1]) for pair in new])
    return [known[_key(*pair)] for pair in judged]


def _key(revision_id: int, judgement: Judgement) -> tuple[int, str, str]:
    return revision_id, judgement.tagger_version, judgement.lexicon_version


def _known(
    session: Session, judged: Sequence[tuple[int, Judgement]]
) -> dict[tuple[int, str, str], int]:
    columns = (_taggings.c.revision_id, _taggings.c.tagger_version, _taggings.c.lexicon_version)
    rows = session.execute(
        select(_taggings.c.id, *columns).where(
            _taggings.c.revision_id.in_([revision_id for revision_id, _ in judged])
        )
    )
    return {(row[1], row[2], row[3]): row[0] for row in rows}


def _row(
    revision_id: int, judgement: Judgement, now: datetime, run_id: int | None
) -> dict[str, Any]:
    return {
        "revision_id": revision_id,
        "tagged_at": now,
        "tagger_version": judgement.tagger_version,
        "lexicon_version": judgement.lexicon_version,
        "relevance": judgement.relevance,
        "score": round(judgement.score, SCORE_DIGITS),
        "stance": judgement.stance,
        "language": judgement.language,
        "evidence": [_evidence(item) for item in judgement.evidence],
        "run_id": run_id,
    }


def _store_parts(session: Session, stored: Sequence[tuple[int, Judgement]]) -> None:
    topics = [
        {"tagging_id": tagging_id, "topic": topic.id, "score": round(topic.score, SCORE_DIGITS)}
        for tagging_id, judgement in stored
        for topic in judgement.topics
    ]
    actors = [
        {
            "tagging_id": tagging_id,
            "actor": actor.id,
            "name": actor.name,
            "kind": actor.kind,
            "side": actor.side,
            "role": actor.role,
            "mentions": actor.count,
            "first_offset": actor.first_offset,
        }
        for tagging_id, judgement in stored
        for actor in judgement.actors
    ]
    if topics:
        session.execute(_INSERT_TOPICS, topics)
    if actors:
        session.execute(_INSERT_ACTORS, actors)


def _evidence(item: Evidence) -> dict[str, object]:
    return {
        "field": item.field,
        "start": item.start,
        "end": item.end,
        "text": item.text,
        "rule": item.rule,
        "side": item.side,
        "topic": item.topic,
        "weight": round(item.weight, 4),
    }
