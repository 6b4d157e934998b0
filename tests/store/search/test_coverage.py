"""Coverage is counted by story, and the counts follow the stories."""

from datetime import timedelta

from sqlalchemy import delete, text, update

from store.database.connection import Database
from store.search import index
from store.tables import Article, Source, Story, TaggingTopic
from tests.store.building import NOW
from tests.store.search.building import NamedSource, add_story

_ASKED = text(
    "SELECT day, topic, source_country, story_id, articles FROM story_coverage ORDER BY 2, 3"
)


def counted(database: Database) -> list[tuple[str, str, str, int, int]]:
    with database.reading() as session:
        return [(str(day), *rest) for day, *rest in session.execute(_ASKED)]


def changed(database: Database) -> None:
    with database.writing() as session:
        index.note_changed(session, [1])
    index.catch_up(database)


def test_a_story_counts_once_a_day_topic_and_country(database: Database) -> None:
    sources = [NamedSource(1, "US"), NamedSource(2, "US"), NamedSource(3, "CN")]
    add_story(database, 1, "Talks.", sources=sources, topics=("trade",))
    add_story(database, 2, "A bridge.", relevance="none", topics=("trade",))
    index.rebuild(database)
    day = NOW.date().isoformat()
    assert counted(database) == [(day, "trade", "CN", 1, 1), (day, "trade", "US", 1, 2)]


def test_counts_follow_the_story(database: Database) -> None:
    add_story(database, 1, "Talks.", sources=[NamedSource(1), NamedSource(2)], topics=("trade",))
    index.rebuild(database)
    with database.writing() as session:
        session.execute(update(TaggingTopic).values(topic="diplomacy"))
        session.execute(update(Source).where(Source.id == 2).values(country=None))
        late = update(Article).where(Article.id == 11)
        session.execute(late.values(first_seen_at=NOW + timedelta(days=1)))
    changed(database)
    first, second = NOW.date().isoformat(), (NOW + timedelta(days=1)).date().isoformat()
    assert counted(database) == [(second, "diplomacy", "", 1, 1), (first, "diplomacy", "US", 1, 1)]


def test_what_was_imported_counts_on_the_day_on_which_it_was_published(database: Database) -> None:
    add_story(
        database,
        1,
        "Talks.",
        sources=[NamedSource(1), NamedSource(2), NamedSource(3)],
        topics=("trade",),
    )
    with database.writing() as session:
        long_ago = update(Article).values(published_at=NOW - timedelta(days=400))
        session.execute(long_ago.where(Article.id.in_((10, 11))))
        imported = update(Article).values(origin="import warc x.warc.gz")
        session.execute(imported.where(Article.id.in_((11, 12))))
    index.rebuild(database)
    then, seen = (NOW - timedelta(days=400)).date().isoformat(), NOW.date().isoformat()
    # One that a feed brought, and one that gives no date, count on the day of first sight.
    assert sorted(counted(database)) == [(then, "trade", "US", 1, 1), (seen, "trade", "US", 1, 2)]


def test_a_story_that_is_deleted_is_not_counted(database: Database) -> None:
    add_story(database, 1, "Talks.", topics=("trade",))
    index.rebuild(database)
    with database.writing() as session:
        session.execute(delete(Article))
        session.execute(delete(Story))
    assert counted(database) == []
