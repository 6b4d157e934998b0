"""What an analyst types into a search, as a tree: any text is a query, none is a mistake.

    soybeans tariffs          both, anywhere in the story
    soybeans OR 大豆          either; OR (or |) holds closer than the space between words
    "phase one"               the words in a row; any quotation marks do
    -hogs, NOT hogs           not this; before a phrase or parentheses too
    (a b) OR c                parentheses
    tarif*                    words that begin so, from three letters on
    US-China, 大豆价格        what is written in one piece stands in a row

What is left open is closed at the end, what is closed too often is passed over, and so is an OR
or a minus with nothing to join or to exclude, and punctuation alone. A query of exclusions alone
means everything but those. Nothing left means no query at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from store.search.tokens import phrase

# What is typed by hand is shorter by far; what is pasted ends here. Both databases give up on
# expressions that nest some hundred deep.
MOST_WORDS = 100
MOST_DEPTH = 10
# Of fewer letters, a prefix is a good part of the whole index.
LEAST_PREFIX = 3

_QUOTES = r'"([^"]*)"?|[“”„]([^“”„]*)[“”]?|「([^」]*)」?|『([^』]*)』?|«([^»]*)»?|＂([^＂]*)＂?'
_APART = r"\s,;，、；。：！？…"
_MINUS = r"\-－−"
_TOKEN = re.compile(
    rf"(?P<phrase>{_QUOTES})"
    r"|(?P<open>[(（])|(?P<close>[)）])|(?P<either>[|｜]+)"
    rf"|(?P<minus>[{_MINUS}]+(?=[^{_APART}{_MINUS}]))"
    rf"|(?P<word>[^{_APART}()（）|｜\"“”„「」『』«»＂]+)"
)
_PREFIX = re.compile(r"[*＊]+$")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row; with `open_end` the last may be the beginning of one."""

    words: tuple[str, ...]
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of these, at least two."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these, at least two."""

    parts: tuple["Node", ...]


Node = Phrase | Not | And | Or


def parse(query: str) -> Node | None:
    """The query as a tree; None where it asks nothing."""
    return _Parser(query).group(0)


def all_of(parts: list[Node]) -> Node | None:
    """All of these, however many."""
    flat = _flat(parts, And)
    return And(flat) if len(flat) > 1 else next(iter(flat), None)


def any_of(parts: list[Node]) -> Node | None:
    """Any of these, however many."""
    flat = _flat(parts, Or)
    return Or(flat) if len(flat) > 1 else next(iter(flat), None)


def wanted(node: Node | None) -> Iterator[Phrase]:
    """The phrases that are looked for, each once: not those that are excluded."""
    yield from dict.fromkeys(_wanted(node))


def _wanted(node: Node | None) -> Iterator[Phrase]:
    match node:
        case Phrase():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from _wanted(part)


def _flat(parts: list[Node], kind: type[And] | type[Or]) -> tuple[Node, ...]:
    inner = (part.parts if isinstance(part, kind) else (part,) for part in parts)
    return tuple(dict.fromkeys(part for some in inner for part in some))


class _Parser:
    """Reads the tokens once, from the left."""

    def __init__(self, query: str) -> None:
        self._tokens = _TOKEN.finditer(query)
        self._room = MOST_WORDS

    def group(self, depth: int) -> Node | None:
        """What stands up to the closing parenthesis, or to the end."""
        parts: list[Node] = []
        either = excluded = False
        for token in self._tokens:
            kind, text = token.lastgroup, token[0]
            if kind == "close":
                if depth:
                    break
                continue
            if kind == "either" or text == "OR":
                either = True
                continue
            if kind == "minus" or text == "NOT":
                excluded = True
                continue
            if text == "AND":
                continue
            if kind == "open":
                # Deeper ones are passed over: their words belong to the group they stand in.
                if depth == MOST_DEPTH:
                    continue
                node = self.group(depth + 1)
            else:
                node = self._phrase(token)
            if node is not None:
                node = _excluding(node) if excluded else node
                joined = any_of([parts.pop(), node]) if either and parts else node
                parts.extend([joined] if joined is not None else [])
            either = excluded = False
        return all_of(parts)

    def _phrase(self, token: re.Match[str]) -> Phrase | None:
        if token.lastgroup == "phrase":
            quoted = next(filter(None, token.groups()[1:7]), "")
            found, open_end = phrase(quoted)
        else:
            text = _PREFIX.sub("", token[0])
            found, open_end = phrase(text)
            if len(text) < len(token[0]) and len(found) == 1 and len(found[0]) >= LEAST_PREFIX:
                open_end = True
        kept = found[: self._room]
        self._room -= len(kept)
        return Phrase(kept, open_end and kept == found) if kept else None


def _excluding(node: Node) -> Node:
    return node.part if isinstance(node, Not) else Not(node)
