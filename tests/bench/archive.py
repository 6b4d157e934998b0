"""A year of made-up news, written straight into the tables: what searches are measured on.

A quarter of the stories is Chinese, one in four has two copies, half are about US–China relations.
How often words come follows Zipf's law, as in any language; some phrases are planted.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from store.database.connection import Database
from store.tables import (
    Article,
    Revision,
    Source,
    Stage,
    Story,
    Tagging,
    TaggingActor,
    TaggingTopic,
    table,
)

LAST = datetime(2026, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=365)
# Texts are put together from so many sentences, of so many words.
SENTENCES = 20_000
SENTENCE_WORDS = 20
ENGLISH_SENTENCES = 30
CHINESE_SENTENCES = 20  # a word is two characters, mostly
SOURCES = 60
COUNTRIES = ("US", "CN", "GB", "HK", "TW", "SG", "JP", "DE")
KINDS = ("newspaper", "wire", "broadcaster", "magazine", "think-tank", "government")
TOPICS = ("trade", "diplomacy", "technology", "taiwan", "military", "agriculture", "finance")
STANCES = ("cooperation", "tension", "neutral")
ACTORS = 1_500
BATCH = 500

# A phrase, and in which share of the stories of its language it stands.
PHRASES = {
    "trade war": 0.08,
    "phase one": 0.02,
    "export controls": 0.05,
    "human rights": 0.03,
    "soybeans": 0.01,
    "rare earths": 0.004,
    "united states": 0.4,
    "consular notification": 0.0005,
}
CHINESE_PHRASES = {
    "大豆": 0.02,
    "外交部": 0.2,
    "出口管制": 0.05,
    "贸易战": 0.06,
    "稀土": 0.01,
    "领事通报": 0.0005,
    "中美关系": 0.3,
}
_FREQUENT = """
    the of to and in a said that for on with as by at from was its it has an be is were this
    which have had will would not or more than new government officials trade china tariffs
    talks minister percent president companies market year policy economic security
"""


class Language:
    """Words by their frequency, and texts of them."""

    def __init__(self, words: list[str], phrases: dict[str, float], sentences: int, gap: str):
        self.words = words
        self._phrases, self._length, self._gap = phrases, sentences, gap
        weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))
        rng = random.Random(5)
        self._sentences = [
            gap.join(rng.choices(words, cum_weights=weights, k=SENTENCE_WORDS))
            for _ in range(SENTENCES)
        ]

    def text(self, rng: random.Random) -> str:
        found = rng.choices(self._sentences, k=self._length)
        found += [phrase for phrase, share in self._phrases.items() if rng.random() < share]
        rng.shuffle(found)
        return self._gap.join(found)


@cache
def english(size: int = 40_000) -> Language:
    """Words of made-up syllables behind those that every text has."""
    rng = random.Random(1)
    syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er")]
    made = dict.fromkeys(
        "".join(rng.choices(syllables, k=rng.choice((2, 3, 3, 4)))) for _ in range(size)
    )
    return Language([*_FREQUENT.split(), *made], PHRASES, ENGLISH_SENTENCES, " ")


@cache
def chinese(size: int = 20_000) -> Language:
    """Words of one or two characters, some of which are frequent."""
    rng = random.Random(2)
    characters = [chr(0x4E00 + number) for number in range(0, 12_000, 4)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(characters))))
    made = dict.fromkeys(
        "".join(rng.choices(characters, cum_weights=weights, k=rng.choice((1, 2, 2, 2))))
        for _ in range(size)
    )
    return Language(list(made), CHINESE_PHRASES, CHINESE_SENTENCES, "")


def fill(database: Database, stories: int, progress: Callable[[int], None]) -> None:
    """Write the archive into an empty database."""
    with database.writing() as session:
        session.execute(table(Source).insert(), list(_sources()))
    rng = random.Random(3)
    languages = {"en": english(), "zh": chinese()}
    for start in range(1, stories + 1, BATCH):
        rows: dict[type[Any], list[dict[str, Any]]] = {}
        numbers = range(start, min(start + BATCH, stories + 1))
        for number in numbers:
            for model, row in _story(number, stories, languages, rng):
                rows.setdefault(model, []).append(row)
        with database.writing() as session:
            for model in (Story, Article, Revision, Tagging, TaggingTopic, TaggingActor):
                session.execute(table(model).insert(), rows[model])
        progress(len(numbers))


def _sources() -> Iterator[dict[str, Any]]:
    for number in range(1, SOURCES + 1):
        yield {
            "id": number,
            "name": f"Outlet {number}",
            "country": COUNTRIES[number % len(COUNTRIES)],
            "kind": KINDS[number % len(KINDS)],
            "state_media": number % 10 == 0,
        }


def _story(
    number: int, stories: int, languages: dict[str, Language], rng: random.Random
) -> Iterator[tuple[type[Any], dict[str, Any]]]:
    """The rows of a story, in any order."""
    language = "zh" if number % 4 == 0 else "en"
    text = languages[language].text(rng)
    title = text[:60]
    copies = [number, stories + number] if number % 4 == 1 else [number]
    seen = LAST - SPAN + SPAN * number / stories
    published = seen - timedelta(minutes=rng.randrange(360)) if rng.random() < 0.9 else None
    judged = {
        "relevance": rng.choices(("primary", "secondary", "none"), (3, 2, 5))[0],
        "score": round(rng.random(), 4),
        "stance": rng.choice(STANCES),
        "language": language,
    }
    yield (
        Story,
        {
            "id": number,
            "first_seen_at": seen,
            "first_published_at": published,
            "article_id": number,
            "tagging_id": number,
            "title": title,
            "articles": len(copies),
            "sources": len(copies),
            **judged,
        },
    )
    for copy in copies:
        yield from _article(copy, number, seen, title, text, language, rng)
        yield from _tagging(copy, seen, judged, rng)


def _article(
    copy: int,
    story: int,
    seen: datetime,
    title: str,
    text: str,
    language: str,
    rng: random.Random,
) -> Iterator[tuple[type[Any], dict[str, Any]]]:
    url = f"http://outlet.example/{copy}"
    key = hashlib.sha256(url.encode()).digest()
    yield (
        Article,
        {
            "id": copy,
            "url": url,
            "url_hash": key,
            "source_id": rng.randint(1, SOURCES),
            "first_seen_at": seen,
            "stage": Stage.DONE,
            "next_attempt_at": seen,
            "host": "outlet.example",
            "revisions": 1,
            "revision_id": copy,
            "tagging_id": copy,
            "story_id": story,
            "title": title,
            "language": language,
            "quality": "ok",
        },
    )
    yield (
        Revision,
        {
            "id": copy,
            "article_id": copy,
            "number": 1,
            "seen_at": seen,
            "title": title,
            "text": text,
            "content_hash": key,
            "text_hash": key,
            "authors": [],
            "quality": "ok",
            "taken_from": "page",
            "language": language,
            "extractor_version": "bench",
        },
    )


def _tagging(
    copy: int, seen: datetime, judged: dict[str, Any], rng: random.Random
) -> Iterator[tuple[type[Any], dict[str, Any]]]:
    yield (
        Tagging,
        {
            "id": copy,
            "revision_id": copy,
            "tagged_at": seen,
            "tagger_version": "bench",
            "lexicon_version": "bench",
            "evidence": [],
            **judged,
        },
    )
    for topic in rng.sample(TOPICS, rng.randint(1, 2)):
        yield TaggingTopic, {"tagging_id": copy, "topic": topic, "score": 0.5}
    for actor in {int(rng.paretovariate(0.6)) % ACTORS for _ in range(5)}:
        yield (
            TaggingActor,
            {
                "tagging_id": copy,
                "actor": f"actor-{actor}",
                "name": f"Actor {actor}",
                "kind": "person",
                "side": "us",
                "mentions": 1,
                "first_offset": 0,
            },
        )
