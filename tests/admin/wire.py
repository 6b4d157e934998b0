"""A wire of five articles on a small web: two outlets, a copy, a Chinese piece, a domestic one."""

from html import escape

from tests.site import Site

FEEDS = {"/harbour.xml": "Harbour Gazette", "/pine.xml": "Pine Valley News"}

SUMMIT = (
    "Envoys settle on a spring visit",
    (
        "Envoys of the United States and China have settled on a visit in spring, the first of its "
        "kind in two years, after a week of talks in a hotel that had to borrow chairs.",
        "President Donald Trump invited President Xi Jinping to Washington, and Beijing accepted "
        "the invitation within a day, the two delegations said in statements of equal length.",
        "The visit is to prepare an agreement on the exchange of students, and the two sides will "
        "meet again before the month is out.",
    ),
)
SOYBEANS = (
    "Growers load <eight> ships for Chinese mills",
    (
        "Growers in Iowa have begun to load eight ships with soybeans for mills in Shandong, the "
        "largest American sale to China since the tariffs of last year were cut.",
        "The Ministry of Commerce in Beijing said that China would buy what its mills needed, and "
        "the US Department of Agriculture confirmed the sale in its weekly report.",
        "Freight rates on the river rose by a tenth, and two elevators stayed open all night.",
    ),
)
LIBRARY = (
    "A library moves its books by hand",
    (
        "The town library moved eleven thousand books to its new house by hand on Saturday, along "
        "a line of four hundred neighbours who passed them from one to the next.",
        "The chain began at eight with a dictionary and ended at four with a cookbook, and not one "
        "volume fell into the brook that runs beneath the footbridge.",
        "Coffee was poured at both ends, and the mayor carried the atlases.",
    ),
)
TARIFFS = (
    "中美代表团就关税问题举行第四轮磋商",
    (
        "中国和美国代表团周四在日内瓦就关税问题举行第四轮磋商，双方同意把现行的关税休战期再延长九十天。",
        "中国商务部发言人表示，中方愿与美方在相互尊重的基础上扩大共识；美国贸易代表办公室称会谈坦诚而有建设性。",
        "双方还同意在下月举行第五轮磋商，并就农产品采购和出口管制交换意见，具体安排由工作团队商定。",
    ),
)


def serve(site: Site) -> None:
    """Put the wire on the site."""
    harbour = {"/visit.html": SUMMIT, "/ships.html": SOYBEANS, "/tariffs.html": TARIFFS}
    pine = {"/pine/visit.html": SUMMIT, "/pine/library.html": LIBRARY}
    for feed, articles in (("/harbour.xml", harbour), ("/pine.xml", pine)):
        for path, (title, paragraphs) in articles.items():
            site.page(path, html_page(title, paragraphs))
        site.feed(feed, rss({site.url(path): title for path, (title, _) in articles.items()}))


def html_page(title: str, paragraphs: tuple[str, ...]) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html><head><title>{escape(title)}</title></head><body>"
        f"<nav><a href='/'>Home</a></nav><article><h1>{escape(title)}</h1>{body}</article>"
        "<footer>All rights reserved</footer></body></html>"
    )


def rss(items: dict[str, str]) -> str:
    """An RSS 2.0 feed of these titles by URL, all of one day."""
    entries = "".join(
        f"<item><title>{escape(escape(title))}</title><link>{escape(url)}</link><guid>{escape(url)}"
        "</guid><pubDate>Fri, 02 Oct 2026 08:00:00 GMT</pubDate></item>"
        for url, title in items.items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Local news</title><link>http://localhost/</link>{entries}</channel></rss>"
    )
