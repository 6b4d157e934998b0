"""Headlines without what outlets put around them, and some that only look as if they had it."""

import pytest

from ingest.pages.head_metadata import read_head
from ingest.pages.titles import choose_title, page_titles
from ingest.text.html_tree import parse

URL = "https://news.example/2026/1.html"


def title_of(markup: str) -> str:
    parsed = parse(f"<html><head>{markup}</head><body></body></html>")
    assert parsed is not None
    return "".join(page_titles(read_head(parsed.tree), url=URL)[:1])


@pytest.mark.parametrize(
    "suffix",
    [
        "-新华网",
        "_新浪新闻",
        "--国际--人民网",
        "_证券时报网",
        " - 中华人民共和国外交部",
        " | 兩岸 | 中央社 CNA",
        " | 联合早报网",
        "_腾讯新闻",
        "-中新网",
        "｜公視新聞網 PNN",
        " - BBC News 中文",
        "_手机网易网",
        " | 聯合新聞網：最懂你的新聞網站",
        " - 自由時報電子報",
        "-商务部网站",
        "_观察者网",
        "︱国际",
    ],
)
def test_what_a_source_puts_behind_a_chinese_headline_goes(suffix: str) -> None:
    assert title_of(f"<title>两国会谈进入第三天{suffix}</title>") == "两国会谈进入第三天"
    assert title_of(f"<title>“我们来谈”！{suffix}</title>") == "“我们来谈”！"


@pytest.mark.parametrize(
    "suffix",
    [
        " - Chinadaily.com.cn",
        " | Reuters",
        " – The White House",
        " | South China Morning Post",
        " | United States Trade Representative",
        " - Global Times",
        " — Voice of America",
        " | AP News",
        " - U.S. Embassy in Georgia",
        " - Tidewater Courier",
        " | World | The Lantern",
        " - United States Department of State",
        " • Politico",
        " » The Diplomat",
        " - ABC News",
    ],
)
def test_what_a_source_puts_behind_an_english_headline_goes(suffix: str) -> None:
    assert title_of(f"<title>A third day of talks{suffix}</title>") == "A third day of talks"


@pytest.mark.parametrize(
    "title",
    [
        "Tariffs, chips and soybeans - what we know so far",
        "China's answer - a long silence",
        "U.S.-China talks enter third day",
        "Envoys meet again | what each side wants",
        "中美会谈——第三天",
        "专家：中美-东盟关系面临考验",
        "Beijing to respond - ministry",
        "Xi-Trump call",
    ],
)
def test_what_belongs_to_the_headline_stays(title: str) -> None:
    assert title_of(f"<title>{title}</title>") == title


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        (
            '<meta property="og:title" content="He said "no" to us"><h1>He said "no" to us</h1>',
            'He said "no" to us',
        ),
        (
            '<script type="application/ld+json">{"@type":"NewsArticle","headline":"A "third" day",'
            '"datePublished":"2026-10-03"}</script><h1>A "third" day</h1>',
            'A "third" day',
        ),
        (
            '<title>官员称"不会让步"：会谈继续_例网新闻</title>'
            '<meta property="og:title" content="官员称"不会让步"：会谈继续">',
            '官员称"不会让步"：会谈继续',
        ),
        ("<title>AT&amp;amp;T sells unit</title>", "AT&T sells unit"),
        ("<meta property='og:title' content='China&amp;#8217;s answer'>", "China’s answer"),
        ("<title>Fish &amp;amp; chips &amp;quot;war&amp;quot;</title>", 'Fish & chips "war"'),
        ("<title>Q&amp;A: port fees</title>", "Q&A: port fees"),
        (
            '<meta property="og:title" content="Envoys meet"><h1>Envoys meet again in May</h1>',
            "Envoys meet",
        ),
    ],
)
def test_a_title_that_markup_cut_or_escaped_twice_is_read_whole(markup: str, title: str) -> None:
    assert title_of(markup) == title


@pytest.mark.parametrize(
    "suffix",
    [
        "_例网",
        "-某某客户端",
        " | 要闻 | 某某",
        "",
    ],
)
def test_the_feeds_clean_title_shows_what_the_source_added(suffix: str) -> None:
    assert choose_title("会谈进入第三天", f"会谈进入第三天{suffix}") == "会谈进入第三天"
