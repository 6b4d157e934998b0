"""A page's characters made into a tree without losing any of its text on the way.

libxml2 and the extractor behind it lose text without a word: one `&#x1b;` or `&#xFFFE;` and the
article is gone; tags nested deeper than the parser's limit, and the rest of the page is. So what
XML refuses is taken out before parsing, and a tree says whether it is all of the page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree, html

# The characters that are no character of XML 1.0 (section 2.2): lxml refuses to store them. What
# else nobody reads is taken out of the text afterwards, which is shorter.
_REFUSED_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r\f"})
_REFUSED_NONCHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")  # U+FFFE and U+FFFF in UTF-8

_REFERENCE = re.compile(rb"&#(?:[xX][0-9a-fA-F]+|[0-9]+);?")
# Longer than any code point, leading zeros aside: out of range without converting it to a number.
_MAX_REFERENCE_DIGITS = 8

# The parser's time grows with the square of a tag's attributes: a million in one tag take twenty
# minutes, these a millisecond. Real tags have some thirty.
MAX_ATTRIBUTES = 1_000
# So many attributes take so many bytes at least, so only where a tag may be that long are they
# counted: counting reads the page once more, which is a sixth of what extraction costs.
_LONG_TAG = re.compile(rb"<(?!script|style)[a-z][^<]{6000,}", re.IGNORECASE)

# Most texts of a page are the white space between its tags: half the time goes without them.
_VISIBLE = etree.XPath(
    "//body//text()[normalize-space()"
    " and not(parent::script or parent::style or parent::template)]",
    smart_strings=False,
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page's tree. `complete` is false where the parser's limit cut off the rest of the page."""

    tree: html.HtmlElement
    complete: bool


def parse(markup: str) -> Parsed | None:
    """The tree of a page; None where there is no element in it, or a tag no page has."""
    cleaned = clean_markup(markup)
    if _LONG_TAG.search(cleaned) and _most_attributes(cleaned) > MAX_ATTRIBUTES:
        return None
    parser = html.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        default_doctype=False,
        huge_tree=True,  # depth 2,048 instead of 256; the size is capped where pages are fetched
    )
    try:
        tree = html.document_fromstring(cleaned, parser=parser)
    except etree.ParserError:
        return None
    _gather_rest(tree)
    limits = (entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)
    return Parsed(tree, complete=not any(limits))


def _gather_rest(tree: html.HtmlElement) -> None:
    """Put what comes after the end of the body, or of the page, into the body, as browsers do.

    libxml2 makes it a sibling of the body, or another tree beside this one, where nobody looks.
    """
    body = tree.find("body")
    if body is None:
        return
    for page in list(tree.itersiblings("html")):
        for part in list(page):
            if part.tag == "body":
                body.extend(list(part))
            elif part.tag != "head":
                body.append(part)
    body.extend(list(body.itersiblings()))


class _AttributeCounter:
    """What lxml's parser tells of each tag, instead of building a tree, in linear time."""

    def __init__(self) -> None:
        self._most = 0

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        self._most = max(self._most, len(attributes))

    def close(self) -> int:
        return self._most


def _most_attributes(markup: bytes) -> int:
    parser = etree.HTMLParser(target=_AttributeCounter(), encoding="utf-8", huge_tree=True)
    most: int = etree.fromstring(markup, parser)
    return most


def visible_text(tree: html.HtmlElement) -> str:
    """All that a reader without scripts may see of the page, menus included, on one line."""
    return " ".join(" ".join(_VISIBLE(tree)).split())


def clean_markup(markup: str) -> bytes:
    """The markup in UTF-8, without the characters that lose text, plain or as references."""
    cleaned = markup.encode("utf-8", "ignore")  # lone surrogates are left out
    cleaned = cleaned.translate(None, _REFUSED_CONTROLS).replace(b"\f", b" ")
    cleaned = _REFUSED_NONCHARACTERS.sub(b"", cleaned)
    # Taking a reference out can leave another ("&#x1&#x1b;b;"); a space in its place cannot.
    without = _without_refused_references(cleaned, b"")
    return without if without is cleaned else _without_refused_references(without, b" ")


def _without_refused_references(markup: bytes, replacement: bytes) -> bytes:
    # The distinct references are few even where a whole page is written in them.
    refused = {reference for reference in set(_REFERENCE.findall(markup)) if _is_refused(reference)}
    if not refused:
        return markup
    return _REFERENCE.sub(lambda m: replacement if m[0] in refused else m[0], markup)


def _is_refused(reference: bytes) -> bool:
    digits = reference[2:].rstrip(b";")
    base = 16 if digits[:1] in b"xX" else 10
    digits = digits.lstrip(b"xX0")
    if len(digits) > _MAX_REFERENCE_DIGITS:
        return True
    codepoint = int(digits or b"0", base)
    return (
        codepoint > 0x10FFFF
        or 0xD800 <= codepoint <= 0xDFFF
        or codepoint in (0xFFFE, 0xFFFF)
        or (codepoint < 0x20 and codepoint not in b"\t\n\r")
    )
