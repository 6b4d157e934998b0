"""What was purged is let lie by every poll, until that is forgotten; and nothing else is."""

import pytest
from sqlalchemy import event
from sqlmodel import func, select

from ingest.url import UrlError
from store.articles import purge as purging
from store.articles import tombstones
from store.database.connection import Database
from store.intake.polls import DueFeed
from store.tables import Article, Feed, Sighting
from tests.store.building import MINUTE, NOW, add_feed, discover, discovery

URL = "http://outlet1.example/1.html"


@pytest.fixture
def feed(database: Database) -> DueFeed:
    """A feed whose first article has been purged."""
    feed = add_feed(database)
    discover(database, feed, discovery(1), discovery(2))
    purge(database, URL)
    return feed


def purge(database: Database, *urls: str) -> None:
    with database.writing() as session:
        ids = [article.article_id for article in purging.find(session, urls)]
        assert purging.purge(session, ids, reason="retracted", now=NOW) == list(urls)


def lift(database: Database, url: str) -> bool:
    with database.writing() as session:
        return tombstones.lift(session, url)


def urls(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Article.url).order_by(Article.url)))


def test_the_next_poll_lets_it_lie(database: Database, feed: DueFeed) -> None:
    again = discover(database, feed, discovery(1), discovery(2), now=NOW + MINUTE)
    assert (again.new, again.changed, again.process) == (0, 0, ())
    assert urls(database) == ["http://outlet1.example/2.html"]


@pytest.mark.usefixtures("feed")
def test_so_does_that_of_another_feed(database: Database) -> None:
    other = add_feed(database, 2)
    again = discover(database, other, discovery(1, guid="other", title="Another title"))
    assert again.new == 0


def test_an_edited_entry_is_let_lie_too(database: Database, feed: DueFeed) -> None:
    edited = discovery(1, title="Envoy settles two visits", from_feed=True, content="<p>Whole.</p>")
    assert discover(database, feed, edited).new == 0


def test_a_new_link_under_its_guid_and_title_does_not_bring_it_back(
    database: Database, feed: DueFeed
) -> None:
    moved = discovery(1, url="http://outlet1.example/1-new-slug.html?from=feed")
    assert discover(database, feed, moved).new == 0


def test_a_feed_that_gives_every_entry_one_guid_goes_on(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1, guid="always"))
    purge(database, URL)
    assert discover(database, feed, discovery(2, guid="always")).new == 1


@pytest.mark.usefixtures("feed")
def test_a_guid_is_that_of_its_feed_alone(database: Database) -> None:
    other = add_feed(database, 2)
    assert discover(database, other, discovery(1, url="http://outlet2.example/1.html")).new == 1


def test_an_entry_without_a_guid_is_known_by_its_url(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1, guid=None))
    purge(database, URL)
    found = discovery(1, guid=None), discovery(1, guid=None, url="http://outlet1.example/3.html")
    assert discover(database, feed, *found).new == 1


def test_a_feed_of_which_all_was_purged_has_not_rolled_over(
    database: Database, feed: DueFeed
) -> None:
    assert not discover(database, feed, discovery(1)).rolled_over
    assert discover(database, feed, discovery(8)).rolled_over


def test_a_poll_asks_for_tombstones_once_a_chunk(database: Database) -> None:
    feed = add_feed(database)
    found = [discovery(number) for number in range(1_234)]
    asked = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_rest):  # type: ignore[no-untyped-def]
        asked.append("FROM tombstones" in statement)

    discover(database, feed, *found)
    assert sum(asked) == 3
    discover(database, feed, *found)
    assert sum(asked) == 3  # what is known is asked for no tombstone


def test_what_is_forgotten_comes_again(database: Database, feed: DueFeed) -> None:
    assert lift(database, "HTTP://Outlet1.example:80/1.html#top")
    again = discover(database, feed, discovery(1), discovery(2))
    assert again.new == 1
    assert urls(database) == [URL, "http://outlet1.example/2.html"]
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(Sighting)).one() == 2
        assert tombstones.listed(session) == []
    assert not lift(database, URL)


def test_a_feed_that_has_not_changed_is_read_again_once_something_is_forgotten(
    database: Database, feed: DueFeed
) -> None:
    with database.writing() as session:
        row = session.get_one(Feed, feed.id)
        row.etag, row.last_modified, row.body_hash = '"1"', "yesterday", b"\x01" * 32
    assert not lift(database, "http://outlet1.example/2.html")
    with database.reading() as session:
        assert session.get_one(Feed, feed.id).etag == '"1"'
    assert lift(database, URL)
    with database.reading() as session:
        row = session.get_one(Feed, feed.id)
        assert (row.etag, row.last_modified, row.body_hash) == (None, None, None)


@pytest.mark.usefixtures("feed")
def test_what_was_purged_is_listed_once_each_the_newest_first(database: Database) -> None:
    discover(database, add_feed(database, 2), discovery(3))
    with database.writing() as session:
        ids = [
            article.article_id
            for article in purging.find(session, ["http://outlet1.example/3.html"])
        ]
        purging.purge(session, ids, reason=None, now=NOW + MINUTE)
    with database.reading() as session:
        told = [(stone.url, stone.reason, stone.purged_at) for stone in tombstones.listed(session)]
    assert told == [
        ("http://outlet1.example/3.html", None, NOW + MINUTE),
        (URL, "retracted", NOW),
    ]


def test_an_address_that_is_none_is_refused(database: Database) -> None:
    with pytest.raises(UrlError):
        lift(database, "gopher://outlet1.example/1.html")
