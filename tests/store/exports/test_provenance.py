"""Which versions made what is stored, now and as of a time, and all of it of one moment."""

import pytest
from sqlmodel import select

from ingest.duplicates.fingerprint import ALGORITHM_VERSION
from ingest.pages.extract import EXTRACTOR_VERSION
from ingest.relations.tagger import TAGGER_VERSION
from store.database import migrate
from store.database.connection import Database
from store.exports import provenance
from store.tables import Article, Revision, Tagging
from tests.store.building import MINUTE, NOW, document, ingest_one
from tests.support import printings


@pytest.fixture
def versions(database: Database) -> Database:
    """Three articles, made by two versions of each part, a minute apart."""
    for number in (1, 2, 3):
        ingest_one(database, number, made=document(printings.text(number)))
    with database.writing() as session:
        for revision in session.exec(select(Revision)):
            last = revision.article_id == 3
            revision.extractor_version = "10" if last else "9"
            revision.seen_at = NOW + MINUTE * last
        for tagging in session.exec(select(Tagging)):
            revision_of = session.get_one(Revision, tagging.revision_id).article_id
            tagging.tagger_version = "2" if revision_of == 3 else "1"
            tagging.lexicon_version = "old" if revision_of == 1 else "new"
            tagging.tagged_at = NOW + MINUTE * (revision_of - 1)
    return database


def test_rows_are_counted_by_the_version_that_made_them(versions: Database) -> None:
    with versions.reading() as session:
        found = provenance.read(session)
    assert dict(found.revisions) == {"9": 2, "10": 1}
    assert found.taggings == (("1", "new", 1), ("1", "old", 1), ("2", "new", 1))


def test_as_of_a_time_what_was_made_later_is_left_out(versions: Database) -> None:
    with versions.reading() as session:
        before = provenance.read(session, as_of=NOW - MINUTE)
        then = provenance.read(session, as_of=NOW)
        later = provenance.read(session, as_of=NOW + MINUTE)
    assert (before.revisions, before.taggings) == ((), ())
    assert (then.revisions, then.taggings) == ((("9", 2),), (("1", "old", 1),))
    assert dict(later.revisions) == {"9": 2, "10": 1}
    assert later.taggings == (("1", "new", 1), ("1", "old", 1))


def test_the_versions_of_this_program_are_told_whatever_made_the_rows(versions: Database) -> None:
    for as_of in (None, NOW - MINUTE):
        with versions.reading() as session:
            found = provenance.read(session, as_of=as_of)
        assert (found.schema, found.extractor, found.fingerprint, found.tagger) == (
            migrate.HEAD, EXTRACTOR_VERSION, str(ALGORITHM_VERSION), TAGGER_VERSION,
        )  # fmt: skip


def test_what_is_written_meanwhile_is_of_another_moment(database: Database) -> None:
    ingest_one(database, 1)
    with database.reading() as session:
        provenance.one_moment(session)
        before = provenance.read(session)
        ingest_one(database, 2)
        assert provenance.read(session) == before
        assert len(session.exec(select(Article.id)).all()) == 1
    with database.reading() as session:
        assert provenance.read(session) != before
