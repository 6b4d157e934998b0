"""What strangers write, stored and read back: random text, endless URLs, identities that churn.

Each takes a database with the schema and nothing in it.
"""

import json
import random
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import select

from ingest.feeds.entries import FullText, discoveries, entry_from_json
from ingest.feeds.model import Entry
from ingest.feeds.parse import Feed, parse_feed
from ingest.pages.extract import extract_entry
from ingest.url import MAX_LENGTH
from store.articles.snapshots import decompress
from store.database.connection import Database
from store.tables import Article, Revision, Sighting, Snapshot, digest
from tests.faults.rows import Row, row
from tests.faults.strangers.churning import Publisher
from tests.store.building import MINUTE, NOW, add_feed, discover, process

# The strings of one entry: title, summary, GUID, a category, an author.
_STRINGS = 5
# Entries of one poll.
_BATCH = 2_000
# How many of the entries go all the way, to a revision that is read back too.
_PROCESSED = 0.02

# Where databases, drivers and JSON disagree on what a character is.
_ODD = (
    "\x00", "\x01", "\x1b", "\x7f", "\x80", "\x85", "\x9f", "\xa0", "\xad", "\u0301", "\u061c",
    "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\u3000", "\ud800", "\udbff",
    "\udc00", "\udfff", "\ue000", "\ufdd0", "\ufeff", "\ufffd", "\ufffe", "\uffff", "\U0001f600",
    "\U0001fffe", "\U0010ffff", "\r", "\n", "\t", "\r\n", "'", '"', "\\", "\\u0000", "\\x00", "%s",
    "%(a)s", ":a", "{}", "?", "$1", "';--", "&#0;", "&lt;", "<b>", "]]>", "ß", "İ", "ǆ", "ﷺ", "台",
)  # fmt: skip


# --- random strings ------------------------------------------------------------------------------


def strings(database: Database, count: int = 100_000) -> Row:
    """`count` random strings in the entries of a feed, polled, and read back from every table."""
    rng = random.Random(11)
    different = read = 0
    feed = add_feed(database)
    for first in range(0, count // _STRINGS, _BATCH):
        parsed = _random_feed(rng, range(first, min(first + _BATCH, count // _STRINGS)))
        discover(database, feed, *discoveries(parsed, FullText.FEED, feed_url=feed.url))
        checked, wrong = _compare(database, parsed.entries, rng)
        read, different = read + checked, different + wrong
    return row(
        "random strings",
        database=database.engine.dialect.name,
        times=read,
        items=read // _STRINGS,
        lost=different,
        asked="stored and read back the same",
        measured=f"{different} of {read:,} differ",
        ok=different == 0 and read >= count,
    )


def _random_feed(rng: random.Random, numbers: range) -> Feed:
    """JSON, which can say any code point; what is cleaned of it is the parser's to decide."""
    items = [
        {
            "id": f"{number} {_random_text(rng)}",
            "url": f"http://outlet1.example/{number}",
            "title": f"Title {_random_text(rng)}",
            "content_text": f"Text {_random_text(rng)}",
            "tags": [f"Tag {_random_text(rng)}"],
            "authors": [{"name": f"Author {_random_text(rng)}"}],
        }
        for number in numbers
    ]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "Outlet", "items": items}
    body = json.dumps(document).encode()
    parsed = parse_feed(body, content_type="application/json", url="http://outlet1.example/feed")
    assert len(parsed.entries) == len(numbers)
    return parsed


def _random_text(rng: random.Random) -> str:
    return "".join(
        rng.choice(_ODD) if rng.random() < 0.4 else chr(rng.randrange(0x110000))
        for _ in range(rng.randrange(1, 30))
    )


def _compare(database: Database, entries: Sequence[Entry], rng: random.Random) -> tuple[int, int]:
    """How many strings were read back, and how many were not what had been parsed."""
    by_url = {entry.url: entry for entry in entries}
    checked = wrong = 0
    with database.reading() as session:
        rows = session.exec(
            select(Article, Sighting, Snapshot)
            .where(Sighting.article_id == Article.id, Snapshot.article_id == Article.id)
            .where(Article.url_hash.in_([digest(url) for url in by_url if url]))  # type: ignore[attr-defined]
        ).all()
        kept = [
            (article.id, article.url, article.title, sighting, decompress(snapshot.body))
            for article, sighting, snapshot in rows
        ]
    for _, url, title, sighting, body in kept:
        entry = by_url[url]
        checked += _STRINGS
        wrong += (title, sighting.title, sighting.guid) != (entry.title, entry.title, entry.guid)
        wrong += tuple(sighting.categories) != entry.categories
        wrong += entry_from_json(body) != entry
    for article_id, url, *_ in rng.sample(kept, round(len(kept) * _PROCESSED)):
        document = extract_entry(by_url[url])
        process(database, article_id or 0, document)
        with database.reading() as session:
            revision = session.exec(select(Revision).where(Revision.article_id == article_id)).one()
            wrong += (revision.title, revision.text) != (document.title, document.text)
    return checked, wrong


# --- long URLs -----------------------------------------------------------------------------------


def long_urls(database: Database) -> Row:
    """URLs of up to the longest that is taken, beginning alike, polled twice."""
    lengths = (2_000, 2_712, 8_191, 9_000, 9_001, MAX_LENGTH)
    base = "http://outlet1.example/a?"
    links = [base + "x" * (length - len(base)) for length in lengths]
    items = "".join(f"<item><title>T {len(a)}</title><link>{a}</link></item>" for a in links)
    body = f'<rss version="2.0"><channel><title>O</title>{items}</channel></rss>'.encode()
    feed = add_feed(database)
    parsed = parse_feed(body, content_type=None, url="http://outlet1.example/feed")
    for _ in range(2):
        discover(database, feed, *discoveries(parsed, FullText.PAGE, feed_url=feed.url))
    with database.reading() as session:
        stored = sorted(session.exec(select(Article.url)).all(), key=len)
    return row(
        "URLs of up to 16 kB",
        database=database.engine.dialect.name,
        times=len(links),
        items=len(stored),
        lost=len(set(links) - set(stored)),
        duplicated=len(stored) - len(set(stored)),
        asked="stored",
        measured=f"{len(stored)} of {len(links)} stored, the longest of {len(stored[-1]):,}",
        ok=stored == links,
    )


# --- identities that churn -----------------------------------------------------------------------

_POLL = timedelta(minutes=10)


def churn(database: Database, polls: int = 60) -> Row:
    """A feed whose links, GUIDs and titles change under the same items, and traps beside it."""
    publisher = Publisher()
    feed, constant = add_feed(database), add_feed(database, 2)
    for number in range(polls):
        now = NOW + number * _POLL
        publisher.advance()
        for given, body in ((feed, publisher.feed()), (constant, publisher.constant_feed())):
            parsed = parse_feed(body, content_type=None, url="http://outlet1.example/feed")
            found = discoveries(parsed, FullText.PAGE, feed_url=given.url)
            discover(database, given, *found, now=now + MINUTE)
    with database.reading() as session:
        stored = set(session.exec(select(Article.url)).all())
    truth = publisher.first_urls()
    lost, extra = truth - stored, stored - truth
    return row(
        "GUIDs and URLs that churn",
        database=database.engine.dialect.name,
        times=polls,
        items=len(truth),
        lost=len(lost),
        duplicated=len(extra),
        asked="<= 0.1 % duplicates, 0 wrong merges",
        measured=f"{len(extra)} duplicates ({100 * len(extra) / len(truth):.2f} %), "
        f"{len(lost)} wrong merges",
        ok=not lost and len(extra) <= len(truth) / 1_000,
    )
