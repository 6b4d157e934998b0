"""Titles that are text, and titles that are HTML."""

import json

import pytest

from tests.site import Site
from tests.worker.network.polls import Reader, channel
from worker.context import Context

LINK = "http://127.0.0.1:1/a"


def atom(title: str, kind: str = ' type="text"') -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>'
        f'<entry><id>1</id><title{kind}>{title}</title><link href="{LINK}"/></entry></feed>'
    )


def json_feed(title: str) -> str:
    items = [{"id": "1", "url": LINK, "title": title}]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items})


def rss(title: str) -> str:
    return channel(f"<item><link>{LINK}</link><title>{title}</title></item>")


TITLES = [
    # Atom's text
    (atom("If a &lt;b and c"), "If a <b and c"),
    (atom("‹a&lt;b› is over"), "‹a<b› is over"),
    (atom("How &lt;b&gt; is bold"), "How <b> is bold"),
    (atom("AT&amp;amp;T"), "AT&amp;T"),
    (atom("AT&amp;T, &#36;5"), "AT&T, $5"),
    (atom("A &lt;!-- remark --&gt; here"), "A <!-- remark --> here"),
    (atom("Tags &lt;script&gt;x&lt;/script&gt;"), "Tags <script>x</script>"),
    (atom("No type: a &lt;b", ""), "No type: a <b"),
    (atom("<![CDATA[1 <two and </p> stay]]>"), "1 <two and </p> stay"),
    (atom("\n two\n  lines "), "two lines"),
    # and its HTML
    (atom("A &lt;i>word&lt;/i>", ' type="html"'), "A word"),
    (atom("AT&amp;amp;T", ' type="html"'), "AT&T"),
    (atom("Exports &lt;5 %", ' type="html"'), "Exports <5 %"),
    (
        atom('<div xmlns="http://www.w3.org/1999/xhtml">A <i>word</i></div>', ' type="xhtml"'),
        "A word",
    ),
    # JSON Feed's text
    (json_feed("If a <b and c"), "If a <b and c"),
    (json_feed("<China> says no"), "<China> says no"),
    (json_feed("R&D at AT&amp;T"), "R&D at AT&amp;T"),
    (json_feed("x < y > z"), "x < y > z"),
    (json_feed("<b>bold</b>"), "<b>bold</b>"),
    (json_feed("中国<br>美国"), "中国<br>美国"),
    # RSS, where all of it occurs
    (rss("A &lt;b&gt;word&lt;/b&gt;"), "A word"),
    (rss("Prices &lt;b and more"), "Prices <b and more"),
    (rss("&lt;China&gt; trade opens"), "<China> trade opens"),
    (rss("Cook &amp;amp; Sons"), "Cook & Sons"),
    (rss("<![CDATA[Tariffs <br/>on steel]]>"), "Tariffs on steel"),
    (rss("<![CDATA[【快讯】<外交部>回应]]>"), "【快讯】<外交部>回应"),
]


@pytest.mark.parametrize(("body", "title"), TITLES)
def test_nothing_of_a_title_is_lost(context: Context, site: Site, body: str, title: str) -> None:
    reader = Reader(context, site)
    reader.poll(body)
    [shown] = reader.titles().values()
    assert shown == title
