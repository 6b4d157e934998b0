"""What an import brings is stored once, in its place, and stays away where it was purged."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Barrier

import pytest
from sqlmodel import col, select

from ingest.dates import parse_date
from ingest.imports.items import Arrival, ArrivedPage, NamedSource
from store.articles import inputs, purge
from store.database.connection import Database
from store.intake import imports
from store.intake.imports import Fate, Standing, Taken, fate
from store.intake.sources import SourceFinder
from store.tables import Article, EventRow, Snapshot, Source, Stage, Tombstone, digest
from tests.store.building import NOW, add_feed, discover, discovery, fetch, only, process
from tests.support import machine
from tests.support.waiting import PATIENCE, result

THEN = datetime(2024, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)
URL = "http://archive.example/story.html"


def page(body: bytes = b"<p>first</p>", at: datetime = THEN) -> ArrivedPage:
    return ArrivedPage(body, URL, "text/html", at)


def arrival(url: str = URL, **values: object) -> Arrival:
    return replace(Arrival("record 1", url, page=page()), **values)


def bring(
    database: Database, *arrivals: Arrival, source: NamedSource | None = None
) -> dict[str, int]:
    with database.writing() as session:
        counts = imports.record(
            session, arrivals, origin="a test", sources=SourceFinder(), source=source, now=NOW
        )
    return plain(counts)


def plain(counts: Counter[Fate]) -> dict[str, int]:
    return {what.value: number for what, number in counts.items() if number}


def bodies(database: Database) -> list[tuple[datetime, int]]:
    """The kept pages in the order of their ids."""
    with database.reading() as session:
        rows = session.exec(select(Snapshot).order_by(col(Snapshot.id))).all()
        return [(row.taken_at, row.size) for row in rows]


A, B = sha256(b"a").digest(), sha256(b"b").digest()


@pytest.mark.parametrize(
    ("kept", "body", "days", "expected"),
    [
        ([], b"a", 0, Fate.NEWER),
        ([(0, A)], b"a", 0, Fate.KNOWN),
        ([(0, A)], b"a", 5, Fate.KNOWN),
        ([(0, A)], b"b", 5, Fate.NEWER),
        ([(0, A)], b"b", 0, Fate.NEWER),
        ([(0, A)], b"b", -5, Fate.OLDER),
        ([(0, A)], b"a", -5, Fate.OLDER),
        ([(0, A), (5, B)], b"a", 9, Fate.NEWER),
        ([(0, A), (5, B)], b"a", 3, Fate.KNOWN),
        ([(0, A), (5, B)], b"b", 3, Fate.OLDER),
        ([(0, A), (0, B)], b"a", 0, Fate.KNOWN),
    ],
)
def test_a_page_is_new_where_other_bytes_were_there_at_its_time(
    kept: Sequence[tuple[int, bytes]], body: bytes, days: int, expected: Fate
) -> None:
    standing = Standing(1, True, False, [Taken(THEN + each * DAY, hashed) for each, hashed in kept])
    assert fate(standing, page(body, THEN + days * DAY)) is expected


def test_a_page_becomes_an_article_that_waits_to_be_processed(database: Database) -> None:
    assert bring(database, arrival()) == {"new": 1}
    with database.reading() as session:
        article = only(session, Article)
        assert (article.url, article.origin) == (URL, "a test")
        assert (article.stage, article.first_seen_at) == (Stage.PROCESS, NOW)
        assert (article.fetched_at, article.page_status) == (THEN, 200)
        assert only(session, Snapshot).taken_at == THEN
        assert only(session, Source).name == "archive.example"
        assert only(session, EventRow).kind == "article.discovered"
        assert imports.waiting(session, after=0, limit=5) == [article.id]
        assert imports.waiting(session, after=article.id or 0, limit=5) == []


def test_a_link_becomes_an_article_that_waits_to_be_fetched(database: Database) -> None:
    dated = parse_date("2024-05-06T07:08:09Z", origin="import")
    link = Arrival("line 1", URL, title="Quotas again", published=dated)
    assert bring(database, link, Arrival("line 2", "http://b.example/x")) == {"new": 2}
    article_id = fetch(database, "archive.example")
    with database.reading() as session:
        work = inputs.load(session, article_id)
    assert work.entry is not None
    assert (work.entry.title, work.entry.published) == ("Quotas again", dated)


def test_the_same_import_again_changes_nothing(database: Database) -> None:
    arrivals = [
        arrival(),
        arrival(page=page(b"<p>second</p>", THEN + DAY)),
        arrival(page=page(b"<p>second</p>", THEN + 2 * DAY)),
        arrival(page=page(at=THEN + 3 * DAY)),
        Arrival("line 1", "http://b.example/x", title="Quotas"),
    ]
    assert bring(database, *reversed(arrivals)) == {"new": 2, "newer": 2, "known": 1}
    before = bodies(database)
    assert bring(database, *arrivals) == {"known": 5}
    for each in arrivals:
        assert bring(database, each) == {"known": 1}
    assert bodies(database) == before
    assert [at for at, _ in before if at != NOW] == [THEN, THEN + DAY, THEN + 3 * DAY]


def test_an_earlier_page_is_kept_and_the_newest_stays_the_newest(database: Database) -> None:
    bring(database, arrival(page=page(b"<p>newest</p>", THEN + DAY)))
    assert bring(database, arrival()) == {"older": 1}
    assert bring(database, arrival()) == {"known": 1}
    assert [at for at, _ in bodies(database)] == [THEN, THEN + DAY]
    with database.reading() as session:
        work = inputs.load(session, only(session, Article).id)
    assert work.page is not None
    assert work.page.body == b"<p>newest</p>"
    assert process(database, work.article_id) == 1


def test_a_later_page_is_processed_and_an_earlier_is_not(database: Database) -> None:
    bring(database, arrival())
    with database.reading() as session:
        article_id = only(session, Article).id
    assert process(database, article_id) == 1
    assert bring(database, arrival(page=page(b"<p>old</p>", THEN - DAY))) == {"older": 1}
    with database.reading() as session:
        assert only(session, Article).stage == Stage.DONE
    assert bring(database, arrival(page=page(b"<p>new</p>", THEN + DAY))) == {"newer": 1}
    with database.reading() as session:
        assert only(session, Article).stage == Stage.PROCESS
        work = inputs.load(session, article_id)
    assert work.page is not None
    assert work.page.body == b"<p>new</p>"


def test_what_a_feed_has_brought_is_not_brought_again(database: Database) -> None:
    feed = add_feed(database)
    found = discovery(1)
    discover(database, feed, found)
    assert bring(database, Arrival("line 1", found.url)) == {"known": 1}
    # A page that waits to be fetched is read from its snapshot instead.
    assert bring(database, arrival(found.url)) == {"newer": 1}
    with database.reading() as session:
        article = only(session, Article)
        assert (article.stage, article.origin) == (Stage.PROCESS, None)


def test_what_was_imported_is_known_to_a_feed(database: Database) -> None:
    feed = add_feed(database)
    found = discovery(1)
    bring(database, Arrival("line 1", found.url))
    assert discover(database, feed, found).new == 0
    with database.reading() as session:
        assert only(session, Article).origin == "a test"


def test_what_was_purged_stays_away(database: Database) -> None:
    with database.writing() as session:
        session.add(Tombstone(key=digest(URL), url=URL, purged_at=NOW))
    assert bring(database, arrival(), Arrival("line 1", URL)) == {"purged": 2}
    with database.reading() as session:
        assert session.exec(select(Article)).all() == []


def test_an_imported_article_is_purged_with_its_snapshots(database: Database) -> None:
    bring(database, arrival(page=page(b"<p>newest</p>", THEN + DAY)))
    bring(database, arrival())
    with database.reading() as session:
        article_id = only(session, Article).id
    with database.writing() as session:
        purge.purge(session, [article_id], reason=None, now=NOW)
    assert bodies(database) == []
    assert bring(database, arrival()) == {"purged": 1}


def test_a_dry_run_tells_what_would_come_and_writes_nothing(database: Database) -> None:
    batches = [
        [arrival(), arrival(page=page(b"<p>second</p>", THEN + DAY))],
        [arrival(), Arrival("line 1", "http://b.example/x")],
        [Arrival("line 1", "http://b.example/x"), arrival(page=page(b"<p>0</p>", THEN - DAY))],
    ]
    seen: dict[bytes, Standing] = {}
    with database.reading() as session:
        foreseen = [plain(imports.preview(session, batch, seen)) for batch in batches]
        assert session.exec(select(Article)).all() == []
    assert foreseen == [bring(database, *batch) for batch in batches]


# --- sources ---


def test_the_source_is_the_one_that_is_named(database: Database) -> None:
    gazette = NamedSource("Gazette", "SG", "magazine")
    bring(
        database,
        arrival(source=gazette),
        arrival("http://archive.example/2.html"),
        source=NamedSource("Collection"),
    )
    with database.reading() as session:
        source = only(session, Source, name="Gazette")
        assert (source.country, source.kind) == ("SG", "magazine")
        assert only(session, Article, url=URL).source_id == source.id
        other = only(session, Source, name="Collection")
        assert only(session, Article, url="http://archive.example/2.html").source_id == other.id


@pytest.mark.parametrize("host", ["outlet1.example", "www.outlet1.example"])
def test_a_known_outlet_is_known_by_its_feeds_host(database: Database, host: str) -> None:
    feed = add_feed(database)
    bring(database, arrival(f"http://{host}/old.html"))
    with database.reading() as session:
        assert only(session, Article).source_id == feed.source_id


def test_a_known_outlet_is_known_by_its_home_page_and_its_articles(database: Database) -> None:
    by_home = add_feed(database, 1, home_url="https://www.archive.example/news")
    by_article = add_feed(database, 2)
    discover(database, by_article, discovery(2, url="http://stories.example/2.html"))
    bring(database, arrival(), arrival("http://stories.example/old.html"))
    with database.reading() as session:
        assert only(session, Article, url=URL).source_id == by_home.source_id
        old = only(session, Article, url="http://stories.example/old.html")
        assert old.source_id == by_article.source_id


def test_one_import_makes_one_source_for_a_host(database: Database) -> None:
    urls = [f"http://archive.example/{number}.html" for number in range(4)]
    bring(database, *map(arrival, urls[:2]))
    bring(database, *map(arrival, urls[2:]))
    with database.reading() as session:
        assert only(session, Source).name == "archive.example"


def test_two_imports_of_the_same_at_once_make_each_article_once(database: Database) -> None:
    arrivals = [
        replace(arrival(f"http://host{number % 7}.example/{number}"), where=str(number))
        for number in range(60)
    ]
    start = Barrier(2)

    def run(mine: Sequence[Arrival]) -> int:
        start.wait(machine.scaled(PATIENCE))
        parts = [mine[first : first + 10] for first in range(0, len(mine), 10)]
        return sum(bring(database, *part).get("new", 0) for part in parts)

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, mine) for mine in (arrivals, arrivals[::-1])]
        assert sum(map(result, runs)) >= 60
    with database.reading() as session:
        assert len(session.exec(select(Article)).all()) == 60
        assert len(session.exec(select(Snapshot)).all()) == 60
        assert len(session.exec(select(Source)).all()) == 7
