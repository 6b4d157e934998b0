"""What goes out: payloads in everything that is printed, formulas in CSV, secrets anywhere."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from tests.admin.conftest import LOCAL, Cli, Ended
from tests.faults.rows import Row, row
from tests.faults.strangers.payloads import FORGED, FORMULAS, LIVE, PAYLOADS
from tests.site import Site, answers

# The figure is asked of these numbers; there are some more.
ASKED_PAYLOADS, ASKED_FORMULAS = 150, 30

_PARAGRAPHS = (
    "Envoys of the United States and China have settled on a visit in spring, the first of its "
    "kind in two years, after a week of talks in a hotel that had to borrow chairs.",
    "President Donald Trump invited President Xi Jinping to Washington, and Beijing accepted "
    "the invitation within a day, the two delegations said in statements of equal length.",
)

# Everything that prints what strangers have written, and whether it is JSON or CSV.
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("stories", "--limit", "1000"),
    ("stories", "--limit", "1000", "--format", "jsonl"),
    ("stories", "--limit", "1000", "--format", "csv"),
    ("status",),
    ("status", "--json"),
    ("feeds", "list"),
    ("feeds", "list", "--json"),
    ("feeds", "export"),
    ("counts",),
    ("sql", "SELECT * FROM v_articles"),
    ("sql", "SELECT * FROM v_stories", "--format", "csv"),
    ("export", "articles", "--format", "jsonl"),
    ("export", "articles", "--format", "csv"),
    ("export", "revisions", "--format", "csv"),
    ("export", "stories", "--format", "jsonl"),
    ("export", "polls", "--format", "csv"),
    ("doctor",),
    ("purge", "--source", "Hostile", "--dry-run"),
)


def payloads(every: int = 1) -> Row:
    """A site that writes payloads wherever it can, polled; then every command that prints."""
    chosen = PAYLOADS[::every]
    with tempfile.TemporaryDirectory(prefix="transpacific-faults-") as folder, Site() as site:
        cli = Cli(Path(folder) / "home", LOCAL)
        _serve(site, chosen)
        shown = list(_polled(cli, site, len(chosen[::10])))
        shown += [(command, cli(*command)) for command in _COMMANDS]
        for number in range(0, len(chosen), 25):
            url = site.url(f"/{number}.html")
            shown += [(("revisions", url), cli("revisions", url))]
            shown += [(("trace", url), cli("trace", url))]
    live = [" ".join(command[:2]) for command, ended in shown if not is_inert(command, ended)]
    # Nothing is shown to be inert by commands that failed before they printed it.
    told = sum(b"Visit" in ended.stdout and ended.status == 0 for _, ended in shown)
    printed = sum(len(ended.stdout) + len(ended.stderr) for _, ended in shown)
    return row(
        "payloads in what is printed",
        times=len(chosen),
        items=len(shown),
        lost=len(live),
        asked="none live",
        measured=f"{len(live)} of {len(shown)} outputs live, {printed:,} bytes {live[:3] or ''}",
        ok=not live and told >= 9 and (every > 1 or len(chosen) >= ASKED_PAYLOADS),
    )


def _serve(site: Site, chosen: Sequence[str]) -> None:
    items = []
    for number, payload in enumerate(chosen):
        title, path = f"Visit {number} {payload} settled", f"/{number}.html"
        body = "".join(f"<p>{paragraph} {escape(payload)}</p>" for paragraph in _PARAGRAPHS * 3)
        field = _field(payload)
        site.page(
            path,
            f"<html><head><title>{escape(title)}</title><meta name=author content="
            f'"{escape(payload)}"></head><body><article><h1>{escape(title)}</h1>{body}</article>',
            headers={"ETag": f'"{field}"', "X-Note": field},
        )
        items.append(
            f"<item><title>{escape(title)}</title><link>{escape(site.url(path))}</link>"
            f"<guid isPermaLink='false'>{escape(payload)}</guid><author>{escape(payload)}</author>"
            f"<category>{escape(payload)}</category><pubDate>{escape(payload)}</pubDate></item>"
            f"<item><title>Link {number}</title><link>{escape(payload)}</link></item>"
            f"<item><title>Away {number}</title><link>{site.url(f'/away{number}')}</link></item>"
        )
        away = answers.raw(
            f"HTTP/1.1 302 {field}\r\nLocation: {field}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        site.serve(f"/away{number}", away)
    site.feed(
        "/feed.xml",
        "<rss version='2.0'><channel><title>Hostile "
        f"{escape(chosen[0])}</title>{''.join(items)}</channel></rss>".encode(
            "utf-8", "surrogatepass"
        ),
    )
    for number, payload in enumerate(chosen[::10]):
        field = _field(payload)
        site.serve(
            f"/broken{number}",
            answers.raw(
                f"HTTP/1.1 500 {field}\r\nRetry-After: {field}\r\nContent-Type: {field}\r\n"
                f"Content-Encoding: {field}\r\nContent-Length: 0\r\n\r\n".encode()
            ),
        )
        site.feed(f"/bad{number}", f"<{payload}><rss>{payload}</rss", content_type="text/xml")


def _field(payload: str) -> str:
    """As a header field can say it: what would end the field is left out, the rest is not."""
    return payload.replace("\n", " ").replace("\r", " ").replace("\0", " ")


def _polled(cli: Cli, site: Site, broken: int) -> Iterator[tuple[tuple[str, ...], Ended]]:
    add = ("feeds", "add", site.url("/feed.xml"), "--source", "Hostile")
    yield add, cli(*add)
    for number in range(broken):
        for path in (f"/broken{number}", f"/bad{number}"):
            for command in ("check", "add"):
                with suppress(UnicodeDecodeError):
                    yield ("feeds", command), cli("feeds", command, site.url(path))
    yield ("poll", "--json"), cli("poll", "--json", log_format="json")


def is_inert(command: Sequence[str], ended: Ended) -> bool:
    """Whether nothing in what a command printed would steer who reads it."""
    out, err = ended.stdout.decode(), ended.stderr.decode()
    if LIVE.search(out.replace("\r\n", "\n")) or LIVE.search(err):
        return False
    if any(line.startswith(FORGED) for line in [*_lines(command, out), *err.split("\n")]):
        return False
    if command[:2] == ("feeds", "export"):
        return all(e.tag in ("opml", "head", "title", "body", "outline") for e in _xml(out))
    if "--json" in command or "jsonl" in command:
        return all(json.loads(line) is not None for line in out.splitlines())
    if "csv" in command:
        return all(not cell or cell == _as_text(cell) for cell in _cells(out))
    return True


def _lines(command: Sequence[str], out: str) -> list[str]:
    """The lines of a result; those within a cell of CSV are nobody's."""
    return [] if "csv" in command else out.split("\n")


def _xml(out: str) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(out).iter()


def _cells(out: str) -> Iterator[str]:
    for cells in csv.reader(io.StringIO(out, newline="")):
        yield from cells


def _as_text(cell: str) -> str:
    """The cell as it must be written: a number is one, and a text is no formula."""
    from store.exports.writers import inert

    with suppress(ValueError):
        float(cell)
        return cell
    return inert(cell)


# --- formulas ------------------------------------------------------------------------------------


def formulas() -> Row:
    """Formulas as titles, categories and authors of rows, read back as a spreadsheet reads."""
    from store.exports.columns import Holds
    from store.exports.writers import CsvWriter

    out = io.BytesIO()
    writer = CsvWriter(out, {"title": Holds.TEXT, "authors": Holds.TEXTS})
    for formula in FORMULAS:
        writer.write({"title": formula, "authors": ["A", formula]})
        writer.write({"title": "x", "authors": [formula]})
    writer.close()
    cells = list(_cells(out.getvalue().decode()))
    # A spreadsheet evaluates what begins with one of these, blanks and unseen characters aside.
    begun = [cell.strip("\ufeff\u200b\u2028\x85 \t\r\n\xa0")[:1] for cell in cells]
    live = sum(first in tuple("=+-@＝＋－＠") and bool(first) for first in begun)
    return row(
        "formulas in CSV",
        times=len(FORMULAS),
        items=len(cells),
        lost=live,
        asked=f"{ASKED_FORMULAS} inert",
        measured=f"{len(FORMULAS)} tried, {live} cells live",
        ok=live == 0 and len(FORMULAS) >= ASKED_FORMULAS,
    )
