"""What a poll found becomes articles and sightings, once, whoever comes first and however often."""

from concurrent.futures import ThreadPoolExecutor

from sqlmodel import func, select

from store.database import Database
from store.tables import Article, Event, Sighting, Snapshot, Stage
from tests.store.building import (
    MINUTE,
    NOW,
    add_feed,
    discover,
    discovery,
    fetch,
    process,
)

WRITERS = 8
URLS = 200


def _count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_the_same_poll_twice_changes_nothing(database: Database) -> None:
    feed = add_feed(database)
    found = [discovery(1), discovery(2)]
    first = discover(database, feed, *found)
    again = discover(database, feed, *found, now=NOW + MINUTE)
    assert (first.new, again.new, again.changed) == (2, 0, 0)
    assert _count(database, Article) == _count(database, Sighting) == 2
    assert _count(database, Snapshot) == 2


def test_one_article_seen_in_two_feeds_is_one_with_two_sightings(database: Database) -> None:
    discover(database, add_feed(database, 1), discovery(1))
    second = discover(database, add_feed(database, 2), discovery(1))
    assert second.new == 0
    assert (_count(database, Article), _count(database, Sighting)) == (1, 2)


def test_writers_that_bring_the_same_urls_at_once_make_one_article_each(
    database: Database,
) -> None:
    feeds = [add_feed(database, number) for number in range(WRITERS)]
    found = [discovery(number) for number in range(URLS)]

    def bring(number: int) -> int:
        turned = found[number * 10 :] + found[: number * 10]
        return discover(database, feeds[number], *turned).new

    with ThreadPoolExecutor(WRITERS) as pool:
        new = list(pool.map(bring, range(WRITERS)))
    assert sum(new) == _count(database, Article) == URLS
    assert _count(database, Sighting) == URLS * WRITERS
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(Event)).one() == URLS


def test_a_changed_entry_sends_its_article_on_the_way_again(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    article_id = fetch(database, "outlet1.example")
    process(database, article_id)
    changed = discover(database, feed, discovery(1, title="Envoy settles two visits"))
    assert (changed.new, changed.changed) == (0, 1)
    with database.reading() as session:
        assert session.get_one(Article, article_id).stage == Stage.FETCH


def test_a_feed_that_carries_the_text_needs_no_page(database: Database) -> None:
    feed = add_feed(database)
    recorded = discover(database, feed, discovery(1, from_feed=True, content="<p>Whole.</p>"))
    with database.reading() as session:
        article = session.exec(select(Article)).one()
    assert recorded.process == (article.id,)
    assert article.stage == Stage.PROCESS


def test_a_new_link_under_a_known_guid_and_title_is_the_same_article(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    moved = discover(database, feed, discovery(1, url="http://outlet1.example/1-new-slug.html"))
    assert moved.new == 0
    assert _count(database, Article) == 1


def test_a_known_guid_under_another_title_is_another_article(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1))
    other = discovery(2, guid="guid-1", title="Something else altogether")
    assert discover(database, feed, other).new == 1


def test_a_feed_without_any_known_entry_has_rolled_over(database: Database) -> None:
    feed = add_feed(database)
    assert not discover(database, feed, discovery(1), discovery(2)).rolled_over
    assert not discover(database, feed, discovery(2), discovery(3)).rolled_over
    assert discover(database, feed, discovery(8), discovery(9)).rolled_over


def test_a_url_of_nine_kilobytes_is_stored(database: Database) -> None:
    long = "http://outlet1.example/" + "a" * 9_000
    discover(database, add_feed(database), discovery(1, url=long))
    with database.reading() as session:
        assert session.exec(select(Article.url)).one() == long


def test_more_entries_than_a_statement_takes_are_all_stored(database: Database) -> None:
    found = [discovery(number) for number in range(1_234)]
    assert discover(database, add_feed(database), *found).new == 1_234
