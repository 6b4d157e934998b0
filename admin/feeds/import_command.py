"""`transpacific import`: articles of other archives and lists, into the same pipeline."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.feeds.import_kinds import Kind
from admin.output.console import counted, note, print_json, print_result, progress
from admin.output.context import service
from admin.output.errors import FAILED, Misuse

if TYPE_CHECKING:
    from datetime import datetime

    from admin.feeds.import_readers import Source
    from ingest.imports.items import Arrival, NamedSource
    from store.intake.imports import Fate
    from worker.context import Context

# Unusable lines, records and files that are shown one by one; the rest is counted.
SHOWN = 20
# Bytes of pages that are held before they are written, whatever their number.
HELD = 16_000_000
# Characters of --origin, which stands on every article's row.
MAX_ORIGIN = 300


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, a folder, or - for stdin.")],
    kind: Annotated[
        Kind | None, typer.Option(help="By default told by the name and the content.")
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="The outlet, where the list names none.")
    ] = "",
    origin: Annotated[
        str, typer.Option(metavar="TEXT", help="Where they come from; by default the file's name.")
    ] = "",
    base: Annotated[
        str | None,
        typer.Option(metavar="URL", help="HTML files that state no address were under this one."),
    ] = None,
    process: Annotated[
        bool | None,
        typer.Option(
            "--process/--no-process",
            help="Process pages here, or leave it to the workers; by default here, unless the "
            "service is running.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; tell what would come of it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Import articles: lists of URLs, WARC files, folders of HTML.

    URLs come as text, CSV or bookmarks (OPML), and are fetched by the service like any article.
    WARC and HTML bring their pages, and nothing is fetched. What is there already is left as it is,
    and what was purged stays away; so the same import twice changes nothing. A CSV's first line
    names its columns: url, and as you have them title, published, source, country and kind.

    Exit status 1 if something in it could not be used.

    \b
    Examples:
      transpacific import links.csv --origin "Survey of 2025"
      transpacific import crawl-2024.warc.gz
      transpacific import mirror/ --base https://news.example.org/
    """
    from admin.feeds.import_readers import opened
    from worker import clock

    named = _source(source)
    if base is not None:
        _check(base)
    now = clock.now()
    with service() as context, opened(file, kind, base=base, now=now) as opened_source:
        told = _told(origin, opened_source)
        work = _Import(context, told, named, now, dry_run=dry_run)
        report = work.report
        try:
            with progress("importing") as update:
                work.take(opened_source, update)
            if not dry_run:
                report.processed = _process(context, process)
        except KeyboardInterrupt:
            note("what was imported so far stays; the same command goes on with the rest")
            raise
        _print(context, report, opened_source, told, dry_run=dry_run, as_json=as_json)
    if report.unusable:
        raise typer.Exit(FAILED)


def _source(name: str) -> "NamedSource | None":
    from ingest.feeds.subscription import MAX_NAME
    from ingest.imports.items import NamedSource
    from ingest.text.sanitise import clean_line

    name = clean_line(name)
    if len(name) > MAX_NAME:
        raise Misuse(f"--source is a name of {len(name):,} characters; it may have {MAX_NAME}")
    return NamedSource(name) if name else None


def _check(base: str) -> None:
    from ingest.url import UrlError, canonical

    try:
        canonical(base)
    except UrlError as error:
        raise Misuse(f"--base {base}: {error}") from None


def _told(origin: str, source: "Source") -> str:
    from ingest.text.sanitise import clean_line

    return clean_line(origin or f"{source.kind} {source.name}")[:MAX_ORIGIN]


@dataclass
class _Report:
    """What came of an import so far."""

    fates: "Counter[Fate]" = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    unusable: int = 0
    shown: list[dict[str, str]] = field(default_factory=list)
    processed: int | None = None  # None: left to the workers

    def refuse(self, where: str, reason: str) -> None:
        """Count what cannot be used, and keep the first of them to be shown."""
        self.unusable += 1
        if len(self.shown) < SHOWN:
            self.shown.append({"where": where, "reason": reason})


class _Import:
    """One import under way: arrivals are written in batches, each a transaction of its own."""

    def __init__(
        self,
        context: "Context",
        origin: str,
        source: "NamedSource | None",
        now: "datetime",
        *,
        dry_run: bool,
    ) -> None:
        from store.intake.imports import Standing
        from store.intake.sources import SourceFinder

        self.report = _Report()
        self._context = context
        self._origin = origin
        self._source = source
        self._now = now
        self._sources = SourceFinder()
        self._seen: dict[bytes, Standing] | None = {} if dry_run else None

    def take(self, source: "Source", update: Callable[[int, str], None]) -> None:
        """Read all of it. What was written before an error, or Ctrl-C, stays."""
        from ingest.imports.items import Arrival, Damaged, PassedOver, Unusable
        from store.intake.imports import BATCH

        held, size = list[Arrival](), 0
        try:
            for found in source.found:
                match found:
                    case Unusable(where, reason):
                        self.report.refuse(where, reason)
                    case PassedOver(reason):
                        self.report.passed_over[reason] += 1
                    case Arrival():
                        held.append(found)
                        size += len(found.page.body) if found.page else 0
                if len(held) >= BATCH or size >= HELD:
                    self._write(held)
                    held, size = [], 0
                    update(0, f"importing: {self.report.fates.total():,}")
        except Damaged as error:
            self.report.refuse(source.name, str(error))
        self._write(held)

    def _write(self, arrivals: "list[Arrival]") -> None:
        from store.intake import imports

        if not arrivals:
            return
        if self._seen is not None:
            with self._context.database.reading() as session:
                self.report.fates += imports.preview(session, arrivals, self._seen)
            return
        with self._context.database.writing() as session:
            self.report.fates += imports.record(
                session,
                arrivals,
                origin=self._origin,
                sources=self._sources,
                source=self._source,
                now=self._now,
            )


def _process(context: "Context", asked: bool | None) -> int | None:
    """Process what waits for it, unless that is left to the workers; return how many there were."""
    from store.intake import imports
    from store.tables import Stage
    from worker.home.lock import running_broker

    if asked is None:
        settings = context.settings
        asked = not settings.redis_url and running_broker(settings.home) is None
    if not asked:
        return None
    with context.database.reading() as session:
        total = imports.count_waiting(session, Stage.PROCESS)
    if not total:
        return 0
    from worker.processing_here import process_waiting  # extraction is slow to import

    with progress("processing", total) as update:
        return process_waiting(context, lambda done: update(done, "processing"))


# --- printing ---

_WORDS = {
    "new": "new",
    "known": "known already",
    "newer": "later captures of known articles",
    "older": "earlier captures of known articles",
    "purged": "purged before, and left out",
}


def _print(
    context: "Context",
    report: _Report,
    source: "Source",
    origin: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    from store.intake import imports
    from store.tables import Stage

    for each in report.shown:
        note(f"{each['where']}: {each['reason']}")
    if report.unusable > len(report.shown):
        note(f"and {report.unusable - len(report.shown):,} more that could not be used")
    counts = {fate.value: report.fates[fate] for fate in imports.Fate}
    if as_json:
        print_json(_described(report, source, origin, counts, dry_run=dry_run))
        return
    said = [f"{number:,} {_WORDS[name]}" for name, number in counts.items() if number]
    said += [f"{report.unusable:,} not usable"] if report.unusable else []
    over = [f"{number:,} {reason}" for reason, number in report.passed_over.most_common()]
    line = ", ".join(said) or "nothing to import"
    print_result(
        line + (f" (passed over: {', '.join(over)})" if over else "")
        + ("; nothing was written" if dry_run else "")
    )  # fmt: skip
    if dry_run:
        return
    with context.database.reading() as session:
        to_fetch = imports.count_waiting(session, Stage.FETCH)
        to_process = imports.count_waiting(session, Stage.PROCESS)
    if report.processed:
        print_result(f"{report.processed:,} processed")
    if to_process and (report.processed is None or report.processed):
        waiting = counted(to_process, "article waits", "articles wait")
        note(f"{waiting} to be processed: the service's workers do it")
    if to_fetch:
        waiting = counted(to_fetch, "article waits", "articles wait")
        note(f"{waiting} to be fetched: the service (`transpacific up`) does it")


def _described(
    report: _Report, source: "Source", origin: str, counts: dict[str, int], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "origin": origin,
        **counts,
        "passed_over": dict(report.passed_over),
        "unusable": report.unusable,
        "errors": report.shown,
        "processed": report.processed,
        "dry_run": dry_run,
    }
