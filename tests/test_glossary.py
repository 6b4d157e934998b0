"""The glossary's replaced words stand in no identifier and in no module's name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("ingest", "store", "worker", "admin", "tests")
# What libraries call so, and what the words are free for.
FREE = frozenset(
    {"capture", "capture_output", "capture_logs"}  # subprocess, structlog, Rich
    | {"_looks_like_a_feed", "_LOOK_BEHIND"}
)
# Writers of one SQLite file stand in line and take turns.
LINE_OF_WRITERS = re.compile(
    r"database/(test_)?(write_lock|connection|maintenance)\.py$|test_purge\.py$"
)


def replaced() -> frozenset[str]:
    table = (ROOT / "docs/glossary.md").read_text("utf-8").split("## Replaced words")[1]
    words = re.findall(r"^\| (\w+) \|", table, re.MULTILINE)
    return frozenset(words) - {"was"}


def files() -> list[Path]:
    return [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]


def words_of(identifier: str) -> set[str]:
    """The words of a name in snake_case or CamelCase, and their singulars."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", identifier).lower().split("_")
    return {*apart, *(word.removesuffix("s") for word in apart)}


def identifiers(file: Path) -> Iterator[str]:
    """Every name that the file binds or uses; a test's own name is a sentence, and free."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) if not name.startswith("test_"):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.rpartition(".")[2]


def test_the_glossary_names_what_was_replaced() -> None:
    assert {"capture", "outlet", "turn"} <= replaced()


def test_no_identifier_has_a_replaced_word() -> None:
    gone = replaced()
    found = set()
    for file in files():
        allowed = FREE | ({"turn"} if LINE_OF_WRITERS.search(file.as_posix()) else set())
        for name in identifiers(file):
            bad = words_of(name) & gone
            if bad and name not in FREE and not bad <= allowed:
                found.add(f"{file.relative_to(ROOT)}: {name}")
    assert found == set()


def test_no_module_has_a_replaced_word_in_its_name() -> None:
    gone = replaced()
    named = [file for file in files() if words_of(file.stem) & gone]
    assert named == []
