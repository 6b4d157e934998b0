"""Two addresses of one article: spelled otherwise, tracked, or stated by its page."""

import pytest
from sqlmodel import select

from store.articles import addresses, purge
from store.tables import Article, EventRow, Revision, Sighting, digest
from tests.site import Site
from tests.worker.network.polls import Reader, channel, item
from tests.worker.network.refetching import process_all
from tests.worker.wire import drain, page, rows, text
from worker import clock
from worker.context import Context

PAGE = "http://127.0.0.1:1/page"  # nobody is there, and nobody has to be
AT = "http://{}/a"


@pytest.fixture
def reader(context: Context, site: Site) -> Reader:
    return Reader(context, site)


SPELLINGS = {
    "capitals of what is encoded": ("/%e4%b8%ad", "/%E4%B8%AD"),
    "one capital": ("/%E4%b8%aD", "/%e4%B8%Ad"),
    "a tilde": ("/%7Ewu/a", "/~wu/a"),
    "a tilde, small": ("/%7ewu/a", "/~wu/a"),
    "letters and a dot": ("/%61rticle%2ehtml", "/article.html"),
    "digits and a line": ("/%32026%5f1%2D2", "/2026_1-2"),
    "in the query": ("/a?q=%e4&%69d=1", "/a?q=%E4&id=1"),
    "in a route": ("/#/%7ewu", "/#/~wu"),
    "as it is, and encoded": ("/中", "/%e4%b8%ad"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_what_is_spelled_otherwise_is_one_article(reader: Reader, name: str) -> None:
    one, other = (f"http://b.example{part}" for part in SPELLINGS[name])
    reader.poll(channel(item("A", one)))
    assert reader.poll(channel(item("A", other))).new == 0
    assert reader.poll(channel(item("A", one), item("A", other))).new == 0


# Each with whom it is from: those of the report, then siblings.
EVERYWHERE = """
    srsltid gaa_at gaa_n gaa_ts gaa_sig mibextid spm gad_source wickedid vero_id oly_enc_id
    _branch_match_id guce_referrer wxshare share_token ns_mchannel xtor igsh gad_campaignid
    igshid vero_conv oly_anon_id _branch_referrer guccounter isappinstalled ns_source mc_tc
    __hstc _kx bsft_clkid itm_source hmsr bd_vid ysclid rdt_cid ScCid epik dm_i adobe_mc
    s_kwcid cx_testId WT.rss_f irclickid tblci pk_source matomo_campaign usqp ref_src soc_trk
    lctg at_link_id __s
"""
AT_HOSTS = {
    "www.nytimes.com": "smid emc partner unlocked_article_code",
    "www.wsj.com": "mod reflink",
    "www.theguardian.com": "CMP",
    "www.bbc.co.uk": "ocid",
    "www.bloomberg.com": "srnd",
    "amp.scmp.com": "pgtype module campaign",
    "asia.nikkei.com": "n_cid",
    "m.sohu.com": "_f _trans_ scm",
    "m.toutiao.com": "timestamp app",
    "x.com": "s t",
    "www.youtube.com": "si feature",
    "baijiahao.baidu.com": "wfr for",
}


def test_parameters_that_only_track_go(reader: Reader) -> None:
    hosts = {"b.example": EVERYWHERE, **AT_HOSTS}
    for host, names in hosts.items():
        plain = f"{AT.format(host)}?id=7"
        items = [item("A", plain)]
        for name in names.split():
            items += [item("A", f"{plain}&{name}=1"), item("A", f"{AT.format(host)}?{name}&id=7")]
        reader.poll(channel(*items))
    assert reader.urls() == sorted(f"{AT.format(host)}?id=7" for host in hosts)


CONTENT = """
    id p page v q story sid aid articleid newsid nid cid pid tid docid contentid item code no seq
    key n s t a c m f d date year month day lang locale edition section cat category channel
    topic tag type view format print mode mod action from ref source src share partner via feed
    rss st si sh ss error campaign module feature app timestamp input wfr title slug path url u
    link file doc post_id story_id article_id fbstory_id atid spot xtorid gaaid utmost version
"""


def test_parameters_that_may_name_content_stay(reader: Reader) -> None:
    links = [f"http://b.example/a?{name}={value}" for name in CONTENT.split() for value in (1, 2)]
    links += [
        "http://www.wsj.com/a?id=1",
        "http://www.wsj.com/a?smid=1",
        "http://notwsj.com/a?mod=1",
    ]
    reader.poll(channel(*(item(f"Story {link}", link) for link in links)))
    assert reader.urls() == sorted(links)


def stored_as(context: Context, url: str, *today: str) -> None:
    """The one article is known by this URL, as it was stored before, and led to by others."""
    with context.database.writing() as session:
        article = session.exec(select(Article)).one()
        article.url, article.url_hash = url, digest(url)
        session.flush()
        for each in today:
            addresses.lead(session, article.id or 0, each)


def test_what_was_stored_under_another_form_is_found_and_stays(
    reader: Reader, context: Context
) -> None:
    reader.poll(channel(item("A", PAGE)))
    stored_as(context, f"{PAGE}?srsltid=1", PAGE)
    for link in (f"{PAGE}?srsltid=1", PAGE, f"{PAGE}?srsltid=2"):
        poll = reader.poll(channel(item("A", link)))
        assert (poll.new, poll.revised) == (0, 0)
    assert reader.poll(channel(item("A, edited", f"{PAGE}?srsltid=3"))).revised == 1
    assert reader.urls() == [f"{PAGE}?srsltid=1"]
    with context.database.reading() as session:
        assert addresses.known(session, f"{PAGE}?srsltid=9#top") == f"{PAGE}?srsltid=1"


def test_what_is_purged_stays_away_under_each_of_its_addresses(
    reader: Reader, context: Context
) -> None:
    reader.poll(channel(item("A", PAGE)))
    stored_as(context, f"{PAGE}?srsltid=1", PAGE)
    with context.database.writing() as session:
        [doomed] = purge.find(session, [f"{PAGE}?srsltid=2"])
        purge.purge(session, [doomed.article_id], reason=None, now=clock.now())
    assert reader.poll(channel(item("B", PAGE))).new == 0
    assert reader.urls() == []


# --- canonical addresses that pages state ---------------------------------------------------------


@pytest.fixture
def pages(reader: Reader) -> "Pages":
    return Pages(reader)


class Pages:
    """Pages on the site, and the feed that leads to them, read to the end."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.site, self.context = reader, reader.site, reader.context

    def publish(self, path: str, number: int, stated: str | None, title: str = "Ferries") -> None:
        head = "" if stated is None else f'<link rel="canonical" href="{stated}">'
        self.site.page(path, page(title, text(number), head=head))

    def read(self, *paths: str, titles: tuple[str, ...] = ()) -> None:
        named = titles or ("Ferries",) * len(paths)
        entries = [
            item(title, self.site.url(path), path) for title, path in zip(named, paths, strict=True)
        ]
        self.reader.poll(channel(*entries))
        drain(self.context, self.reader.heard)
        process_all(self.context, self.reader.heard)


SAME = {
    "the query": ("/a.html?from=rss", "/a.html"),
    "the query, the other way": ("/a.html", "/a.html?id=1"),
    "a slash": ("/a/", "/a"),
    "a slash, the other way": ("/a", "/a/"),
    "both": ("/a/?ref=home", "/a"),
    "two queries": ("/a?ref=home&id=1", "/a?id=1"),
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("first", ["the stated", "the other"])
def test_pages_with_one_text_and_one_canonical_address_are_one_article(
    pages: Pages, name: str, first: str
) -> None:
    other, stated = SAME[name]
    for path in (other, stated):
        pages.publish(path, 1, stated)
    ordered = (stated, other) if first == "the stated" else (other, stated)
    for path in ordered:
        pages.read(path)
    assert pages.reader.urls() == [ordered[0]]
    assert len(rows(pages.context.database, Revision)) == 1
    for path in (*ordered, *ordered):
        pages.read(path)
    pages.read(*ordered)
    assert pages.reader.urls() == [ordered[0]]
    merged = [row for row in rows(pages.context.database, EventRow) if row.kind == "article.merged"]
    assert len(merged) == 1
    with pages.context.database.reading() as session:
        for path in ordered:
            assert addresses.known(session, pages.site.url(path)).endswith(ordered[0])


def test_two_that_state_a_third_are_one_and_keep_their_sightings(
    pages: Pages, context: Context
) -> None:
    for path in ("/a?ref=1", "/a?ref=2"):
        pages.publish(path, 1, "/a")
    pages.read("/a?ref=1")
    second = Pages(Reader(context, pages.site, path="/second.xml"))
    second.read("/a?ref=2")
    assert pages.reader.urls() == ["/a?ref=1"]
    assert len(rows(context.database, Sighting)) == 2


APART = {
    "another text": (1, 2, "/article.php", "/article.php?id=1", "/article.php?id=2"),
    "another path": (1, 1, "/a", "/a", "/b"),
    "another host": (1, 1, "http://b.example/a", "/a?id=1", "/a?id=2"),
    "nothing stated": (1, 1, None, "/a?id=1", "/a?id=2"),
    "each states its own": (1, 1, "", "/a?id=1", "/a?id=2"),
}


@pytest.mark.parametrize("name", APART)
def test_others_stay_two(pages: Pages, name: str) -> None:
    one, two, stated, first, second = APART[name]
    pages.publish(first, one, first if stated == "" else stated)
    pages.publish(second, two, second if stated == "" else stated)
    pages.read(first)
    pages.read(second)
    assert pages.reader.urls() == sorted([first, second])


def test_items_that_a_feed_tells_apart_stay_two(pages: Pages) -> None:
    for path in ("/a?id=1", "/a?id=2"):
        pages.publish(path, 1, "/a")
    pages.read("/a?id=1", "/a?id=2", titles=("Ferries", "Trains"))
    assert pages.reader.urls() == ["/a?id=1", "/a?id=2"]


@pytest.mark.parametrize("number", range(20))
def test_a_site_whose_pages_all_name_one_canonical_address_is_not_believed(
    pages: Pages, number: int
) -> None:
    """Also of pages that have one text: the others have shown that the address is no article's."""
    stated = ("", "?id=1", "/", "?page=home")[number % 4]
    paths = [f"/article.php?{name}={id_}" for name in ("id", "story") for id_ in (1, 2, 3)]
    for path in paths:
        its_text = number * 10 + int(path[-1])
        pages.publish(path, its_text, f"/article.php{stated}", title="Bay News")
    pages.read(*paths[:3])
    pages.read(*paths)
    assert pages.reader.urls() == sorted(paths)
