"""Reprocessing with all cores: children that die, and Ctrl-C."""

import os
import signal
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from store.database.connection import Database
from store.reprocessing import runs
from store.tables import RunChange, Step, table
from tests.store.building import document, ingest_one, tagger_output
from tests.worker.reprocessing.test_reprocessing import begin
from worker import clock
from worker.context import Context, process_name
from worker.reprocessing import here
from worker.reprocessing.here import run_here
from worker.reprocessing.working import work_off


def changes(database: Database) -> set[int]:
    """The articles that a run has changed."""
    with database.reading() as session:
        return set(session.execute(select(table(RunChange).c.article_id)).scalars())


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_run_goes_on_where_children_die_and_sets_aside_what_kills_them(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        made = document(f"An envoy of number {number} spoke. " * 20, title=f"Envoy {number}")
        ingest_one(context.database, number, made=made)
    monkeypatch.setattr(here, "work_off", work_off_until_the_second)
    monkeypatch.setattr(here, "warm_up", None)
    run_id = begin(context, Step.TAG)
    far: list[runs.Progress] = []
    run_here(context, run_id, far.append)
    assert far[-1] == runs.Progress(runs.DONE, 4, 3, 1)
    with context.database.reading() as session:
        assert runs.errors(session, run_id) == ["its worker died each time"]
    assert changes(context.database) == {1, 3, 4}


def work_off_until_the_second(context: Context, run_id: int) -> bool:
    """In the child: the second article ends it, as one that takes all memory would."""

    class Poisoned:
        lexicon_version = "next"

        def tag(self, title: str, _body: str, **_about: object) -> object:
            if title == "Envoy 2":
                os.kill(os.getpid(), signal.SIGKILL)
            return replace(tagger_output(), lexicon_version="next")

    context.__dict__["tagger"] = Poisoned()
    runs.ATTEMPTS = 1
    return work_off(context, run_id)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_ctrl_c_puts_what_was_in_hand_back_as_it_was(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        ingest_one(context.database, number, made=document(f"An envoy of {number} spoke. " * 20))
    monkeypatch.setattr(here, "work_off", claim_and_wait)
    monkeypatch.setattr(here, "warm_up", None)
    run_id = begin(context, Step.TAG)

    def interrupt(_progress: runs.Progress) -> None:
        with context.database.reading() as session:
            if runs.in_hand(session, run_id, now=clock.now()):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_here(context, run_id, interrupt)
    with context.database.writing() as session:
        chunk = runs.claim(session, run_id, owner="me", now=clock.now())
    assert chunk is not None
    assert (chunk.article_ids, chunk.attempts) == ((1, 2, 3), 1)


def claim_and_wait(context: Context, run_id: int) -> bool:
    """In the child: a chunk that takes its time."""
    with context.database.writing() as session:
        runs.claim(session, run_id, owner=process_name(), now=clock.now())
    time.sleep(600)
    return True
