"""Parameters of URLs that mean nothing but tracking, as `tracking.toml` lists them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Raised whenever parameters are added: what was stored before is known by its old URL too.
VERSION = 2


@dataclass(frozen=True, slots=True)
class _Names:
    names: frozenset[str]
    prefixes: tuple[str, ...]

    def __contains__(self, name: str) -> bool:
        return name in self.names or (bool(self.prefixes) and name.startswith(self.prefixes))


def is_tracking(name: str, host: str, *, version: int = VERSION) -> bool:
    """Whether the parameter `name` means nothing but tracking on `host` (lower-case).

    By the list as it was at `version`.
    """
    anywhere, by_host = _lists(version)
    name = name.lower()
    if name in anywhere:
        return True
    labels = host.split(".")
    parents = (".".join(labels[start:]) for start in range(len(labels)))
    return any(name in by_host[parent] for parent in parents if parent in by_host)


@cache
def _lists(version: int) -> tuple[_Names, Mapping[str, _Names]]:
    text = (files("ingest") / "tracking.toml").read_text(encoding="utf-8")
    rows = [row for row in tomllib.loads(text)["tracking"] if row.get("since", 1) <= version]
    hosts = {host for row in rows for host in row.get("hosts", ())}
    return (
        _names(row for row in rows if "hosts" not in row),
        {host: _names(row for row in rows if host in row.get("hosts", ())) for host in hosts},
    )


def _names(rows: Iterable[Mapping[str, Any]]) -> _Names:
    names = [name.lower() for row in rows for name in row["names"]]
    return _Names(
        frozenset(name for name in names if not name.endswith("*")),
        tuple(name.removesuffix("*") for name in names if name.endswith("*")),
    )
