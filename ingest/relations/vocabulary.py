"""The lexicon: TOML files that an analyst can read and edit, loaded and checked.

A folder of `*.toml` holds tables of these kinds:

    [[actor]]     who belongs to a side: id, name, side, kind, names (+ exact, wikidata, roles, topics, weight)
    [[topic]]     a topic's vocabulary: id (one of TOPICS), terms (+ strong: terms that nearly decide it)
    [[relation]]  words for dealings: polarity, kind, terms (+ topics, weight)
    [[frame]]     set phrases that mean both sides at once: id, names, side = "both" (+ exact, topics,
                  weight: how surely)
    [[voice]]     openings that tell whose government speaks: id, side, names (+ exact)
    [[genre]]     titles of pieces that are about something else by their kind (stock market reports):
                  id, names (+ exact)
    [[mask]]      what must not match: id, names, why (+ exact)

`names` and `terms` match in any case, `exact` in that very case. An overlay file of the operator's own
holds the same tables, which add, and `[[remove]]` tables (`id` or `names`), which take away.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

LEXICON_FOLDER = Path(__file__).parent / "lexicon"

TOPICS = (
    "diplomacy",
    "trade",
    "technology",
    "investment-finance",
    "sanctions",
    "military",
    "taiwan",
    "hong-kong",
    "human-rights",
    "espionage-cyber",
    "law-enforcement",
    "agriculture",
    "critical-minerals",
    "energy-climate",
    "health",
    "people-exchange",
    "third-country",
)

# A strong term counts as this many ordinary ones: two ordinary terms may be chance, three seldom are.
STRONG_TERM = 3.0
# How much an actor's name says that its state is meant, where the lexicon gives no weight of its own.
KIND_WEIGHTS = {"company": 0.5, "place": 0.7}

CHECKSUM_LENGTH = 12  # hex digits: enough to tell versions of one file apart


# So that People’s is People's and US–China is US-China.
_PLAIN = (("’", "'"), ("‘", "'"), ("\u2010", "-"), ("\u2011", "-"), ("–", "-"), ("\xa0", " "))


class LexiconError(ValueError):
    """A lexicon that cannot be used; the message is `file:line: reason`."""

    def __init__(self, file: Path, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


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
    """One thing that a name or term stands for. Compared by identity: a lexicon holds each once."""

    table: Table
    id: str
    name: str
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
    """`text` as names are compared: in lower case, typographic apostrophes, hyphens and spaces plain.

    Every character keeps its place (`İ`, which lower case would make two, stays as it is).
    """
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    if not folded.isascii():
        for typographic, plain in _PLAIN:
            folded = folded.replace(typographic, plain)
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
    for file in files:
        body = _read(file)
        digest.update(body)
        builder.add(_Document(file, body), removals=file is overlay)
    return Lexicon(senses=builder.senses(), version=digest.hexdigest()[:CHECKSUM_LENGTH])


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise LexiconError(file, 0, f"cannot be read: {error.strerror}") from error


# --- What a file may hold ---------------------------------------------------------------------------

# table -> key -> (kind of value, required)
_SCHEMA: Mapping[str, Mapping[str, tuple[str, bool]]] = {
    "actor": {
        "id": ("slug", True),
        "name": ("text", True),
        "side": ("actor side", True),
        "kind": ("actor kind", True),
        "names": ("names", False),
        "exact": ("names", False),
        "wikidata": ("wikidata", False),
        "roles": ("roles", False),
        "topics": ("topics", False),
        "weight": ("weight", False),
    },
    "topic": {"id": ("topic", True), "terms": ("names", True), "strong": ("names", False)},
    "relation": {
        "polarity": ("polarity", True),
        "kind": ("slug", True),
        "terms": ("names", True),
        "topics": ("topics", False),
        "weight": ("weight", False),
    },
    "frame": {
        "id": ("slug", True),
        "names": ("names", False),
        "side": ("frame side", True),
        "exact": ("names", False),
        "topics": ("topics", False),
        "weight": ("weight", False),
        "why": ("text", False),
    },
    "voice": {
        "id": ("slug", True),
        "side": ("voice side", True),
        "names": ("names", False),
        "exact": ("names", False),
    },
    "genre": {
        "id": ("slug", True),
        "names": ("names", False),
        "exact": ("names", False),
        "why": ("text", False),
    },
    "mask": {
        "id": ("slug", True),
        "names": ("names", False),
        "why": ("text", True),
        "exact": ("names", False),
    },
    "remove": {"id": ("slug", False), "names": ("names", False)},
}
_SPELLINGS = ("names", "exact", "terms")

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "actor side": ("us", "china", "taiwan", "third"),
    "actor kind": ("country", "person", "people", "institution", "company", "place"),
    "frame side": ("both",),
    "voice side": ("us", "china"),
    "polarity": tuple(Polarity),
    "topic": TOPICS,
}

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WIKIDATA = re.compile(r"Q[1-9][0-9]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _fault(kind: str, value: object) -> str | None:
    """Why `value` cannot stand where a `kind` is asked for, or None."""
    if kind in _CHOICES:
        return (
            None if value in _CHOICES[kind] else f"{value!r} is none of {', '.join(_CHOICES[kind])}"
        )
    if kind in ("slug", "text", "wikidata"):
        if not isinstance(value, str) or not value.strip():
            return "must be text and not empty"
        if kind == "slug" and not _SLUG.fullmatch(value):
            return f"{value!r} must be lower-case letters, digits and single hyphens"
        if kind == "wikidata" and not _WIKIDATA.fullmatch(value):
            return f"{value!r} is no Wikidata id (Q and digits)"
        return None
    if kind == "weight":
        fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 10
        return None if fits else f"{value!r} must be a number above 0 and at most 10"
    if not isinstance(value, list):
        return "must be a list"
    if kind == "topics":
        unknown = [item for item in value if item not in TOPICS]
        return f"unknown topic {unknown[0]!r}" if unknown else None
    if kind == "names":
        for item in value:
            if not isinstance(item, str) or not item.strip():
                return "holds an empty name"
            if item != item.strip() or _CONTROL.search(item):
                return f"{item!r} begins or ends with a space or holds a control character"
        return None
    for item in value:  # roles
        if not isinstance(item, dict) or not item.keys() <= {"title", "from", "to"}:
            return "each role is a table of title, from, to"
        if not isinstance(item.get("title"), str) or not item["title"].strip():
            return "a role needs a title"
        days = [item[key] for key in ("from", "to") if key in item]
        if any(type(day) is not date for day in days):
            return f"the dates of {item['title']!r} must be plain dates like 2025-01-20"
        if len(days) == 2 and days[0] >= days[1]:
            return f"{item['title']!r} ends before it begins"
    return None


class _Document:
    """One TOML file, which can say on which line a table or a value of it stands."""

    def __init__(self, file: Path, body: bytes) -> None:
        self.file = file
        try:
            text = body.decode("utf-8")
            self.content: dict[str, Any] = tomllib.loads(text)
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            raise LexiconError(file, line, "is not UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            line = error.lineno if hasattr(error, "lineno") else _line_told(str(error))
            raise LexiconError(file, line, f"is not TOML: {error}") from error
        self.lines = text.splitlines()

    def tables(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """(table, which one of its kind, its content) of every table, checked against the schema."""
        for kind, tables in self.content.items():
            if kind not in _SCHEMA or not isinstance(tables, list):
                reason = f"unknown table {kind!r}: must be one of [[{']], [['.join(_SCHEMA)}]]"
                raise LexiconError(self.file, self._first_line(kind), reason)
            for number, table in enumerate(tables):
                self._check(kind, number, table)
                yield kind, number, table

    def refuse(self, kind: str, number: int, needle: str, reason: str) -> NoReturn:
        raise LexiconError(self.file, self._line(kind, number, needle), reason)

    def _check(self, kind: str, number: int, table: dict[str, Any]) -> None:
        schema = _SCHEMA[kind]
        for key, value in table.items():
            if key not in schema:
                self.refuse(kind, number, key, f"[[{kind}]] has no key {key!r}")
            fault = _fault(schema[key][0], value)
            if fault:
                self.refuse(kind, number, key, f"{key}: {fault}")
        for key, (_, required) in schema.items():
            if required and key not in table:
                self.refuse(kind, number, "", f"[[{kind}]] lacks {key!r}")
        if kind != "remove" and not any(table.get(key) for key in _SPELLINGS):
            self.refuse(kind, number, "", f"[[{kind}]] has no names")

    def _first_line(self, needle: str) -> int:
        return next((n for n, line in enumerate(self.lines, 1) if needle in line), 1)

    def _line(self, kind: str, number: int, needle: str) -> int:
        """The line of `needle` within the `number`th [[kind]] table; that of its head otherwise."""
        head = re.compile(rf"\s*\[\[\s*{kind}\s*\]\]")
        heads = [n for n, line in enumerate(self.lines) if head.match(line)]
        if number >= len(heads):  # written as an inline list: no head to point at
            return self._first_line(needle or kind)
        for n in range(heads[number] + 1, len(self.lines)):
            if self.lines[n].lstrip().startswith("[["):
                break
            if needle and needle in self.lines[n]:
                return n + 1
        return heads[number] + 1


def _line_told(message: str) -> int:
    told = re.search(r"at line (\d+)", message)
    return int(told.group(1)) if told else 0


# --- From tables to senses --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Name:
    entry: Entry
    spelling: str
    exact: bool

    @property
    def claim(self) -> tuple[str, str]:
        """What this name takes for itself: a name means one actor, frame or mask, a relation word has
        one polarity; a term may serve several topics, but each once."""
        match self.entry.table:
            case Table.TOPIC:
                scope = f"topic {self.entry.id}"
            case Table.RELATION | Table.VOICE | Table.GENRE:
                scope = str(self.entry.table)
            case _:
                scope = "name"
        return scope, self.spelling if self.exact else self.spelling.lower()


class _Builder:
    def __init__(self) -> None:
        self._names: dict[tuple[str, str], _Name] = {}
        self._ids: dict[str, str] = {}  # id -> file that has it

    def add(self, document: _Document, *, removals: bool) -> None:
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
        found: dict[str, list[Sense]] = {}
        for name in self._names.values():
            sense = Sense(name.entry, name.spelling if name.exact else None)
            senses = found.setdefault(fold(name.spelling), [])
            if sense not in senses:
                senses.append(sense)
        return {spelling: tuple(senses) for spelling, senses in found.items()}

    def _add(self, document: _Document, kind: str, number: int, table: dict[str, Any]) -> None:
        if kind not in ("topic", "relation"):
            identity = table["id"]
            if identity in self._ids:
                reason = f"id {identity!r} is taken already, in {self._ids[identity]}"
                document.refuse(kind, number, identity, reason)
            self._ids[identity] = document.file.name
        for name in _names(kind, table):
            holder = self._names.setdefault(name.claim, name)
            if holder is not name:
                reason = f"{name.spelling!r} is a name of {holder.entry.id!r} already"
                document.refuse(kind, number, f'"{name.spelling}"', reason)

    def _remove(self, document: _Document, number: int, table: dict[str, Any]) -> None:
        identity, spellings = table.get("id"), {name.lower() for name in table.get("names", ())}
        if not identity and not spellings:
            document.refuse("remove", number, "", "[[remove]] needs an id or names")
        gone = {
            claim: name
            for claim, name in self._names.items()
            if name.entry.id == identity or name.spelling.lower() in spellings
        }
        if identity and not any(name.entry.id == identity for name in gone.values()):
            document.refuse("remove", number, identity, f"{identity!r} is no id in the lexicon")
        unknown = spellings - {name.spelling.lower() for name in gone.values()}
        if unknown:
            first = min(unknown)
            document.refuse("remove", number, first, f"{first!r} is no name in the lexicon")
        for claim in gone:
            del self._names[claim]
        if identity:
            self._ids.pop(identity, None)


def _names(kind: str, table: dict[str, Any]) -> Iterable[_Name]:
    """The names of one checked table, each with the entry it stands for."""
    if kind == "topic":
        ordinary = Entry(Table.TOPIC, table["id"], table["id"], topics=(table["id"],))
        strong = Entry(
            Table.TOPIC, table["id"], table["id"], topics=(table["id"],), weight=STRONG_TERM
        )
        yield from (_Name(ordinary, term, False) for term in table["terms"])
        yield from (_Name(strong, term, False) for term in table.get("strong", ()))
        return
    entry = Entry(
        table=Table(kind),
        id=table.get("id") or f"{table['polarity']}-{table['kind']}",
        name=table.get("name") or table.get("id") or table["kind"],
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
    yield from (_Name(entry, name, False) for name in table.get("names", ()))
    yield from (_Name(entry, term, False) for term in table.get("terms", ()))
    yield from (_Name(entry, name, True) for name in table.get("exact", ()))
