"""An upgrade of a database that is in use loses nothing, and what was there goes on working."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, column, inspect, select, table, text
from sqlmodel import Session, SQLModel

from store.articles import addresses
from store.database import migrate
from store.database.connection import Database
from store.tables import Article, Revision, Story, StoryText, digest
from tests.store.building import NOW, document, ingest_one
from tests.support import printings

FIRST_VERSION = "0001"
MADE = document(printings.text(1), title=printings.title(1))
OTHER = document(printings.text(2), title=printings.title(2))


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Database]:
    """A database of today with three articles in two stories."""
    database = Database(f"sqlite:///{tmp_path / 'filled.db'}")
    migrate.ensure(database)
    ingest_one(database, 1, made=MADE)
    ingest_one(database, 2, made=MADE)
    ingest_one(database, 3, made=OTHER)
    yield database
    database.dispose()


@pytest.fixture
def old(database_url: str, filled: Database) -> Iterator[Database]:
    """The same rows in the first version's tables."""
    database = Database(database_url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parents[1] / "migrations"))
    with (
        filled.engine.connect() as source,
        database.engine.execution_options(transpacific_write=True).begin() as target,
    ):
        config.attributes["connection"] = target
        command.upgrade(config, FIRST_VERSION)
        for today in SQLModel.metadata.sorted_tables:
            if inspect(target).has_table(today.name):
                _copy(source, target, today.name)
    assert migrate.version(database) == FIRST_VERSION
    yield database
    database.dispose()


def _copy(source: Connection, target: Connection, name: str) -> None:
    """A table's rows, as far as its first version has the columns."""
    today = SQLModel.metadata.tables[name]
    names = [described["name"] for described in inspect(target).get_columns(name)]
    # Without today's defaults, which would fill in columns that were not there.
    plain = table(name, *(column(each, today.c[each].type) for each in names))
    for row in source.execute(select(*(today.c[each] for each in names))).mappings():
        target.execute(plain.insert().values(dict(row)))
    if target.dialect.name == "postgresql" and "id" in names:
        # Rows that came with their ids do not move the number of the next one.
        target.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
        )


def test_texts_keep_their_stories_and_get_the_revisions_that_brought_them(old: Database) -> None:
    migrate.upgrade(old)
    with old.reading() as session:
        texts = session.scalars(select(StoryText).order_by(StoryText.story_id)).all()
        first = [_first_revision(session, row.story_id) for row in texts]
    assert [(row.story_id, row.seen_at) for row in texts] == [(1, NOW), (2, NOW)]
    assert [row.revision_id for row in texts] == first


def test_articles_were_placed_by_the_first_duplicate_rules(old: Database) -> None:
    migrate.upgrade(old)
    with old.reading() as session:
        assert session.scalars(select(Article.duplicates_version)).all() == [1, 1, 1]


def _first_revision(session: Session, story_id: int) -> int | None:
    return session.scalars(
        select(Revision.id)
        .join(Article, Article.id == Revision.article_id)
        .where(Article.story_id == story_id)
        .order_by(Revision.id)
    ).first()


def test_what_comes_after_an_upgrade_joins_what_was_there_before(old: Database) -> None:
    migrate.upgrade(old)
    joining = ingest_one(old, 4, made=MADE)
    near = document(printings.extended(printings.text(9)), title=printings.title(9))
    ingest_one(old, 5, made=document(printings.text(9), title=printings.title(9)))
    ingest_one(old, 6, made=near)
    with old.reading() as session:
        assert session.get_one(Article, joining).story_id == 1
        assert session.get_one(Article, joining).joined_because == "the same text as article 1"
        counts = session.scalars(select(Story.articles).order_by(Story.id)).all()
        assert list(counts) == [3, 1, 2]
        assert session.execute(text("SELECT count(*) FROM v_copies")).scalar_one() == 5


def test_what_is_spelled_otherwise_today_is_led_to(old: Database) -> None:
    """Two articles that would be one today stay two, and the older is found."""
    plain = "http://outlet1.example/a?id=1"
    spelled = [f"{plain}&srsltid={number}" for number in (1, 2)] + ["http://outlet1.example/%7e"]
    with old.engine.execution_options(transpacific_write=True).begin() as connection:
        for number, url in enumerate(spelled, start=1):
            connection.execute(
                text("UPDATE articles SET url = :url, url_hash = :url_hash WHERE id = :id"),
                {"url": url, "url_hash": digest(url), "id": number},
            )
    migrate.upgrade(old)
    with old.reading() as session:
        assert addresses.led_to(session, [plain, "http://outlet1.example/~", *spelled]) == {
            plain: spelled[0],
            "http://outlet1.example/~": spelled[2],
        }
