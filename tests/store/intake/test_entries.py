"""What a poll found becomes articles and sightings, once, whoever comes first and however often."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import func, select

from store.database.connection import Database
from store.tables import Article, EventRow, Sighting, Snapshot, Stage
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
        assert session.exec(select(func.count()).select_from(EventRow)).one() == URLS


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


def test_a_guid_of_several_articles_tells_of_none(database: Database) -> None:
    """A feed whose entries all have one GUID, and one headline every morning."""
    feed = add_feed(database)
    daily = [discovery(n, guid="only", title="Briefing") for n in range(3)]
    discover(database, feed, daily[0], daily[1])
    assert discover(database, feed, daily[2]).new == 1


@pytest.mark.parametrize("guids", [True, False], ids=["GUIDs", "no GUIDs"])
@pytest.mark.parametrize(
    ("polls", "rolled_over"),
    [
        ([[1, 2], [2, 3]], [False, False]),
        ([[1, 2], [8, 9]], [False, True]),
        # every entry is known, and none of them stood in the last reading
        ([[1, 2], [2, 3], [3, 4], [1]], [False, False, False, True]),
        # a reading without entries tells nothing, and hides nothing
        ([[1, 2], [], [2, 3]], [False, False, False]),
        ([[1, 2], [], [8, 9]], [False, False, True]),
        # after a gap it is whole again
        ([[1, 2], [8, 9], [9, 10]], [False, True, False]),
    ],
)
def test_a_feed_has_rolled_over_when_it_shares_no_entry_with_its_last_reading(
    database: Database, polls: list[list[int]], rolled_over: list[bool], guids: bool
) -> None:
    feed = add_feed(database)
    told = [
        discover(
            database,
            feed,
            *(discovery(n, guid=f"guid-{n}" if guids else None) for n in numbers),
            now=NOW + number * MINUTE,
        ).rolled_over
        for number, numbers in enumerate(polls)
    ]
    assert told == rolled_over


def test_entries_whose_texts_have_changed_are_still_the_same_entries(database: Database) -> None:
    feed = add_feed(database)
    discover(database, feed, discovery(1), discovery(2))
    changed = discovery(1, summary="It was not settled."), discovery(2, summary="Nor this.")
    found = discover(database, feed, *changed, now=NOW + MINUTE)
    assert (found.changed, found.rolled_over) == (2, False)


def test_entries_with_a_new_link_at_each_poll_are_known_by_their_titles(
    database: Database,
) -> None:
    feed = add_feed(database)
    for poll in range(3):
        churned = [
            discovery(n, guid=None, url=f"http://outlet1.example/{n}.html?visit={poll}")
            for n in (1, 2, 3)
        ]
        assert not discover(database, feed, *churned, now=NOW + poll * MINUTE).rolled_over


def test_a_url_of_nine_kilobytes_is_stored(database: Database) -> None:
    long = "http://outlet1.example/" + "a" * 9_000
    discover(database, add_feed(database), discovery(1, url=long))
    with database.reading() as session:
        assert session.exec(select(Article.url)).one() == long


def test_more_entries_than_a_statement_takes_are_all_stored(database: Database) -> None:
    found = [discovery(number) for number in range(1_234)]
    assert discover(database, add_feed(database), *found).new == 1_234
