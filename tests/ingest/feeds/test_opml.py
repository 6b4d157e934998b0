from contextlib import suppress

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
    found = read_opml(write_opml(specs))
    assert (found.specs, found.refused) == (tuple(specs), ())


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
    found = read_opml(body)
    assert found.refused == ()
    assert found.specs == (
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
    ],
)
def test_a_list_that_cannot_be_used_says_where_and_why(document, reason):
    with pytest.raises(CatalogueError, match=reason):
        read_opml(document.encode())


GOOD = '<outline xmlUrl="https://good.example/1" text="One"/>'
LAST = '<outline text="Last" xmlUrl="https://good.example/2"/>'


def listed(*outlines: str) -> bytes:
    return ("<opml>\n<body>\n" + "\n".join(outlines) + "\n</body></opml>").encode()


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        ('<outline xmlUrl="ftp://a.example/"/>', "http"),
        ('<outline xmlUrl="http://"/>', "host"),
        ('<outline xmlUrl="https://user:word@a.example/"/>', "password"),
        ('<outline xmlUrl="https://a.example/ b"/>', "space"),
        ('<outline xmlUrl="N/A" text="none"/>', "http"),
        ('<outline xmlUrl="https://a.example/" kind="blog"/>', "kind"),
        ('<outline xmlUrl="https://a.example/" country="USA"/>', "country"),
        ('<outline text="a quote " too many" xmlUrl="https://a.example/"/>', "well-formed"),
        ('<outline text="open xmlUrl="https://a.example/"/>', "well-formed"),
        ('<outline text="cut off" xmlUrl="https://a.example/"', "well-formed"),
        ('<outline xmlUrl="https://a.example/" source="%s"/>' % ("x" * 400), "400 characters"),
    ],
)
def test_one_outline_that_cannot_be_used_costs_no_other(outline: str, reason: str) -> None:
    found = read_opml(listed(GOOD, outline, LAST))
    assert [spec.url for spec in found.specs] == [
        "https://good.example/1",
        "https://good.example/2",
    ]
    [refused] = found.refused
    assert refused.line == 4
    assert reason in refused.reason
    assert found.lines == (3, 5)


@pytest.mark.parametrize(
    ("outline", "title"),
    [
        ('<outline text="Bed & Board" xmlUrl="https://a.example/"/>', "Bed & Board"),
        ('<outline text="Caf&eacute;" xmlUrl="https://a.example/"/>', "Café"),
        ('<outline text="a < b" xmlUrl="https://a.example/"/>', "a < b"),
        ('<OUTLINE TEXT="Upper" XMLURL="https://a.example/"/>', "Upper"),
        ('<o:outline xmlns:o="urn:o" text="A" xmlUrl="https://a.example/"/>', "A"),
        ('<o:outline text="Undeclared" xmlUrl="https://a.example/"/>', "Undeclared"),
        ("<outline text='Single' xmlUrl='https://a.example/'/>", "Single"),
        ("<outline text=Bare xmlUrl=https://a.example/ />", "Bare"),
        ('<outline text="Open" xmlUrl="https://a.example/">', "Open"),
        ('<outline text="Twice" text="Other" xmlUrl="https://a.example/"/>', "Other"),
        ('<outline text="Home" htmlUrl="N/A" xmlUrl="https://a.example/"/>', "Home"),
        ('<outline text="Home" htmlUrl="www.a.example" xmlUrl="https://a.example/"/>', "Home"),
        ('<outline text="Reader" xmlUrl="feed:https://a.example/"/>', "Reader"),
        ('<outline text="Null \x00" xmlUrl=" https://a.example/\n"/>', "Null"),
    ],
)
def test_what_other_software_writes_is_read(outline: str, title: str) -> None:
    found = read_opml(listed(GOOD, outline, LAST))
    assert found.refused == ()
    assert [(spec.url, spec.title) for spec in found.specs] == [
        ("https://good.example/1", "One"),
        ("https://a.example/", title),
        ("https://good.example/2", "Last"),
    ]


@pytest.mark.parametrize(
    ("document", "count"),
    [
        (f'<opml xmlns="http://opml.org/spec2">{GOOD}</opml>', 1),
        (f"<OPML><BODY>{GOOD}</BODY></OPML>", 1),
        (f'<?xml version="1.0"?>\n<!-- made & by hand -->\n<opml>{GOOD}</opml>', 1),
        (f"<!DOCTYPE opml>\n<opml><body>{GOOD}</body>", 1),
        (
            f"<opml><head><title>R&D</title></head>{GOOD}"
            "<!-- <outline xmlUrl='https://b.example/'/> -->",
            1,
        ),
        (f"<opml><body><outline text='F'>{GOOD}{LAST}</body></opml>", 2),
    ],
)
def test_documents_that_are_no_xml_are_read(document: str, count: int) -> None:
    found = read_opml(document.encode())
    assert (len(found.specs), found.refused) == (count, ())


@pytest.mark.parametrize(
    "unit", ["<outline ", "<outline a='", '<outline a="b" ', "<!--", "<outline>"]
)
def test_hostile_lists_take_linear_time(unit: str) -> None:
    with suppress(CatalogueError):
        read_opml(("<opml>" + unit * 100_000 + GOOD).encode())


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_catalogue_error(body):
    for document in (body, b"<opml>" + body + b"</opml>"):
        try:
            read_opml(document)
        except CatalogueError as error:
            assert str(error)
