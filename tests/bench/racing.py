"""Many writers bring the same news at once: articles, stories and errors, counted afterwards.

Every writer, a process of its own, polls a feed of its own, in which are URLs that other feeds
have too; then all of them process what is there, copies of one text at the same time. What should
be there is known, since the texts were made here.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

from sqlalchemy import func
from sqlmodel import select

from ingest.feeds.entries import Discovery
from store.articles import inputs, processing, stages
from store.database.connection import Database
from store.intake import entries, feeds, polls
from store.stories.boilerplate import Boilerplate
from store.tables import Article, Revision, Story
from tests.store.building import discovery, document, spec, tagger_output
from tests.support import printings

COPIES = 0.3
# So long that a copy without its last paragraph still shares some key with every other: what is
# counted here are races, not how many copies the keys miss.
WORDS = 250
# Feeds that each URL is in.
FEEDS = 4
# Entries of one poll: a long feed.
POLL = 50
BARRIER_SECONDS = 600.0
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Printed:
    """One URL, and the text that stands there: `original` numbers the text that it is a copy of."""

    number: int
    original: int
    exact: bool

    @property
    def title(self) -> str:
        return printings.title(self.original)

    @property
    def text(self) -> str:
        whole = printings.text(self.original, WORDS)
        if self.exact:
            return whole
        change = (printings.extended, printings.abridged, lambda text: text)[self.number % 3]
        return printings.edited(change(whole), self.number)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found when all were done; all but the first three ought to be 0."""

    urls: int
    writers: int
    seconds: float
    extra_articles: int
    extra_revisions: int
    split_stories: int
    mixed_stories: int
    wrong_counts: int
    errors: int

    @property
    def wrong(self) -> int:
        """How much is not as it should be."""
        counts = (self.split_stories, self.mixed_stories, self.wrong_counts, self.errors)
        return abs(self.extra_articles) + abs(self.extra_revisions) + sum(counts)

    def row(self) -> dict[str, object]:
        """As it is printed."""
        named = {field.name.replace("_", " "): getattr(self, field.name) for field in fields(self)}
        return named | {"seconds": round(self.seconds, 1)}


def wire(urls: int) -> list[Printed]:
    """The news: of every ten URLs three are copies, half of them exact ones."""
    chance = random.Random(urls)
    originals = round(urls * (1 - COPIES))
    numbers = list(range(originals)) + chance.choices(range(originals), k=urls - originals)
    seen = set[int]()
    printed = []
    # Copies of one text stand side by side, so that they are brought at the same time.
    for number, original in enumerate(sorted(numbers)):
        exact = original not in seen or chance.random() < 0.5
        seen.add(original)
        printed.append(Printed(number, original, exact))
    return printed


def race(url: str, *, urls: int, writers: int) -> Outcome:
    """Let the writers loose on a database with the schema and no rows."""
    printed = wire(urls)
    forking = get_context("fork")
    gate = forking.Barrier(writers)
    began = time.monotonic()
    with ProcessPoolExecutor(writers, forking, _prepare, (url, printed, gate)) as pool:
        errors = sum(pool.map(_write, range(writers), [writers] * writers))
    seconds = time.monotonic() - began
    database = Database(url)
    outcome = _count(database, printed, writers, seconds, errors)
    database.dispose()
    return outcome


_url = ""
_printed: Sequence[Printed] = ()
_gate: Barrier | None = None


def _prepare(url: str, printed: Sequence[Printed], gate: Barrier) -> None:
    global _url, _printed, _gate
    _url, _printed, _gate = url, printed, gate


def _write(writer: int, writers: int) -> int:
    """Poll, then process what is this writer's; returns how many errors there were."""
    assert _gate is not None
    database, errors = Database(_url), 0
    _gate.wait(BARRIER_SECONDS)
    errors += _attempt(_poll, database, writer, writers)
    _gate.wait(BARRIER_SECONDS)
    with database.reading() as session:
        ids = dict(session.execute(select(Article.url, Article.id)).all())
    boilerplate = Boilerplate()
    for printed in _printed[writer::writers]:
        # Some messages are delivered twice: the next article, which is another writer's, as well.
        again = [_printed[(printed.number + 1) % len(_printed)]] if printed.number % 10 == 0 else []
        for each in (printed, *again):
            errors += _attempt(_process, database, boilerplate, ids[_address(each)], each)
    database.dispose()
    return errors


def _attempt(step: Callable[..., None], *args: object) -> int:
    try:
        step(*args)
    except Exception as error:
        print(f"{type(error).__name__}: {error}".splitlines()[0], file=sys.stderr)
        return 1
    return 0


def _address(printed: Printed) -> str:
    return f"http://outlet{printed.number % 97}.example/{printed.number}.html"


def _discovery(printed: Printed) -> Discovery:
    return discovery(
        printed.number, from_feed=True, url=_address(printed), title=printed.title, content=""
    )


def _poll(database: Database, writer: int, writers: int) -> None:
    """Every feed has its share of the URLs, and those of the next few feeds."""
    feeds_of = {(writer + further) % writers for further in range(FEEDS)}
    found = [_discovery(each) for each in _printed if each.number % writers in feeds_of]
    random.Random(writer).shuffle(found)
    with database.writing() as session:
        feed, _ = feeds.add(session, spec(writer), now=NOW)
        due = polls.claim(session, feed.host, only=frozenset({feed.id or 0}), now=NOW)
    assert due is not None
    for start in range(0, len(found), POLL):
        with database.writing() as session:
            entries.record(session, due, found[start : start + POLL], now=NOW)


def _process(
    database: Database, boilerplate: Boilerplate, article_id: int, printed: Printed
) -> None:
    with database.writing() as session:
        owner = f"writer of {article_id}"
        if not stages.claim_processing(session, article_id, owner=owner, now=NOW):
            return
        work = inputs.load(session, article_id)
    made = document(printed.text, title=printed.title)
    with database.reading() as session:
        to_store = processing.prepare(session, work, made, boilerplate)
    processing.settle(database, work, to_store, tagger_output(), now=NOW)


def _count(
    database: Database, printed: Sequence[Printed], writers: int, seconds: float, errors: int
) -> Outcome:
    original = {_address(each): each.original for each in printed}
    with database.reading() as session:
        rows = session.execute(select(Article.url, Article.story_id)).all()
        revisions = session.execute(select(func.count()).select_from(Revision)).scalar_one()
        stories = {story.id: story.articles for story in session.exec(select(Story))}
    stories_of, originals_of = dict[int, set[int]](), dict[int, set[int]]()
    carried = dict[int, int]()
    for url, story_id in rows:
        stories_of.setdefault(original[url], set()).add(story_id)
        originals_of.setdefault(story_id, set()).add(original[url])
        carried[story_id] = carried.get(story_id, 0) + 1
    return Outcome(
        urls=len(printed),
        writers=writers,
        seconds=seconds,
        extra_articles=len(rows) - len(printed),
        extra_revisions=revisions - len(printed),
        split_stories=sum(len(each) > 1 for each in stories_of.values()),
        mixed_stories=sum(len(each) > 1 for each in originals_of.values()),
        wrong_counts=sum(carried.get(story_id, 0) != n for story_id, n in stories.items()),
        errors=errors,
    )
