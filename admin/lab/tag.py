"""`transpacific tag`: what the tagger says of texts, and why."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.output import files
from admin.output.console import note, print_json, shown, stdout
from admin.output.errors import FAILED, Misuse
from admin.output.files import BadLine

if TYPE_CHECKING:
    from datetime import date

    from rich.text import Text

    from ingest.relations import Tagger, Tagging
    from ingest.relations.compare import Change, Comparison
    from ingest.relations.explain import Segment


def tag(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A text or JSONL; - is stdin.")],
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Lines of {"id", "title", "text"} (+ "date").')
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="OLD.jsonl",
            help="An earlier run's output over the same lines: tell whose labels changed, and why.",
        ),
    ] = None,
) -> None:
    """What the tagger says of texts, and why.

    A text's first line is its title where an empty line follows it. With --jsonl a line in is a
    line out: {"id", "relevance", "score", "topics", "actors", "stance", "language", "evidence"}.
    TRANSPACIFIC_LEXICON names a lexicon of your own that is laid over ours.

    \b
    Examples:
      transpacific tag article.txt
      transpacific tag --jsonl articles.jsonl > tags.jsonl
      transpacific tag --compare tags.jsonl articles.jsonl
    """
    from ingest.relations import load_tagger
    from worker import settings

    tagger = load_tagger(settings.load().lexicon)
    if compare is not None:
        _compare(tagger, file, compare, as_json=jsonl)
    elif jsonl:
        records = _Records(tagger, file)
        for record in records:
            print_json(record)
        records.end()
    else:
        _explain(tagger, files.read(file))


class _Records:
    """The taggings of a JSONL file's lines, as they come; bad lines are told and counted."""

    def __init__(self, tagger: "Tagger", file: str) -> None:
        self._tagger = tagger
        self._file = file
        self._bad = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with files.opened(self._file) as lines:
            for number, line in enumerate(lines, start=1):
                if line.isspace():
                    continue
                try:
                    yield tag_line(self._tagger, line)
                except BadLine as error:
                    self._bad += 1
                    note(f"line {number}: {error}")

    def end(self) -> None:
        """Exit with status 1 if a line was bad."""
        if self._bad:
            raise typer.Exit(FAILED)


def tag_line(tagger: "Tagger", line: bytes) -> dict[str, Any]:
    """The answer to a line of JSONL. Raises `BadLine`."""
    from ingest.relations import to_json
    from ingest.text.sanitise import clean_text

    record = files.json_object(line)
    title = clean_text(files.text_of(record, "title"))
    text = clean_text(files.text_of(record, "text", required=True))
    tagging = tagger.tag(title, text, date=_day(record.get("date")))
    return to_json(tagging, str(record["id"])) | {"id": record["id"]}


def _day(value: object) -> "date | None":
    """The day for which actors' roles are looked up; None where the record tells none."""
    from ingest.dates import parse_date

    at = parse_date(value, origin="text").at if isinstance(value, str) else None
    return at.date() if at else None


def split_title(text: str) -> tuple[str, str]:
    """A title and the text below it: the first line, where an empty one follows or nothing."""
    first, _, rest = text.lstrip("\n").partition("\n")
    below, _, _ = rest.partition("\n")
    if below.strip():
        return "", text
    return first.strip(), rest.lstrip("\n")


def _explain(tagger: "Tagger", body: bytes) -> None:
    from ingest.relations.explain import marked, reckoning, verdict
    from ingest.text.charset import decode
    from ingest.text.sanitise import clean_text

    decoded, _ = decode(body, declared=None)
    title, text = split_title(clean_text(decoded).rstrip())
    if not title and not text.strip():
        raise Misuse("there is no text to tag")
    tagging = tagger.tag(title, text)
    console = stdout()
    console.print(verdict(tagging), style="bold")
    for line in _actors(tagging):
        console.print(line)
    console.print()
    plain = not console.is_terminal
    if title:
        console.print(_marked(marked(title, tagging, "title"), plain=plain), style="bold")
    if text.strip():
        console.print(_marked(marked(text, tagging), plain=plain))
    console.print("\nThe reckoning (log-odds: of being relevant, of being primary)", style="bold")
    for line in reckoning(tagging):
        console.print(line)


def _marked(segments: "Iterable[Segment]", *, plain: bool) -> "Text":
    """The text with its evidence in colour, or in brackets where there is no colour."""
    from rich.text import Text

    from admin.output.story_view import MARK_STYLE, SIDE_STYLES

    line = Text()
    for segment in segments:
        if not segment.rules:
            line.append(segment.text)
        elif plain:
            line.append(f"[{segment.text}]")
        else:
            style = SIDE_STYLES.get(segment.sides[0], MARK_STYLE) if segment.sides else MARK_STYLE
            line.append(segment.text, style=style)
    return line


def _actors(tagging: "Tagging") -> Iterator[str]:
    from admin.output.story_view import SIDES

    for side, title in SIDES.items():
        names = [
            f"{actor.name} ×{actor.count}" for actor in tagging.actors if str(actor.side) == side
        ]
        if names:
            yield f"{title}: {', '.join(names)}"


def _compare(tagger: "Tagger", file: str, old: str, *, as_json: bool) -> None:
    from ingest.relations.compare import compare

    with files.opened(old) as lines:
        before = [_old_record(old, *numbered) for numbered in enumerate(lines, start=1)]
    records = _Records(tagger, file)
    comparison = compare(filter(None, before), records)
    if as_json:
        for change in comparison.changes:
            print_json(_change_json(change))
    else:
        _print_comparison(comparison)
    records.end()


def _old_record(name: str, number: int, line: bytes) -> dict[str, Any] | None:
    if line.isspace():
        return None
    try:
        record = files.json_object(line)
        files.text_of(record, "relevance", required=True)
    except BadLine as error:
        raise Misuse(
            f"{name}, line {number}: {error}; it takes what `tag --jsonl` prints"
        ) from None
    return record


def _change_json(change: "Change") -> dict[str, Any]:
    return {
        "id": change.id,
        "labels": {label: {"old": old, "new": new} for label, (old, new) in change.labels.items()},
        "score": {"old": change.old_score, "new": change.new_score},
        "kinds": list(change.kinds()),
        "reasons": list(change.reasons),
    }


def _print_comparison(comparison: "Comparison") -> None:
    console = stdout()
    for change in comparison.changes:
        labels = "; ".join(
            f"{label}: {_label(old)} -> {_label(new)}"
            for label, (old, new) in change.labels.items()
        )
        scores = f"score {change.old_score:.2f} -> {change.new_score:.2f}"
        console.print(shown(f"{change.id}: {labels}; {scores}"), style="bold", soft_wrap=True)
        for reason in change.reasons:
            console.print(f"    {shown(reason)}", soft_wrap=True)
    for kind in comparison.by_kind():
        examples = ", ".join(map(str, kind.examples))
        console.print(shown(f"{kind.count} {kind.kind} ({examples})"), soft_wrap=True)
    console.print(
        f"{len(comparison.changes)} changed, {comparison.same} the same, "
        f"{len(comparison.only_old)} in the old run only, {len(comparison.only_new)} in the new"
    )


def _label(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value or "none")
