"""The demo outlets' pages as bytes: an article inside the boilerplate of its outlet.

The boilerplate is HTML in `boilerplate/`, filled in by `string.Template`: a broadsheet (JSON-LD), a
portal (OpenGraph, sidebars), a plain old page (tables, its charset told only inside), a wall.
"""

import json
import textwrap
import tomllib
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from worker.demo.feeds import MEDIA_TYPES
from worker.demo.printing import Issue, Item
from worker.demo.wire import DemoSource

# How many of the outlet's other headlines stand beside an article.
RELATED_LINKS = 4

# A portal's system breaks lines inside paragraphs, as content systems do. Columns.
PORTAL_WIDTH = 68


def render_page(issue: Issue, item: Item) -> bytes:
    """The page of this article, in its outlet's charset."""
    source = issue.source
    boilerplate = "wall" if item.article.paywall else source.boilerplate
    chinese = source.language == "zh"
    page = _boilerplate(boilerplate).substitute(
        _frame(issue),
        url=escape(item.url),
        title=escape(item.title),
        section=escape(item.article.section),
        authors=escape(("、" if chinese else " and ").join(item.article.authors)),
        published_iso=item.published.isoformat(timespec="seconds"),
        updated_iso=item.updated.isoformat(timespec="seconds"),
        published_text=_date_line(item, chinese),
        body=_body(item, source),
        tags="".join(f'<a href="#">{escape(tag)}</a> ' for tag in item.article.categories),
        related_links=_links(
            tuple(other for other in issue.items if other is not item)[:RELATED_LINKS]
        ),
        json_ld=_json_ld(issue, item),
    )
    return page.encode(source.charset)


def render_home(issue: Issue) -> bytes:
    """The outlet's front page: its headlines, and that it is invented."""
    page = _boilerplate("home").substitute(_frame(issue), headlines=_links(issue.items))
    return page.encode(issue.source.charset)


def _frame(issue: Issue) -> dict[str, str]:
    """What every page of an outlet shares."""
    source = issue.source
    lang = _language_tag(source)
    sections = dict.fromkeys(item.article.section for item in issue.items)
    return {
        **_labels()[lang],
        "lang": lang,
        "charset": source.charset,
        "outlet": escape(source.name),
        "tagline": escape(source.tagline),
        "home_url": escape(issue.url),
        "feed_url": escape(issue.feed_url),
        "feed_type": MEDIA_TYPES[source.feed_format],
        "nav": "".join(f'<li><a href="{issue.url}#">{escape(name)}</a></li>' for name in sections),
    }


def _body(item: Item, source: DemoSource) -> str:
    if source.boilerplate == "portal" and source.language != "zh":
        return "\n".join(
            f"<p>\n{textwrap.indent(textwrap.fill(escape(text), PORTAL_WIDTH), '  ')}\n</p>"
            for text in item.paragraphs
        )
    # A Chinese paragraph begins two ideographs in.
    indent = "\u3000\u3000" if source.boilerplate == "plain" else ""
    return "\n".join(f"<p>{indent}{escape(paragraph)}</p>" for paragraph in item.paragraphs)


def _date_line(item: Item, chinese: bool) -> str:
    at = item.published
    if chinese:
        return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
    return f"{at:%B} {at.day}, {at.year} at {at:%H:%M}"


def _links(items: tuple[Item, ...]) -> str:
    return "".join(
        f'<li><a href="{escape(item.url)}">{escape(item.title)}</a></li>' for item in items
    )


def _json_ld(issue: Issue, item: Item) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.title,
        "url": item.url,
        "datePublished": item.published.isoformat(timespec="seconds"),
        "dateModified": item.updated.isoformat(timespec="seconds"),
        "author": [{"@type": "Person", "name": name} for name in item.article.authors],
        "publisher": {"@type": "Organization", "name": issue.source.name},
        "inLanguage": _language_tag(issue.source),
        "isAccessibleForFree": not item.article.paywall,
    }
    # A "<" inside a script element could end it.
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _language_tag(source: DemoSource) -> str:
    if source.language != "zh":
        return source.language
    return "zh-Hant" if source.country in ("TW", "HK") else "zh-Hans"


@cache
def _boilerplate(name: str) -> Template:
    page = files("worker.demo") / "boilerplate" / f"{name}.html"
    return Template(page.read_text(encoding="utf-8"))


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    labels = files("worker.demo") / "boilerplate" / "labels.toml"
    return tomllib.loads(labels.read_text(encoding="utf-8"))
