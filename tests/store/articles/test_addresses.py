"""An article is found by its own URL, with the fragment that it may have."""

import pytest

from ingest.url import UrlError, with_fragment
from store.articles import addresses, purge, tombstones
from store.database.connection import Database
from tests.store.building import NOW, add_feed, discover, discovery

PAGE = "http://outlet1.example/list"


def test_an_article_with_a_fragment_is_not_the_page_that_it_shares(database: Database) -> None:
    feed = add_feed(database)
    shared = with_fragment(PAGE, "id 2")
    discover(database, feed, discovery(1, url=PAGE), discovery(2, url=shared))
    with database.reading() as session:
        assert addresses.known(session, f"{PAGE}#id%202") == shared
        assert addresses.known(session, f"{PAGE}?utm_source=rss#id 2") == shared
        assert addresses.known(session, f"{PAGE}#comments") == PAGE
        assert addresses.known(session, "http://outlet1.example/other#x").endswith("/other")
        assert [doomed.url for doomed in purge.find(session, [shared])] == [shared]
        assert [doomed.url for doomed in purge.find(session, [f"{PAGE}#top"])] == [PAGE]
        with pytest.raises(UrlError):
            addresses.known(session, "ftp://outlet1.example/#x")


def test_a_purged_one_is_known_by_its_fragment(database: Database) -> None:
    shared = with_fragment(PAGE, "id-2")
    with database.writing() as session:
        tombstones.put(session, shared, [], reason=None, now=NOW)
    with database.writing() as session:
        assert addresses.known(session, shared) == shared
        assert tombstones.of(session, PAGE) is None
        assert not tombstones.lift(session, f"{PAGE}#id-3")
        assert tombstones.lift(session, shared)
        assert tombstones.of(session, shared) is None
