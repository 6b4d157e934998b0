"""A data package: every export in one folder or zip file, with what a stranger needs to use it.

`datapackage.json` is by Data Package 2.0 (https://datapackage.org), which readers of version 1
understand too: columns with their types and meanings, the versions of the code that made the rows,
and each file's size and SHA-256. `README.md` tells the columns to people, `SHA256SUMS` is for
`sha256sum -c`.
"""

import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from admin.output import files
from admin.output.console import moment
from admin.output.errors import Misuse
from store.exports.columns import COLUMNS, MEANINGS, Holds
from store.exports.plain import rfc3339, to_json
from store.exports.provenance import Provenance
from store.exports.writers import LIST_SEPARATOR, Row, open_writer

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
DESCRIPTOR, DICTIONARY, CHECKSUMS = "datapackage.json", "README.md", "SHA256SUMS"
_ZIP = ".zip"
# Rows between two words to the progress bar.
_STEP = 500
# Columns that name a row of another file.
_REFERENCES = {"articles": ("story", "stories"), "revisions": ("article", "articles")}
# Table Schema's names of types; lists are texts in CSV, which has no lists.
_TYPES = {
    Holds.INTEGER: {"type": "integer"},
    Holds.NUMBER: {"type": "number"},
    Holds.FLAG: {"type": "boolean"},
    Holds.TEXT: {"type": "string"},
    Holds.TIME: {"type": "datetime"},
    Holds.DATE: {"type": "date"},
    Holds.TEXTS: {"type": "array"},
    Holds.ACTORS: {"type": "array"},
}
_IN_CSV = {Holds.TEXTS: {"type": "string"}, Holds.ACTORS: {"type": "string"}}
_MEDIA_TYPES = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


class Place(Protocol):
    """Where the package's files are put, one after the other."""

    def file(self, name: str) -> AbstractContextManager[BinaryIO]: ...


@dataclass(frozen=True, slots=True)
class Made:
    """A file of the package."""

    name: str
    bytes: int
    sha256: str
    rows: int | None = None


def write(
    path: Path,
    format: str,
    exports: Mapping[str, Iterable[Row]],
    provenance: Provenance,
    *,
    program: str,
    now: datetime,
    as_of: datetime | None = None,
    told: Callable[[str], None],
) -> list[Made]:
    """Write the package to a folder, or to a file that ends in .zip.

    It appears under its name only when it is whole. Raises `Misuse` where it cannot be there.
    """
    place = _zip_file if path.suffix.lower() == _ZIP else _folder
    with place(path) as put:
        made = [_write_rows(put, what, rows, format, told) for what, rows in exports.items()]
        made.append(_write_bytes(put, DICTIONARY, dictionary(exports, format, now, as_of).encode()))
        descriptor = describe(made, format, provenance, program=program, now=now, as_of=as_of)
        made.append(_write_bytes(put, DESCRIPTOR, _indented(descriptor)))
        sums = "".join(f"{file.sha256}  {file.name}\n" for file in made)
        _write_bytes(put, CHECKSUMS, sums.encode())
    return made


def describe(
    made: Iterable[Made],
    format: str,
    provenance: Provenance,
    *,
    program: str,
    now: datetime,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """The descriptor: plain values for datapackage.json."""
    return {
        "$schema": PROFILE,
        "profile": "data-package",
        "name": "transpacific",
        "title": "News on US–China relations, as collected by Transpacific",
        "created": moment(now),
        "transpacific": {
            # The whole time: who reproduces the package needs it.
            "as_of": None if as_of is None else rfc3339(as_of),
            "program": program,
            "schema": provenance.schema,
            "extractor": provenance.extractor,
            "fingerprint": provenance.fingerprint,
            "tagger": provenance.tagger,
            "revisions": [
                {"extractor": extractor, "count": count}
                for extractor, count in provenance.revisions
            ],
            "taggings": [
                {"tagger": tagger, "lexicon": lexicon, "count": count}
                for tagger, lexicon, count in provenance.taggings
            ],
        },
        "resources": [_resource(file, format) for file in made if file.rows is not None],
    }


def dictionary(
    exports: Iterable[str], format: str, now: datetime, as_of: datetime | None = None
) -> str:
    """The package's README: every column with its type and meaning."""
    lines = [
        "# News on US–China relations",
        "",
        f"Written by Transpacific at {moment(now)}. Times are in UTC. `{DESCRIPTOR}` tells the "
        f"same to programs, with the versions of the code; `sha256sum -c {CHECKSUMS}` checks the "
        "files.",
    ]
    if as_of is not None:
        lines += ["", f"The rows are what was known at {rfc3339(as_of)}."]
    if format == "csv":
        lines += [
            "",
            f"Lists are joined by “{LIST_SEPARATOR.strip()}”. A text that a spreadsheet would take "
            "for a formula has an apostrophe before it.",
        ]
    for what in exports:
        lines += ["", f"## {what}.{format}", "", "| column | holds | meaning |", "|---|---|---|"]
        lines += [
            f"| {name} | {holds} | {MEANINGS[what][name]} |"
            for name, holds in COLUMNS[what].items()
        ]
    return "\n".join(lines) + "\n"


def _resource(file: Made, format: str) -> dict[str, Any]:
    what = file.name.partition(".")[0]
    schema: dict[str, Any] = {"fields": [_field(what, name, format) for name in COLUMNS[what]]}
    if "id" in COLUMNS[what]:
        schema["primaryKey"] = ["id"]
    if what in _REFERENCES:
        column, other = _REFERENCES[what]
        reference = {"resource": other, "fields": ["id"]}
        schema["foreignKeys"] = [{"fields": [column], "reference": reference}]
    described = {
        "name": what,
        "type": "table",
        "path": file.name,
        "format": format,
        "mediatype": _MEDIA_TYPES[format],
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
        "schema": schema,
    }
    return described if format == "parquet" else described | {"encoding": "utf-8"}


def _field(what: str, name: str, format: str) -> dict[str, str]:
    holds = COLUMNS[what][name]
    kind = _IN_CSV.get(holds, _TYPES[holds]) if format == "csv" else _TYPES[holds]
    return {"name": name, **kind, "description": MEANINGS[what][name]}


def _indented(value: Mapping[str, Any]) -> bytes:
    import json

    return json.dumps(json.loads(to_json(value)), ensure_ascii=False, indent=2).encode() + b"\n"


# Writing ------------------------------------------------------------------------------------------


class _Counted(io.RawIOBase):
    """Passes bytes on, and knows how many they were and their SHA-256."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.sha256 = hashlib.sha256()
        self.bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._out.write(view)
        self.sha256.update(view)
        self.bytes += len(view)
        return len(view)

    def tell(self) -> int:
        return self.bytes

    def made(self, name: str, rows: int | None = None) -> Made:
        return Made(name, self.bytes, self.sha256.hexdigest(), rows)


def _write_rows(
    place: Place, what: str, rows: Iterable[Row], format: str, told: Callable[[str], None]
) -> Made:
    name = f"{what}.{format}"
    number = 0
    with place.file(name) as out:
        counted = _Counted(out)
        writer = open_writer(format, counted, COLUMNS[what])  # type: ignore[arg-type]
        for number, row in enumerate(rows, start=1):
            writer.write(row)
            if number % _STEP == 0:
                told(f"{name}: {number:,}")
        writer.close()
    return counted.made(name, number)


def _write_bytes(place: Place, name: str, content: bytes) -> Made:
    with place.file(name) as out:
        counted = _Counted(out)
        counted.write(content)
    return counted.made(name)


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path

    def file(self, name: str) -> AbstractContextManager[BinaryIO]:
        return (self.path / name).open("xb")


@contextmanager
def _folder(path: Path) -> Iterator[Place]:
    """A new folder; one that is there has to be empty, since two cannot change places at once."""
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise Misuse(f"{path} is there already: name a new folder, or a file that ends in .zip")
        part.mkdir()
    except OSError as error:
        raise Misuse(f"cannot write {path}: {error.strerror}") from None
    try:
        yield _Folder(part)
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: zipfile.ZipFile

    def file(self, name: str) -> AbstractContextManager[BinaryIO]:
        return self.archive.open(name, "w", force_zip64=True)  # type: ignore[return-value]


@contextmanager
def _zip_file(path: Path) -> Iterator[Place]:
    with (
        files.written(path) as out,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        yield _Zip(archive)
