"""`transpacific dedupe`: which texts are one story, and why."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.output import files
from admin.output.console import note, print_json, print_result, progress, shown, stdout
from admin.output.errors import FAILED
from admin.output.files import BadLine

if TYPE_CHECKING:
    from ingest.duplicates.decide import Printing
    from ingest.duplicates.in_memory import Grouping


def dedupe(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help='JSONL of {"id", "title", "text"}; - is stdin.')
    ],
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Print {"id", "story"} for each line.')
    ] = False,
) -> None:
    """Which texts are one story, however they were edited, and why.

    Texts are taken in the order of their lines, as if they arrived so; "date" or "published", and
    "source", may be given. With --jsonl a line in is a line out, after all were read: {"id",
    "story", "because"}. A story goes by the id of its first text; a text that shows two stories to
    be one merges them.

    \b
    Examples:
      transpacific dedupe articles.jsonl
      transpacific dedupe --jsonl articles.jsonl > stories.jsonl
    """
    texts, grouping, bad = _read(file)
    if jsonl:
        for number, text in enumerate(texts):
            story = texts[grouping.story_of(number)].id
            print_json({"id": text.id, "story": story, "because": text.because})
    else:
        _print_groups(texts, grouping)
    if bad:
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Text:
    id: str | int
    title: str
    because: str | None


def _read(file: str) -> tuple[list[_Text], "Grouping", int]:
    """The texts of the lines, their stories, and how many lines were bad."""
    from ingest.duplicates.in_memory import Grouping

    texts: list[_Text] = []
    grouping = Grouping()
    bad = 0
    with files.opened(file) as lines, progress("comparing") as update:
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            try:
                record = files.json_object(line)
                printing = to_printing(record)
            except BadLine as error:
                bad += 1
                note(f"line {number}: {error}")
                continue
            joined = grouping.add(printing)
            texts.append(_Text(record["id"], printing.title, joined.because))
            update(0, f"comparing: {len(texts):,}")
    return texts, grouping, bad


def to_printing(record: dict[str, Any]) -> "Printing":
    """The text of a record of JSONL. Raises `BadLine`."""
    from ingest.dates import parse_date
    from ingest.duplicates.decide import Printing

    dated = record.get("published") or record.get("date")
    return Printing(
        files.text_of(record, "title"),
        files.text_of(record, "text", required=True),
        parse_date(dated, origin="text").at if isinstance(dated, str) else None,
        files.text_of(record, "source") or None,
    )


def _print_groups(texts: list[_Text], grouping: "Grouping") -> None:
    """The stories of several texts, each with its texts and the reasons why they joined it."""
    stories: dict[int, list[_Text]] = {}
    for number, text in enumerate(texts):
        stories.setdefault(grouping.story_of(number), []).append(text)
    console = stdout()
    several = [group for group in stories.values() if len(group) > 1]
    for group in several:
        console.print(shown(group[0].title) or "(no title)", style="bold", soft_wrap=True)
        console.print(f"    {shown(group[0].id)}", soft_wrap=True)
        for text in group[1:]:
            reason = text.because or "a later text is a copy of both"
            console.print(f"    {shown(text.id)}: {shown(reason)}", soft_wrap=True)
    print_result(
        f"{len(texts):,} texts, {len(stories):,} stories, {len(several):,} of them of several texts"
    )
