"""The lexicon: TOML files that an analyst can read and edit, loaded and checked.

A folder of `*.toml` holds tables of these kinds (keys in brackets may be left out):

    [[actor]]     who belongs to a side: id, name, side, kind, names, exact
                  [wikidata, roles, topics, weight: how surely the name means its state;
                  stems and forms: names that count only in these forms, "mayor of {}"]
    [[roster]]    those who hold one office, a line each: side, members [title, forms, bare,
                  topics, weight]; shorthand.py tells how a line is read
    [[topic]]     a topic's vocabulary: id, terms [strong: terms that nearly decide it]
    [[relation]]  words for dealings: polarity, kind, terms [topics, weight]
    [[frame]]     set phrases that mean both sides at once: id, names, exact, side = "both"
                  [topics, weight: how surely, why]
    [[voice]]     openings that tell whose government speaks: id, side, names, exact
    [[genre]]     titles of pieces that are by their kind about something else (reports on the
                  stock market): id, names, exact [why]
    [[mask]]      what must not match: id, names, exact, why

`names` and `terms` match in any case, `exact` in that very case; of `names` and `exact` one is
enough. An overlay file of the operator's own holds the same tables, which add, and `[[remove]]`
tables (`id` or `names`), which take away.
"""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ingest.relations.lexicon_file import Document, LexiconError
from ingest.text.scripts import to_simplified

LEXICON_FOLDER = Path(__file__).parent / "lexicon"

# A strong term counts as this many ordinary ones: two ordinary terms may be chance, three seldom
# are.
STRONG_TERM = 3.0
# How much an actor's name says that its state is meant, where the lexicon gives no weight of its
# own.
KIND_WEIGHTS = {"company": 0.5, "place": 0.7}

CHECKSUM_LENGTH = 12  # hex digits: enough to tell versions of one file apart


# So that People’s is People's, US–China is US-China, and a space that does not break, is narrow or
# ideographic is a space.
_PLAIN = (
    ("’", "'"), ("‘", "'"), ("\u2010", "-"), ("\u2011", "-"), ("–", "-"), ("\xa0", " "),
    ("\u2007", " "), ("\u2009", " "), ("\u202f", " "), ("\u3000", " "),
)  # fmt: skip


class Table(StrEnum):
    ACTOR = "actor"
    TOPIC = "topic"
    RELATION = "relation"
    FRAME = "frame"
    VOICE = "voice"
    GENRE = "genre"
    MASK = "mask"


class Side(StrEnum):
    US = "us"
    CHINA = "china"
    TAIWAN = "taiwan"
    THIRD = "third"
    BOTH = "both"  # frames only


class Polarity(StrEnum):
    COOPERATION = "cooperation"
    CONFLICT = "conflict"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Role:
    """An office held from `start` until the day before `end`; None is open."""

    title: str
    start: date | None
    end: date | None

    def held_on(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One thing that a name or term stands for. Compared by identity: a lexicon holds each once.

    `place` says where a sentence keeps its matches: "us", "china", "taiwan", "third" for actors,
    the table's own word with an s otherwise.
    """

    table: Table
    id: str
    name: str
    place: str
    side: Side | None = None
    kind: str = ""
    polarity: Polarity | None = None
    topics: tuple[str, ...] = ()
    weight: float = 1.0
    roles: tuple[Role, ...] = ()
    wikidata: str | None = None


class Sense(NamedTuple):
    """What a name means: its entry, and the one spelling it must have (None: any case)."""

    entry: Entry
    exact: str | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Lower-cased names with what they mean. `version` is a checksum of the files' contents."""

    senses: Mapping[str, tuple[Sense, ...]]
    version: str


def fold(text: str) -> str:
    """`text` as names are compared: in lower case, Han letters simplified, typographic apostrophes,
    hyphens and spaces plain.

    Every character keeps its place (`İ`, which lower case would make two, stays as it is).
    """
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    if not folded.isascii():
        for typographic, plain in _PLAIN:
            folded = folded.replace(typographic, plain)
        folded = to_simplified(folded)
    return folded


def load_lexicon(overlay: Path | None = None, folder: Path = LEXICON_FOLDER) -> Lexicon:
    """Read every TOML file of `folder`, then the operator's `overlay`.

    Raises LexiconError for what cannot be read, is unknown, empty, double or contradicts itself.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise LexiconError(folder, 0, "no lexicon here: a folder with *.toml files is needed")
    digest = hashlib.sha256()
    builder = _Builder()
    if overlay is not None:
        files.append(overlay)
    with _no_collection():
        for file in files:
            body = _read(file)
            digest.update(body)
            builder.add(Document(file, body), removals=file is overlay)
        return Lexicon(senses=builder.senses(), version=digest.hexdigest()[:CHECKSUM_LENGTH])


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing of what is built meanwhile is garbage, and to look for some takes a tenth of the
    time."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise LexiconError(file, 0, f"cannot be read: {error.strerror}") from error


# What no other name of its kind may have, and the name: (scope, spelling in lower case unless it
# is exact), its own spelling, what it means.
_Name = tuple[tuple[str, str], str, Sense]


class _Builder:
    def __init__(self) -> None:
        self._names: dict[tuple[str, str], tuple[str, Sense]] = {}
        self._ids: dict[str, str] = {}  # id -> file that has it

    def add(self, document: Document, *, removals: bool) -> None:
        tables = list(document.tables())
        for kind, number, table in tables:
            if kind == "remove":
                if not removals:
                    document.refuse(kind, number, "", "[[remove]] belongs in an overlay")
                self._remove(document, number, table)
        for kind, number, table in tables:
            if kind != "remove":
                self._add(document, kind, number, table)

    def senses(self) -> dict[str, tuple[Sense, ...]]:
        # All at once, which is much quicker; a name holds no line break.
        folded = fold("\n".join([spelling for spelling, _ in self._names.values()])).split("\n")
        found: dict[str, tuple[Sense, ...]] = {}
        for key, (_, sense) in zip(folded, self._names.values(), strict=True):
            senses = found.get(key, ())
            if sense not in senses:
                found[key] = (*senses, sense)
        return found

    def _add(self, document: Document, kind: str, number: int, table: dict[str, Any]) -> None:
        roster = kind == "roster"
        if kind not in ("topic", "relation"):
            identity = table["id"]
            if identity in self._ids:
                reason = f"id {identity!r} is taken already, in {self._ids[identity]}"
                document.refuse(kind, number, table["name"] if roster else identity, reason)
            self._ids[identity] = document.file.name
        names = list(_names("actor" if roster else kind, table))
        added = {claim: (spelling, sense) for claim, spelling, sense in names}
        # All at once, which takes half the time; only a double sends it looking for which.
        if len(added) < len(names) or not self._names.keys().isdisjoint(added):
            self._refuse_double(document, kind, number, names, table["name"] if roster else None)
        self._names.update(added)

    def _refuse_double(
        self, document: Document, kind: str, number: int, names: Iterable[_Name], line: str | None
    ) -> NoReturn:
        held = {claim: sense for claim, (_, sense) in self._names.items()}
        for claim, spelling, sense in names:
            if claim in held:
                reason = f"{spelling!r} is a name of {held[claim].entry.id!r} already"
                document.refuse(kind, number, line or f'"{spelling}"', reason)
            held[claim] = sense
        raise AssertionError("no name is double")

    def _remove(self, document: Document, number: int, table: dict[str, Any]) -> None:
        identity, spellings = table.get("id"), {name.lower() for name in table.get("names", ())}
        if not identity and not spellings:
            document.refuse("remove", number, "", "[[remove]] needs an id or names")
        gone = {
            claim: (spelling.lower(), sense.entry.id)
            for claim, (spelling, sense) in self._names.items()
            if sense.entry.id == identity or spelling.lower() in spellings
        }
        if identity and not any(id == identity for _, id in gone.values()):
            document.refuse("remove", number, identity, f"{identity!r} is no id in the lexicon")
        unknown = spellings - {spelling for spelling, _ in gone.values()}
        if unknown:
            first = min(unknown)
            document.refuse("remove", number, first, f"{first!r} is no name in the lexicon")
        for claim in gone:
            del self._names[claim]
        if identity:
            self._ids.pop(identity, None)


def _names(kind: str, table: dict[str, Any]) -> Iterable[_Name]:
    """The names of one checked table, each with the entry it stands for.

    A name means one actor, frame or mask, and a relation word has one polarity; a term may serve
    several topics, but each once.
    """
    if kind == "topic":
        id, topics = table["id"], (table["id"],)
        ordinary = Entry(Table.TOPIC, id, id, "topics", topics=topics)
        strong = Entry(Table.TOPIC, id, id, "topics", topics=topics, weight=STRONG_TERM)
        scope = f"topic {id}"
        yield from _in_any_case(table["terms"], scope, ordinary)
        yield from _in_any_case(table.get("strong", ()), scope, strong)
        return
    scope = kind if kind in ("relation", "voice", "genre") else "name"
    entry = Entry(
        table=Table(kind),
        id=table.get("id") or f"{table['polarity']}-{table['kind']}",
        name=table.get("name") or table.get("id") or table["kind"],
        place=table["side"] if kind == "actor" else f"{kind}s",
        side=Side(table["side"]) if "side" in table else None,
        kind=table.get("kind", ""),
        polarity=Polarity(table["polarity"]) if "polarity" in table else None,
        topics=tuple(table.get("topics", ())),
        weight=float(table.get("weight") or KIND_WEIGHTS.get(table.get("kind", ""), 1.0)),
        roles=tuple(
            Role(role["title"], role.get("from"), role.get("to")) for role in table.get("roles", ())
        ),
        wikidata=table.get("wikidata"),
    )
    yield from _in_any_case(table.get("names", ()), scope, entry)
    yield from _in_any_case(table.get("terms", ()), scope, entry)
    yield from (((scope, name), name, Sense(entry, name)) for name in table.get("exact", ()))


def _in_any_case(names: Iterable[str], scope: str, entry: Entry) -> Iterable[_Name]:
    sense = Sense(entry)
    return [((scope, name.lower()), name, sense) for name in names]
