import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.feeds.opml import read_opml, write_opml
from ingest.feeds.subscription import KINDS, CatalogueError, FeedSpec
from ingest.text.sanitise import clean_line

TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30).map(clean_line)
URLS = st.from_regex(r"\Ahttps?://[a-z]{1,9}\.example/[A-Za-z0-9?=&/]{0,20}\Z")
SPECS = st.builds(
    FeedSpec,
    url=URLS,
    title=TEXT,
    source=TEXT,
    home_url=st.none() | URLS,
    country=st.none() | st.sampled_from(["US", "CN", "HK", "INT"]),
    language=st.none() | st.sampled_from(["en", "zh"]),
    kind=st.sampled_from(KINDS),
    state_media=st.booleans(),
)


@given(st.lists(SPECS, max_size=5, unique_by=lambda spec: spec.url))
def test_a_list_reads_back_as_it_was_written(specs):
    assert read_opml(write_opml(specs)) == tuple(specs)


def test_lists_of_other_readers_are_read_through_their_folders():
    body = """<?xml version="1.0" encoding="ISO-8859-1"?>
    <opml version="1.1"><head><title>Abonnés</title></head><body>
      <outline text="Papers">
        <outline text="Ledger &amp; Co" type="rss" xmlUrl="https://a.example/rss"
                 htmlUrl="https://a.example/" language="en-US"/>
        <outline text="Older" xmlurl="http://b.example/rdf" language="unknown"/>
        <outline text="Again" xmlUrl="https://a.example/rss"/>
      </outline>
      <outline text="A note"/>
    </body></opml>""".encode("latin-1")
    assert read_opml(body) == (
        FeedSpec(
            url="https://a.example/rss",
            title="Ledger & Co",
            home_url="https://a.example/",
            language="en",
        ),
        FeedSpec(url="http://b.example/rdf", title="Older"),
    )


def exploding():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return (
        f'<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY l0 "ha">{levels}]>'
        '<opml version="2.0"><body><outline text="&l11;" xmlUrl="https://a.example/"/></body></opml>'
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (exploding(), "entities"),
        ('<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml/>', "entities"),
        ("<opml><body><outline", "not well-formed"),
        ("", "not well-formed"),
        ("<rss version='2.0'/>", "no OPML"),
        ("<o>" * 100_000, "not well-formed"),
        ('<opml>\n<body>\n<outline xmlUrl="feed://a.example/"/></body></opml>', "line 3.*http"),
        ('<opml><outline xmlUrl="https://a.example/" kind="blog"/></opml>', "line 1.*kind"),
        ('<opml><outline xmlUrl="https://a.example/" country="USA"/></opml>', "line 1.*country"),
    ],
)
def test_a_list_that_cannot_be_used_says_where_and_why(document, reason):
    with pytest.raises(CatalogueError, match=reason):
        read_opml(document.encode())


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_catalogue_error(body):
    for document in (body, b"<opml>" + body + b"</opml>"):
        try:
            read_opml(document)
        except CatalogueError as error:
            assert str(error)
