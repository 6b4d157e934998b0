"""`transpacific reprocess`: stored articles done again with the code of today."""

import getpass
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from admin.articles.runs import kept_texts, print_run, release_of_ended
from admin.feeds.commands import find
from admin.output.choices import ArticleRelevance
from admin.output.console import (
    counted,
    note,
    plain_table,
    print_json,
    print_result,
    print_table,
    progress,
    stdout,
)
from admin.output.context import service
from admin.output.errors import FAILED, Failure, Misuse
from store.search import filters

if TYPE_CHECKING:
    from store.reprocessing.runs import Progress
    from store.reprocessing.selection import Selection
    from store.tables import Step
    from worker.context import Context
    from worker.reprocessing.report import Example, Report

# How often the database is asked how far the workers are.
CHECK_SECONDS = 0.5
# Whoever resumes at once what was killed may meet processes of it that are about to end.
ENDING_SECONDS = 5.0
# Errors shown, unless told.
SHOWN = 20


class From(StrEnum):
    """The first step that is done again: as `Step`, whose module is slow to import."""

    EXTRACT = "extract"
    DEDUPE = "dedupe"
    TAG = "tag"


def reprocess(
    first: Annotated[
        From | None,
        typer.Option(
            "--from",
            help="The first step that is done again; later ones follow.",
            show_default=From.EXTRACT,
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Published (or else first seen) from this date or time on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Until this date (its whole day included) or time.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="A part of an outlet's name.")] = None,
    feed: Annotated[str | None, typer.Option(metavar="URL", help="Found in this feed.")] = None,
    story: Annotated[int | None, typer.Option(help="The copies of this story.")] = None,
    relevance: Annotated[
        ArticleRelevance | None, typer.Option(help="As the tagger saw them before.")
    ] = None,
    outdated: Annotated[
        bool,
        typer.Option(
            "--outdated", help="Only what an older extractor, fingerprint, tagger or lexicon made."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; tell what would change.")
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="In this process with all cores, with no broker.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Do not wait for the workers; `runs` tells.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest run that was stopped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Extract, decide on and tag stored articles with today's code.

    Nothing is fetched and nothing overwritten: a text that comes out differently is a new revision,
    a judgement a new tagging, and `runs undo` takes both back. The service's CPU workers do it,
    live articles first. Ctrl-C stops: workers end what they have in hand, some seconds of work;
    with --here it is given up and done again by --resume, which goes on where a run was stopped.

    \b
    Examples:
      transpacific reprocess --outdated --dry-run
      transpacific reprocess --from tag --since 2026-01-01
      transpacific reprocess --source "People's Daily" --here
    """
    from store.reprocessing.selection import Selection
    from store.tables import Step

    selection = Selection(
        since=filters.since(since),
        until=filters.until(until),
        source=source or None,
        feed=feed or None,
        story=story,
        relevance=filters.RELEVANCE[relevance] if relevance else (),
        outdated=outdated,
    )
    if resume and (selection != Selection() or first is not None or dry_run):
        raise Misuse("--resume goes on with a run as it was begun: give it no other choice")
    if here and detach:
        raise Misuse("--here works in this process, and --detach leaves it to others: choose one")
    step = Step(first or From.EXTRACT)
    with service() as context:
        if selection.feed:
            _, known = find(context, selection.feed)
            selection = replace(selection, feed=known)
        if dry_run:
            _print_report(_dry_run(context, selection, step), as_json)
            return
        if not here and not resume:
            _refuse_without_workers(context)
        run_id = _resumed(context) if resume else _begun(context, selection, step)
        if run_id is None:
            note("no article is to be done again")
            if as_json:
                print_json({"run": None, "articles": 0})
            return
        if detach:
            _print_detached(run_id, as_json)
            return
        _follow(context, run_id, here=here)
        failed = print_run(context, run_id, as_json)
    if failed:
        raise typer.Exit(FAILED)


def _refuse_without_workers(context: "Context") -> None:
    from worker.home.lock import running_broker

    if not context.settings.redis_url and running_broker(context.settings.home) is None:
        raise Failure(
            "no service is running here whose workers could do it: start `transpacific up`, or do "
            "it in this process with --here"
        )


def _chosen(context: "Context", selection: "Selection", step: "Step") -> list[int]:
    from store.reprocessing import selection as selecting
    from worker.reprocessing.steps import versions

    with context.database.reading() as session:
        return selecting.choose(session, selection, step, versions(context))


def _begun(context: "Context", selection: "Selection", step: "Step") -> int | None:
    from store.reprocessing import runs
    from store.reprocessing import selection as selecting
    from store.tables import Step
    from worker import clock
    from worker.reprocessing.steps import versions

    chosen = _chosen(context, selection, step)
    if not chosen:
        return None
    # Counted beforehand: a million articles take seconds, and nobody else could write meanwhile.
    with context.database.reading() as session:
        pageless = selecting.without_page(session, chosen) if step is Step.EXTRACT else 0
    with context.database.writing() as session:
        run_id = runs.begin(
            session,
            chosen,
            without_page=pageless,
            step=step,
            selection=selection,
            versions=versions(context),
            by=f"{getpass.getuser()}@{os.uname().nodename}",
            now=clock.now(),
        )
    note(f"run {run_id}: {counted(len(chosen), 'article')} from {step}")
    return run_id


def _resumed(context: "Context") -> int:
    from store.reprocessing import runs
    from worker import clock

    patience_ends = time.monotonic() + ENDING_SECONDS
    while True:
        try:
            with context.database.writing() as session:
                run = runs.latest_unfinished(session)
                if run is None or run.id is None:
                    raise Misuse("no run was stopped: `transpacific runs` lists them")
                release_of_ended(session, run.id)
                runs.resume(session, run.id, now=clock.now())
        except runs.RunUnderWay:
            if time.monotonic() > patience_ends:
                raise
            time.sleep(CHECK_SECONDS)
        else:
            note(f"run {run.id} goes on")
            return run.id


def _follow(context: "Context", run_id: int, *, here: bool) -> None:
    """Wait until the run is done or stopped, showing how far it is; Ctrl-C stops it."""
    from store.reprocessing import runs
    from worker.reprocessing.here import run_here

    with context.database.reading() as session:
        before = runs.progress(session, run_id)
    try:
        with progress(f"run {run_id}", before.articles) as bar:
            update = _with_rate(bar, run_id, before)
            if here:
                run_here(context, run_id, update)
                return
            while True:
                with context.database.reading() as session:
                    now = runs.progress(session, run_id)
                update(now)
                if now.state != runs.RUNNING:
                    return
                time.sleep(CHECK_SECONDS)
    except KeyboardInterrupt:
        with context.database.writing() as session:
            runs.stop(session, run_id)
        note(f"run {run_id} is stopped: `transpacific reprocess --resume` goes on")
        raise


def _with_rate(
    bar: Callable[[int, str], None], run_id: int, before: "Progress"
) -> Callable[["Progress"], None]:
    pace = _Pace(before.done + before.failed, before.articles)

    def update(now: "Progress") -> None:
        failed = f", {now.failed} failed" if now.failed else ""
        done = now.done + now.failed
        bar(done, f"run {run_id}: {pace.told(done)}{failed}")

    return update


class _Pace:
    """How fast it goes, and how long it will take still."""

    def __init__(self, done: int, total: int) -> None:
        self._first, self._total, self._began = done, total, time.monotonic()

    def told(self, done: int) -> str:
        """The rate since the beginning, and the time left at that."""
        rate = (done - self._first) / max(time.monotonic() - self._began, 0.001)
        if not rate:
            return "beginning"
        left = timedelta(seconds=round((self._total - done) / rate))
        return f"{rate:,.0f} articles/s, {left} left"


def _dry_run(context: "Context", selection: "Selection", step: "Step") -> "Report":
    from worker.reprocessing.here import dry_run
    from worker.reprocessing.report import report

    chosen = _chosen(context, selection, step)
    pace = _Pace(0, len(chosen))
    with progress("looking", len(chosen)) as bar:
        return report(dry_run(context, chosen, step, lambda done: bar(done, pace.told(done))))


# --- printing ---


def _print_report(report: "Report", as_json: bool) -> None:
    if as_json:
        print_json(report.described())
        return
    print_result(f"looked at {counted(report.articles, 'article')}; nothing was written")
    if report.without_page:
        note(kept_texts(report.without_page))
    counts = {
        "relevance": report.relevance,
        "stance": report.stance,
        "topics gained": report.topics_gained,
        "topics lost": report.topics_lost,
        "texts": report.texts,
        "stories": report.stories,
    }
    table = plain_table("changes", "articles", "what", right=("articles",))
    for name, numbers in counts.items():
        for what, number in numbers.most_common():
            table.add_row(name, f"{number:,}", what)
    if table.row_count:
        print_table(table)
    else:
        print_result("nothing would change")
    for kind, examples in report.examples.items():
        _print_examples(kind, examples)
    for error in report.errors[:SHOWN]:
        note(error)
    if report.errors:
        note(f"failed: {counted(len(report.errors), 'article')}; please report it")


def _print_examples(kind: str, examples: list["Example"]) -> None:
    stdout().print(f"\n{kind}", style="bold")
    for example in examples:
        words = f"  ({'; '.join(example.evidence)})" if example.evidence else ""
        print_result(f"  {example.title or '(no title)'}{words}")
        print_result(f"    {example.url}")


def _print_detached(run_id: int, as_json: bool) -> None:
    if as_json:
        print_json({"run": run_id})
    else:
        print_result(
            f"run {run_id} is left to the workers; `transpacific runs` tells how far it is"
        )
