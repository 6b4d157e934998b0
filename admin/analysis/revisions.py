"""`transpacific revisions`: what an article has said, and what was changed in it."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import typer

from admin.output.console import note, print_json, stdout
from admin.output.context import service
from admin.output.errors import Misuse

if TYPE_CHECKING:
    from store.articles.revision_history import History, ShownRevision

_RANGE = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})", re.ASCII)


def revisions(
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of an article.")],
    diff: Annotated[
        str | None,
        typer.Option(metavar="N..M", help="Only what changed between these two, as in 1..3."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object a line, with the changes as operations.")
    ] = False,
) -> None:
    """The revisions of an article, and what changed, word by word.

    What was taken out stands in [- -], what was put in in {+ +}; on a terminal in red and green.

    \b
    Examples:
      transpacific revisions https://news.example/visit.html
      transpacific revisions https://news.example/visit.html --diff 1..3
    """
    from admin.output.revision_view import changes_json, print_changes, print_history, revision_json

    wanted = None if diff is None else _range(diff)
    found = _history(url)
    if not found.revisions:
        note(f"{found.url} has not been read yet: it waits for {found.stage}, see the status")
        return
    console = stdout()
    if wanted is not None:
        old, new = (_revision(found, number) for number in wanted)
        if as_json:
            print_json(changes_json(found, old, new))
        else:
            print_changes(console, old, new)
        return
    before: list[ShownRevision | None] = [None, *found.revisions[:-1]]
    if as_json:
        for old_or_none, new in zip(before, found.revisions, strict=True):
            print_json(revision_json(found, new, old_or_none))
        return
    print_history(console, found)
    for old, new in pairwise(found.revisions):
        console.print()
        print_changes(console, old, new)


def _history(url: str) -> "History":
    from ingest.url import UrlError
    from store.articles import addresses
    from store.articles.revision_history import history

    with service() as context, context.database.reading() as session:
        try:
            address = addresses.known(session, url)
        except UrlError as error:
            raise Misuse(f"{url}: {error}") from None
        found = history(session, address)
    if found is None:
        raise Misuse(
            f"no article {address} here: name it as its feed links to it; "
            "`transpacific stories --format jsonl` and `transpacific export articles` list them"
        )
    return found


def _range(written: str) -> tuple[int, int]:
    numbers = _RANGE.fullmatch(written.strip())
    if numbers is None:
        raise Misuse(f"--diff takes the numbers of two revisions, as in 1..2, not {written!r}")
    return int(numbers[1]), int(numbers[2])


def _revision(found: "History", number: int) -> "ShownRevision":
    for revision in found.revisions:
        if revision.number == number:
            return revision
    raise Misuse(
        f"there is no revision {number} of {found.url}; it has 1 to {found.revisions[-1].number}"
    )
