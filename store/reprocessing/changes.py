"""What a run changes of articles, remembered so that it can be told and undone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from store.database.connection import insert_into
from store.tables import RunChange, table

_changes = table(RunChange)


def change(
    run_id: int,
    article: Row[Any],
    *,
    revision: int | None = None,
    tagging: int | None = None,
    story: int | None = None,
) -> dict[str, Any]:
    """What a run changes of an article: its row as it was (`merge.SHOWN`), and what it gets."""
    return {
        "run_id": run_id,
        "article_id": article.id,
        "revision_before": article.revision_id,
        "revision_after": revision or article.revision_id,
        "tagging_before": article.tagging_id,
        "tagging_after": tagging or article.tagging_id,
        "story_before": article.story_id,
        "story_after": story or article.story_id,
        "joined_before": article.joined_because,
        "agency_before": article.agency,
        "title_before": article.title,
        "error_before": article.error,
    }


def remember(session: Session, changes: Sequence[dict[str, Any]]) -> None:
    """Write down what a run changes of articles; of what it changes twice, the first state."""
    if not changes:
        return
    insert = insert_into(session, RunChange)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[_changes.c.run_id, _changes.c.article_id],
            set_={
                name: insert.excluded[name]
                for name in ("revision_after", "tagging_after", "story_after")
            },
        ),
        sorted(changes, key=lambda each: int(each["article_id"])),
    )
