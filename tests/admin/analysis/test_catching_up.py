"""What the index does not know yet is found all the same, or said to be missing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from store.database import connection
from store.database.connection import Database
from store.search import index
from store.tables import StoryChange, StoryDocument, table
from tests.admin.conftest import LOCAL, Cli, Ended
from tests.admin.wire import FEEDS, serve
from tests.site import Site

MISSING = "3 stories are not indexed yet, and may be missing"


@pytest.fixture
def behind(cli: Cli, database: Database, migrated_url: str, site: Site) -> Cli:
    """Stories that the service has stored, and was killed before it indexed them."""
    cli = Cli(cli.home, LOCAL | {"TRANSPACIFIC_DATABASE_URL": migrated_url})
    serve(site)
    assert cli("feeds", "add", site.url(next(iter(FEEDS)))).status == 0
    assert cli("poll", "--json").status == 0
    with database.writing() as session:
        index.engine(session).clear(session)
        ids = list(session.execute(table(StoryDocument).delete().returning(text("story_id"))))
        session.execute(table(StoryChange).insert(), [{"story_id": number} for (number,) in ids])
        session.execute(table(StoryChange).insert(), [{"story_id": ids[0][0]}])  # changed twice
    assert len(ids) == 3
    return cli


@contextmanager
def nobody_indexes(database: Database) -> Iterator[None]:
    """Somebody has begun to, and does not come to an end."""
    with database.writing() as session:
        if not database.is_sqlite:
            session.execute(index._LOCK)
        yield


def titles(ended: Ended) -> set[str]:
    assert (ended.status, ended.err) == (0, "")
    return {record["title"] for record in ended.records}


def test_stories_and_counts_catch_up_first(behind: Cli, database: Database) -> None:
    assert len(titles(behind("stories", "--relevance", "all", "--format", "jsonl"))) == 3
    with database.reading() as session:
        assert index.behind(session) == 0


def test_counts_catch_up_first(behind: Cli) -> None:
    ended = behind("counts", "--by", "country", "--relevance", "all", "--format", "jsonl")
    assert sum(record["stories"] for record in ended.records) == 3
    assert ended.err == ""


@pytest.mark.parametrize("command", ["stories", "counts"])
def test_where_the_index_stays_behind_they_say_so(
    behind: Cli, database: Database, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(connection, "SQLITE_BUSY_SECONDS", 0.05)
    with nobody_indexes(database):
        as_json = behind(command, "--format", "jsonl")
        as_table = behind(command)
    assert as_json.status == as_table.status == 0, as_json.err + as_table.err
    assert as_json.records == [{"not_indexed": 3}]
    assert MISSING in as_json.err
    assert MISSING in as_table.err
