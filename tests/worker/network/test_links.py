"""The links of entries: those that are none, relative and misspelled ones, and entries without."""

import json

import pytest
from sqlmodel import select

from store.tables import Article, Revision, Stage, digest
from tests.site import Site
from tests.worker.network.polls import Reader, channel, item, only_url
from tests.worker.wire import only, rows
from worker.context import Context
from worker.processing import process_article

TEXT = "The ministers spoke of soybeans on Monday and went home."
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns="http://purl.org/rss/1.0/">%s</rdf:RDF>'
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>%s</feed>'


def entry(inside: str, *, title: str = "Visit", ident: str = "urn:x:1", text: str = TEXT) -> str:
    said = f"<summary>{text}</summary>" if text else ""
    return ATOM % f"<entry><title>{title}</title><id>{ident}</id>{inside}{said}</entry>"


def json_feed(**values: object) -> str:
    entries = {"id": "1", "content_text": TEXT} | values
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "T", "items": [entries]})


@pytest.fixture
def reader(context: Context, site: Site) -> Reader:
    return Reader(context, site)


WITHOUT = {
    "no link": (channel(item("A", None, "id 1", TEXT)), "id%201"),
    "rdf:about alone": (
        RDF % f'<item rdf:about="http://x.example/1"><title>A</title>'
        f"<description>{TEXT}</description></item>",
        "http://x.example/1",
    ),
    "a GUID that is an address, but no permalink": (
        channel(item("A", None, "http://x.example/?p=1", TEXT)),
        "http://x.example/?p=1",
    ),
    "content src": (entry('<content src="http://x.example/1.html" type="text/html"/>'), "urn:x:1"),
    "an enclosure": (
        channel(item("A", None, "e1", TEXT, more='<enclosure url="http://x.example/1.mp3"/>')),
        "e1",
    ),
    "N/A": (channel(item("A", "N/A", "1", TEXT)), "1"),
    "n/a in blanks": (channel(item("A", "\n n/a ", "1", TEXT)), "1"),
    "#": (channel(item("A", "#", "1", TEXT)), "1"),
    "none": (channel(item("A", "none", "1", TEXT)), "1"),
    "NULL": (channel(item("A", "NULL", "1", TEXT)), "1"),
    "undefined": (channel(item("A", "undefined", "1", TEXT)), "1"),
    "a dot": (channel(item("A", ".", "1", TEXT)), "1"),
    "a dash": (channel(item("A", "-", "1", TEXT)), "1"),
    "http://": (channel(item("A", "http://", "1", TEXT)), "1"),
    "https://#": (channel(item("A", "https://#", "1", TEXT)), "1"),
    "a script": (channel(item("A", "javascript:void(0)", "1", TEXT)), "1"),
    "an empty link of Atom": (entry('<link href=""/>'), "urn:x:1"),
    "# under xml:base": (entry('<link xml:base="http://x.example/" href="#"/>'), "urn:x:1"),
    "JSON Feed": (json_feed(), "1"),
    "JSON Feed with a word for none": (json_feed(url="n/a", title="A"), "1"),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_an_entry_without_a_link_is_known_by_its_guid(reader: Reader, name: str) -> None:
    body, guid = WITHOUT[name]
    for _ in range(2):
        assert reader.poll(body).error is None
        assert only_url(reader) == f"{reader.path}#{guid}"
    [article] = reader.articles()
    assert (article.host, article.stage) == ("", Stage.PROCESS)


def test_nothing_ever_fetches_what_has_no_page(
    reader: Reader, context: Context, site: Site
) -> None:
    long = TEXT * 9
    reader.poll(channel(item("A", None, "1", long)))
    reader.poll(channel(item("A, edited", None, "1", long + " Later.")))
    [article] = reader.articles()
    assert article.id is not None
    process_article(context, article.id, owner="test")
    [revision] = rows(context.database, Revision)
    assert (revision.taken_from, revision.title) == ("feed", "A, edited")
    done = only(context.database, Article)
    assert (done.stage, done.refetch_at, done.fetched_at) == (Stage.DONE, None, None)
    assert {request.path for request in site.log} == {reader.path}


def test_entries_with_neither_are_counted_and_told(reader: Reader) -> None:
    good = item("Good", "http://127.0.0.1:1/a", "1")
    poll = reader.poll(channel(good, item("A"), item("B", "N/A", "x"), item("C", "#")))
    assert (poll.outcome, poll.new, poll.error) == ("read", 1, "3 entries without a link")
    poll = reader.poll(channel(item("A"), good))
    assert (poll.outcome, poll.error) == ("read", "1 entry without a link")


def test_a_text_alone_is_an_article_of_its_own(reader: Reader) -> None:
    body = channel(item(text="First of all."), item(text="Another one."))
    for _ in range(2):
        reader.poll(body)
        assert len(reader.urls()) == 2


def test_no_key_of_a_feeds_address_is_shown(context: Context, site: Site) -> None:
    reader = Reader(context, site, path="/feed.xml?key=secret")
    reader.poll(channel(item("A", None, "1", TEXT)))
    url = only_url(reader)
    assert url.startswith("/feed.xml?") and url.endswith("#1") and "secret" not in url


@pytest.mark.parametrize(
    ("body", "url"),
    [
        (channel(item("A", "N/A", "http://x.example/1", permalink=True)), "http://x.example/1"),
        (channel(item("A", "#", "/1.html", permalink=True)), "http://outlet.example/1.html"),
        (entry('<link href=""/>', ident="http://x.example/1"), "http://x.example/1"),
        (entry('<link href="."/>', ident="https://x.example/1"), "https://x.example/1"),
        (json_feed(id="http://x.example/1", url="#"), "http://x.example/1"),
    ],
)
def test_a_guid_that_is_a_link_stands_for_one_that_is_none(
    reader: Reader, body: str, url: str
) -> None:
    reader.poll(body)
    assert only_url(reader) == url


HOME = "https://site.example/news/"


def rss(link: str, home: str = HOME) -> str:
    return channel(item("A", link, "1", TEXT), link=home)


ATOM_BASE = '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="%s"><title>T</title>%s</feed>'

LINKS = {
    # relative
    "to the channel's root": (rss("/a.html"), "https://site.example/a.html"),
    "to the channel's folder": (rss("a.html"), "https://site.example/news/a.html"),
    "a query alone": (rss("?id=5"), "https://site.example/news/?id=5"),
    "up": (rss("../a.html"), "https://site.example/a.html"),
    "no scheme": (rss("//www.site.example/a"), "https://www.site.example/a"),
    "xml:base": (
        ATOM_BASE % ("https://a.example/b/", '<entry><id>1</id><link href="c"/></entry>'),
        "https://a.example/b/c",
    ),
    "xml:base of an entry": (
        ATOM_BASE
        % (
            "https://a.example/b/",
            '<entry xml:base="https://z.example/"><id>1</id><link href="/c"/></entry>',
        ),
        "https://z.example/c",
    ),
    "Atom's site on another host": (
        ATOM % '<link href="https://a.example/"/><entry><id>1</id><link href="/c"/></entry>',
        "https://a.example/c",
    ),
    "home_page_url": (
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1",
                "title": "T",
                "home_page_url": "https://a.example/x/",
                "items": [{"id": "1", "url": "c"}],
            }
        ),
        "https://a.example/x/c",
    ),
    # schemes that are missing, broken or doubled
    "www": (rss("www.site.example/a"), "https://www.site.example/a"),
    "www of another, from http": (
        rss("www.b.example", "http://b.example/"),
        "http://www.b.example/",
    ),
    "the site's own host": (rss("site.example/a"), "https://site.example/a"),
    "no colon": (rss("http//b.example/a"), "http://b.example/a"),
    "one slash": (rss("https:/b.example/a"), "https://b.example/a"),
    "no slash": (rss("http:b.example/a"), "http://b.example/a"),
    "three slashes": (rss("https:///b.example/a"), "https://b.example/a"),
    "backslashes": (rss("https:\\\\b.example\\a"), "https://b.example/a"),
    "a semicolon": (rss("https;//b.example/a"), "https://b.example/a"),
    "a letter lost": (rss("ttps://b.example/a"), "https://b.example/a"),
    "a letter too many": (rss("htttp://b.example/a"), "http://b.example/a"),
    "twice": (rss("https://https://b.example/a"), "https://b.example/a"),
    "twice, differently": (rss("http://https//b.example/a"), "https://b.example/a"),
    "a colon alone before": (rss("://b.example/a"), "https://b.example/a"),
    "glued to the site": (
        rss("https://site.examplehttps://site.example/a"),
        "https://site.example/a",
    ),
    "the site before itself": (
        rss("https://site.example/https://site.example/a"),
        "https://site.example/a",
    ),
    "feed:": (rss("feed:https://b.example/a"), "https://b.example/a"),
    # what stays as it is
    "an archive": (
        rss("https://web.archive.example/web/2026/https://b.example/a"),
        "https://web.archive.example/web/2026/https://b.example/a",
    ),
    "a folder that is called http": (rss("/http/a"), "https://site.example/http/a"),
    "a file with dots": (rss("a.b.html"), "https://site.example/news/a.b.html"),
    # references
    "a number": (rss("https://b.example/?a=1&#038;b=2"), "https://b.example/?a=1&b=2"),
    "a hexadecimal number": (rss("https://b.example/?a=1&#x26;b=2"), "https://b.example/?a=1&b=2"),
    "a name": (rss("https://b.example/?a=1&amp;b=2"), "https://b.example/?a=1&b=2"),
    "escaped three times": (
        rss("https://b.example/?a=1&amp;#038;b=2"),
        "https://b.example/?a=1&b=2",
    ),
    "a slash as a number": (rss("https://b.example&#47;a"), "https://b.example/a"),
    "an apostrophe": (rss("https://b.example/it&#039;s"), "https://b.example/it's"),
    "in CDATA": (
        channel("<item><link><![CDATA[https://b.example/?p=1&#038;q=3]]></link></item>"),
        "https://b.example/?p=1&q=3",
    ),
    "in a GUID": (
        channel("<item><guid><![CDATA[https://b.example/?p=1&#38;q=3]]></guid></item>"),
        "https://b.example/?p=1&q=3",
    ),
    "in JSON Feed": (
        json_feed(url="https://b.example/?a=1&#038;b=2"),
        "https://b.example/?a=1&b=2",
    ),
    "parameters that look like names": (
        rss("https://b.example/?a=1&copy=2&lt=3&amplify=4"),
        "https://b.example/?a=1&copy=2&lt=3&amplify=4",
    ),
    "a fragment behind an &": (rss("https://b.example/?a=1&#top"), "https://b.example/?a=1&"),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_the_address_that_was_meant(reader: Reader, name: str) -> None:
    body, url = LINKS[name]
    reader.poll(body)
    assert only_url(reader) == url


def test_items_that_differ_behind_a_reference_are_three(reader: Reader) -> None:
    links = [f"https://b.example/?a=1&#038;id={number}" for number in (1, 2, 3)]
    reader.poll(channel(*(item(f"Story {link}", link) for link in links)))
    assert reader.urls() == [f"https://b.example/?a=1&id={number}" for number in (1, 2, 3)]


PAIRS = [
    ("https://b.example/%e4%b8%ad", "https://b.example/%E4%B8%AD"),
    ("https://b.example/%7Edesk", "https://b.example/~desk"),
    ("https://b.example/?q=%e4", "https://b.example/?q=%E4&srsltid=x"),
    ("https://b.example/a?mibextid=1", "https://b.example/a"),
    ("https://b.example/a?spm=C1.2", "https://b.example/a?xtor=RSS-1"),
    ("https://www.wsj.com/a?mod=rss_1", "https://www.wsj.com/a?mod=rss_2"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_spellings_of_one_address_are_one_article(reader: Reader, one: str, other: str) -> None:
    reader.poll(channel(item("A", one)))
    poll = reader.poll(channel(item("A", other)))
    assert (poll.new, len(reader.articles())) == (0, 1)


def test_what_is_stored_under_its_former_spelling_stays_as_it_is(
    reader: Reader, context: Context
) -> None:
    link = "https://b.example/%e4?srsltid=1"
    reader.poll(channel(item("A", "https://b.example/x")))
    with context.database.writing() as session:
        row = session.exec(select(Article)).one()
        row.url, row.url_hash = link, digest(link)
    poll = reader.poll(channel(item("A", link)))
    assert (poll.new, reader.urls()) == (0, [link])
