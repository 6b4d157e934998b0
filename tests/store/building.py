"""Plain values for the store's tests: feeds, entries, documents, judgements, all invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict
from ingest.dates import Confidence, Dated
from ingest.duplicates.fingerprint import revision_hash
from ingest.feeds.entries import Discovery
from ingest.feeds.parse import Entry
from ingest.feeds.subscription import FeedSpec
from ingest.http import Response
from ingest.pages.extract import Document
from ingest.pages.quality import Quality
from ingest.relations.codebook import Relevance, Stance
from ingest.relations.tagging import Actor, Evidence, Tagging, Topic
from ingest.relations.vocabulary import Side
from store.articles import inputs, processing, revisions, stages
from store.articles.inputs import Work
from store.crawl import page_fetches
from store.database.connection import Database
from store.intake import entries, feeds, polls
from store.intake.entries import Recorded
from store.intake.polls import DueFeed
from store.stories.boilerplate import Boilerplate
from store.tables import Stage

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

TEXT = (
    "The envoy said on Monday that the two governments had settled the dates of a visit. "
    "Officials of both sides are to meet again before the year is out, she told reporters, and "
    "the talks on soybean purchases and on precursor chemicals would go on in the meantime. "
)


def spec(number: int = 1, **values: object) -> FeedSpec:
    base = FeedSpec(
        url=f"http://outlet{number}.example/feed.xml",
        title=f"Outlet {number}",
        source=f"Outlet {number}",
        country="US",
        language="en",
    )
    return replace(base, **values)


def entry(number: int = 1, **values: object) -> Entry:
    base = Entry(
        guid=f"guid-{number}",
        url=f"http://outlet1.example/{number}.html",
        title=f"Envoy settles visit {number}",
        summary="The envoy said that a visit was settled.",
        content="",
        authors=("A. Reporter",),
        categories=("world",),
        published=Dated(NOW, "Mon, 02 Nov 2026 08:30:00 GMT", "feed", Confidence.SURE),
        updated=None,
        language="en",
    )
    return replace(base, **values)


def discovery(number: int = 1, *, from_feed: bool = False, **values: object) -> Discovery:
    found = entry(number, **values)
    assert found.url is not None
    return Discovery(
        url=found.url,
        host=found.url.split("/")[2],
        entry=found,
        content_hash=revision_hash(found.title, found.content or found.summary),
        from_feed=from_feed,
    )


def document(text: str = TEXT, **values: object) -> Document:
    base = Document(
        title="Envoy settles visit",
        text=text,
        authors=("A. Reporter",),
        published=Dated(NOW, "2026-11-02T08:30:00Z", "json-ld", Confidence.SURE),
        language="en",
        canonical_url=None,
        site_name="Outlet 1",
        quality=Quality.OK,
        taken_from="page",
    )
    return replace(base, **values)


def tagger_output(**values: object) -> Tagging:
    base = Tagging(
        relevance=Relevance.PRIMARY,
        score=0.97,
        primary=0.9,
        intercept=-1.0,
        primary_intercept=-2.0,
        topics=(Topic("diplomacy", 0.9), Topic("agriculture", 0.7)),
        stance=Stance.COOPERATION,
        actors=(
            Actor("xi-jinping", "Xi Jinping", Side.CHINA, "person", "President", 2, "text", 4),
            Actor("envoy", "The Envoy", Side.US, "person", None, 1, "text", 4),
        ),
        evidence=(Evidence("text", 4, 9, "envoy", "both-sides", Side.US, "diplomacy", 1.25),),
        reckoning=(),
        language="en",
        tagger_version="test-1",
        lexicon_version="abc",
    )
    return replace(base, **values)


def add_feed(database: Database, number: int = 1, **values: object) -> DueFeed:
    """A feed, taken in hand."""
    with database.writing() as session:
        feed, _ = feeds.add(session, spec(number, **values), now=NOW)
        due = polls.claim(session, feed.host, only=frozenset({feed.id or 0}), now=NOW)
    assert due is not None
    return due


def discover(database: Database, feed: DueFeed, *found: Discovery, now: datetime = NOW) -> Recorded:
    with database.writing() as session:
        return entries.record(session, feed, found, now=now)


def response(body: bytes = b"<html>page</html>", **values: object) -> Response:
    base = Response(
        url="http://outlet1.example/1.html",
        final_url="http://outlet1.example/1.html",
        status=200,
        headers={"etag": '"1"'},
        body=body,
        content_type="text/html",
        permanent_url=None,
        wire_bytes=len(body),
        elapsed=0.1,
    )
    return replace(base, **values)


def fetch(
    database: Database, host: str, body: bytes = b"<html>page</html>", now: datetime = NOW
) -> int:
    """Fetch the host's next waiting page; returns its article."""
    with database.writing() as session:
        (page,) = page_fetches.claim_fetches(session, host, limit=1, now=now)
        verdict = PageVerdict(PageOutcome.FETCHED, status=200, response=response(body))
        stage = page_fetches.record_fetch(session, page, verdict, jitter=0.5, now=now)
    assert stage is Stage.PROCESS
    return page.id


def process(
    database: Database,
    article_id: int,
    made: Document | None = None,
    judged: Tagging | None = None,
    *,
    now: datetime = NOW,
) -> int | None:
    """Take an article from its bytes to its revision; returns the revision's number."""
    with database.writing() as session:
        assert stages.claim_processing(session, article_id, owner="test", now=now)
        work = inputs.load(session, article_id)
    to_store = prepare(database, work, made)
    written = processing.settle(database, work, to_store, judged or tagger_output(), now=now)
    return written.number if written is not None else None


def prepare(
    database: Database, work: Work, made: Document | None = None
) -> revisions.DocumentToStore:
    """A document (any) of an article, compared with what is stored."""
    with database.reading() as session:
        return processing.prepare(session, work, made or document(), Boilerplate())


def ingest_one(database: Database, number: int = 1, **values: object) -> int:
    """One article all the way, from a feed of its own outlet; returns its id."""
    feed = add_feed(database, number)
    found = discovery(number, url=f"http://outlet{number}.example/{number}.html")
    discover(database, feed, found)
    article_id = fetch(database, found.host)
    process(database, article_id, **values)  # type: ignore[arg-type]
    return article_id


def only(session: Session, table: type, **where: object):  # type: ignore[no-untyped-def]
    """The one row of a table (with these values)."""
    from sqlmodel import select

    statement = select(table)
    for name, value in where.items():
        statement = statement.where(getattr(table, name) == value)
    return session.exec(statement).one()
