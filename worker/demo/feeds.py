"""The demo outlets' feeds as bytes: RSS 2.0, RSS 1.0, Atom and JSON Feed.

Each is written as such feeds are met: RSS with escaped HTML in its descriptions, Atom with links
relative to xml:base, RSS 1.0 with Dublin Core dates, JSON Feed with plain text.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from worker.demo.printing import Issue, Item
from worker.demo.wire import FeedFormat

MEDIA_TYPES: Mapping[FeedFormat, str] = {
    "rss2": "application/rss+xml",
    "rss1": "application/rdf+xml",
    "atom": "application/atom+xml",
    "jsonfeed": "application/feed+json",
}


def render_feed(issue: Issue) -> bytes:
    """The feed of this issue, in its outlet's format and charset."""
    source = issue.source
    document = _RENDERERS[source.feed_format](issue)
    if source.feed_format != "jsonfeed":
        document = f'<?xml version="1.0" encoding="{source.charset.upper()}"?>\n{document}'
    return document.encode(source.charset)


def _rss2(issue: Issue) -> str:
    items = "".join(
        f"""
    <item>
      <title>{escape(item.title)}</title>
      <link>{escape(item.link)}</link>
      <guid isPermaLink="false">{_guid(issue, item)}</guid>
      <pubDate>{format_datetime(item.published)}</pubDate>{_modified(item)}
      <description>{escape(_html(_summary(item)))}</description>{_content_encoded(item)}
      {_elements("dc:creator", item.article.authors)}
      {_elements("category", item.article.categories)}
    </item>"""
        for item in issue.items
    )
    return f"""\
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"
     xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
  <channel>
    <title>{escape(issue.source.name)}</title>
    <link>{escape(issue.url)}</link>
    <description>{escape(issue.source.tagline)}</description>
    <language>{issue.source.language}</language>
    <lastBuildDate>{format_datetime(issue.updated)}</lastBuildDate>
    <ttl>15</ttl>
    <atom:link rel="self" type="application/rss+xml" href={quoteattr(issue.feed_url)}/>{items}
  </channel>
</rss>
"""


def _rss1(issue: Issue) -> str:
    listed = "".join(f"<rdf:li rdf:resource={quoteattr(item.url)}/>" for item in issue.items)
    items = "".join(
        f"""
  <item rdf:about={quoteattr(item.url)}>
    <title>{escape(item.title)}</title>
    <link>{escape(item.link)}</link>
    <dc:date>{_iso(item.published)}</dc:date>{_modified(item)}
    <description>{escape(_text(_summary(item)))}</description>{_content_encoded(item)}
    {_elements("dc:creator", item.article.authors)}
    {_elements("dc:subject", item.article.categories)}
  </item>"""
        for item in issue.items
    )
    return f"""\
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:content="http://purl.org/rss/1.0/modules/content/"
         xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
         xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
  <channel rdf:about={quoteattr(issue.feed_url)}>
    <title>{escape(issue.source.name)}</title>
    <link>{escape(issue.url)}</link>
    <description>{escape(issue.source.tagline)}</description>
    <dc:language>{issue.source.language}</dc:language>
    <sy:updatePeriod>hourly</sy:updatePeriod>
    <sy:updateFrequency>2</sy:updateFrequency>
    <items><rdf:Seq>{listed}</rdf:Seq></items>
  </channel>{items}
</rdf:RDF>
"""


def _atom(issue: Issue) -> str:
    entries = "".join(
        f"""
  <entry>
    <id>{_guid(issue, item)}</id>
    <title>{escape(item.title)}</title>
    <link rel="alternate" type="text/html" href={quoteattr(item.link.removeprefix(issue.url))}/>
    <published>{_iso(item.published)}</published>
    <updated>{_iso(item.updated)}</updated>
    {"".join(f"<author><name>{escape(name)}</name></author>" for name in item.article.authors)}
    {"".join(f"<category term={quoteattr(term)}/>" for term in item.article.categories)}
    <summary type="text">{escape(_text(_summary(item)))}</summary>{_atom_content(item)}
  </entry>"""
        for item in issue.items
    )
    return f"""\
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{issue.source.language}"
      xml:base={quoteattr(issue.url)}>
  <id>{escape(issue.feed_url)}</id>
  <title>{escape(issue.source.name)}</title>
  <subtitle>{escape(issue.source.tagline)}</subtitle>
  <updated>{_iso(issue.updated)}</updated>
  <link rel="self" type="application/atom+xml" href={quoteattr(issue.feed_url)}/>
  <link rel="alternate" type="text/html" href={quoteattr(issue.url)}/>{entries}
</feed>
"""


def _jsonfeed(issue: Issue) -> str:
    items = []
    for item in issue.items:
        fields = {
            "id": _guid(issue, item),
            "url": item.link,
            "title": item.title,
            "summary": _text(_summary(item)),
            "date_published": _iso(item.published),
            "authors": [{"name": name} for name in item.article.authors],
            "tags": list(item.article.categories),
        }
        if item.edited:
            fields["date_modified"] = _iso(item.updated)
        if item.article.full_text:
            fields["content_html"] = _html(item.paragraphs)
        items.append(fields)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": issue.source.name,
        "description": issue.source.tagline,
        "home_page_url": issue.url,
        "feed_url": issue.feed_url,
        "language": issue.source.language,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=2)


_RENDERERS: Mapping[FeedFormat, Callable[[Issue], str]] = {
    "rss2": _rss2,
    "rss1": _rss1,
    "atom": _atom,
    "jsonfeed": _jsonfeed,
}


def _summary(item: Item) -> tuple[str, ...]:
    # Behind a paywall the feed's summary is all there is to tell, so it tells all that was written.
    return item.paragraphs if item.article.paywall else item.paragraphs[:1]


def _guid(issue: Issue, item: Item) -> str:
    return f"tag:demo.invalid,2000:{issue.source.slug}/{item.article.slug}"


def _content_encoded(item: Item) -> str:
    if not item.article.full_text:
        return ""
    return f"\n    <content:encoded><![CDATA[{_html(item.paragraphs)}]]></content:encoded>"


def _atom_content(item: Item) -> str:
    if not item.article.full_text:
        return ""
    return f'\n    <content type="html">{escape(_html(item.paragraphs))}</content>'


def _modified(item: Item) -> str:
    if not item.edited:
        return ""
    return f"\n    <dcterms:modified>{_iso(item.updated)}</dcterms:modified>"


def _elements(name: str, values: tuple[str, ...]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for value in values)


def _html(paragraphs: tuple[str, ...]) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)


def _text(paragraphs: tuple[str, ...]) -> str:
    return "\n\n".join(paragraphs)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
