"""`transpacific runs`: what was reprocessed, and taking it back."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.output.console import (
    counted,
    moment,
    note,
    plain_table,
    print_json,
    print_result,
    print_table,
    progress,
    shown,
)
from admin.output.context import service
from admin.output.errors import Misuse

if TYPE_CHECKING:
    from sqlmodel import Session

    from store.reprocessing.runs import Changed, Progress
    from store.tables import Run
    from worker.context import Context

# Runs, and errors of a run, that are shown unless told.
SHOWN = 20

runs = typer.Typer(
    help="What was reprocessed; stop halts a run, undo takes it back.", rich_markup_mode=None
)


@runs.callback(invoke_without_command=True)
def list_runs(
    group: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="The newest so many.")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a run and line.")] = False,
) -> None:
    """What was reprocessed, by whom, with which code, and what it changed; the newest first.

    \b
    Examples:
      transpacific runs
      transpacific runs undo 3
    """
    if group.invoked_subcommand is not None:
        return
    from store.reprocessing import runs as store

    with service() as context, context.database.reading() as session:
        found = store.every(session, limit=limit)
        ids = [run.id for run in found if run.id is not None]
        changed = store.changed(session, ids)
        told = [
            describe(run, store.progress(session, run_id), changed[run_id])
            for run, run_id in zip(found, ids, strict=True)
        ]
    if as_json:
        for line in told:
            print_json(line)
    elif told:
        _print_runs(told)
    else:
        note("nothing was reprocessed yet: see `transpacific reprocess --help`")


def _print_runs(told: list[dict[str, Any]]) -> None:
    counts = ("articles", "done", "failed", "texts", "taggings", "moved")
    table = plain_table(
        "run", "state", "from", *counts, "started", "took", "tagger", "by", "chosen",
        right=("run", *counts),
    )  # fmt: skip
    for run in told:
        took = run["finished"] - run["started"] if run["finished"] else None
        chosen = ", ".join(
            name if value is True else f"{name} {value}" for name, value in run["selection"].items()
        )
        numbers = ("articles", "done", "failed", "new_texts", "new_taggings", "moved")
        table.add_row(
            str(run["run"]),
            run["state"],
            run["from"],
            *(f"{run[name]:,}" for name in numbers),
            moment(run["started"]),
            "" if took is None else f"{took.total_seconds():,.0f} s",
            run["tagger"],
            shown(run["by"]),
            shown(chosen or "everything"),
        )
    print_table(table)


@runs.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="RUN", help="Its number in `runs`.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Let articles show again what they showed before a run.

    What has changed since then stays as it is. Nothing is deleted: the run's texts and judgements
    stay on record.
    """
    from store.reprocessing import undo
    from store.reprocessing.runs import get
    from store.search import index
    from worker import clock

    with service() as context:
        with context.database.writing() as session:
            release_of_ended(session, number)
            total = undo.begin(session, number, now=clock.now())
        restored = 0
        with progress(f"undoing run {number}", total) as bar:
            done = 0
            for part in undo.undo(context.database, number, now=clock.now()):
                done, restored = done + part.looked_at, restored + part.restored
                bar(done, f"undoing run {number}")
        index.catch_up(context.database)
        with context.database.reading() as session:
            run = get(session, number)
    kept = total - restored
    if as_json:
        print_json({"run": run.id, "state": run.state, "restored": restored, "kept": kept})
        return
    articles = counted(restored, "article shows", "articles show")
    print_result(f"run {number} is undone: {articles} what was there before")
    if kept:
        note(f"not undone, for other changes since: {counted(kept, 'article')}")


@runs.command()
def stop(
    number: Annotated[int, typer.Argument(metavar="RUN", help="Its number in `runs`.")],
) -> None:
    """Let no further part of a run begin, whoever works on it.

    `reprocess --resume` goes on.
    """
    from store.reprocessing import runs as store

    with service() as context, context.database.writing() as session:
        state = store.get(session, number).state
        stopped = store.stop(session, number)
    if not stopped:
        raise Misuse(f"run {number} is {state}: only one that is under way can be stopped")
    print_result(f"run {number} is stopped: `transpacific reprocess --resume` goes on")


def release_of_ended(session: "Session", run_id: int) -> None:
    """Release what processes had claimed that were killed on this machine: they cannot do it."""
    from store.reprocessing import runs as store
    from worker import clock
    from worker.context import was_here_and_ended

    owners = store.in_hand(session, run_id, now=clock.now())
    ended = [owner for owner in owners if was_here_and_ended(owner)]
    store.release_chunks(session, run_id, ended, died=True)


def print_run(context: "Context", run_id: int, as_json: bool) -> bool:
    """Tell how a run ended; return whether anything of it failed."""
    from store.reprocessing import runs as store

    with context.database.reading() as session:
        run = store.get(session, run_id)
        far = store.progress(session, run_id)
        changed = store.changed(session, [run_id])[run_id]
        errors = store.errors(session, run_id)
    if as_json:
        print_json(describe(run, far, changed) | {"errors": errors})
    else:
        print_result(
            f"run {run_id} is {run.state}: {counted(far.done, 'article')}, "
            f"{counted(changed.texts, 'new text')}, {counted(changed.taggings, 'new judgement')}, "
            f"{changed.stories:,} in another story"
        )
    if run.without_page:
        note(kept_texts(run.without_page))
    for error in errors[:SHOWN]:
        note(error)
    if far.failed:
        note(f"failed: {counted(far.failed, 'article')}; `reprocess --resume` tries again")
    return bool(far.failed or errors)


def kept_texts(articles: int) -> str:
    """What is said of articles whose pages retention has let go."""
    return (
        f"the text is kept of {counted(articles, 'article')} whose pages retention has let go "
        "(TRANSPACIFIC_KEEP_SNAPSHOTS_DAYS)"
    )


def describe(run: "Run", far: "Progress", changed: "Changed") -> dict[str, Any]:
    """A run for scripts."""
    return {
        "run": run.id,
        "state": run.state,
        "from": run.step,
        "selection": run.selection,
        "started": run.started_at,
        "by": run.started_by,
        "finished": run.finished_at,
        "undone": run.undone_at,
        "articles": run.articles,
        "without_page": run.without_page,
        "done": far.done,
        "failed": far.failed,
        "new_texts": changed.texts,
        "new_taggings": changed.taggings,
        "moved": changed.stories,
        "extractor": run.extractor_version,
        "algorithm": run.algorithm_version,
        "tagger": run.tagger_version,
        "lexicon": run.lexicon_version,
    }
