"""`transpacific extract`: pages to articles, as the service would make them."""

import gzip
import io
import logging
import multiprocessing
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.output import files
from admin.output.console import moment, note, print_json, progress, shown, stdout
from admin.output.errors import FAILED, Failure, Misuse
from admin.output.files import BadLine

if TYPE_CHECKING:
    from ingest.pages.extract import Document

# Pages handed to each process beforehand: enough that none waits, few enough for memory.
AHEAD = 4
_GZIP = b"\x1f\x8b"


def extract(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="An HTML page, or JSONL; - is stdin.")
    ],
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Lines of {"id", "path", "url"}; pages may be gzipped.')
    ] = False,
    url: Annotated[
        str, typer.Option(help="Where a single page was found: it may tell a date.")
    ] = "",
) -> None:
    """The articles of pages, as the service would make them.

    With --jsonl a line in is a line out: {"id", "title", "text", "authors", "published",
    "language", "quality"}, on all cores, in the order of the lines. Paths count from the folder of
    FILE.

    \b
    Examples:
      transpacific extract page.html
      transpacific extract --jsonl pages.jsonl > articles.jsonl
    """
    if jsonl:
        _extract_lines(file)
    else:
        _extract_page(file, url)


def _extract_page(file: str, url: str) -> None:
    from ingest.pages.extract import extract_page

    logging.disable()
    try:
        body = _unpacked(files.read(file))
    except BadLine as error:
        raise Misuse(f"{file}: {error}") from None
    document = extract_page(body, url=url)
    console = stdout()
    console.print(shown(document.title) or "(no title)", style="bold")
    about = {
        "by": ", ".join(document.authors),
        "published": _published(document),
        "language": document.language or "",
        "quality": str(document.quality),
    }
    told = "; ".join(f"{name} {shown(value)}" for name, value in about.items() if value)
    console.print(told, style="dim")
    console.print()
    console.print(document.text, soft_wrap=not console.is_terminal)


def _published(document: "Document") -> str:
    dated = document.published
    if dated is None or dated.at is None:
        return ""
    return f"{moment(dated.at)} ({dated.origin}, {dated.confidence})"


def _extract_lines(file: str) -> None:
    folder = Path() if file == files.STDIN else Path(file).parent
    bad = 0
    with files.opened(file) as lines, progress("extracting") as update:
        for number, (line, answer) in enumerate(_answers(lines, folder), start=1):
            if isinstance(answer, BadLine):
                bad += 1
                note(f"line {line}: {answer}")
            else:
                print_json(answer)
            update(0, f"extracting: {number:,}")
    if bad:
        raise typer.Exit(FAILED)


def _answers(
    lines: Iterable[bytes], folder: Path
) -> Iterator[tuple[int, dict[str, Any] | BadLine]]:
    """Each line's number and answer, in order; so many pages at once as there are cores."""
    from worker import settings
    from worker.service.process_pool import deaf_to_interrupts

    cores = settings.load().cpu_processes
    # Spawned: nothing that this process has open is to be found in a child.
    spawned = multiprocessing.get_context("spawn")
    waiting: deque[tuple[int, Future[dict[str, Any] | BadLine]]] = deque()
    with ProcessPoolExecutor(cores, spawned, initializer=_begin_child) as pool:
        try:
            for number, line in enumerate(lines, start=1):
                if line.isspace():
                    continue
                with deaf_to_interrupts():
                    waiting.append((number, pool.submit(extract_line, line, folder)))
                while len(waiting) > cores * AHEAD:
                    yield _first(waiting)
            while waiting:
                yield _first(waiting)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _first(
    waiting: deque[tuple[int, Future[dict[str, Any] | BadLine]]],
) -> tuple[int, dict[str, Any] | BadLine]:
    number, answer = waiting.popleft()
    try:
        return number, answer.result()
    except BrokenProcessPool:
        raise Failure(
            f"the page of line {number}, or one of the next few, ended the process that read it: "
            "leave it out, and run again"
        ) from None


def _begin_child() -> None:
    # What a library has to say of a broken page is in the answer's quality.
    logging.disable()


def extract_line(line: bytes, folder: Path) -> dict[str, Any] | BadLine:
    """The answer to a line of JSONL; what is wrong with the line, where there is no answer."""
    from ingest.pages.extract import extract_page

    try:
        record = files.json_object(line)
        path = folder / files.text_of(record, "path", required=True)
        body = _unpacked(path.read_bytes())
        document = extract_page(body, url=files.text_of(record, "url"))
    except BadLine as error:
        return error
    except (OSError, ValueError) as error:
        return BadLine(f"cannot read the page: {error}")
    published = document.published.at if document.published else None
    return {
        "id": record["id"],
        "title": document.title,
        "text": document.text,
        "authors": list(document.authors),
        "published": published,
        "language": document.language,
        "quality": str(document.quality),
    }


def _unpacked(body: bytes) -> bytes:
    """The page, whether its file is gzipped or not. Raises `BadLine`, also for one too large."""
    from ingest.http import PAGE_LIMITS

    most = PAGE_LIMITS.unpacked_bytes
    if body.startswith(_GZIP):
        try:
            with gzip.open(io.BytesIO(body)) as packed:
                body = packed.read(most + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise BadLine(f"the gzip file is broken ({error})") from None
    if len(body) > most:
        raise BadLine(f"the page is larger than {most:,} bytes")
    return body
