"""A store's history, made of all that can change what is shown: step by step, a minute each."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update

from ingest.dates import Confidence, Dated
from ingest.duplicates.decide import DUPLICATES_VERSION
from ingest.duplicates.fingerprint import ALGORITHM_VERSION
from ingest.pages.extract import EXTRACTOR_VERSION, Document
from ingest.relations.codebook import Relevance, Stance
from ingest.relations.tagging import Actor, Tagging, Topic
from ingest.relations.vocabulary import Side
from store.articles import inputs, processing, stages
from store.database.connection import Database
from store.reprocessing import reassign, redo, runs, undo
from store.reprocessing.redo import Redone
from store.reprocessing.runs import RunError
from store.reprocessing.selection import Selection, Versions
from store.stories import merge
from store.stories.boilerplate import Boilerplate
from store.stories.merge import MergeNeeded
from store.tables import Article, Stage, Step
from tests.store.building import (
    MINUTE,
    NOW,
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    prepare,
    tagger_output,
)
from tests.support import printings

ARTICLES = 9
TEXTS = 4  # so that articles share them, and stories are merged
TOPICS = ("diplomacy", "trade", "agriculture", "taiwan")
PEOPLE = ("xi-jinping", "envoy", "minister")
COUNTRIES = ("US", "CN", None)
VERSIONS = Versions(EXTRACTOR_VERSION, str(ALGORITHM_VERSION), DUPLICATES_VERSION, "test-1", "abc")


class History:
    """What happens to one store; `now` is the time of the last thing that has happened."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.now = NOW
        self.happened: list[str] = []
        self._chance = random.Random(seed)
        self._runs: list[int] = []
        self._added = 0

    def steps(self, number: int) -> Iterator[datetime]:
        """Let one thing after the other happen; yields the time of each."""
        for step in range(number):
            # The outlets print, then all sorts of things happen to what they have printed.
            happen = self._prints if step < 4 else self._chance.choice(self._kinds())
            self.now += MINUTE
            self.happened.append(happen.__name__.removeprefix("_"))
            happen()
            yield self.now

    def _kinds(self):  # type: ignore[no-untyped-def]
        more = [self._prints] * (self._added < ARTICLES)
        often = [self._edits, self._is_tagged_again, self._is_undone, self._is_settled_again] * 2
        return [*more, *often, self._is_extracted_again, self._is_seen_elsewhere]

    def _prints(self) -> None:
        self._added += 1
        number = self._added
        feed = add_feed(self.database, number, country=COUNTRIES[number % 3])
        found = discovery(number, url=f"http://outlet{number}.example/{number}.html")
        discover(self.database, feed, found, now=self.now)
        article_id = fetch(self.database, found.host, now=self.now)
        self._process(article_id)

    def _edits(self) -> None:
        article_id = self._any()
        with self.database.writing() as session:
            session.execute(
                update(Article).where(Article.id == article_id).values(stage=Stage.PROCESS)
            )
        self._process(article_id)

    def _process(self, article_id: int) -> None:
        with self.database.writing() as session:
            assert stages.claim_processing(session, article_id, owner="test", now=self.now)
            work = inputs.load(session, article_id)
        to_store = prepare(self.database, work, self._document())
        made = processing.settle(self.database, work, to_store, self._tagger_output(), now=self.now)
        assert made is not None

    def _is_tagged_again(self) -> None:
        run_id, chosen = self._begin(Step.TAG)
        version = self._chance.choice(("test-2", "test-3"))
        with self.database.writing() as session:
            redone = [
                Redone(one, tagger_output=self._tagger_output(tagger_version=version))
                for one in redo.load(session, chosen)
            ]
            redo.apply_taggings(session, run_id, redone, EXTRACTOR_VERSION, now=self.now)
        self._end(run_id)

    def _is_extracted_again(self) -> None:
        run_id, chosen = self._begin(Step.EXTRACT)
        for article_id in chosen[:2]:
            self._extract(run_id, article_id)
        self._end(run_id)

    def _extract(self, run_id: int, article_id: int) -> None:
        with self.database.reading() as session:
            (standing,) = redo.load(session, [article_id])
            work = redo.load_bytes(session, [standing])[article_id]
        made, judged = self._document(), self._tagger_output()
        to_store = prepare(self.database, work, made)
        redone = Redone(standing, work, document=made, tagger_output=judged)
        for may_merge in (False, True):
            with suppress(MergeNeeded), self.database.writing() as session:
                redo.apply_text(
                    session, run_id, redone, to_store, merging_stories=may_merge, now=self.now
                )
                return

    def _is_settled_again(self) -> None:
        run_id, chosen = self._begin(Step.DEDUPE)
        for article_id in chosen:
            with self.database.writing() as session:
                merge.hold(session, merging=True)
                (standing,) = redo.load(session, [article_id])
                text = reassign.to_place(session, standing, Boilerplate())
                assert text is not None
                reassign.assign_again(session, run_id, standing, text, now=self.now)
        self._end(run_id)

    def _is_undone(self) -> None:
        if not self._runs:
            return
        run_id = self._chance.choice(self._runs)
        with suppress(RunError), self.database.reading() as session:
            undo.begin(session, run_id, now=self.now)
            for _ in undo.undo(self.database, run_id, now=self.now):
                pass

    def _is_seen_elsewhere(self) -> None:
        """Another feed has the article too."""
        article_id = self._any()
        with self.database.reading() as session:
            url = session.execute(select(Article.url).where(Article.id == article_id)).scalar_one()
        feed = add_feed(
            self.database, 100 + len(self.happened), url=f"http://a.example/{len(self.happened)}"
        )
        discover(self.database, feed, discovery(article_id, url=url), now=self.now)
        with self.database.writing() as session:
            session.execute(update(Article).values(stage=Stage.DONE))

    def _begin(self, step: Step) -> tuple[int, list[int]]:
        with self.database.writing() as session:
            every = session.execute(select(Article.id).order_by(Article.id)).scalars().all()
            chosen = sorted(self._chance.sample(every, self._chance.randint(1, len(every))))
            run_id = runs.begin(
                session, chosen, step=step, selection=Selection(), versions=VERSIONS, by="me",
                now=self.now,
            )  # fmt: skip
        self._runs.append(run_id)
        return run_id, chosen

    def _end(self, run_id: int) -> None:
        with self.database.writing() as session:
            runs.stop(session, run_id)

    def _any(self) -> int:
        return self._chance.randint(1, self._added)

    def _document(self) -> Document:
        number = self._chance.randrange(TEXTS)
        text = printings.text(number, words=120)
        if self._chance.random() < 0.3:
            text = printings.extended(text)
        at = self._chance.choice((None, NOW - self._chance.randrange(3) * 30 * 24 * 60 * MINUTE))
        published = at and Dated(at, at.isoformat(), "json-ld", Confidence.SURE)
        title = "" if self._chance.random() < 0.1 else printings.title(number)
        authors = self._chance.choice((("A. Reporter",), ("Reuters",), ("Xinhua",)))
        return document(text, title=title, published=published, authors=authors)

    def _tagger_output(self, **values: object) -> Tagging:
        chance = self._chance
        people = chance.sample(PEOPLE, chance.randint(0, 2))
        return replace(
            tagger_output(),
            relevance=chance.choice((Relevance.PRIMARY, Relevance.SECONDARY, Relevance.NONE)),
            score=chance.choice((0.3, 0.5, 0.9)),
            stance=chance.choice((Stance.COOPERATION, Stance.CONFLICT, None)),
            topics=tuple(
                Topic(name, round(chance.random(), 2))
                for name in chance.sample(TOPICS, chance.randint(0, 2))
            ),
            actors=tuple(
                Actor(name, name.title(), Side.US, "person", None, place + 1, "text", place)
                for place, name in enumerate(people)
            ),
            **values,  # type: ignore[arg-type]
        )
