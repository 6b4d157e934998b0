"""Walls and good pages, made from `wallpages.toml`, `goodpages.toml` and the sample wire."""

import html
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ingest.pages.extract import extract_page
from ingest.pages.quality import Quality
from tests.faults.rows import Row, row
from worker.demo.wire import load_wire

CAUGHT, FLAGGED = 97.0, 0.5  # percent

_URL = "https://news.example/2026/visit.html"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Page:
    """A page, by a name for people; `kind` is that of a wall, or "good"."""

    name: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Piece:
    title: str
    paragraphs: tuple[str, ...]


def walls(part: str, frames: int = 3) -> Iterator[Page]:
    """Every wall of `part` ("known" or "held_out") in the first `frames` frames."""
    teasers = [piece for piece in _pieces() if len(piece.paragraphs) >= 4]
    for kind, parts in _table("wallpages.toml").items():
        for number, (title, *lines) in enumerate(parts[part]):
            teaser = teasers[number % len(teasers)] if kind == "paywall" else None
            for frame, build in islice(_WALL_FRAMES.items(), frames):
                page = build(title, lines, teaser)
                yield Page(f"{kind} {number} {frame}: {lines[0][:50]}", kind, page.encode())


def good_pages(frames: int = 4) -> Iterator[Page]:
    """Every article in the first `frames` frames; most say something that walls say as well."""
    for number, piece in enumerate(_pieces()):
        for frame, build in islice(_GOOD_FRAMES.items(), frames):
            name = f"good {number} {frame}: {piece.title[:50]}"
            yield Page(name, "good", build(piece).encode())


def caught(part: str = "held_out", frames: int = 3) -> Row:
    """The walls of `part`, in the first `frames` frames: how many are known for walls."""
    missed: list[str] = []
    total = right = 0
    for page in walls(part, frames):
        quality = extract_page(page.body, url=_URL).quality
        total += 1
        right += quality == page.kind
        if quality in (Quality.OK, Quality.SHORT):
            missed.append(page.name)
    share = 100 * (total - len(missed)) / total
    return row(
        f"walls, {part.replace('_', ' ')}",
        times=total,
        items=total,
        lost=len(missed),
        asked=f">= {CAUGHT} % caught",
        measured=f"{share:.1f} % caught, {100 * right / total:.1f} % by their kind",
        ok=share >= CAUGHT,
    )


def flagged(frames: int = 4) -> Row:
    """Good pages, in the first `frames` frames: how many are taken for something else."""
    wrong: list[str] = []
    total = 0
    for page in good_pages(frames):
        total += 1
        if extract_page(page.body, url=_URL).quality is not Quality.OK:
            wrong.append(page.name)
    return row(
        "good pages",
        times=total,
        items=total,
        lost=len(wrong),
        asked=f"<= {FLAGGED} % flagged",
        measured=f"{100 * len(wrong) / total:.2f} % flagged",
        ok=100 * len(wrong) <= FLAGGED * total,
    )


def _table(name: str) -> dict[str, dict[str, list[list[str]]]]:
    return tomllib.loads((_HERE / name).read_text("utf-8"))


def _pieces() -> Sequence[_Piece]:
    given = tomllib.loads((_HERE / "goodpages.toml").read_text("utf-8"))["article"]
    tricky = [_Piece(one["title"], tuple(one["text"].strip().splitlines())) for one in given]
    wire = {
        article.first.title: _Piece(article.first.title, article.first.paragraphs)
        for source in load_wire()
        for article in source.articles
    }
    return [*tricky, *wire.values()]


# --- frames --------------------------------------------------------------------------------------

_NAVIGATION = "".join(
    f'<li><a href="/{name.lower()}">{name}</a></li>'
    for name in ("World", "China", "Business", "Opinion", "Culture", "Subscribe", "Log in")
)
_FOOTER = (
    "<footer><a href=/privacy>Privacy policy</a> <a href=/cookies>Cookie policy</a> "
    "<a href=/terms>Terms</a> <a href=/contact>Contact</a> © Harbour Lantern 2026</footer>"
)
_MOST_READ = (
    "<aside><h3>Most read</h3><ul><li><a href=/1>Ferry runs late again after the storm</a>"
    "<li><a href=/2>Bakers' guild elects its first woman</a>"
    "<li><a href=/3>Where the river meets the rail yard</a></ul></aside>"
)


def _document(title: str, body: str, head: str = "") -> str:
    shown = html.escape(title or "Harbour Lantern")
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{shown}</title>{head}</head>'
        f"<body>{body}</body></html>"
    )


def _lines(lines: Sequence[str], tag: str = "p") -> str:
    return "".join(f"<{tag}>{html.escape(line)}</{tag}>" for line in lines)


def _beginning(teaser: _Piece | None) -> str:
    if teaser is None:
        return ""
    return f"<h1>{html.escape(teaser.title)}</h1>{_lines(teaser.paragraphs[:2])}"


def _bare(title: str, lines: Sequence[str], teaser: _Piece | None) -> str:
    heading = f"<h1>{html.escape(title)}</h1>" if title else ""
    whole = title or (teaser.title if teaser else "")
    return _document(whole, heading + _beginning(teaser) + _lines(lines))


def _framed(title: str, lines: Sequence[str], teaser: _Piece | None) -> str:
    """As a page of its site, with menu, most read and footer."""
    whole = title or (teaser.title if teaser else "")
    body = (
        f"<header><nav><ul>{_NAVIGATION}</ul></nav></header><main><h2>{html.escape(title)}</h2>"
        f"{_beginning(teaser)}<div class=box>{_lines(lines[:2])}{_lines(lines[2:], 'button')}</div>"
        f"</main>{_MOST_READ}{_FOOTER}"
    )
    return _document(f"{whole} | Harbour Lantern", body)


def _boxes(title: str, lines: Sequence[str], teaser: _Piece | None) -> str:
    """Without a paragraph or a heading: nothing but boxes, as applications print them."""
    whole = title or (teaser.title if teaser else "")
    body = (
        f"<div id=root>{_beginning(teaser)}<div><div>{html.escape(title)}</div>"
        f"{_lines(lines, 'div')}</div></div>"
    )
    return _document(whole, body)


_WALL_FRAMES = {"bare": _bare, "framed": _framed, "boxes": _boxes}


def _article(piece: _Piece, *, before: str = "", within: str = "", after: str = "") -> str:
    return (
        f"<header><nav><ul>{_NAVIGATION}</ul></nav></header>{before}<main><article>"
        f"<h1>{html.escape(piece.title)}</h1><p class=byline>By Ann Otter</p>"
        f"{_lines(piece.paragraphs)}{within}</article></main>{after}{_MOST_READ}{_FOOTER}"
    )


def _quiet(piece: _Piece) -> str:
    return _document(piece.title, _article(piece))


def _bannered(piece: _Piece) -> str:
    """A consent dialogue over an article that is all there."""
    banner = (
        "<div id=consent role=dialog><h2>We value your privacy</h2><p>We and our partners store "
        "or access information on devices, such as cookies, and process personal data. You may "
        "click to consent to our processing, or change your preferences.</p>"
        "<button>Accept all</button><button>Reject all</button></div>"
    )
    return _document(piece.title, _article(piece, after=banner))


def _selling(piece: _Piece) -> str:
    """Offers within and after an article that is all there."""
    within = (
        "<p>Subscribe to our newsletter and never miss a story.</p>"
        "<div class=offer><h3>Support our reporting</h3><p>Unlimited digital access from $1 a "
        "week. Cancel anytime.</p><a href=/subscribe>Subscribe now</a> "
        "<span>Already a subscriber? <a href=/login>Log in</a></span></div>"
    )
    return _document(piece.title, _article(piece, within=within))


def _guarded(piece: _Piece) -> str:
    """The scripts that guards, sellers and consent managers leave in every page that they let by,
    and what they say to readers without scripts."""
    head = (
        '<script src="/cdn-cgi/challenge-platform/scripts/main.js"></script>'
        '<script src="https://consent.example/sdk/otSDKStub.js"></script>'
        "<script>window.paywall={metered:true,message:'Subscribe to continue reading'};"
        "grecaptcha.ready(function(){})</script>"
    )
    before = (
        "<noscript><p>Please enable JavaScript to use all functions of this site.</p></noscript>"
    )
    return _document(piece.title, _article(piece, before=before), head)


_GOOD_FRAMES = {
    "quiet": _quiet,
    "bannered": _bannered,
    "selling": _selling,
    "guarded": _guarded,
}
