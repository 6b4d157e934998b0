"""What the tagger said, written down: a row for each tagging, its topics and its actors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from ingest.relations.tagging import Evidence
from ingest.relations.tagging import Tagging as TaggerOutput
from store.tables import Tagging, TaggingActor, TaggingTopic, table

# Scores are estimates; four digits are more than they are good for.
SCORE_DIGITS = 4

_taggings = table(Tagging)
_INSERT = _taggings.insert().returning(_taggings.c.id, sort_by_parameter_order=True)
_INSERT_TOPICS = table(TaggingTopic).insert()
_INSERT_ACTORS = table(TaggingActor).insert()


def store(
    session: Session,
    judged: Sequence[tuple[int, TaggerOutput]],
    *,
    now: datetime,
    run_id: int | None = None,
) -> list[int]:
    """Store what the tagger said of revisions (by id); return the ids of the taggings, in order.

    In a reprocessing (`run_id`), a revision that the same tagger and lexicon have tagged before
    keeps that tagging: it says the same.
    """
    known = _known(session, judged) if run_id is not None else {}
    new = [pair for pair in judged if _key(*pair) not in known]
    if new:
        rows = [_row(revision_id, tagger_output, now, run_id) for revision_id, tagger_output in new]
        ids = session.execute(_INSERT, rows).scalars().all()
        known |= {_key(*pair): tagging_id for pair, tagging_id in zip(new, ids, strict=True)}
        _store_parts(session, [(known[_key(*pair)], pair[1]) for pair in new])
    return [known[_key(*pair)] for pair in judged]


def _key(revision_id: int, tagger_output: TaggerOutput) -> tuple[int, str, str]:
    return revision_id, tagger_output.tagger_version, tagger_output.lexicon_version


def _known(
    session: Session, judged: Sequence[tuple[int, TaggerOutput]]
) -> dict[tuple[int, str, str], int]:
    columns = (_taggings.c.revision_id, _taggings.c.tagger_version, _taggings.c.lexicon_version)
    rows = session.execute(
        select(_taggings.c.id, *columns).where(
            _taggings.c.revision_id.in_([revision_id for revision_id, _ in judged])
        )
    )
    return {(row[1], row[2], row[3]): row[0] for row in rows}


def _row(
    revision_id: int, tagger_output: TaggerOutput, now: datetime, run_id: int | None
) -> dict[str, Any]:
    return {
        "revision_id": revision_id,
        "tagged_at": now,
        "tagger_version": tagger_output.tagger_version,
        "lexicon_version": tagger_output.lexicon_version,
        "relevance": tagger_output.relevance,
        "score": round(tagger_output.score, SCORE_DIGITS),
        "stance": tagger_output.stance,
        "language": tagger_output.language,
        "evidence": [_evidence(item) for item in tagger_output.evidence],
        "run_id": run_id,
    }


def _store_parts(session: Session, stored: Sequence[tuple[int, TaggerOutput]]) -> None:
    topics = [
        {"tagging_id": tagging_id, "topic": topic.id, "score": round(topic.score, SCORE_DIGITS)}
        for tagging_id, tagger_output in stored
        for topic in tagger_output.topics
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
        for tagging_id, tagger_output in stored
        for actor in tagger_output.actors
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
