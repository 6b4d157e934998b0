"""What is asked as of a time is what was answered at that time, row for row."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from store.database.connection import Database
from store.exports import rows as export
from store.search import index
from store.search.choices import Order
from store.search.query import parse
from store.search.search import RELEVANCES, Question, find
from tests.store.building import MINUTE, NOW
from tests.store.history.histories import History

EXPORTS = (export.articles, export.revisions, export.stories, export.polls)
# In this history something is told wrongly whichever sort of change is not remembered.
TELLING = 10
EVERY = {"relevance": RELEVANCES}
# Words that are in some texts, labels, outlets and times; the best of them, and the newest.
QUESTIONS = [
    (Question(), Order.NEWEST),
    (Question(query=parse("editors letter"), **EVERY), Order.BEST),
    (Question(query=parse('"to the editors" -zz OR ba*'), actor="minister"), Order.NEWEST),
    (Question(topics=("trade",), country="CN", **EVERY), Order.NEWEST),
    (Question(stance="conflict", since=NOW - timedelta(days=45), **EVERY), Order.NEWEST),
    (Question(query=parse("-signed"), until=NOW - timedelta(days=1), **EVERY), Order.NEWEST),
]


def told(database: Database, as_of: datetime | None = None) -> dict[str, Any]:
    """All that exports and questions answer, now or as of a time."""
    with database.reading() as session:
        answers: dict[str, Any] = {
            each.__name__: list(each(session, as_of=as_of)) for each in EXPORTS
        }
        for number, (question, order) in enumerate(QUESTIONS):
            asked = replace(question, as_of=as_of)
            answers[f"question {number}"] = list(find(session, asked, order=order))
    return answers


def test_what_was_told_at_a_time_is_told_as_of_it(database: Database) -> None:
    history = History(database, TELLING)
    at_the_time = {NOW: told(database)}
    for at in history.steps(14):
        index.catch_up(database)
        at_the_time[at] = told(database)
    for number, (at, before) in enumerate(at_the_time.items()):
        # At that very time, and as long as nothing else had happened.
        after = told(database, at if number % 2 else at + MINUTE / 2)
        for what, rows in before.items():
            assert after[what] == rows, (what, at, history.happened)
