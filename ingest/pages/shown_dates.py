"""The date that a reader sees near the headline: not another story's, not the footer's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import html

from ingest.dates import Confidence, Dated
from ingest.pages.date_forms import find_dates

# A line with the date, a source and an editor; what is longer is the article's own prose.
MAX_LINE_CHARS = 120
# Of a page so many lines are looked at; a page has its date near its headline.
MAX_LINES = 600

# What makes a date the article's, each by what it is worth; with less than ENOUGH it is nobody's.
_NAMED, _LABELLED, _NEAR, _BEFORE, _ALONE = 3, 3, 3, 2, 1
_UPDATED, _IN_A_SENTENCE, _LINKED = -4, -3, -3
ENOUGH = 3
# Near the headline and named a date: so much leaves no doubt about the day.
LEAVES_NO_DOUBT = 6
# A date of the last change, for want of any other.
ENOUGH_UPDATED = 0

_SKIPPED = frozenset(
    ("script", "style", "noscript", "template", "aside", "footer", "nav", "select", "form", "svg",
     "button", "head", "iframe")
)  # fmt: skip
BESIDE_CLASS = re.compile(
    r"comment|disqus|repl(?:y|ies)|related|recommend|sidebar|teaser|promo|popular|trending|footer|"
    r"copyright|most-?read|more-?stories|latest|(?:^|[\s_-])(?:card|rail|rank|hot|nav)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_DATE_CLASS = re.compile(
    r"date|time|publi|posted|pubdate|info|meta|source|stamp|byline|laiyuan|riqi|fabu", re.IGNORECASE
)
_PUBLISHED = re.compile(
    r"(?:[发發][布佈稿表]|刊[登出]|公[布佈]|日期|[时時][间間]|published?|posted|issued|released|first"
    r"|date|print)[^\w]{0,6}(?:on|at|date)?[\s:：]*$",
    re.IGNORECASE,
)
UPDATED = re.compile(
    r"(?:更新|修[改訂订]|updated?|modified|last|edited|revised)[^\d]{0,12}$", re.IGNORECASE
)
_COPYRIGHT = re.compile(r"©|copyright|all rights|版[权權]|备案|備案|icp", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff]")
_DIGIT = re.compile(r"\d|[〇一二三四五六七八九]年|十[一二]?月")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    named: bool  # by its class it is about the date or the source
    near: int  # where it stands: _NEAR, _BEFORE or 0
    linked: bool


def shown_date(tree: html.HtmlElement, *, country: str | None) -> Dated | None:
    """The date shown near the headline; that of the last change for want of it.

    Likely where nothing else can be meant, a guess elsewhere.
    """
    chinese = bool(_HAN.search(tree.findtext(".//title") or "")) or (
        (tree.get("lang") or "").lower().startswith("zh")
    )
    best: Dated | None = None
    most = ENOUGH - 1
    fallback: Dated | None = None
    for line in _lines(tree):
        for found in find_dates(line.text, country=country, chinese=chinese):
            before, after = found.text[: found.start], found.text[found.end :]
            updated = bool(UPDATED.search(before))
            worth = line.near + (_NAMED if line.named else 0) + (_LINKED if line.linked else 0)
            worth += _UPDATED if updated else _LABELLED if _PUBLISHED.search(before) else 0
            around = len(before.strip()) + len(after.strip())
            worth += _ALONE if around <= 40 else _IN_A_SENTENCE
            if worth > most:
                best, most = found.dated, worth
            elif updated and fallback is None and worth >= ENOUGH_UPDATED:
                fallback = found.dated
    chosen = best or fallback
    if chosen is None:
        return None
    certain = most >= LEAVES_NO_DOUBT and tree.find(".//h1") is not None
    bound = Confidence.LIKELY if certain else Confidence.GUESS
    bound = max(bound, chosen.confidence, key=list(Confidence).index)
    return replace(chosen, confidence=bound)


def _lines(tree: html.HtmlElement) -> Iterator[_Line]:
    """The short lines with a number, of what is the page's own, in order; each once."""
    body = tree.find("body")
    if body is None:
        return
    headline = next(body.iter("h1"), None)
    near = _BEFORE if headline is not None else _NEAR
    stack: list[html.HtmlElement] = list(reversed(body))
    seen = 0
    while stack and seen < MAX_LINES:
        element = stack.pop()
        if not isinstance(element.tag, str) or element.tag in _SKIPPED:
            continue
        if element is headline:
            near = _NEAR
            continue
        about = f"{element.get('class') or ''} {element.get('id') or ''}"
        if BESIDE_CLASS.search(about):
            continue
        text = _short_text(element)
        if text is None:
            own = " ".join((element.text or "").split())
            if len(own) > MAX_LINE_CHARS:
                near = 0 if near == _NEAR else near  # the article has begun
            stack.extend(reversed(element))
            continue
        if not text or (headline is not None and headline in element.iterdescendants("h1")):
            stack.extend(reversed(element))
            continue
        seen += 1
        if not _DIGIT.search(text) or _COPYRIGHT.search(text):
            continue
        inner = " ".join(f"{e.get('class') or ''} {e.get('id') or ''}" for e in element.iter())
        parent = element.getparent()
        around = (
            f"{parent.get('class') or ''} {parent.get('id') or ''}" if parent is not None else ""
        )
        named = bool(_DATE_CLASS.search(f"{around} {inner}")) or element.tag == "time"
        yield _Line(text, named, near, linked=element.tag == "a" or _is_linked(element))


def _short_text(element: html.HtmlElement) -> str | None:
    """The element's text on one line; None where it is longer than a line."""
    pieces: list[str] = []
    length = 0
    for piece in element.itertext():
        pieces.append(piece)
        length += len(piece.strip())
        if length > MAX_LINE_CHARS:
            return None
    return " ".join(" ".join(pieces).split())


def _is_linked(element: html.HtmlElement) -> bool:
    """Whether it is a teaser: a link with a headline's length of text beside the date."""
    return any(len(link.text_content().strip()) > 20 for link in element.iter("a"))
