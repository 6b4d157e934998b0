"""What is let go with time: which pages, polls and events, and that the rest goes on without."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, text
from sqlmodel import select

from ingest.feeds.entries import entry_to_json
from ingest.relations.codebook import Relevance
from store import events
from store.articles import inputs, snapshots
from store.articles.selection import Selection
from store.articles.snapshots import NewSnapshot
from store.database.connection import Database
from store.exports import pages
from store.intake import imports
from store.intake.sources import SourceFinder
from store.operations import retention
from store.operations.retention import Freed, Page, Policy, is_due
from store.tables import Article, EventRow, Poll, Revision, Snapshot, Stage, Tagging, Walk
from tests.store.building import (
    MINUTE,
    NOW,
    add_feed,
    discovery,
    ingest_one,
    process,
    response,
    tagger_output,
)
from tests.store.intake.test_imports import arrival, page
from worker.processing import make_document

DAY = timedelta(days=1)
POLICY = Policy(pages=90 * DAY, relevant_pages=None, polls=400 * DAY, events=30 * DAY)
LATER = NOW + 91 * DAY
IRRELEVANT = tagger_output(relevance=Relevance.NONE)

OLD = Page(
    snapshot_id=1,
    article_id=1,
    taken_at=NOW - 100 * DAY,
    first_seen_at=NOW - 100 * DAY,
    at_rest=True,
    tagging_id=1,
    relevance="none",
)
BOTH = replace(POLICY, relevant_pages=365 * DAY)
NEVER = Policy(None, None, None, None)


@pytest.mark.parametrize(
    ("case", "policy", "due"),
    [
        (OLD, POLICY, True),
        (OLD, NEVER, False),
        (replace(OLD, taken_at=NOW - 89 * DAY), POLICY, False),
        (replace(OLD, taken_at=NOW - 90 * DAY), POLICY, True),
        # A page of years ago that came yesterday.
        (replace(OLD, taken_at=NOW - 4000 * DAY, first_seen_at=NOW - DAY), POLICY, False),
        (replace(OLD, at_rest=False), POLICY, False),
        (replace(OLD, relevance=None), POLICY, False),
        (replace(OLD, relevance="secondary"), POLICY, False),
        (replace(OLD, relevance="primary"), POLICY, False),
        (replace(OLD, relevance="primary"), BOTH, False),
        (replace(OLD, relevance="primary", taken_at=NOW - 365 * DAY), BOTH, False),
        (
            replace(
                OLD,
                relevance="primary",
                taken_at=NOW - 365 * DAY,
                first_seen_at=NOW - 365 * DAY,
            ),
            BOTH,
            True,
        ),
    ],
)
def test_a_page_goes_when_it_is_old_judged_and_at_rest(
    case: Page, policy: Policy, due: bool
) -> None:
    assert is_due(case, policy, now=NOW) is due


def keep_up(database: Database, policy: Policy = POLICY, now: datetime = LATER) -> Freed:
    return sum(retention.keep_up(database, policy, now=now), Freed())


def held(database: Database) -> dict[int, bool]:
    """Whether the bytes of each article's page are held."""
    with database.reading() as session:
        rows = session.execute(
            select(Snapshot.article_id, func.length(Snapshot.body))
            .where(Snapshot.kind == "page")
            .order_by(Snapshot.article_id)
        )
        return {article_id: length > 0 for article_id, length in rows}


def test_pages_that_are_not_relevant_go_and_the_others_stay(database: Database) -> None:
    relevant, not_relevant = ingest_one(database, 1), ingest_one(database, 2, judged=IRRELEVANT)
    assert keep_up(database, now=LATER - DAY - MINUTE).pages == 0
    foreseen = sum(retention.preview(database, POLICY, now=LATER), Freed())
    assert held(database) == {relevant: True, not_relevant: True}
    freed = keep_up(database)
    assert held(database) == {relevant: True, not_relevant: False}
    assert (freed.pages, freed.events) == (1, 0)
    assert freed == foreseen
    assert freed.bytes > 0
    # Again, by hand, from the beginning: there is nothing left to do.
    assert sum(retention.prune(database, POLICY, now=LATER), Freed()) == Freed()
    with database.reading() as session:
        kept = session.exec(select(Snapshot).where(Snapshot.article_id == not_relevant)).all()
        assert [each.size for each in kept if each.kind == "page"] == [len("<html>page</html>")]
        revision = session.exec(select(Revision).where(Revision.article_id == not_relevant)).one()
        assert revision.text


def test_the_walk_goes_on_where_it_was_and_begins_again_a_day_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHECK", 1)
    for statement in ("_OLDEST", "_NEXT"):
        monkeypatch.setattr(retention, statement, getattr(retention, statement).limit(1))
    first, second, third = (ingest_one(database, n, judged=IRRELEVANT) for n in (1, 2, 3))
    for step in retention.keep_up(database, POLICY, now=LATER):
        if step.pages:
            break  # the process is killed
    assert list(held(database).values()) == [False, True, True]
    assert keep_up(database).pages == 2
    assert set(held(database)) == {first, second, third}
    assert not any(held(database).values())
    with database.reading() as session:
        walk = session.exec(select(Walk)).one()
        assert (walk.began_at, walk.reached_at) == (LATER, None)
    # The walk is at its end: what falls due meanwhile waits for the next one.
    fourth = ingest_one(database, 4, judged=IRRELEVANT)
    assert keep_up(database, now=LATER + DAY / 2).pages == 0
    # Nor does anything go when the time leaps: which of the two was right shows the next day.
    assert keep_up(database, now=LATER + 200 * DAY).pages == 0
    assert keep_up(database, now=LATER).pages == 0
    assert keep_up(database, now=LATER + DAY / 2).pages == 0
    assert keep_up(database, now=LATER + DAY).pages == 1
    assert held(database)[fourth] is False


@pytest.mark.parametrize(
    ("hours", "goes"), [(24, True), (47, True), (48, False), (72, False), (-1, False)]
)
def test_after_two_days_without_a_walk_nothing_goes_for_a_day(
    database: Database, hours: int, goes: bool
) -> None:
    assert keep_up(database) == Freed()
    ingest_one(database, 1, judged=IRRELEVANT)
    then = LATER + timedelta(hours=hours)
    assert keep_up(database, now=then).pages == int(goes)
    assert keep_up(database, now=then + DAY).pages == int(not goes)


def test_what_was_imported_is_kept(database: Database) -> None:
    arrived = arrival("http://archive.example/1.html", page=page(b"<html>captured</html>"))
    with database.writing() as session:
        imports.record(session, [arrived], origin="a test", sources=SourceFinder(), now=NOW)
        article_id = session.exec(select(Article.id)).one()
    process(database, article_id, judged=IRRELEVANT)
    assert keep_up(database).pages == 0
    assert held(database) == {article_id: True}


def test_what_was_imported_of_an_article_that_a_feed_brought_is_kept(database: Database) -> None:
    article_id = ingest_one(database, 1, judged=IRRELEVANT)
    with database.reading() as session:
        url = session.get_one(Article, article_id).url
    later = page(b"<html>captured</html>", at=NOW + DAY)
    with database.writing() as session:
        arrived = arrival(url, page=later)
        imports.record(session, [arrived], origin="a test", sources=SourceFinder(), now=NOW + DAY)
    process(database, article_id, judged=IRRELEVANT)
    assert keep_up(database, now=LATER + 2 * DAY).pages == 1  # what was fetched
    with database.reading() as session:
        pages = session.exec(select(Snapshot).where(Snapshot.kind == "page")).all()
        assert [each.imported for each in pages if each.body] == [True]


def test_a_page_stays_whose_article_has_become_relevant_meanwhile(database: Database) -> None:
    article_id = ingest_one(database, 1, judged=IRRELEVANT)
    with database.reading() as session:
        looked_at = retention._check(session, POLICY, None, LATER)
    assert [is_due(each, POLICY, now=LATER) for each in looked_at] == [True]
    with database.writing() as session:
        article = session.get_one(Article, article_id)
        before = session.get_one(Tagging, article.tagging_id)
        today = Tagging(
            **before.model_dump(exclude={"id"}) | {"relevance": "primary", "tagger_version": "2"}
        )
        session.add(today)
        session.flush()
        article.tagging_id = today.id
    assert retention._let_go(database, looked_at).pages == 0
    assert held(database) == {article_id: True}


def test_old_polls_and_delivered_events_go(database: Database) -> None:
    feed = add_feed(database)
    ages = [500, 401, 399, 1]
    with database.writing() as session:
        rows = [
            {"feed_id": feed.id, "at": NOW - age * DAY, "outcome": "read", "wire_bytes": 0,
             "seconds": 0.0, "entries": 0, "new": 0, "revised": 0, "rolled_over": False}
            for age in ages
        ]  # fmt: skip
        session.execute(insert(Poll), rows)
        events.write(session, [events.Event("story.tagged")] * 3, now=NOW - 99 * DAY)
    events.deliver(database, lambda _events: None, now=NOW - 99 * DAY)
    with database.writing() as session:
        events.write(session, [events.Event("story.tagged")], now=NOW - 99 * DAY)
    foreseen = sum(retention.preview(database, POLICY, now=NOW), Freed())
    assert (foreseen.polls, foreseen.events) == (2, 3)
    assert keep_up(database, NEVER, now=NOW) == Freed()
    assert keep_up(database, now=NOW) == foreseen
    with database.reading() as session:
        assert sorted(session.exec(select(Poll.at))) == [NOW - 399 * DAY, NOW - DAY]
        assert [event.delivered_at for event in session.exec(select(EventRow))] == [None]


def test_more_rows_than_one_transaction_deletes_go_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS", 2)
    with database.writing() as session:
        events.write(session, [events.Event("story.tagged")] * 5, now=NOW)
    events.deliver(database, lambda _events: None, now=NOW)
    assert keep_up(database).events == 5


# --- the rest goes on without the page ---


@pytest.fixture
def pageless(database: Database) -> int:
    """An article whose page was let go."""
    article_id = ingest_one(database, 1, judged=IRRELEVANT)
    assert keep_up(database).pages == 1
    return article_id


def test_the_page_is_asked_for_without_validators(database: Database, pageless: int) -> None:
    with database.reading() as session:
        article = session.get_one(Article, pageless)
        assert (article.etag, article.last_modified) == (None, None)


def test_the_same_page_is_known_again_and_put_back(database: Database, pageless: int) -> None:
    body = response().body
    same = NewSnapshot(pageless, snapshots.PAGE, body, "http://outlet1.example/1.html", "text/html")
    with database.writing() as session:
        assert snapshots.keep(session, same, now=LATER) is False
    with database.reading() as session:
        kept = session.exec(select(Snapshot).where(Snapshot.kind == "page")).one()
        assert snapshots.decompress(kept.body) == body
        assert kept.taken_at == LATER  # and its time runs anew
    assert keep_up(database, now=LATER + 2 * DAY).pages == 0


def test_an_entry_that_changed_does_not_take_the_place_of_the_page(
    database: Database, pageless: int
) -> None:
    told = entry_to_json(discovery(1, title="Another title").entry)
    with database.writing() as session:
        changed = NewSnapshot(
            pageless, snapshots.ENTRY, told, "http://outlet1.example/1.html", None
        )
        snapshots.keep_all(session, [changed], now=LATER)
        session.get_one(Article, pageless).stage = Stage.PROCESS
    with database.reading() as session:
        work = inputs.load(session, pageless)
    assert work.page_is_let_go
    assert make_document(work) is None


def test_what_is_in_hand_keeps_its_page(database: Database) -> None:
    article_id = ingest_one(database, 1, judged=IRRELEVANT)
    with database.writing() as session:
        session.get_one(Article, article_id).stage = Stage.PROCESS
    assert keep_up(database).pages == 0
    assert held(database) == {article_id: True}


def test_an_archive_leaves_it_out_and_says_so(database: Database, pageless: int) -> None:
    ingest_one(database, 2)
    with database.reading() as session:
        assert [url for url, _ in pages.pages(session, Selection())] == [
            "http://outlet2.example/2.html"
        ]
        assert pages.count_let_go(session, Selection()) == 1
        assert pages.count_let_go(session, Selection(source="outlet 2")) == 0
    assert held(database)[pageless] is False


# --- plans ---


def test_finding_what_is_due_reads_the_index_alone(database: Database) -> None:
    for number in (1, 2):
        ingest_one(database, number)
    asked = {"until": LATER, "after": NOW, "after_id": 1}
    with database.reading() as session:
        if not database.is_sqlite:
            # Of a table with two rows the planner reads all.
            session.execute(text("SET LOCAL enable_seqscan = off"))
        for statement in (retention._OLDEST, retention._NEXT):
            plan = _plan(session, statement, asked)
            assert "ix_snapshots_held" in plan
            if database.is_sqlite:
                assert "TEMP B-TREE" not in plan
        # By the index of stages it would go through nearly all articles.
        assert "ix_articles_work" not in _plan(session, retention._LOCK, {"ids": [1, 2]})
        polls = retention._polls
        old = select(polls.c.id).where(polls.c.at < LATER).order_by(polls.c.at).limit(500)
        assert "ix_polls_at" in _plan(session, old, {})


def _plan(session, statement, asked: dict[str, object]) -> str:  # type: ignore[no-untyped-def]
    bound = statement.params(**asked) if asked else statement
    compiled = bound.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{explain} {compiled}")
    return "\n".join(str(tuple(row)) for row in rows)
