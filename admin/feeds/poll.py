"""`transpacific poll`: poll feeds now, and follow every article to its end in this process."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.feeds.commands import find
from admin.output.console import note, plain_table, print_json, print_table, progress, shown
from admin.output.context import service
from admin.output.errors import FAILED

if TYPE_CHECKING:
    from store.crawl.pending import Outcome, Waiting
    from store.tables import Feed, Poll
    from worker.context import Context


def poll(
    urls: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL", help="Feeds to poll, due or not; by default the due."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a feed and line.")] = False,
) -> None:
    """Poll feeds now, and follow their articles to the end.

    It needs no Redis and no workers, and may run beside them. Exit status 1 if a feed could not be
    polled.
    """
    from store.intake import polls
    from store.search import index
    from worker import clock
    from worker.run_to_end import follow

    with service() as context:
        ids = _named(context, urls) if urls else _due(context)
        if not ids:
            note(_nothing_to_do(context))
            return
        started = clock.now()
        if urls:
            with context.database.writing() as session:
                polls.make_due(session, ids, now=started)
        with progress("polling") as update:
            follow(context, frozenset(ids), lambda waiting: update(0, _waiting(waiting)))
            update(0, "indexing what was found")
            index.catch_up(context.database)
        reports = [_report(context, feed_id, started) for feed_id in ids]
    _print(reports, as_json)
    failed = [report for report in reports if report.failed]
    if failed:
        first = failed[0]
        note(
            f"{len(failed)} of {len(reports)} feeds could not be polled: {first.url}: {first.error}"
        )
        raise typer.Exit(FAILED)


def _named(context: "Context", urls: list[str]) -> list[int]:
    return list(dict.fromkeys(find(context, url)[0] for url in urls))


def _due(context: "Context") -> list[int]:
    from store.intake import polls
    from worker import clock

    with context.database.reading() as session:
        return [feed.id for feed in polls.due(session, now=clock.now()) if feed.id is not None]


def _nothing_to_do(context: "Context") -> str:
    from store.intake import feeds as store

    with context.database.reading() as session:
        if store.count(session):
            return "no feed is due; name one to poll it all the same"
    return "no feeds yet: `transpacific feeds import --catalogue` adds those that we know"


def _waiting(waiting: "Waiting") -> str:
    return f"polling: {waiting.left} articles on the way, {len(waiting.hosts)} hosts waiting"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a feed in this run; `error` may stand beside a poll that succeeded."""

    url: str
    status: int | None
    entries: int
    new: int
    revised: int
    failed_articles: int
    rolled_over: bool
    failed: bool
    error: str | None

    def described(self) -> dict[str, Any]:
        """The line of `--json`: a contract."""
        line = {
            "feed": self.url,
            "status": self.status,
            "entries": self.entries,
            "new": self.new,
            "revised": self.revised,
            "failed": self.failed_articles,
            "rolled_over": self.rolled_over,
        }
        return line | ({"error": self.error} if self.error else {})


def _report(context: "Context", feed_id: int, started: datetime) -> Report:
    from store.crawl import pending
    from store.intake import polls
    from store.tables import Feed

    with context.database.reading() as session:
        return describe(
            session.get_one(Feed, feed_id),
            polls.last_poll(session, feed_id),
            pending.outcome(session, feed_id, since=started),
            started,
        )


def describe(feed: "Feed", poll: "Poll | None", outcome: "Outcome", started: datetime) -> Report:
    """The report on a feed from its last poll, which may be older than this run."""
    polled = poll is not None and poll.at >= started
    return Report(
        url=feed.url,
        status=poll.status if poll and polled else None,
        entries=poll.entries if poll and polled else 0,
        new=outcome.new,
        revised=outcome.revised,
        failed_articles=outcome.failed,
        rolled_over=bool(poll and polled and poll.rolled_over),
        failed=not polled or (poll is not None and poll.outcome in ("failed", "unreached")),
        error=poll.error if poll and polled else _why_not_polled(feed),
    )


def _why_not_polled(feed: "Feed") -> str:
    if feed.paused:
        return f"it is paused: `transpacific feeds resume {feed.url}`"
    if feed.gone_at is not None:
        return f"it is gone for good: `transpacific feeds resume {feed.url}` tries again"
    return f"another worker is at {feed.host}, or the host wants to be left alone: try again later"


def _print(reports: list[Report], as_json: bool) -> None:
    if as_json:
        for report in reports:
            print_json(report.described())
        return
    counts = ("entries", "new", "revised", "failed")
    table = plain_table("status", *counts, "feed", "", right=("status", *counts))
    for report in reports:
        remarks = [report.error or ""]
        remarks += ["rolled over: entries may have been missed"] if report.rolled_over else []
        table.add_row(
            str(report.status or ""),
            *map(str, (report.entries, report.new, report.revised, report.failed_articles)),
            shown(report.url),
            shown("; ".join(filter(None, remarks))),
        )
    print_table(table)
