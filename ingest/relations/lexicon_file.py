"""A lexicon file: TOML with tables of known kinds, checked, able to say where a fault stands."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from ingest.relations.codebook import TOPICS
from ingest.relations.shorthand import BLANK, in_forms, member


class LexiconError(ValueError):
    """A lexicon that cannot be used; the message is `file:line: reason`."""

    def __init__(self, file: Path, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


# table -> key -> (kind of value, required)
_SCHEMA: Mapping[str, Mapping[str, tuple[str, bool]]] = {
    "actor": {
        "id": ("slug", True),
        "name": ("text", True),
        "side": ("actor side", True),
        "kind": ("actor kind", True),
        "names": ("names", False),
        "exact": ("names", False),
        "stems": ("names", False),
        "forms": ("forms", False),
        "wikidata": ("wikidata", False),
        "roles": ("roles", False),
        "topics": ("topics", False),
        "weight": ("weight", False),
    },
    "roster": {
        "side": ("actor side", True),
        "members": ("names", True),
        "title": ("text", False),
        "forms": ("forms", False),
        "bare": ("truth", False),
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
        "stems": ("names", False),
        "forms": ("forms", False),
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
        "stems": ("names", False),
        "forms": ("forms", False),
    },
    "remove": {"id": ("slug", False), "names": ("names", False)},
}
_SPELLINGS = ("names", "exact", "terms", "stems", "members")

# What of a roster's member is its own line's, and so not checked with the roster.
_MEMBERS_OWN = ("wikidata", "roles")

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "actor side": ("us", "china", "taiwan", "third"),
    "actor kind": ("country", "person", "people", "institution", "company", "place"),
    "frame side": ("both",),
    "voice side": ("us", "china"),
    "polarity": ("cooperation", "conflict", "neutral"),
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
    if kind == "truth":
        return None if isinstance(value, bool) else "must be true or false"
    if not isinstance(value, list):
        return "must be a list"
    if kind == "topics":
        unknown = [item for item in value if item not in TOPICS]
        return f"unknown topic {unknown[0]!r}" if unknown else None
    if kind == "forms":
        blanks = [form.count(BLANK) == 1 if isinstance(form, str) else False for form in value]
        if not value or not all(blanks):
            return f"each form needs {BLANK} once, where the name stands"
    if kind in ("names", "forms"):
        names = [item for item in value if isinstance(item, str) and item.strip()]
        if len(names) != len(value):
            return "holds an empty name"
        # One search for all of them: a lexicon has twenty thousand names.
        if [name.strip() for name in names] == names and not _CONTROL.search("".join(names)):
            return None
        bad = next(name for name in names if name != name.strip() or _CONTROL.search(name))
        return f"{bad!r} begins or ends with a space or holds a control character"
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


class Document:
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
        """(table, which one of its kind, its content) of every table, checked against the
        schema and written out: names in set forms are names, a roster is its members."""
        for kind, tables in self.content.items():
            if kind not in _SCHEMA or not isinstance(tables, list):
                reason = f"unknown table {kind!r}: must be one of [[{']], [['.join(_SCHEMA)}]]"
                raise LexiconError(self.file, self._first_line(kind), reason)
            for number, table in enumerate(tables):
                self._check(kind, number, table)
                if kind == "roster":
                    for line in table["members"]:
                        yield kind, number, self._member(number, line, table)
                    continue
                if "stems" in table:
                    written = in_forms(table["stems"], table["forms"])
                    table = table | {"names": [*table.get("names", ()), *written]}
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
        if ("stems" in table) != ("forms" in table) and kind != "roster":
            self.refuse(kind, number, "stems", "stems and forms need each other")
        if kind != "remove" and not any(table.get(key) for key in _SPELLINGS):
            self.refuse(kind, number, "", f"[[{kind}]] has no names")

    def _member(self, number: int, line: str, roster: dict[str, Any]) -> dict[str, Any]:
        try:
            actor = member(line, roster)
        except ValueError as error:
            self.refuse("roster", number, line, str(error))
        for key, value in actor.items():
            if key in _MEMBERS_OWN and (fault := _fault(_SCHEMA["actor"][key][0], value)):
                self.refuse("roster", number, line, f"{key}: {fault}")
        return actor

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
