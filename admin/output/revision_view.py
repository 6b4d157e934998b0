"""An article's revisions as people and scripts read them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.text import Text

from admin.output.console import moment, plain_table, print_result, print_table, shown
from ingest.text.word_diff import Change, Kind, changes, word_count
from store.articles.revision_history import History, ShownRevision

if TYPE_CHECKING:
    from rich.console import Console

# Characters of what stayed that are shown on either side of a change: a line in all.
CONTEXT = 60
INDENT = "  "
# Without colours, as `git diff --word-diff` writes them.
_MARKS = {Kind.EQUAL: ("", ""), Kind.DELETE: ("[-", "-]"), Kind.INSERT: ("{+", "+}")}
_STYLES = {Kind.EQUAL: "", Kind.DELETE: "red strike", Kind.INSERT: "green underline"}


def revision_json(
    history: History, revision: ShownRevision, before: ShownRevision | None
) -> dict[str, Any]:
    """A revision for scripts, with its changes from the one before (None for the first)."""
    return {
        "article": history.article_id,
        "url": history.url,
        "number": revision.number,
        "seen": revision.seen_at,
        "title": revision.title,
        "words": word_count(revision.text),
        "quality": revision.quality,
        "taken_from": revision.taken_from,
        "gone": history.gone_at,
        "changes": None if before is None else _operations(before, revision),
    }


def changes_json(history: History, old: ShownRevision, new: ShownRevision) -> dict[str, Any]:
    """What changed between two revisions, for scripts."""
    return {
        "article": history.article_id,
        "url": history.url,
        "from": old.number,
        "to": new.number,
        "changes": _operations(old, new),
    }


def _operations(old: ShownRevision, new: ShownRevision) -> dict[str, list[dict[str, str]]]:
    fields = {"title": (old.title, new.title), "text": (old.text, new.text)}
    return {
        name: [{"op": part.kind.value, "text": part.text} for part in changes(*both)]
        for name, both in fields.items()
    }


def print_history(console: "Console", history: History) -> None:
    """The article, and a line a revision."""
    console.print(Text(shown(history.url), style="cyan"), soft_wrap=True)
    if history.gone_at is not None:
        print_result(f"Its page is gone since {moment(history.gone_at)}.")
    table = plain_table("", "seen", "words", "quality", "from", "title", right=("", "words"))
    for revision in history.revisions:
        table.add_row(
            str(revision.number),
            moment(revision.seen_at),
            str(word_count(revision.text)),
            revision.quality,
            revision.taken_from,
            shown(revision.title),
        )
    print_table(table)


def print_changes(console: "Console", old: ShownRevision, new: ShownRevision) -> None:
    """What changed between two revisions, each change with the words around it."""
    heading = f"{old.number}..{new.number}  {moment(new.seen_at)}"
    console.print(Text(heading, style="bold"))
    title, text = changes(old.title, new.title), changes(old.text, new.text)
    if not _has_changed(title) and not _has_changed(text):
        console.print(Text(f"{INDENT}no word has changed"))
    if _has_changed(title):
        _print_marked(console, "title: ", title)
    if _has_changed(text):
        _print_marked(console, "", text)


def _has_changed(parts: Iterable[Change]) -> bool:
    return any(part.kind is not Kind.EQUAL for part in parts)


def _print_marked(console: "Console", label: str, parts: tuple[Change, ...]) -> None:
    coloured = console.is_terminal and not console.no_color
    line = Text().append(label, style="dim")
    for number, part in enumerate(parts):
        text = _one_line(part.text)
        if part.kind is Kind.DELETE and parts[number + 1 : number + 2]:
            replaced = parts[number + 1].kind is Kind.INSERT
            text = text.rstrip() if replaced else text
        if part.kind is Kind.EQUAL:
            text = _around(text, is_first=number == 0, is_last=number == len(parts) - 1)
        if coloured:
            line.append(text, style=_STYLES[part.kind])
        else:
            line.append(_bracketed(text, *_MARKS[part.kind]))
    for wrapped in line.wrap(console, console.width - len(INDENT)):
        console.print(Text(INDENT).append_text(wrapped))


def _one_line(text: str) -> str:
    """A part of a text, cleaned; that it begins or ends with white space is kept."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return f"{before}{shown(text)}{after}"


def _bracketed(text: str, begin: str, end: str) -> str:
    """The text in marks, the space after it outside of them."""
    trimmed = text.rstrip()
    return f"{begin}{trimmed}{end}{text[len(trimmed) :]}"


def _around(text: str, *, is_first: bool, is_last: bool) -> str:
    """What stands after one change and before the next, without a long stretch between."""
    if len(text) <= CONTEXT * (2 - is_first - is_last):
        return text
    head = "" if is_first else _until_space(text[:CONTEXT])
    tail = "" if is_last else _until_space(text[: -CONTEXT - 1 : -1])[::-1]
    return f"{head}…{tail}"


def _until_space(text: str) -> str:
    """The text up to its last space, if it has one."""
    cut = text.rfind(" ")
    return text if cut <= 0 else text[: cut + 1]
