"""`transpacific demo`: the sample wire through the whole pipeline, offline."""

from typing import TYPE_CHECKING, Annotated

import typer

from admin.output.console import print_json, progress, stdout
from admin.output.errors import Failure

if TYPE_CHECKING:
    from worker.demo.running import DemoReport


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """A sample wire, end to end and offline.

    Prints the stories found, their copies, and why they were found. Your own data stay as they are.
    """
    import logging

    from admin.output.story_view import print_story, story_json
    from worker.demo.running import run_demo
    from worker.watch import logs

    logs.configure("auto", logging.ERROR)
    with progress("starting") as update:
        report = run_demo(lambda what: update(0, what))
    if not report.found:
        raise Failure(f"the demo found no story in {report.articles} articles: please report it")
    if as_json:
        print_json(_counts(report) | {"found": [story_json(found) for found in report.found]})
        return
    console = stdout()
    for found in report.found:
        print_story(console, found)
    console.print(summary(report), style="bold")


def _counts(report: "DemoReport") -> dict[str, object]:
    return {
        "feeds": report.feeds,
        "articles": report.articles,
        "stories": report.stories,
        "revised": report.revised,
        "seconds": round(report.seconds, 1),
    }


def summary(report: "DemoReport") -> str:
    """The last line: counts and seconds."""
    return (
        f"{report.feeds} feeds, {report.articles} articles ({report.revised} edited since), "
        f"{report.stories} stories, {len(report.found)} of them about US–China relations; "
        f"{report.seconds:.1f} s"
    )
