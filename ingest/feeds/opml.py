"""Lists of feeds as OPML 2.0, the format in which feed readers exchange their subscriptions.

What OPML has no attribute for (source, country, kind, stateMedia) is written as attributes of our
own, which other readers pass over.
"""

from collections.abc import Iterable, Iterator

from lxml import etree

from ingest.feeds.subscription import CatalogueError, FeedSpec, feed_spec
from ingest.text.charset import decode
from ingest.text.sanitise import clean_line

# A list of 20,000 feeds is some 6 MB.
MAX_BYTES = 20_000_000


def read_opml(body: bytes) -> tuple[FeedSpec, ...]:
    """The feeds of an OPML document, in order, each URL once; folders are passed over.

    Raises CatalogueError with the line and the reason. A document that declares entities is
    refused unread: no honest list needs them, and they are how XML is made to explode.
    """
    specs: dict[str, FeedSpec] = {}
    for line, attributes in read_outlines(body):
        if not attributes.get("xmlurl"):
            continue
        try:
            spec = _spec(attributes)
        except CatalogueError as error:
            raise CatalogueError(f"line {line}: {error}") from None
        specs.setdefault(spec.url, spec)
    return tuple(specs.values())


def read_outlines(body: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Every outline of an OPML document: its line, and its attributes by lower-case name.

    Raises CatalogueError as `read_opml` does.
    """
    for outline in _root(body).iter("outline"):
        attributes = {str(name).lower(): str(value) for name, value in outline.attrib.items()}
        yield outline.sourceline or 0, attributes


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


def _root(body: bytes) -> etree._Element:
    if len(body) > MAX_BYTES:
        raise CatalogueError(f"the list is larger than {MAX_BYTES:,} bytes")
    text, _ = decode(body, declared=None)
    if "<!ENTITY" in text:
        raise CatalogueError("the list declares XML entities, which is not allowed")
    # The declaration names the encoding that the bytes had, which the text has no more.
    text = text.lstrip()
    if text.startswith("<?xml"):
        text = text.partition("?>")[2].lstrip("\r\n")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise CatalogueError(f"the list is not well-formed XML: {error.msg}") from None
    if root.tag != "opml":
        raise CatalogueError(
            f"the list is XML but no OPML (its root is <{root.tag}>); to add one feed, give its URL"
        )
    return root


def _spec(attributes: dict[str, str]) -> FeedSpec:
    title = attributes.get("title") or attributes.get("text", "")
    url = attributes["xmlurl"]
    # Other readers write "en-us" or "unknown" where we write "en".
    language = attributes.get("language", "").lower().partition("-")[0]
    return feed_spec(
        {
            "url": url,
            "title": "" if title == url else title,
            "source": attributes.get("source", ""),
            "home_url": attributes.get("htmlurl", ""),
            "country": attributes.get("country", ""),
            "language": language if len(language) in (2, 3) else "",
            "kind": attributes.get("kind", ""),
            "state_media": attributes.get("statemedia", "").lower() == "true",
        }
    )
