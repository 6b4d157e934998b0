"""What a page says of its article in JSON-LD (schema.org), however badly it is written.

Real pages put it in a list, in "@graph", inside a WebPage, in HTML comments or CDATA, with raw
newlines in strings and commas too many. What stays unreadable is searched for its plain fields.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.pages.stated_text import stated_text

# A page's metadata is some kilobytes; whole archives have been seen in one script element.
MAX_CHARS = 1_000_000

# Containers that lead to the page's own article. Lists of teasers ("itemListElement",
# "relatedLink", "hasPart") lead to others' and are not followed.
_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage")
_MAX_LEVELS = 6

_ARTICLE_TYPES = ("Article", "Posting", "Report", "Review")
_PAGE_TYPES = frozenset({"WebPage", "ItemPage", "MediaGallery", "VideoObject", "AudioObject"})
_PERSON_TYPES = frozenset({"", "Person"})

_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*.{0,200}?\*/)+|(?:-->|//\s*\]\]>|\]\]>|;)\s*$"
)
_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")
_PLAIN_FIELD = re.compile(
    r'"(headline|datePublished|dateCreated)"\s*:\s*"((?:[^"\\\n]|\\.){1,500})"'
)


@dataclass(frozen=True, slots=True)
class ArticleData:
    """The fields of the article's node, as given; empty where it says nothing."""

    headline: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    language: str = ""
    url: str = ""
    text: str = ""  # articleBody, a line a paragraph
    is_article: bool = False  # it calls itself an article, not just a page
    is_free: bool | None = None  # isAccessibleForFree; None where it does not say


def read_article(scripts: Iterable[str]) -> ArticleData:
    """The article described by the page's JSON-LD scripts: the best of the nodes found."""
    nodes: list[Mapping[str, Any]] = []
    plain: dict[str, str] = {}
    for script in scripts:
        if len(script) > MAX_CHARS:
            continue
        value = _loads(script)
        if value is None:
            plain |= dict(_PLAIN_FIELD.findall(script))
        nodes.extend(_nodes(value, _MAX_LEVELS))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    articles = [node for node in nodes if _is_article(node)]
    pages = [node for node in nodes if _types(node) & _PAGE_TYPES]
    data = _article(articles + pages, by_id, is_article=bool(articles))
    if data == ArticleData() and plain:
        return ArticleData(
            headline=html.unescape(plain.get("headline", "")),
            published=plain.get("datePublished") or plain.get("dateCreated", ""),
            is_article=True,
        )
    return data


def _loads(script: str) -> object | None:
    text = _WRAPPING.sub("", script.strip())
    for attempt in (text, _TRAILING_COMMA.sub("", text)):
        try:
            # The first value counts; some pages append a second one or a stray brace.
            value, _ = json.JSONDecoder(strict=False).raw_decode(attempt.strip())
        except (ValueError, RecursionError):
            continue
        return value  # type: ignore[no-any-return]
    return None


def _nodes(value: object, levels: int) -> Iterator[Mapping[str, Any]]:
    if levels == 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item, levels - 1)
    elif isinstance(value, dict):
        yield value
        for key in _CONTAINERS:
            yield from _nodes(value.get(key), levels - 1)


def _types(node: Mapping[str, Any]) -> frozenset[str]:
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return frozenset(re.split(r"[/#:]", name)[-1] for name in names if isinstance(name, str))


def _is_article(node: Mapping[str, Any]) -> bool:
    # A node with a headline is an article whatever it calls itself (ClaimReview, MedicalWebPage).
    return "headline" in node or any(name.endswith(_ARTICLE_TYPES) for name in _types(node))


def _article(
    nodes: list[Mapping[str, Any]], by_id: Mapping[str, Mapping[str, Any]], *, is_article: bool
) -> ArticleData:
    """The first node that has a field gives it: an article's before those of the page around it."""
    if not nodes:
        return ArticleData()

    def first(*names: str) -> str:
        texts = (_text(node.get(name)) for name in names for node in nodes)
        return next(filter(None, texts), "")

    people = (_authors(node, by_id) for node in nodes)
    publishers = (_name(node.get("publisher"), by_id) for node in nodes)
    return ArticleData(
        headline=first("headline", "name"),
        published=first("datePublished", "dateCreated"),
        authors=next(filter(None, people), ()),
        publisher=next(filter(None, publishers), ""),
        language=first("inLanguage"),
        url=first("url") or _text(nodes[0].get("mainEntityOfPage")),
        text=next(filter(None, map(stated_text, nodes)), ""),
        is_article=is_article,
        is_free=next((f for f in map(_is_free, nodes) if f is not None), None),
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value") or value.get("@id")
    return html.unescape(value).strip() if isinstance(value, str) else ""


def _name(value: object, by_id: Mapping[str, Mapping[str, Any]]) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        reference = value.get("@id")
        if "name" not in value and isinstance(reference, str):
            value = by_id.get(reference, {})
        return _text(value.get("name"))
    return _text(value)


def _authors(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    value = node.get("author") or node.get("authors") or node.get("creator") or node.get("byline")
    people = value if isinstance(value, list) else [value]
    names = []
    for person in people:
        if isinstance(person, dict):
            reference = person.get("@id")
            known = by_id.get(reference, person) if isinstance(reference, str) else person
            if not _types(known) & _PERSON_TYPES and _types(known):
                continue  # an organisation
        names.append(_name(person, by_id))
    return tuple(filter(None, names))


def _is_free(node: Mapping[str, Any]) -> bool | None:
    value = node.get("isAccessibleForFree")
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).strip().lower())
