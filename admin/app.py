"""`transpacific`: the commands put together, and how each of them ends."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from admin.analysis.counts import counts
from admin.analysis.export import export
from admin.analysis.revisions import revisions
from admin.analysis.sql import sql
from admin.analysis.stories import stories
from admin.articles.purge import purge
from admin.articles.reprocess import reprocess
from admin.articles.runs import runs
from admin.articles.trace import trace
from admin.db import db
from admin.feeds.commands import feeds
from admin.feeds.import_command import import_
from admin.feeds.poll import poll
from admin.lab.dedupe import dedupe
from admin.lab.extract import extract
from admin.lab.tag import tag
from admin.output.errors import Misuse, help_without_command, tell
from admin.service.demo import demo
from admin.service.doctor import doctor
from admin.service.status import retry, status
from admin.service.up import up

HELP = """An always-on news ingestion service about US–China relations.

Feeds are polled, pages fetched, articles extracted, tagged and kept as deduplicated stories.

\b
To begin with:
  transpacific demo                      a sample wire, end to end, offline
  transpacific up                        the service, with the catalogue's feeds
  transpacific stories --topic trade     what it has found

Settings are TRANSPACIFIC_* environment variables, or transpacific.toml in TRANSPACIFIC_HOME.
Exit status: 0 done, 1 failed, 2 misused, 130 stopped by Ctrl-C.
"""

# Plain help: Rich's panels fold the examples, and cost twice the time to start.
app = typer.Typer(help=HELP, rich_markup_mode=None)

for command in (
    up,
    demo,
    poll,
    stories,
    counts,
    revisions,
    export,
    status,
    trace,
    doctor,
    retry,
    purge,
    tag,
    extract,
    dedupe,
    reprocess,
):
    app.command()(command)
# So that a statement may begin with a comment, as those of the tutorial do.
app.command(context_settings={"ignore_unknown_options": True})(sql)
app.command("import")(import_)
app.add_typer(feeds, name="feeds")
app.add_typer(db, name="db")
app.add_typer(runs, name="runs")


def _print_version(asked: bool) -> None:
    if asked:
        from admin.output.version import program_version

        print(f"transpacific {program_version()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _transpacific(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    help_without_command(context)


def run(arguments: Sequence[str]) -> int:
    """Run a command; return its exit status. What went wrong is one line on stderr."""
    try:
        for argument in arguments:
            _refuse_undecodable(argument)
        status = app(args=list(arguments), prog_name="transpacific", standalone_mode=False)
    except SystemExit as ended:  # a pipe whose reader went away, completions
        return int(ended.code or 0)
    except BaseException as error:
        told = tell(error)
        if told.line is not None:
            print(f"transpacific: {told.line}", file=sys.stderr)
        return told.status
    return status if isinstance(status, int) else 0


def _refuse_undecodable(argument: str) -> None:
    """Refuse bytes that are no UTF-8, which Python hands on as lone surrogates: no database keeps
    them, and no query or URL means them."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        spelled = argument.encode(errors="backslashreplace").decode()
        raise Misuse(f"the argument {spelled} is not UTF-8") from None


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows its number instead of ending the command.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))
