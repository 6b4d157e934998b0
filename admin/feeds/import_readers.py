"""What `import` is given, opened: which kind it is, and what it brings."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from admin.feeds.import_kinds import Kind
from admin.output import files
from admin.output.console import note
from admin.output.errors import Misuse
from ingest.feeds.subscription import CatalogueError
from ingest.http import PAGE_LIMITS
from ingest.imports import url_lists
from ingest.imports.items import Damaged, Found, Unusable
from ingest.imports.saved_page import saved_page
from ingest.text.charset import decode

# Bytes by which a file without a telling name is known.
_HEAD = 4_096


_ENDINGS = {
    ".warc": Kind.WARC,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".opml": Kind.OPML,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
}


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported: its kind, a name for people, and what it brings (read once)."""

    kind: Kind
    name: str
    found: Iterator[Found]


@contextmanager
def opened(name: str, kind: Kind | None, *, base: str | None, now: datetime) -> Iterator[Source]:
    """A file, a folder or stdin (`-`). Raises `Misuse` where it cannot be read, or what it is
    cannot be told; `ingest.imports.items.Damaged` while it is read."""
    if name != files.STDIN and Path(name).is_dir():
        kind = kind or _kind_of_folder(Path(name))
        yield Source(kind, Path(name).resolve().name, _in_folder(Path(name), kind, base, now))
        return
    with files.opened(name) as file:
        shown = "stdin" if name == files.STDIN else Path(name).name
        kind = kind or _kind_of_name(name) or _kind_of_content(file.peek(_HEAD)[:_HEAD], shown)
        if kind is Kind.HTML:
            modified = now if name == files.STDIN else _modified(Path(name), now)
            page = saved_page(_whole(file), where=shown, address=base, taken_at=modified)
            yield Source(kind, shown, iter([page]))
        elif kind is Kind.WARC:
            from ingest.imports.warc import read_warc

            yield Source(kind, shown, read_warc(file, now=now))
        else:
            yield Source(kind, shown, _listed(file.read(url_lists.MAX_BYTES + 1), kind, name))


def _listed(body: bytes, kind: Kind, name: str) -> Iterator[Found]:
    read: dict[Kind, Callable[[bytes], Iterator[Found]]] = {
        Kind.URLS: url_lists.read_lines,
        Kind.CSV: url_lists.read_csv,
        Kind.OPML: url_lists.read_bookmarks,
    }
    try:
        if kind is Kind.CSV and (unknown := url_lists.unknown_columns(body)):
            note(f"columns that are not read: {', '.join(unknown)}")
        yield from read[kind](body)
    except (url_lists.LinksError, CatalogueError) as error:
        raise Misuse(f"{name}: {error}") from None


def _kind_of_name(name: str) -> Kind | None:
    path = Path(name.lower().removesuffix(".gz"))
    if path.suffix == ".wacz":
        raise Misuse(f"{name}: unpack it (it is a zip), and import the WARC files of its archive/")
    return _ENDINGS.get(path.suffix)


def _kind_of_content(head: bytes, name: str) -> Kind:
    if head.startswith((b"\x1f\x8b", b"WARC/")):
        return Kind.WARC
    if head.startswith(b"PK\x03\x04") or b"\0" in head.replace(b"\0\n", b""):
        raise Misuse(f"{name}: what it is cannot be told: say --kind")
    text = decode(head, declared=None)[0].lstrip("\ufeff \t\r\n").lower()
    if text.startswith("<"):
        return Kind.OPML if "<opml" in text else Kind.HTML
    return Kind.CSV if url_lists.delimiter(text) else Kind.URLS


def _kind_of_folder(folder: Path) -> Kind:
    kinds = {_kind_of_name(path.name) for path in _files(folder)} & {Kind.WARC, Kind.HTML}
    if len(kinds) == 1:
        return kinds.pop() or Kind.HTML
    if kinds:
        raise Misuse(f"{folder} holds both WARC and HTML files: say --kind warc or --kind html")
    raise Misuse(f"{folder} holds no .warc, .warc.gz, .html or .htm file")


def _files(folder: Path) -> Iterator[Path]:
    """The files under a folder, in the order of their names; links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent) / name for name in sorted(names))


def _in_folder(folder: Path, kind: Kind, base: str | None, now: datetime) -> Iterator[Found]:
    if kind not in (Kind.WARC, Kind.HTML):
        raise Misuse(f"{folder} is a folder: name the {kind} file in it")
    for path in _files(folder):
        if _kind_of_name(path.name) is not kind:
            continue
        where = path.relative_to(folder).as_posix()
        try:
            # Before it is opened: opening a FIFO waits for whoever writes into it.
            if not stat.S_ISREG(path.stat().st_mode):
                yield Unusable(where, "no regular file")
                continue
            with path.open("rb") as file:
                yield from _in_file(file, path, kind, where, base, now)
        except OSError as error:
            yield Unusable(where, error.strerror or str(error))
        except Damaged as error:
            yield Unusable(where, str(error))


def _in_file(
    file: io.BufferedReader, path: Path, kind: Kind, where: str, base: str | None, now: datetime
) -> Iterator[Found]:
    if kind is Kind.HTML:
        relative = where.removesuffix(".gz")
        address = f"{base.rstrip('/')}/{quote(relative)}" if base else None
        taken_at = _modified(path, now)
        yield saved_page(_whole(file), where=where, address=address, taken_at=taken_at)
        return
    from ingest.imports.warc import read_warc

    for found in read_warc(file, now=now):
        yield (
            Unusable(f"{where}, {found.where}", found.reason)
            if isinstance(found, Unusable)
            else found
        )


def _whole(file: io.BufferedReader) -> bytes:
    """A page's bytes, or one more than it may have."""
    return file.read(PAGE_LIMITS.wire_bytes + 1)


def _modified(path: Path, now: datetime) -> datetime:
    """When a file was last written: of a saved page, when it was saved."""
    return min(datetime.fromtimestamp(path.stat().st_mtime, UTC), now)
