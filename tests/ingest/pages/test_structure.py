"""Pages whose markup hides where an article's parts are, and what of other stories is beside it."""

import json

import pytest

from ingest.pages.extract import extract_page
from ingest.pages.quality import Quality

URL = "https://news.example/2026/visit.html"
FIRST = "Negotiators from both capitals met again on Monday in a hotel by the river to settle fees."
SECOND = (
    "The text, seen by two people who took part, would halve the charges from the first of May."
)
THIRD = (
    "Shippers welcomed the news with caution and asked to see the whole tariff in writing first."
)
PS = f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
HEADLINES = "".join(
    f"<li><a href='/{n}'>{text}</a></li>"
    for n, text in enumerate(
        (
            "President calls for tariffs on all Chinese goods",
            "Island's parliament debates the budget for submarines",
            "Vegetable prices fall as the harvest comes in early",
            "Senate panel hears the chief of a chip maker",
            "Old photographs show the harbour before the war",
        )
    )
)


def text_of(body: str, head: str = "") -> str:
    page = f"<html><head><title>Port fees</title>{head}</head><body>{body}</body></html>"
    return extract_page(page.encode(), url=URL).text


@pytest.mark.parametrize(
    "body",
    [
        f"<ul><li><h2>Port fees</h2><span>3 May</span>{PS}</li></ul>",
        f"<main><ol><li class=story><div>{PS}</div></li><li><ul>{HEADLINES}</ul></li></ol></main>",
        f"<table><tr><td>{PS}</td><td>side</td></tr></table>",
        f"<table><tr><td><table><tr><td>{PS}</td></tr></table></td></tr></table>",
        f"<dl><dd>{PS}</dd></dl>",
    ],
)
def test_an_article_within_one_item_or_cell_keeps_its_paragraphs_apart(body: str) -> None:
    lines = text_of(body).splitlines()
    assert [line for line in lines if line in (FIRST, SECOND, THIRD)] == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "block",
    [
        "<ul><li>First mark</li><li>Second mark</li></ul>",
        "<ol><li>First mark</li><li>Second mark</li></ol>",
        "<dl><dt>First mark</dt><dd>Second mark, which answers it.</dd></dl>",
        "<h2>First mark</h2><h3>Second mark</h3>",
        "<blockquote>First mark</blockquote><blockquote><p>Second mark</p></blockquote>",
        "<table><tr><th>Goods<td><ul><li>First mark</li><li>Second mark</li></ul></table>",
        "<table><tr><th>Goods</th><td><p>First mark</p><div>Second mark</div></td></tr></table>",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "<div>{}</div>", "<article>{}</article>"])
def test_lists_and_headings_between_paragraphs_stay(block: str, frame: str) -> None:
    text = text_of(frame.format(f"<h1>Fees</h1><p>{FIRST}</p>{block}<p>{SECOND}</p><p>{THIRD}</p>"))
    places = [text.find(mark) for mark in (FIRST, "First mark", "Second mark", SECOND)]
    assert -1 not in places and places == sorted(places)


@pytest.mark.parametrize("boxed", [False, True])
def test_a_paragraph_that_is_one_link_stays(boxed: bool) -> None:
    linked = "China has asked for it twice, the ministry said in a statement. Both were denied."
    parts = [FIRST, SECOND, f"<a href=/x>{linked}</a>", THIRD]
    wrap = "<div class=b><div class=c><p>{}</p></div></div>" if boxed else "<p>{}</p>"
    assert linked in text_of("<article>" + "".join(map(wrap.format, parts)) + "</article>")


@pytest.mark.parametrize(
    "line",
    [
        "Article content", "Advertisement 1", "Story continues below", "ADVERTISEMENT",
        "READ MORE: Old photographs show the harbour", "Related: Senate panel hears a chief",
        "Sign up for our morning newsletter", "Story continues below advertisement", "廣告",
        "延伸閱讀：港口收費減半", "Scroll to continue", "Click here to subscribe to our newsletter",
        "See also: Vegetable prices fall as the harvest comes",
    ],
)  # fmt: skip
def test_boilerplate_between_paragraphs_goes(line: str) -> None:
    text = text_of(f"<article><p>{FIRST}</p><p>{line}</p><p>{SECOND}</p><p>{THIRD}</p></article>")
    assert text.splitlines() == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "sentence",
    [
        "More: the ministers agreed on a second round of talks, which will begin in the autumn.",
        "Related parties have to tell the panel by the first of May what they paid and to whom.",
        "Advertising revenue at the port's paper fell by half in a year, its publisher said.",
    ],
)
def test_a_sentence_that_begins_like_boilerplate_stays(sentence: str) -> None:
    assert sentence in text_of(f"<article><p>{FIRST}</p><p>{sentence}</p><p>{THIRD}</p></article>")


@pytest.mark.parametrize(
    "body",
    [
        f"<div id=root></div><div class=feed><h2>相关推荐</h2><ul>{HEADLINES}</ul></div>",
        f"<div id=app></div><ul>{HEADLINES}</ul>",
        f"<div id=root></div><section class=most-read><ol>{HEADLINES}</ol></section>",
        f"<div id=root></div><h3>You may also like</h3><ul>{HEADLINES}</ul>",
        f"<article><h1>Fees</h1><p>Fees will fall, it said.</p></article><ul>{HEADLINES}</ul>",
    ],
)
def test_other_stories_headlines_are_no_article(body: str) -> None:
    page = f"<html><head><title>Fees</title></head><body>{body}</body></html>"
    document = extract_page(page.encode(), url=URL)
    assert document.quality is Quality.SHORT
    assert "tariffs on all Chinese goods" not in document.text


@pytest.mark.parametrize(
    "beside",
    [
        "<div class=related-stories><h3>Related</h3>{}</div>",
        "<div><h2>Most read</h2>{}</div>",
        "<h3>热点排行</h3><div>{}</div>",
        "<section id=more-news>{}</section>",
        "<div class='teaser'>{}</div>",
    ],
)
def test_teasers_with_whole_sentences_are_left_out(beside: str) -> None:
    teasers = "".join(
        f"<p><a href=/{n}>Another headline of the day number {n}</a></p><p>The island's parliament "
        f"debated the {n}th budget for its submarines until midnight.</p>"
        for n in range(4)
    )
    text = text_of(f"<div class=text><h1>Fees</h1>{PS * 2}{beside.format(teasers)}</div>")
    assert "submarines" not in text and THIRD in text


def stated(article: dict[str, object]) -> str:
    node = {"@type": "NewsArticle", "headline": "Port fees"} | article
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


@pytest.mark.parametrize(
    "body",
    [
        f"{FIRST}\n\n{SECOND}\n\n{THIRD}",
        f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>",
        f"&lt;p&gt;{FIRST}&lt;/p&gt;&lt;p&gt;{SECOND}&lt;/p&gt;&lt;p&gt;{THIRD}&lt;/p&gt;",
        f"{FIRST}<br><br>{SECOND}<br/>{THIRD}",
        f"{FIRST}\r\n{SECOND}\u2028{THIRD}",
        [FIRST, SECOND, THIRD],
        [{"@type": "Text", "text": FIRST}, f"{SECOND}\n{THIRD}"],
    ],
)
@pytest.mark.parametrize(
    "shown",
    [
        "<div id=app></div>",
        "<p>About the author: she has written of harbours and of ships for thirty years, and lives "
        "in a house by the sea with two cats. Her first book was printed in 2009 in a small town. "
        "The second one, on lighthouses, will come out when the third is done, she says of it.</p>",
        f"<p>{FIRST}</p><p>Teaser of what follows, for those who read on.</p>",
    ],
)
def test_the_stated_text_stands_where_the_page_shows_less(body: object, shown: str) -> None:
    assert text_of(shown, stated({"articleBody": body})).splitlines() == [FIRST, SECOND, THIRD]


def test_updates_of_a_live_page_are_read() -> None:
    updates = [{"headline": "09:00", "articleBody": FIRST}, {"articleBody": f"{SECOND}\n{THIRD}"}]
    head = stated({"@type": "LiveBlogPosting", "liveBlogUpdate": updates})
    lines = text_of("<div id=live></div>", head).splitlines()
    assert lines == ["09:00", FIRST, SECOND, THIRD]


def test_what_the_page_shows_stands_where_it_is_as_much() -> None:
    assert text_of(
        f"<article>{PS}</article>", stated({"articleBody": f"{FIRST} {SECOND} {THIRD}"})
    ) == (f"{FIRST}\n{SECOND}\n{THIRD}")
    head = stated({"articleBody": f"{FIRST} {SECOND} {THIRD[:40]}..."})
    assert text_of(f"<article>{PS}</article>", head) == f"{FIRST}\n{SECOND}\n{THIRD}"
