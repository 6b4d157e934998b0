"""What a page states about itself, gathered as it stands: meta elements, JSON-LD, links, times.

Nothing is decided here; `ingest.pages.metadata` does that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree, html

from ingest.pages.jsonld import ArticleData, read_article
from ingest.text.sanitise import clean_line

# A hostile page may repeat its elements without end; an honest one has a few of each.
MAX_REPEATED = 50

_TAGS = ("base", "h1", "link", "meta", "script", "time", "title")
_BYLINES = etree.XPath(
    "//@rel[.='author']/.. | //@itemprop[.='author']/.. | //@class[.='byline' or .='author'"
    " or .='byline__name' or .='byline-name' or .='author-name']/.."
)
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
    """The texts of the elements marked as author or byline; a search through the whole page."""
    texts = map(_text, _BYLINES(tree)[:MAX_REPEATED])
    return tuple(text for text in texts if 0 < len(text) <= MAX_BYLINE_CHARS)


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
    for element in elements:
        value = element.get("datetime")
        if not value:
            continue
        marked = element.get("itemprop") == "datePublished" or element.get("pubdate") is not None
        (published if marked else others).append(value)
    return published + others


def _is_structured_data(script: html.HtmlElement) -> bool:
    return "ld+json" in (script.get("type") or "").lower()


def _is_canonical(link: html.HtmlElement) -> bool:
    return "canonical" in (link.get("rel") or "").lower().split()


def _text(element: html.HtmlElement) -> str:
    return clean_line(element.text_content())
