"""How many stories answer a question, by day, topic, outlet, …: each story once in every group.

A story with two topics counts under each, and one that is in none of a kind's groups counts under
None; so the groups' stories add up to more than there are. Days are those that stories are filtered
and ordered by: of the first publication, or else of first sight, in UTC.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from sqlmodel import Session

from store.search import results
from store.search import search as finding
from store.search.choices import By
from store.search.labels import topics_of
from store.search.results import Copy, Head
from store.search.search import Question

# Stories that are read at a time, without their texts.
BATCH = 500


IN_TIME = (By.DAY, By.WEEK, By.MONTH)

# A day and a week (its Monday) are dates, a month is "2026-11", an actor is the lexicon's id.
Key = date | str | None


@dataclass(frozen=True, slots=True)
class Group:
    """What stands under a key for each `by`; `articles` are those of the outlets that are asked
    for by it, and else all that carry the stories."""

    keys: tuple[Key, ...]
    stories: int
    articles: int


@dataclass(frozen=True, slots=True)
class Counts:
    """All groups; the stories and articles in them, each once; and what the actors are called."""

    groups: tuple[Group, ...]
    stories: int
    articles: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Labels:
    """Of a story, what its copies do not tell: its topics, and the ids of its actors."""

    topics: Sequence[str] = ()
    actors: Sequence[str] = ()


def count(session: Session, question: Question, by: Sequence[By]) -> Counts:
    """Count the stories that answer a question; memory grows with the groups, not the stories."""
    ids = finding.find_ids(session, question)
    stories, articles = Counter[tuple[Key, ...]](), Counter[tuple[Key, ...]]()
    names: dict[str, str] = {}
    read = printed = 0
    for start in range(0, len(ids), BATCH):
        heads = results.heads(session, ids[start : start + BATCH], as_of=question.as_of)
        for head, labels in _labelled(session, heads, by, names):
            read, printed = read + 1, printed + len(head.copies)
            for keys, copies in grouped(head, labels, by).items():
                stories[keys] += 1
                articles[keys] += copies
    groups = [Group(keys, stories[keys], articles[keys]) for keys in stories]
    return Counts(tuple(in_order(groups, by)), read, printed, names)


def grouped(head: Head, labels: Labels, by: Sequence[By]) -> Counter[tuple[Key, ...]]:
    """The groups that a story is in, and how many of its copies belong to each."""
    found = Counter[tuple[Key, ...]]()
    for copy in head.copies:
        found.update(product(*(_keys(head, labels, copy, each) for each in by)))
    return found


def in_order(groups: Iterable[Group], by: Sequence[By]) -> list[Group]:
    """Times in their order; of all else the largest first, equal ones by their names."""
    every = list(groups)
    sizes = [Counter[Key]() for _ in by]
    for group in every:
        for size, key in zip(sizes, group.keys, strict=True):
            size[key] += group.stories

    def place(group: Group) -> list[tuple[int, str]]:
        *before, last = zip(group.keys, by, sizes, strict=True)
        ranks = [_rank(key, each, size[key]) for key, each, size in before]
        key, each, _ = last
        return [*ranks, _rank(key, each, group.stories)]

    return sorted(every, key=place)


def _rank(key: Key, by: By, size: int) -> tuple[int, str]:
    return 0 if by in IN_TIME else -size, "" if key is None else str(key)


def _keys(head: Head, labels: Labels, copy: Copy, by: By) -> Sequence[Key]:
    """Where a story, or one copy of it, stands by one kind; nowhere is None."""
    day = head.at.date()
    match by:
        case By.DAY:
            return (day,)
        case By.WEEK:
            return (day - timedelta(days=day.weekday()),)
        case By.MONTH:
            return (f"{day:%Y-%m}",)
        case By.TOPIC:
            return labels.topics or (None,)
        case By.ACTOR:
            return labels.actors or (None,)
        case By.STANCE:
            return (head.stance,)
        case By.COUNTRY:
            return (copy.country,)
        case By.SOURCE:
            return (copy.source,)


def _labelled(
    session: Session, heads: Sequence[Head], by: Sequence[By], names: dict[str, str]
) -> Iterator[tuple[Head, Labels]]:
    """Each story with what is asked of its labels; `names` learns what actors are called."""
    taggings = [head.tagging_id for head in heads]
    topics = topics_of(session, taggings) if By.TOPIC in by else {}
    actors = results.actors_of(session, taggings) if By.ACTOR in by else {}
    for head in heads:
        named = actors.get(head.tagging_id, ())
        names.update((actor.id, actor.name) for actor in named)
        yield head, Labels(topics.get(head.tagging_id, ()), [actor.id for actor in named])
