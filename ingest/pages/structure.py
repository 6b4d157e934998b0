"""The blocks of a page put so that the extractor keeps them, and apart: before it and after it.

trafilatura 2.3 makes one line of an article that stands within one <li> or <td>, loses lists within
cells, and lists and headings where the body stands in no container that it knows, and drops a
paragraph that is one link.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from lxml import etree, html

from ingest.pages.other_stories import is_boilerplate
from ingest.text.length import is_prose, letters_worth

# So many paragraphs make an item or a cell the page's body, not part of a list or a table.
MIN_PARAGRAPHS = 2
# Blocks of a body that its extraction may have left out.
_BLOCKS = frozenset(
    ("p", "li", "dt", "dd", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "td", "th")
)  # fmt: skip
_INNER = frozenset((*_BLOCKS, "div", "ul", "ol", "dl", "table", "section"))
_LISTS = frozenset(("ul", "ol", "dl"))
_NOT_THE_BODY = frozenset(
    ("aside", "footer", "nav", "header", "figure", "form", "script", "style", "noscript",
     "template", "button", "select", "svg", "iframe", "table")
)  # fmt: skip
_BESIDE_CLASS = re.compile(
    r"comment|disqus|repl(?:y|ies)|footer|cookie|consent|sidebar|related|teaser|promo|share|social|"
    r"caption|credit|byline|author|meta|date|tags?(?:\b|_)|breadcrumb|newsletter|sign-?up|advert|"
    r"(?:^|[\s_-])(?:ad|ads|card|rail|rank|hot|nav|menu|bio)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.。!?！？](?:\s|$|[”\"])")
# A heading or an item beyond this is no label; so much of what is left out is put back at most.
MAX_LOST_SHARE = 1.0
# A single paragraph, by whose beginning it is found in a text.
_BEGINNING = 40

_CELLS = etree.XPath("//td[ul or ol or dl or table or p or div] | //th[ul or ol or dl or p or div]")
_HOLDING = etree.XPath("//li[.//p] | //td[.//p] | //dd[.//p]")


def open_containers(tree: html.HtmlElement) -> None:
    """Make an item or a cell that holds an article a box, and cells with lists plain cells."""
    opened: set[html.HtmlElement] = set()
    for holder in _HOLDING(tree):
        if sum(is_prose(_line(p)) for p in holder.iter("p")) >= MIN_PARAGRAPHS:
            opened.update(_open(holder))
    for cell in _CELLS(tree):
        if cell not in opened and cell.tag in ("td", "th"):
            _flatten(cell)


def _open(holder: html.HtmlElement) -> list[html.HtmlElement]:
    """The elements from a holder up to its list or table, all made <div>."""
    outer = _LISTS if holder.tag != "td" else frozenset(("table",))
    changed = [holder]
    for around in holder.iterancestors():
        changed.append(around)
        if around.tag in outer:
            break
        if around.tag in ("body", "html"):
            changed.pop()
            break
    for element in changed:
        element.tag = "div"
    return changed


def _flatten(cell: html.HtmlElement) -> None:
    parts = [" ".join(piece.split()) for piece in cell.itertext()]
    text = " ".join(part for part in parts if part)
    for child in list(cell):
        cell.remove(child)
    cell.text = text


def put_apart(text: str, paragraphs: Sequence[str]) -> str:
    """The text with a line for each of the page's paragraphs that were glued into one."""
    if text.count("\n") + 1 >= len(paragraphs):
        return text
    lines: list[str] = []
    for line in text.splitlines():
        cuts = {
            place
            for paragraph in paragraphs
            if len(paragraph) < len(line) and (start := line.find(paragraph)) >= 0
            for place in (start, start + len(paragraph))
        }
        ends = [0, *sorted(cuts), len(line)]
        parts = (line[a:b].strip(" |") for a, b in pairwise(ends))
        lines.extend(part for part in parts if part.strip("-•"))
    return "\n".join(lines)


def put_back(text: str, holder: html.HtmlElement | None) -> str:
    """The text with those blocks of its body that the extractor left out between its paragraphs.

    `holder` is the element that holds most of the page's prose.
    """
    if holder is None or not text:
        return text
    blocks = _blocks(holder)
    lines = text.splitlines()
    squeezed = [_squeezed(line) for line in lines]
    whole = "".join(squeezed)
    found = [_squeezed(block)[:_BEGINNING] in whole for block, _ in blocks]
    own = [n for n, (block, _) in enumerate(blocks) if found[n] and is_prose(block)]
    if len(own) < MIN_PARAGRAPHS:
        return text
    between = [n for n in range(own[0], own[-1]) if not found[n] and _belongs(*blocks[n])]
    if not between or _letters(blocks, between) > MAX_LOST_SHARE * letters_worth(text):
        return text
    at = 0  # the line behind which the next one goes
    missing = set(between)
    for n in range(own[0], own[-1]):
        block = _squeezed(blocks[n][0])
        if n in missing:
            lines.insert(at, blocks[n][0])
            squeezed.insert(at, block)
            at += 1
            continue
        beginning = block[:_BEGINNING]
        at = next((i + 1 for i in range(at, len(lines)) if beginning in squeezed[i]), at)
    return "\n".join(lines)


def _blocks(holder: html.HtmlElement) -> list[tuple[str, html.HtmlElement]]:
    """The blocks of text within an element, in order, without what is beside the article."""
    blocks: list[tuple[str, html.HtmlElement]] = []
    stack = list(reversed(holder))
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str) or element.tag in _NOT_THE_BODY:
            continue
        if _BESIDE_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            continue
        if element.tag in _BLOCKS and not any(e.tag in _INNER for e in element.iterdescendants()):
            if line := _line(element):
                blocks.append((line, element))
        else:
            stack.extend(reversed(element))
    return blocks


def _belongs(block: str, element: html.HtmlElement) -> bool:
    """Whether a block between an article's paragraphs is its own, and points to no other story."""
    if is_boilerplate(block):
        return False
    linked = sum(len(_line(a)) for a in element.iter("a"))
    if element.tag == "p":
        return is_prose(block) and (2 * linked < len(block) or bool(_SENTENCE.search(block)))
    return 2 * linked < len(block)


def _letters(blocks: Sequence[tuple[str, html.HtmlElement]], chosen: Sequence[int]) -> int:
    return sum(letters_worth(blocks[n][0]) for n in chosen)


def _line(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _squeezed(text: str) -> str:
    return "".join(text.split())
