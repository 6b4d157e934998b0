"""Which stories answered a query at a time that is past.

The full-text index holds the stories as they are now. One that has not changed since is answered
for by it; one that has changed is put together as it was and asked itself, which takes some 0.4 ms
a story where half of the texts are to be read, and 0.1 ms where labels and outlets decide. So an
answer is exact, and the further back, or the more was reprocessed since, the longer it takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select, union
from sqlmodel import Session

from store.history import stories_as_of
from store.history.stories_as_of import Then
from store.search import index, labels
from store.search.documents import BREAK, Marks, document, marked
from store.search.matching import Words, asks_for_text
from store.search.query import And, Node, all_of
from store.tables import Article, ArticleState, Id, Revision, StoryChange, UtcDateTime, table

# Stories that are put together at a time, texts and all.
BATCH = 200
# More than any store holds, and what a LIMIT of either database takes.
_ALL = 2**31 - 1

_articles, _states, _revisions = table(Article), table(ArticleState), table(Revision)
_changes = table(StoryChange)
_AT: BindParameter[Any] = bindparam("at", type_=UtcDateTime)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True, type_=Id)

# Stories that are not as they were, or may not be: those that an article left or came to, whether
# it is new or was in another; those of articles that showed another text or tagging; and those
# that are not indexed yet.
_CHANGED = union(
    select(_states.c.story_id).where(_states.c.until > _AT),
    select(_articles.c.story_id)
    .join(_states, _states.c.article_id == _articles.c.id)
    .where(_states.c.until > _AT),
    select(_articles.c.story_id)
    .join(_revisions, _revisions.c.article_id == _articles.c.id)
    .where(_revisions.c.number == 1, _revisions.c.seen_at > _AT),
    select(_changes.c.story_id),
)
_TEXTS = select(_revisions.c.id, _revisions.c.text).where(_revisions.c.id.in_(_IDS))


def newest(
    session: Session,
    query: Node,
    *,
    as_of: datetime,
    since: datetime,
    until: datetime,
    limit: int,
) -> list[tuple[int, datetime]]:
    """The ids and times of the newest hits at that time."""
    changed = set(session.execute(_CHANGED, {"at": as_of}).scalars())
    unchanged = index.engine(session).newest(session, query, since=since, until=until, limit=_ALL)
    hits = [(at, story_id) for story_id, at in unchanged if story_id not in changed]
    ids = sorted(changed)
    for start in range(0, len(ids), BATCH):
        there = stories_as_of.load(session, ids[start : start + BATCH], as_of)
        within = {one.id: one for one in there.values() if since <= one.at < until}
        hits.extend((one.at, one.id) for one in _answering(session, query, within))
    return [(story_id, at) for at, story_id in sorted(hits, reverse=True)[:limit]]


def texts(
    session: Session, story_ids: Sequence[int], as_of: datetime
) -> dict[int, tuple[str, str]]:
    """The headline and the text that each of these stories showed."""
    there = stories_as_of.load(session, story_ids, as_of)
    read = _read(session, there)
    return {one.id: (one.first.shown.title, read[one.id]) for one in there.values()}


def _answering(session: Session, query: Node, there: Mapping[int, Then]) -> Iterator[Then]:
    """Those of these stories that the query is true of; texts are read where labels allow it."""
    by_marks, by_text = _parted(query)
    marks = _marks(session, list(there.values()))
    left = {
        story_id: one
        for story_id, one in there.items()
        if by_marks is None or Words([*marked(marks[story_id]), BREAK]).answer(by_marks)
    }
    if by_text is None:
        yield from left.values()
        return
    read = _read(session, left)
    for one in left.values():
        titles = [member.shown.title for member in sorted(one.members, key=lambda m: m.shown.id)]
        made = document(one.id, one.at, marks[one.id], titles, read[one.id])
        if Words(made.words).answer(by_text):
            yield one


def _parted(query: Node) -> tuple[Node | None, Node | None]:
    """What of the query can be told without texts, and what cannot; both must be true."""
    parts = query.parts if isinstance(query, And) else (query,)
    of_text = [part for part in parts if asks_for_text(part)]
    return all_of([part for part in parts if part not in of_text]), all_of(of_text)


def _marks(session: Session, there: Sequence[Then]) -> dict[int, Marks]:
    best = {one.id: one.best for one in there}
    taggings = [judged.id for judged in best.values() if judged is not None]
    topics, actors = labels.topics_of(session, taggings), labels.actors_of(session, taggings)
    found = {}
    for one in there:
        judged = best[one.id]
        found[one.id] = Marks(
            relevance=judged.relevance if judged else "none",
            stance=judged.stance if judged else None,
            topics=sorted(topics.get(judged.id, ())) if judged else (),
            actors=sorted(actors.get(judged.id, ())) if judged else (),
            source_ids={member.shown.source_id for member in one.members},
        )
    return found


def _read(session: Session, there: Mapping[int, Then]) -> dict[int, str]:
    """The text of each story: of the article that was seen first."""
    revisions = {one.id: one.first.shown.revision_id for one in there.values()}
    rows = session.execute(_TEXTS, {"ids": list(revisions.values())})
    found = {row.id: row.text for row in rows}
    return {story_id: found[revision_id] for story_id, revision_id in revisions.items()}
