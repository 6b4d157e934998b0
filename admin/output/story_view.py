"""A story as people read it: a line of facts, the headline, who is in it, and why it was found."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from admin.output.console import shown
from admin.output.quotes import Quotation, alternating, hits, plain, quotations
from store.exports.rows import story_row

if TYPE_CHECKING:
    from rich.console import Console

    from store.search.query import Node
    from store.search.results import ActorFound, StoryFound

# Names a side, the persons first: who else is named is in the JSON.
MOST_NAMES = 5
# Outlets that are named; the count beside them is whole.
MOST_SOURCES = 5
INDENT = "  "
# The sides as they are called, in the order of showing.
SIDES = {"us": "United States", "china": "China", "taiwan": "Taiwan", "third": "Others"}
# The colours of the sides, each of them readable on a light and on a dark ground.
SIDE_STYLES = {
    "us": "bold blue",
    "china": "bold red",
    "taiwan": "bold green",
    "both": "bold magenta",
}
MARK_STYLE = "bold yellow"
_RELEVANCE_STYLES = {"primary": "bold green", "secondary": "yellow"}


def story_json(found: "StoryFound", query: "Node | None" = None) -> dict[str, Any]:
    """A story for scripts: the fields of `export stories`, then the evidence and its sentences.

    With a query, `hits` are the sentences that hold its words, each as its stretches of text:
    every second is what was asked for.
    """
    quoted = quotations(found.text, found.evidence)
    told = story_row(found) | {
        "evidence": list(found.evidence),
        "sentences": [plain(quotation) for quotation in quoted],
    }
    if query is not None:
        told["hits"] = [alternating(quotation) for quotation in hits(found.text, query)]
    return told


def print_story(console: "Console", found: "StoryFound", query: "Node | None" = None) -> None:
    """A story for people, with an empty line after it.

    Where the words of a query stand, or else why the story was found.
    """
    console.print(_facts(found))
    console.print(Text(shown(found.title) or "(no title)", style="bold"))
    for detail in _details(found, query):
        for line in detail.wrap(console, console.width - len(INDENT)):
            console.print(Text(INDENT).append_text(line))
    for url in found.urls[:1]:
        # Never broken into lines: it is there to be clicked and copied.
        console.print(Text(f"{INDENT}{shown(url)}", style="cyan"), soft_wrap=True)
    console.print()


def _facts(found: "StoryFound") -> Table:
    """Date, relevance and topics on the left, copies on the right."""
    when = (found.first_published or found.first_seen).date().isoformat()
    style = _RELEVANCE_STYLES.get(found.relevance, "")
    left = Text.assemble(
        (when, "cyan"), "  ", (f"{found.relevance} {found.score:.2f}", style), "  "
    )
    left.append(", ".join(found.topics) or "no topic")
    if found.stance:
        left.append(f"  ({found.stance})", style="dim")
    copies = f"{found.articles} {'copy' if found.articles == 1 else 'copies'}"
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, Text(copies, style="bold" if found.articles > 1 else "dim"))
    return grid


def _details(found: "StoryFound", query: "Node | None") -> Iterator[Text]:
    sources = _listed(map(shown, found.sources), MOST_SOURCES)
    credited = f"; credited to {shown(found.agency)}" if found.agency else ""
    yield Text(sources + credited, style="dim")
    people = _people(found.actors)
    if people.plain:
        yield people
    asked_for = hits(found.text, query)
    for quotation in asked_for or quotations(found.text, found.evidence):
        yield marked(quotation)


def _people(actors: Iterable["ActorFound"]) -> Text:
    """Who is named of each side, persons first; places and countries say nothing here."""
    line = Text()
    by_side: dict[str, list[ActorFound]] = {}
    for actor in sorted(actors, key=lambda actor: actor.kind != "person"):
        if actor.kind not in ("place", "country", "people"):
            by_side.setdefault(actor.side, []).append(actor)
    for side, title in SIDES.items():
        if side in by_side:
            line.append("   " if line.plain else "")
            line.append(f"{title}: ", style=SIDE_STYLES.get(side, "bold"))
            line.append(_listed(map(_name, by_side[side]), MOST_NAMES))
    return line


def _name(actor: "ActorFound") -> str:
    return shown(f"{actor.name} ({actor.role})" if actor.role else actor.name)


def _listed(names: Iterable[str], most: int) -> str:
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def marked(quotation: Quotation) -> Text:
    """A sentence with its telling words in the colours of their sides."""
    line = Text("“")
    for piece in quotation:
        style = SIDE_STYLES.get(piece.side or "", MARK_STYLE) if piece.marked else ""
        line.append(_inner(piece.text), style=style)
    return line.append("”")


def _inner(text: str) -> str:
    """A part of a line, cleaned like the whole; the spaces at its ends are kept."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return f"{before}{shown(text)}{after}"
