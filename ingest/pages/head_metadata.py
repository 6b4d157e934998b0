"""What a page states about itself, gathered as it stands: meta elements, JSON-LD, links, times.

Nothing is decided here; `ingest.pages.metadata` does that.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree, html

from ingest.pages.jsonld import ArticleData, read_article
from ingest.text.sanitise import clean_line

# A hostile page may repeat its elements without end; an honest one has a few of each.
MAX_REPEATED = 50

_TAGS = ("base", "h1", "link", "meta", "script", "time", "title")
_BYLINE_CLASSES = frozenset(
    ("byline", "bylines", "author", "authors", "byline__name", "byline-name", "author-name",
     "article-author", "article__author", "post-author", "story-byline", "article-byline",
     "reporter")
)  # fmt: skip
_MAYBE_BYLINES = etree.XPath(
    "//@rel[.='author']/.. | //@itemprop[.='author']/.."
    " | //@class[contains(., 'author') or contains(., 'byline') or .='reporter']/.."
)
# Whose bylines are of other stories, or of readers.
_BESIDE = frozenset({"aside", "footer", "nav"})
_BESIDE_CLASS = re.compile(
    r"comment|disqus|repl(?:y|ies)|related|recommend|sidebar|teaser|promo|popular|trending|"
    r"most-?read|more-?stories|latest|(?:^|[\s_-])(?:card|rail|rank|hot)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_UPDATED = re.compile(r"\b(?:updated?|modified|last|edited)\b|更新|修改", re.IGNORECASE)
# A byline is a line; what is longer under its name is the box about the author, or a template.
MAX_BYLINE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Head:
    """A page's statements about itself; empty where it makes none."""

    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by lower-case name
    article: ArticleData = field(default_factory=ArticleData)
    title: str = ""  # of the <title> element
    headings: tuple[str, ...] = ()  # <h1>
    times: tuple[str, ...] = ()  # datetime of <time>, those marked as publication first
    canonical_link: str = ""
    base: str = ""  # href of <base>
    language: str = ""  # lang of <html>

    def first(self, *names: str) -> str:
        """The first content of the meta elements with these names, in the order of the names."""
        return next((value for name in names for value in self.meta.get(name, ())), "")


def read_head(tree: html.HtmlElement) -> Head:
    """Gather the statements of a page, in one walk; the tree is left as it is."""
    found: dict[str, list[html.HtmlElement]] = {tag: [] for tag in _TAGS}
    for element in tree.iter(*_TAGS):
        found[element.tag].append(element)
    links = (link.get("href") or "" for link in found["link"] if _is_canonical(link))
    return Head(
        meta=_meta(found["meta"]),
        article=read_article(s.text or "" for s in found["script"] if _is_structured_data(s)),
        title=next(map(_text, found["title"]), ""),
        headings=tuple(map(_text, found["h1"][:MAX_REPEATED])),
        times=tuple(_times(found["time"][:MAX_REPEATED])),
        canonical_link=next(links, ""),
        base=next((base.get("href") or "" for base in found["base"]), ""),
        language=(tree.get("lang") or tree.get("xml:lang") or "").strip(),
    )


def read_bylines(tree: html.HtmlElement) -> tuple[str, ...]:
    """The texts of the elements marked as author or byline of the page's own article.

    A search through the whole page. Bylines of other stories and of comments are left out.
    """
    first = next(tree.iter("article"), None)
    marked = [element for element in _MAYBE_BYLINES(tree) if _is_byline(element)]
    own = (e for e in marked[:MAX_REPEATED] if not _is_beside(e, first))
    return tuple(text for text in map(_text, own) if 0 < len(text) <= MAX_BYLINE_CHARS)


def _is_byline(element: html.HtmlElement) -> bool:
    if "author" in (element.get("rel"), element.get("itemprop")):
        return True
    return not _BYLINE_CLASSES.isdisjoint((element.get("class") or "").split())


def _is_beside(element: html.HtmlElement, first: html.HtmlElement | None) -> bool:
    """Whether it stands in a list of other stories, among comments, or in another article."""
    for around in (element, *element.iterancestors()):
        if around.tag in ("body", "html"):
            return False
        if around.tag == "article":
            return around is not first and first not in around.iterancestors()
        if around.tag in _BESIDE or _BESIDE_CLASS.search(
            f"{around.get('class') or ''} {around.get('id') or ''}"
        ):
            return True
    return False


def _meta(elements: Iterable[html.HtmlElement]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for element in elements:
        content = element.get("content")
        if not content or content.isspace():
            continue
        names = " ".join(filter(None, map(element.get, ("property", "name", "itemprop"))))
        for name in dict.fromkeys(names.lower().split()):
            values = found.setdefault(name, [])
            if len(values) < MAX_REPEATED:
                values.append(content)
    return {name: tuple(values) for name, values in found.items()}


def _times(elements: Iterable[html.HtmlElement]) -> list[str]:
    published: list[str] = []
    others: list[str] = []
    first: html.HtmlElement | None = None
    for element in elements:
        value = element.get("datetime")
        if not value or _is_of_a_change(element):
            continue
        if element.get("itemprop") == "datePublished" or element.get("pubdate") is not None:
            published.append(value)
            continue
        first = first if first is not None else next(element.getroottree().iter("article"), None)
        if not _is_beside(element, first):
            others.append(value)
    return published + others


def _is_of_a_change(element: html.HtmlElement) -> bool:
    """Whether a <time> says when the text was last changed."""
    if element.get("itemprop") == "dateModified":
        return True
    previous = element.getprevious()
    parent = element.getparent()
    before = previous.tail if previous is not None else parent.text if parent is not None else ""
    if not (before or "").strip() and previous is not None:
        before = _text(previous)
    return bool(_UPDATED.search(f"{before or ''} {(element.text or '')[:20]}"))


def _is_structured_data(script: html.HtmlElement) -> bool:
    return "ld+json" in (script.get("type") or "").lower()


def _is_canonical(link: html.HtmlElement) -> bool:
    return "canonical" in (link.get("rel") or "").lower().split()


def _text(element: html.HtmlElement) -> str:
    return clean_line(element.text_content())
