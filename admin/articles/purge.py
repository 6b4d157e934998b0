"""`transpacific purge`: articles that have to go, for good."""

import sys
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

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
from admin.output.errors import FAILED, Misuse

if TYPE_CHECKING:
    from store.articles.purge import Doomed
    from worker.context import Context

# Articles of the table for people; all of them are in the JSON.
LINES = 40


def purge(
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="URL", help="Addresses of articles.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="All articles of the outlet of this name.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why: kept with the tombstone.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show what has been purged.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Let the next poll bring these articles again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
) -> None:
    """Delete articles with their snapshots, revisions and tags.

    What is purged does not come back with the next poll, unless it is forgotten that it was.
    Stories that lose a copy are counted anew; those that keep none go too.

    \b
    Examples:
      transpacific purge https://news.example/2026/crates.html --reason "retracted"
      transpacific purge --source "Example News" --dry-run
      transpacific purge --forget https://news.example/2026/crates.html
    """
    from store.search import index

    named = urls or []
    asked = (list_, forget, source is not None, bool(named) and not forget)
    if sum(asked) != 1 or (forget and not named):
        raise Misuse("name URLs of articles, or a --source, or say --list or --forget URL")
    with service() as context:
        if list_:
            _list(context, as_json)
        elif forget:
            _forget(context, named, as_json)
        else:
            doomed = _doomed(context, named) if named else _doomed_source(context, source or "")
            if not as_json:
                _show(doomed)
            if doomed and not dry_run and not yes:
                _ask(doomed)
            gone = set[str]() if dry_run else _purge(context, doomed, reason)
            if gone:
                index.catch_up(context.database)
            _tell(doomed, gone, dry_run=dry_run, as_json=as_json)
            if source and gone:
                note(
                    f"what {source} prints from now on is taken in: `transpacific feeds pause URL`"
                )


def _doomed(context: "Context", urls: Sequence[str]) -> "list[Doomed]":
    """These articles. Raises `Misuse` where one of them is not here."""
    from ingest.url import UrlError, spellings
    from store.articles import addresses, purge, tombstones

    for url in urls:
        try:
            spellings(url)
        except UrlError as error:
            raise Misuse(f"{url}: {error}; nothing was purged") from None
    with context.database.reading() as session:
        doomed = purge.find(session, urls)
        here = {article.url for article in doomed}
        for url in urls:
            if addresses.known(session, url) not in here:
                tombstone = tombstones.of(session, url)
                what = f"was purged {moment(tombstone.purged_at)}" if tombstone else "is not here"
                raise Misuse(f"the article {url} {what}; nothing was purged")
    return doomed


def _doomed_source(context: "Context", name: str) -> "list[Doomed]":
    """The articles of an outlet. Raises `Misuse` where there is none of this name."""
    from store.articles import purge

    with context.database.reading() as session:
        doomed = purge.of_source(session, name)
    if doomed is None:
        raise Misuse(f"no outlet is named {name!r}: `transpacific feeds list` names them")
    return doomed


def _ask(doomed: "Sequence[Doomed]") -> None:
    """Go on only if a person at a terminal says so."""
    if not sys.stdin.isatty():
        raise Misuse("nobody can be asked here: say --yes, or --dry-run to see what would go")
    if not typer.confirm(f"Purge {counted(len(doomed), 'article')}?", err=True):
        note("nothing was purged")
        raise typer.Exit(FAILED)


def _purge(context: "Context", doomed: "Sequence[Doomed]", reason: str | None) -> set[str]:
    """Purge, some at a time; returns the URLs of what was still there."""
    from store.articles import purge
    from worker import clock

    gone = set[str]()
    ids = [article.article_id for article in doomed]
    with progress("purging", len(ids)) as update:
        for start in range(0, len(ids), purge.CHUNK):
            chunk = ids[start : start + purge.CHUNK]
            with context.database.writing() as session:
                gone |= set(purge.purge(session, chunk, reason=reason, now=clock.now()))
            update(start + len(chunk), "purging")
    return gone


def _tell(
    doomed: "Sequence[Doomed]", gone: Collection[str], *, dry_run: bool, as_json: bool
) -> None:
    if as_json:
        for article in doomed:
            print_json(_described(article) | {"purged": article.url in gone})
    elif not dry_run:
        print_result(f"purged {counted(len(gone), 'article')}")


def _show(doomed: "Sequence[Doomed]") -> None:
    """What would go, and what it does to stories."""
    if doomed:
        numbers = ("revisions", "snapshots", "copies left")
        table = plain_table(*numbers, "source", "article", right=numbers)
        left = _left(doomed)
        for article in doomed[:LINES]:
            copies = "" if article.story_id is None else str(left[article.story_id])
            counted = str(article.revisions), str(article.snapshots), copies
            table.add_row(*counted, shown(article.source), shown(article.url))
        print_table(table)
    if len(doomed) > LINES:
        note(f"and {len(doomed) - LINES} more: see --json")
    print_result(_summary(doomed))


def _summary(doomed: "Sequence[Doomed]") -> str:
    left = _left(doomed)
    vanish = sum(number == 0 for number in left.values())
    return (
        f"{counted(len(doomed), 'article')}, "
        f"{counted(sum(article.revisions for article in doomed), 'revision')}, "
        f"{counted(sum(article.snapshots for article in doomed), 'snapshot')}; "
        f"{counted(len(left) - vanish, 'story loses', 'stories lose')} copies, "
        f"{counted(vanish, 'vanishes', 'vanish')}"
    )


def _left(doomed: "Sequence[Doomed]") -> dict[int, int]:
    """How many articles each of their stories would keep."""
    go = Counter(article.story_id for article in doomed)
    return {
        article.story_id: article.copies - go[article.story_id]
        for article in doomed
        if article.story_id is not None
    }


def _described(article: "Doomed") -> dict[str, object]:
    return {
        "url": article.url,
        "title": article.title,
        "source": article.source,
        "revisions": article.revisions,
        "snapshots": article.snapshots,
        "story": article.story_id,
        "copies": article.copies,
    }


def _list(context: "Context", as_json: bool) -> None:
    from store.articles import tombstones

    with context.database.reading() as session:
        found = tombstones.listed(session)
    if as_json:
        for stone in found:
            print_json({"url": stone.url, "purged": stone.purged_at, "reason": stone.reason})
        return
    if not found:
        note("nothing has been purged")
        return
    table = plain_table("purged", "reason", "article")
    for stone in found:
        table.add_row(moment(stone.purged_at), shown(stone.reason or ""), shown(stone.url))
    print_table(table)


def _forget(context: "Context", urls: Sequence[str], as_json: bool) -> None:
    from ingest.url import UrlError
    from store.articles import tombstones

    with context.database.writing() as session:
        for url in urls:
            try:
                lifted = tombstones.lift(session, url)
            except UrlError as error:
                raise Misuse(f"{url}: {error}; nothing was forgotten") from None
            if not lifted:
                raise Misuse(f"{url} was not purged, see --list; nothing was forgotten")
    for url in urls:
        if as_json:
            print_json({"url": url, "forgotten": True})
        else:
            print_result(f"forgotten {url}")
