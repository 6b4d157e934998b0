"""Runs: which articles are chosen, chunks that are claimed, die, fail, are stopped and resumed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from ingest.duplicates.decide import DUPLICATES_VERSION
from ingest.duplicates.fingerprint import ALGORITHM_VERSION
from ingest.pages.extract import EXTRACTOR_VERSION
from store.database.connection import Database
from store.reprocessing import runs
from store.reprocessing import selection as selecting
from store.reprocessing.runs import ATTEMPTS, CLAIM, Chunk, RunError
from store.reprocessing.selection import Selection, Versions
from store.tables import Article, RunChunk, Step
from tests.store.building import NOW, document, ingest_one, tagger_output

TODAY = Versions(
    EXTRACTOR_VERSION, str(ALGORITHM_VERSION), DUPLICATES_VERSION, tagger="test-1", lexicon="abc"
)


def begin(database: Database, articles: list[int], step: Step = Step.TAG) -> int:
    with database.writing() as session:
        return runs.begin(
            session, articles, step=step, selection=Selection(), versions=TODAY, by="me", now=NOW
        )


def claim(database: Database, run_id: int, *, after: timedelta = timedelta()) -> Chunk | None:
    with database.writing() as session:
        return runs.claim(session, run_id, owner="worker:1", now=NOW + after)


def finish(database: Database, chunk: Chunk, **how: object) -> bool:
    with database.writing() as session:
        runs.finish_chunk(session, chunk, **how)  # type: ignore[arg-type]
        return runs.finish(session, chunk.run_id, now=NOW)


def progress(database: Database, run_id: int) -> runs.Progress:
    with database.reading() as session:
        return runs.progress(session, run_id)


def test_each_chunk_is_claimed_once_and_the_last_closes_the_run(database: Database) -> None:
    size = runs.CHUNK[Step.TAG]
    run_id = begin(database, list(range(1, size + 4)))
    first, second = claim(database, run_id), claim(database, run_id)
    assert first is not None and second is not None
    assert claim(database, run_id) is None
    assert first.article_ids + second.article_ids == tuple(range(1, size + 4))
    assert not finish(database, first)
    assert progress(database, run_id) == runs.Progress("running", size + 3, size, 0)
    assert finish(database, second)
    assert progress(database, run_id) == runs.Progress("done", size + 3, size + 3, 0)


def test_a_run_of_nothing_is_done_at_once(database: Database) -> None:
    run_id = begin(database, [])
    assert claim(database, run_id) is None
    with database.writing() as session:
        assert runs.finish(session, run_id, now=NOW)


def test_what_a_dead_worker_held_comes_back_an_article_at_a_time(database: Database) -> None:
    run_id = begin(database, [7, 8, 9])
    assert claim(database, run_id) is not None
    assert claim(database, run_id, after=CLAIM / 2) is None
    alone = [claim(database, run_id, after=CLAIM) for _ in range(4)]
    assert [chunk and chunk.article_ids for chunk in alone] == [(7,), (8,), (9,), None]


def test_an_article_that_kills_every_worker_is_set_aside_with_its_error(database: Database) -> None:
    run_id = begin(database, [7])
    for attempt in range(ATTEMPTS):
        assert claim(database, run_id, after=attempt * CLAIM) is not None
    assert claim(database, run_id, after=ATTEMPTS * CLAIM) is None
    assert progress(database, run_id).failed == 1
    with database.writing() as session:
        assert runs.finish(session, run_id, now=NOW)
        assert runs.errors(session, run_id) == ["its worker died each time"]


def test_a_chunk_that_fails_is_tried_again_and_then_set_aside_whole(database: Database) -> None:
    run_id = begin(database, [7, 8])
    for _ in range(ATTEMPTS):
        chunk = claim(database, run_id)
        assert chunk is not None and chunk.article_ids == (7, 8)
        finish(database, chunk, failed=True, error="OSError: disk full")
    assert claim(database, run_id) is None
    assert progress(database, run_id).failed == 2


def test_what_went_wrong_with_single_articles_is_told_of_a_chunk_that_is_done(
    database: Database,
) -> None:
    run_id = begin(database, [7, 8])
    chunk = claim(database, run_id)
    assert chunk is not None
    assert finish(database, chunk, error="article 8: ValueError: what")
    with database.reading() as session:
        assert runs.errors(session, run_id) == ["article 8: ValueError: what"]


def test_a_stopped_run_hands_nothing_out_until_it_is_resumed(database: Database) -> None:
    run_id = begin(database, [7, 8])
    with database.writing() as session:
        assert runs.stop(session, run_id)
        assert not runs.stop(session, run_id)
    assert claim(database, run_id) is None
    with database.writing() as session:
        newest = runs.latest_unfinished(session)
        assert newest is not None and newest.id == run_id
        runs.resume(session, run_id, now=NOW)
    chunk = claim(database, run_id)
    assert chunk is not None and chunk.article_ids == (7, 8)


def test_what_processes_had_in_hand_that_are_no_more_is_let_go(database: Database) -> None:
    run_id = begin(database, [7, 8])
    assert claim(database, run_id) is not None
    with database.writing() as session:
        assert runs.in_hand(session, run_id, now=NOW) == ["worker:1"]
        runs.release_chunks(session, run_id, ["worker:2"], died=True)
        assert runs.in_hand(session, run_id, now=NOW) == ["worker:1"]
        # Ended by us, before it was done: it may be as harmless as any.
        runs.release_chunks(session, run_id, ["worker:1"], died=False)
        assert runs.in_hand(session, run_id, now=NOW) == []
    whole = claim(database, run_id)
    assert whole is not None and (whole.article_ids, whole.attempts) == ((7, 8), 1)
    with database.writing() as session:
        runs.release_chunks(session, run_id, ["worker:1"], died=True)
    # What was in hand may have been what ended its worker.
    part = claim(database, run_id)
    assert part is not None and part.article_ids == (7,)


def test_a_run_in_the_hands_of_others_is_not_resumed(database: Database) -> None:
    run_id = begin(database, [7, 8])
    assert claim(database, run_id) is not None
    with (
        database.writing() as session,
        pytest.raises(RunError, match="in the hands of worker:1: see"),
    ):
        runs.resume(session, run_id, now=NOW)
    with database.writing() as session:
        runs.resume(session, run_id, now=NOW + CLAIM)  # whoever had it did not come back


def test_what_workers_are_at_still_of_a_stopped_run_is_left_to_them(database: Database) -> None:
    size = runs.CHUNK[Step.TAG]
    run_id = begin(database, list(range(1, size + 3)))
    first = claim(database, run_id)
    assert first is not None
    with database.writing() as session:
        runs.stop(session, run_id)
        runs.resume(session, run_id, now=NOW)
    second = claim(database, run_id)
    assert second is not None and second.article_ids == (size + 1, size + 2)
    finish(database, first)
    assert finish(database, second)


def test_what_failed_of_a_run_that_is_done_can_be_resumed(database: Database) -> None:
    run_id = begin(database, [7])
    for _ in range(ATTEMPTS):
        chunk = claim(database, run_id)
        assert chunk is not None
        finish(database, chunk, failed=True, error="OSError: disk full")
    with database.writing() as session:
        newest = runs.latest_unfinished(session)
        assert newest is not None and (newest.id, newest.state) == (run_id, "done")
        runs.resume(session, run_id, now=NOW)
    chunk = claim(database, run_id)
    assert chunk is not None and chunk.article_ids == (7,)


def test_only_what_failed_of_a_finished_run_can_be_resumed(database: Database) -> None:
    run_id = begin(database, [7])
    chunk = claim(database, run_id)
    assert chunk is not None
    finish(database, chunk)
    with database.writing() as session, pytest.raises(RunError, match="nothing to resume"):
        runs.resume(session, run_id, now=NOW)


def test_chunks_of_the_story_decision_are_done_in_order_of_arrival(database: Database) -> None:
    size = runs.CHUNK[Step.DEDUPE]
    run_id = begin(database, list(range(1, 2 * size + 1)), Step.DEDUPE)
    first = claim(database, run_id)
    assert first is not None
    assert claim(database, run_id) is None
    finish(database, first)
    second = claim(database, run_id)
    assert second is not None and second.article_ids[0] == size + 1


def test_runs_under_way_are_named_with_their_free_chunks(database: Database) -> None:
    size = runs.CHUNK[Step.TAG]
    run_id = begin(database, list(range(1, 3 * size + 1)))
    claim(database, run_id)
    with database.reading() as session:
        assert runs.running(session, now=NOW) == [(run_id, 2)]
        assert runs.running(session, now=NOW + CLAIM) == [(run_id, 3)]
    with database.writing() as session:
        runs.stop(session, run_id)
        assert runs.running(session, now=NOW) == []


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(source="outlet 2"), [2]),
        (Selection(feed="http://outlet3.example/feed.xml"), [3]),
        (Selection(story=1), [1]),
        (Selection(relevance=("none",)), []),
        (Selection(relevance=("primary",)), [1, 2, 3]),
        (Selection(since=NOW + timedelta(seconds=1)), []),
        (Selection(until=NOW), []),
        (Selection(since=NOW, until=NOW + timedelta(days=1)), [1, 2, 3]),
    ],
)
def test_a_selection_names_its_articles(
    database: Database, selection: Selection, chosen: list[int]
) -> None:
    for number in (1, 2, 3):
        ingest_one(database, number, made=document(f"An envoy of number {number} spoke. " * 20))
    with database.reading() as session:
        assert selecting.choose(session, selection, Step.TAG, TODAY) == chosen


@pytest.mark.parametrize(
    ("step", "changed", "outdated"),
    [
        (Step.TAG, {}, False),
        (Step.TAG, {"extractor": "next", "algorithm": "next"}, False),
        (Step.TAG, {"tagger": "next"}, True),
        (Step.TAG, {"lexicon": "next"}, True),
        (Step.DEDUPE, {"extractor": "next"}, False),
        (Step.DEDUPE, {"algorithm": "next"}, True),
        (Step.EXTRACT, {}, False),
        (Step.EXTRACT, {"extractor": "next"}, True),
        (Step.EXTRACT, {"algorithm": "next"}, True),
    ],
)
def test_what_is_outdated_depends_on_the_steps_to_be_done(
    database: Database, step: Step, changed: dict[str, str], outdated: bool
) -> None:
    article = ingest_one(database, judged=tagger_output())
    of_today = replace(TODAY, **changed)
    with database.reading() as session:
        chosen = selecting.choose(session, Selection(outdated=True), step, of_today)
    assert chosen == ([article] if outdated else [])


def test_an_article_that_was_never_read_is_not_chosen(database: Database) -> None:
    article = ingest_one(database)
    with database.writing() as session:
        row = session.get_one(Article, article)
        row.revision_id = None
        session.add(row)
    with database.reading() as session:
        assert selecting.choose(session, Selection(), Step.TAG, TODAY) == []
        assert session.exec(select(RunChunk)).all() == []
