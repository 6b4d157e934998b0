"""docs/architecture.md names files that are there, and the rooms stay as it draws them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs/architecture.md").read_text("utf-8")
LONGEST = 420
FLAT = {"store": 6, "ingest": 6, "admin": 6, "worker": 12}


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:ingest|store|worker|admin|tests|docs)/[\w/.*-]+)`", DOCUMENT))
    assert len(named) > 40
    missing = [
        name
        for name in sorted(named)
        if not any(ROOT.glob(f"{name}*" if "." not in Path(name).name else name))
    ]
    assert missing == []


@pytest.mark.parametrize(("room", "most"), FLAT.items())
def test_few_modules_lie_flat(room: str, most: int) -> None:
    assert len(list((ROOT / room).glob("*.py"))) <= most


@pytest.mark.parametrize("version", re.findall(r"^\| ([A-Z_]+) \| `([\w/.]+)`", DOCUMENT, re.M))
def test_every_version_stands_where_it_says(version: tuple[str, str]) -> None:
    name, file = version
    assert re.search(rf"^{name} = ", (ROOT / file).read_text("utf-8"), re.M)


def test_no_file_is_too_long_to_be_read() -> None:
    rooms = (*FLAT, "tests")
    long = [
        str(file.relative_to(ROOT))
        for room in rooms
        for file in (ROOT / room).rglob("*.py")
        if len(file.read_text("utf-8").splitlines()) > LONGEST
    ]
    assert long == []
