"""The pages that are read out again: all of them or those that are asked for, to the byte."""

from datetime import timedelta

import pytest

from store.articles.selection import Selection
from store.database.connection import Database
from store.exports import pages
from store.exports.pages import BATCH
from store.intake import imports
from store.intake.sources import SourceFinder
from tests.store.building import NOW, ingest_one
from tests.store.intake.test_imports import THEN, arrival, bring, page

DAY = timedelta(days=1)


ALL = Selection()


def read(database: Database, chosen: Selection = ALL) -> list[tuple[str, bytes]]:
    with database.reading() as session:
        return [(url, kept.body) for url, kept in pages.pages(session, chosen)]


def test_every_page_comes_out_to_the_byte(database: Database) -> None:
    urls = [f"http://archive.example/{number:03}.html" for number in range(2 * BATCH + 1)]
    sent = {url: bytes(range(256)) + url.encode() for url in urls}
    arrivals = [arrival(url, page=page(body)) for url, body in sent.items()]
    with database.writing() as session:
        imports.record(session, arrivals, origin="a test", sources=SourceFinder(), now=NOW)
    found = read(database)
    assert len(found) == len(urls)
    assert dict(found) == sent


def test_an_earlier_page_comes_before_the_newest(database: Database) -> None:
    bring(database, arrival(page=page(b"second", THEN + DAY)))
    bring(database, arrival(page=page(b"first")))
    assert [body for _, body in read(database)] == [b"first", b"second"]


@pytest.mark.parametrize(
    ("chosen", "number"),
    [
        (Selection(), 2),
        (Selection(since=NOW), 2),
        (Selection(since=NOW + DAY), 0),
        (Selection(until=NOW), 0),
        (Selection(until=NOW + DAY), 2),
        (Selection(source="outlet 1"), 1),
        (Selection(source="Outlet"), 2),
        (Selection(source="%"), 0),
        (Selection(relevance=("primary",)), 2),
        (Selection(relevance=("none",)), 0),
    ],
)
def test_the_articles_of_the_pages_can_be_chosen(
    database: Database, chosen: Selection, number: int
) -> None:
    ingest_one(database, 1)
    ingest_one(database, 2)
    assert len(read(database, chosen)) == number
