"""Lists of feeds as OPML 2.0, the format in which feed readers exchange their subscriptions.

What OPML has no attribute for (source, country, kind, stateMedia) is written as attributes of our
own, which other readers pass over.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from ingest.feeds.subscription import CatalogueError, FeedList, FeedSpec, Refusal, feed_spec
from ingest.text.charset import decode
from ingest.text.sanitise import clean_line, clean_text
from ingest.text.xml_references import well_escaped
from ingest.url import UrlError, canonical

# A list of 20,000 feeds is some 6 MB.
MAX_BYTES = 20_000_000

# An outline in a document that is no XML: its tag, up to the > that is in no quotes.
_OUTLINE = re.compile(
    r"""<!--.*?(?:-->|\Z)|<(?:[\w.\-]{1,40}:)?outline(?=[\s/>])(?P<inside>(?:"[^"]*"|'[^']*'|[^"'<>])*+)>"""
    r"""|(?P<broken><(?:[\w.\-]{1,40}:)?outline(?=[\s/>])[^<>]*)""",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""(?:[\w.\-]{1,40}:)?(?P<name>[\w.\-]{1,40})\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'"""
    r"""|(?P<bare>[^\s"'<>]+))"""
)
_ROOT = re.compile(r"<(?:[\w.\-]{1,40}:)?opml(?=[\s/>])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline: its line, its attributes by lower-case name, and what is wrong with its tag."""

    line: int
    attributes: dict[str, str]
    fault: str | None = None


def read_opml(body: bytes) -> FeedList:
    """The feeds of an OPML document, in order, each URL once; folders are passed over.

    What is wrong with one outline costs no other. Raises CatalogueError where there is no OPML; a
    document that declares entities is refused unread: no honest list needs them, and they are how
    XML is made to explode.
    """
    specs: dict[str, FeedSpec] = {}
    lines: dict[str, int] = {}
    refused = []
    for outline in read_outlines(body):
        if outline.fault is not None:
            refused.append(Refusal(outline.line, outline.fault))
        elif outline.attributes.get("xmlurl", "").strip():
            try:
                spec = _spec(outline.attributes)
            except CatalogueError as error:
                refused.append(Refusal(outline.line, str(error)))
            else:
                specs.setdefault(spec.url, spec)
                lines.setdefault(spec.url, outline.line)
    return FeedList(tuple(specs.values()), tuple(refused), tuple(lines.values()))


def read_outlines(body: bytes) -> Iterator[Outline]:
    """Every outline of an OPML document. Raises CatalogueError as `read_opml` does."""
    text, first = _text(body)
    try:
        root = _root(text)
    except etree.XMLSyntaxError as error:
        outlines = list(_outlines_of_soup(text, first)) if _ROOT.search(text) else []
        if not any("xmlurl" in each.attributes or "url" in each.attributes for each in outlines):
            raise CatalogueError(f"the list is not well-formed XML: {error.msg}") from None
        yield from outlines
        return
    if _local(root) != "opml":
        raise CatalogueError(
            f"the list is XML but no OPML (its root is <{root.tag}>); to add one feed, give its URL"
        )
    for element in root.iter(etree.Element):
        if _local(element) == "outline":
            attributes = {
                etree.QName(name).localname.lower(): str(value)
                for name, value in element.attrib.items()
            }
            yield Outline((element.sourceline or 1) + first, attributes)


def write_opml(specs: Iterable[FeedSpec]) -> bytes:
    """An OPML 2.0 document of these feeds, from which `read_opml` makes the same ones."""
    opml = etree.Element("opml", version="2.0")
    head = etree.SubElement(opml, "head")
    etree.SubElement(head, "title").text = "Transpacific feeds"
    body = etree.SubElement(opml, "body")
    for spec in specs:
        # `text` is required by OPML, so a feed without a title shows its address there.
        attributes = {"type": "rss", "text": spec.title or spec.url, "title": spec.title}
        attributes |= {"xmlUrl": spec.url, "htmlUrl": spec.home_url or "", "source": spec.source}
        attributes |= {"country": spec.country or "", "language": spec.language or ""}
        attributes |= {"kind": spec.kind, "stateMedia": "true" if spec.state_media else ""}
        given = {name: clean_line(value) for name, value in attributes.items() if value}
        etree.SubElement(body, "outline", given)
    return bytes(etree.tostring(opml, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _text(body: bytes) -> tuple[str, int]:
    """The document from its root on, as an XML parser takes it; and how many lines were before."""
    if len(body) > MAX_BYTES:
        raise CatalogueError(f"the list is larger than {MAX_BYTES:,} bytes")
    text, _ = decode(body, declared=None)
    if "<!ENTITY" in text:
        raise CatalogueError("the list declares XML entities, which is not allowed")
    # The declaration names the encoding that the bytes had, which the text has no more.
    rest = text.lstrip()
    if rest.startswith("<?xml"):
        rest = rest.partition("?>")[2].lstrip()
    return well_escaped(clean_text(rest)), text.count("\n") - rest.count("\n")


def _root(text: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(text.encode("utf-8", "replace"), parser)


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname).lower()


def _outlines_of_soup(text: str, first: int) -> Iterator[Outline]:
    """The outlines of what is no XML, tag by tag."""
    line, position = first + 1, 0
    for found in _OUTLINE.finditer(text):
        line += text.count("\n", position, found.start())
        position = found.start()
        inside = found["broken"] if found["inside"] is None else found["inside"]
        if inside is None:
            continue  # a comment
        attributes = {
            each["name"].lower(): html.unescape(
                each["double"] or each["single"] or each["bare"] or ""
            )
            for each in _ATTRIBUTE.finditer(inside)
        }
        if found["broken"] is not None or _ATTRIBUTE.sub("", inside).strip(" \t\r\n/"):
            if "xmlurl" in inside.lower():
                yield Outline(line, {}, "its attributes are not well-formed")
        else:
            yield Outline(line, attributes)


def _spec(attributes: dict[str, str]) -> FeedSpec:
    title = attributes.get("title") or attributes.get("text", "")
    url = attributes["xmlurl"].strip()
    # Other readers write "en-us" or "unknown" where we write "en".
    language = attributes.get("language", "").lower().partition("-")[0]
    return feed_spec(
        {
            "url": url,
            "title": "" if title == url else title,
            "source": attributes.get("source", ""),
            "home_url": _home(attributes.get("htmlurl", "")),
            "country": attributes.get("country", ""),
            "language": language if len(language) in (2, 3) else "",
            "kind": attributes.get("kind", ""),
            "state_media": attributes.get("statemedia", "").lower() == "true",
        }
    )


def _home(url: str) -> str:
    """The address of the site, where it is one: a feed is worth having without."""
    url = clean_line(url)
    try:
        canonical(url)
    except UrlError:
        return ""
    return "" if " " in url else url
