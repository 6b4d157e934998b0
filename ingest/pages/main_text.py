"""The article's text out of a page's tree, with a check that none of it was lost on the way.

trafilatura does the work. What it leaves out without a word is noticed by the page's prose: the
longer paragraphs of the element that holds most of them. Where they are missing from the text,
the extraction is repaired, done again by slower means, or replaced by those paragraphs.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.settings import Extractor

from ingest.pages.other_stories import drop_other_stories, own_lines
from ingest.pages.structure import open_containers, put_apart, put_back
from ingest.text.length import is_prose, letters_worth, prose_letters
from ingest.text.sanitise import html_to_text

# Lengths are in Latin letters; a Han character is worth three (`letters_worth`).

# Below this the slower means are tried too (trafilatura's readability and justext); it is what
# trafilatura takes for too little itself.
TOO_SHORT_LETTERS = 250

# With less than this share of its letters in lines of prose a text is a list of links: a menu was
# taken for the article.
LIST_SHARE = 0.3

# Parts of a body that hold less than this share of what was found are not worth a second run.
TOLERATED_LOSS = 0.3

# A text that goes on after its element has ended has several paragraphs there; one or two beside an
# article are a teaser or a note.
CONTINUING = 3

# Two extractors that agree on little text are right more often than the prose beside it, unless
# that is this many times as much: sidebars with teasers reach three times a short article.
SWAMPED = 4

# trafilatura's time grows with the elements of a page and with their depth: 3 microseconds for
# every level that an element stands deep. Pages beyond these are no articles and could take
# minutes; of those only the prose is taken. News pages have a tenth of that.
MAX_ELEMENTS = 50_000
MAX_LEVELS = 1_500_000
# The slower means compare every paragraph with all others.
MAX_ELEMENTS_SLOWLY = 10_000
_DEEP = 64  # up to here MAX_ELEMENTS alone is bound enough

_BEGINNING = 60  # characters by which a paragraph is found again in the text
# What stands in these is nobody's article and is not missed.
_BESIDE = ("aside", "footer", "nav", "noscript", "figure", "header", "template")
_BESIDE_CLASS = re.compile(
    r"comment|disqus|repl(?:y|ies)|footer|cookie|consent|sidebar|related|teaser|promo",
    re.IGNORECASE,
)

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

_has_sentences = etree.XPath(
    "boolean(//body//text()[string-length(normalize-space()) >= 20 and not(ancestor::noscript)"
    " and not(ancestor::script or ancestor::style or ancestor::template or ancestor::nav)])"
)
_count_elements = etree.XPath("count(//*)")
_reaches_deep = etree.XPath(f"boolean({'/*' * _DEEP})")

# Read once: from its configuration they are a tenth of what extraction takes.
_OPTIONS = {
    fast: Extractor(fast=fast, comments=False, output_format="python") for fast in (True, False)
}

_LOGGER = logging.getLogger(__name__)
# It reports every page without text as an error; here that is a result like any other.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    letters: int
    element: html.HtmlElement
    holder: html.HtmlElement  # the element it stands in
    kind: tuple[str, str]  # of the holder: tag and class
    section: int  # how many headings come before it

    def is_in(self, squeezed: str) -> bool:
        """Whether it is in a text, both without white space."""
        return "".join(self.text[: 2 * _BEGINNING].split())[:_BEGINNING] in squeezed


def article_text(tree: html.HtmlElement, markup: str) -> str:
    """The article's text, a line a paragraph; "" where the page has none.

    `tree` is what the parser made of `markup`, and may be changed by a repair.
    """
    elements = int(_count_elements(tree))
    if elements > MAX_ELEMENTS or (_reaches_deep(tree) and _count_levels(tree) > MAX_LEVELS):
        return prose_lines(markup)
    _drop_what_shows_nothing(tree)
    _drop_words_to_scriptless(tree)
    drop_other_stories(tree)
    open_containers(tree)
    prose = list(_prose(tree))
    text = own_lines(_whole_text(tree, markup, elements, prose), tree)
    text = put_apart(text, [paragraph.text for paragraph in prose])
    return put_back(text, _around(prose, text))


def _whole_text(
    tree: html.HtmlElement, markup: str, elements: int, prose: Sequence[_Paragraph]
) -> str:
    text = _extracted(tree, fast=True)
    if _join_what_was_lost(prose, text):
        text = _extracted(tree, fast=True)
    body = _body(prose)
    share = _prose_share(text)
    if share >= LIST_SHARE and _is_enough(text, body):
        return text
    slower = _extracted(tree, fast=False) if elements <= MAX_ELEMENTS_SLOWLY else ""
    was_list = share < LIST_SHARE <= _prose_share(slower)
    text = slower if was_list else max((text, slower), key=prose_letters)
    if not _is_enough(text, body) or not prose_letters(text):
        plain = "\n".join(paragraph.text for paragraph in body) or prose_lines(markup)
        text = max((text, plain), key=prose_letters)
    return text


def prose_lines(markup: str) -> str:
    """The lines of the page that read as prose, wherever they stand; for want of better."""
    return "\n".join(filter(is_prose, html_to_text(markup).splitlines()))


def _drop_what_shows_nothing(tree: html.HtmlElement) -> None:
    """Take out what is half of a page, since trafilatura copies the tree several times.

    What JSON-LD has of the text is read elsewhere (`ingest.pages.stated_text`).
    """
    for element in list(tree.iter("script", "style", "svg", "link", "meta", "iframe")):
        if element.getparent() is not None:
            element.drop_tree()


def _drop_words_to_scriptless(tree: html.HtmlElement) -> None:
    """Take out <noscript> where there are sentences without it.

    What stands there is a copy of a picture, or what trafilatura 2.3 would put before the article:
    "Please enable JavaScript".
    """
    notes = list(tree.iter("noscript"))
    if notes and _has_sentences(tree):
        for note in notes:
            if note.getparent() is not None:
                note.drop_tree()


def _count_levels(tree: html.HtmlElement) -> int:
    """How deep the elements stand, summed up."""
    depth = levels = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        levels += depth
    return levels // 2


def _extracted(tree: html.HtmlElement, *, fast: bool) -> str:
    try:
        document = bare_extraction(tree, options=_OPTIONS[fast])
    except Exception:  # whatever a library does at a hostile page, the page is what is at fault
        _LOGGER.info("the extractor failed", exc_info=True)
        return ""
    return getattr(document, "text", None) or ""


def _is_enough(text: str, body: Sequence[_Paragraph]) -> bool:
    """Whether the text is long enough, also beside the page's prose, to be the article."""
    return letters_worth(text) >= TOO_SHORT_LETTERS and _letters(body) <= SWAMPED * prose_letters(
        text
    )


def _prose(tree: html.HtmlElement) -> Iterator[_Paragraph]:
    beside: dict[html.HtmlElement, bool] = {}
    section = 0
    for element in tree.iter("p", *_HEADINGS):
        if element.tag != "p":
            section += 1
            continue
        text = " ".join(element.text_content().split())
        holder = element.getparent()
        if holder is None or not is_prose(text):
            continue
        if holder not in beside:
            beside[holder] = _is_beside(holder)
        if not beside[holder]:
            kind = (holder.tag, holder.get("class") or "")
            yield _Paragraph(text, letters_worth(text), element, holder, kind, section)


def _is_beside(holder: html.HtmlElement) -> bool:
    if next(holder.iterancestors(*_BESIDE), None) is not None or holder.tag in _BESIDE:
        return True
    return bool(_BESIDE_CLASS.search(f"{holder.get('class')} {holder.get('id')}"))


def _body(prose: Sequence[_Paragraph]) -> Sequence[_Paragraph]:
    """The paragraphs of the one element that holds most of the page's prose."""
    by_holder: dict[html.HtmlElement, list[_Paragraph]] = defaultdict(list)
    for paragraph in prose:
        by_holder[paragraph.holder].append(paragraph)
    return max(by_holder.values(), key=_letters, default=[])


def _around(prose: Sequence[_Paragraph], text: str) -> html.HtmlElement | None:
    """The element that holds the body; where boxes hold a paragraph each, what holds these."""
    body = _body(prose)
    if not body:
        return None
    squeezed = "".join(text.split())
    found = [p for p in prose if p.kind == body[0].kind and p.is_in(squeezed)]
    if _letters(found) <= 2 * _letters(body) or body[0].holder.tag == "body":
        return body[0].holder
    first, *others = ([p.holder, *p.holder.iterancestors()] for p in found)
    common = set(first).intersection(*others)
    return next((element for element in first if element in common), None)


def _join_what_was_lost(prose: Sequence[_Paragraph], text: str) -> bool:
    """Put paragraphs that the extractor missed where it found the others; whether any were put."""
    squeezed = "".join(text.split())
    found: list[_Paragraph] = []
    lost: list[_Paragraph] = []
    for paragraph in prose:
        (found if paragraph.is_in(squeezed) else lost).append(paragraph)
    return _join_split_body(prose, found, lost) or _join_continuation(found, lost)


def _join_split_body(
    prose: Sequence[_Paragraph], found: Sequence[_Paragraph], lost: Sequence[_Paragraph]
) -> bool:
    """Join a body that the page cuts into equal parts, of which the extractor took only some.

    Magazines put advertisements between the parts. What holds a missing paragraph is of the body
    when it is the same element, by name and class, as what holds those that were found.
    """
    holders = {paragraph.holder for paragraph in found}
    kinds = {paragraph.kind for paragraph in found if paragraph.kind[1]}
    lost = [p for p in lost if p.kind in kinds and p.holder not in holders]
    if _letters(lost) <= TOLERATED_LOSS * _letters(found):
        return False
    split = {paragraph.kind for paragraph in lost}
    parts = dict.fromkeys(paragraph.holder for paragraph in prose if paragraph.kind in split)
    first, *others = (part for part in parts if not any(a in parts for a in part.iterancestors()))
    for part in others:
        first.extend(list(part))
    return True


def _join_continuation(found: Sequence[_Paragraph], lost: Sequence[_Paragraph]) -> bool:
    """Join a body that goes on, before any heading, after the element that held it has ended.

    So it does where a page closes its article, or itself, in the middle of the text.
    """
    last = {paragraph.section: paragraph for paragraph in found}
    rests: dict[html.HtmlElement, list[_Paragraph]] = defaultdict(list)
    for paragraph in lost:
        if paragraph.section in last:
            rests[paragraph.holder].append(paragraph)
    joined = False
    for rest in rests.values():
        if len(rest) >= CONTINUING and _letters(rest) > TOLERATED_LOSS * _letters(found):
            last[rest[0].section].holder.extend(paragraph.element for paragraph in rest)
            joined = True
    return joined


def _letters(paragraphs: Sequence[_Paragraph]) -> int:
    return sum(paragraph.letters for paragraph in paragraphs)


def _prose_share(text: str) -> float:
    return prose_letters(text) / max(1, letters_worth(text))
