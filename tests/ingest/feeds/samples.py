"""Feeds in each format, and how the tests have them parsed."""

from ingest.feeds.parse import (
    Feed,
    parse_feed,
)

URL = "https://feeds.harbour-ledger.example/world/rss.xml"

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
  xmlns:media="http://search.yahoo.com/mrss/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
  xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">
<channel>
  <title>Harbour Ledger &amp; Gazette</title>
  <link>https://harbour-ledger.example/</link>
  <description>Trade news</description>
  <language>en-gb</language>
  <ttl>15</ttl>
  <sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
  <atom:link rel="self" href="https://harbour-ledger.example/rss"/>
  <atom:link rel="hub" href="https://hub.example/"/>
  <image><title>Logo</title><url>/logo.png</url><link>https://logo.example/</link></image>
  <item>
    <title>Ports &amp;amp; tariffs: &lt;em&gt;what&lt;/em&gt; next?</title>
    <link>https://harbour-ledger.example/a?id=1&amp;utm_source=rss</link>
    <guid isPermaLink="false">ledger-1</guid>
    <pubDate>Sat, 03 Oct 2026 08:05:00 GMT</pubDate>
    <description>&lt;p&gt;A short summary&lt;/p&gt;</description>
    <content:encoded><![CDATA[<p>The whole <b>text</b>.</p>]]></content:encoded>
    <dc:creator>Jane Roe</dc:creator>
    <dc:creator>By Li Wei</dc:creator>
    <category>Trade</category><category>Ports</category><category>Trade</category>
    <enclosure url="https://harbour-ledger.example/a.mp3" type="audio/mpeg" length="1234"/>
    <media:content url="/a.jpg" medium="image">
      <media:title>A crane</media:title><media:description>A crane at work</media:description>
    </media:content>
    <media:thumbnail url="https://harbour-ledger.example/a.jpg"/>
  </item>
  <item>
    <title>No link, but a permalink</title>
    <guid>https://harbour-ledger.example/b</guid>
    <author>desk@harbour-ledger.example (Night Desk)</author>
    <dc:date>2026-10-02T22:00:00+08:00</dc:date>
    <description>Second</description>
  </item>
  <item>
    <title>Relative, by way of a counter</title>
    <link>/c</link>
    <feedburner:origLink>https://harbour-ledger.example/c?original</feedburner:origLink>
    <guid isPermaLink="false">https://harbour-ledger.example/not-a-link</guid>
    <author>anyone@harbour-ledger.example</author>
  </item>
</channel></rss>
"""

ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://institute.example/blog/">
  <title type="html">Strait &lt;b&gt;Institute&lt;/b&gt;</title>
  <link rel="self" href="feed.atom"/>
  <link rel="alternate" type="text/html" href="."/>
  <id>urn:x:feed</id><updated>2026-10-03T08:05:00Z</updated>
  <entry>
    <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <i>paper</i></div></title>
    <link rel="enclosure" href="paper.pdf" type="application/pdf" length="99"/>
    <link rel="alternate" type="application/pdf" href="paper.pdf"/>
    <link rel="alternate" type="text/html" href="2026/paper" hreflang="en"/>
    <link rel="replies" href="2026/paper/comments"/>
    <id>tag:institute.example,2026:1</id>
    <published>2026-10-02T08:00:00Z</published><updated>2026-10-03T08:00:00Z</updated>
    <author><name>Ann Poe</name><email>ann@institute.example</email></author>
    <author><name>Chen Mei</name></author>
    <category term="trade" label="Trade policy"/>
    <category scheme="http://schemas.example/kind" term="http://schemas.example/kind#post"/>
    <summary>Profits &lt; 5% &amp; falling</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"
      ><p>Full <a href="x">text</a>.</p></div></content>
  </entry>
  <entry xml:lang="zh" xml:base="https://zh.institute.example/">
    <title>第二篇</title><link href="b"/><id>tag:institute.example,2026:2</id>
    <updated>2026-10-03T09:00:00Z</updated>
    <content type="html">&lt;p&gt;正文&lt;/p&gt;</content>
  </entry>
</feed>
"""

RDF = """<?xml version="1.0" encoding="gb2312"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://wanbao.example/"><title>海港晚报</title>
<link>https://wanbao.example/</link><description>要闻</description></channel>
<item rdf:about="https://wanbao.example/1.html"><title>双方就关税问题继续磋商</title>
<link>https://wanbao.example/1.html</link><dc:date>2026年10月3日 08:05</dc:date>
<description>商务部发言人表示，双方将保持沟通。</description></item>
</rdf:RDF>
"""

JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Quay <b>Notes</b>",
    "home_page_url": "https://quay.example/",
    "feed_url": "https://quay.example/feed.json",
    "language": "en",
    "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
    "items": [
        {
            "id": 7,
            "url": "/notes/7",
            "title": "Seven",
            "content_html": "<p>All of it</p>",
            "summary": "a < b",
            "date_published": "2026-10-03T08:05:00Z",
            "date_modified": "2026-10-03T09:05:00Z",
            "authors": [{"name": "Ann Poe"}, {"url": "https://nameless.example/"}],
            "tags": ["ports", "ports", 3],
            "image": "https://quay.example/7.jpg",
            "attachments": [
                {"url": "/7.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5},
                {"mime_type": "audio/none"},
            ],
        },
        {"id": "https://quay.example/notes/8", "content_text": "a < b", "author": {"name": "Bo"}},
        "no object",
    ],
}


def parse(source: str | bytes, content_type: str | None = None, country: str | None = None) -> Feed:
    body = source.encode() if isinstance(source, str) else source
    return parse_feed(body, content_type=content_type, url=URL, country=country)
