"""Both databases find what a reader of every text would find, whatever is typed."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from store.database.connection import Database
from store.search import index, postgresql_fts
from store.search.documents import BREAK, MOST_REPEATS, MOST_WORDS, Document, Marks, document
from store.search.query import And, Node, Not, Or, Phrase, parse
from store.search.search import ALL, Question, find_ids
from store.tables import Story
from tests.store.building import NOW

EVER = {"since": NOW - timedelta(days=100_000), "until": NOW + timedelta(days=1)}
MARKS = Marks("primary", None, (), (), ())
# Few, so that they come together often.
WORDS = ["us", "china", "trade", "tra", "war", "u.s.", "phase", "one", "café", "x9", "2026"]
RUNS = ["大豆", "大", "豆价", "中国", "中美", "价", "中国大豆", "かな"]


def put(database: Database, texts: Sequence[str]) -> list[Document]:
    """Stories with these texts, the first the newest."""
    documents = [
        document(number, NOW - timedelta(hours=5 * number), MARKS, (), text)
        for number, text in enumerate(texts, start=1)
    ]
    with database.writing() as session:
        for made in documents:
            session.add(Story(id=made.story_id, first_seen_at=made.at))
        session.flush()
        index.put(session, [made.story_id for made in documents], documents)
    return documents


def asked(database: Database, query: Node, *, limit: int = ALL) -> list[int]:
    with database.reading() as session:
        found = index.engine(session).newest(session, query, limit=limit, **EVER)
        return [story_id for story_id, _ in found]


def holds(words: Sequence[str], query: Node) -> bool:
    """The same, told slowly."""
    match query:
        case And(parts):
            return all(holds(words, part) for part in parts)
        case Or(parts):
            return any(holds(words, part) for part in parts)
        case Not(part):
            return not holds(words, part)
        case Phrase((*before, last), open_end):
            return any(
                words[end - len(before) : end] == before
                and (word.startswith(last) if open_end else word == last)
                for end, word in enumerate(words)
                if end >= len(before)
            )


def some_text(rng: random.Random) -> str:
    parts = rng.choices([*WORDS, *RUNS, ".", "—"], k=rng.randint(0, 12))
    return rng.choice((" ", "")).join(parts) if rng.random() < 0.3 else " ".join(parts)


def some_query(rng: random.Random) -> str:
    pieces = [*WORDS, *RUNS, "tra*", "中国war", "us-china", '"trade war"', '"us 大"', '"大 us"']
    operators = ["OR", "-", "(", ")", "NOT", '"', "|", "AND", ""]
    return "".join(
        rng.choice(operators) + rng.choice(("", " ")) + rng.choice(pieces) + rng.choice(("", " "))
        for _ in range(rng.randint(1, 5))
    )


def test_random_queries_find_what_a_reader_finds(database: Database) -> None:
    rng = random.Random(6)
    documents = put(database, [some_text(rng) for _ in range(300)])
    found_some = 0
    for _ in range(400):
        query = parse(typed := some_query(rng))
        if query is not None:
            expected = [made.story_id for made in documents if holds(made.words, query)]
            assert asked(database, query) == expected, typed
            assert asked(database, query, limit=3) == expected[:3], typed
            found_some += 0 < len(expected) < len(documents)
    assert found_some > 150


def test_random_strings_are_no_error(database: Database) -> None:
    rng = random.Random(7)
    put(database, [some_text(rng) for _ in range(20)])
    alphabet = [
        *map(chr, range(0, 0x180)),
        *"“”„「」（）＊｜－大豆中国\u0301\u200b\ud800\U0001f600",
    ]
    alphabet += [
        '"',
        "'",
        "(",
        ")",
        "*",
        ":",
        "-",
        " ",
        "\\",
        "OR ",
        " NOT ",
        "NEAR(",
        "^",
        "{",
    ] * 5
    with database.reading() as session:
        for _ in range(500):
            typed = "".join(rng.choices(alphabet, k=rng.randint(0, 30)))
            find_ids(session, Question(query=parse(typed)), limit=20)


def test_a_whole_article_is_a_query(database: Database) -> None:
    text = " ".join(f"word{number}" for number in range(3_000))
    put(database, [text, "word1"])
    for typed in (text, f'"{text}"', " OR ".join(text.split()), "-" + " -".join(text.split())):
        query = parse(typed)
        assert query is not None
        assert 1 in asked(database, query) or typed.startswith("-")


def test_no_phrase_reaches_from_a_headline_into_the_text(database: Database) -> None:
    made = document(1, NOW, MARKS, ("Talks on trade", "Envoys meet"), "War of words")
    with database.writing() as session:
        session.add(Story(id=1, first_seen_at=NOW))
        session.flush()
        index.put(session, [1], [made])
    assert asked(database, Phrase(("trade", "war"))) == []
    assert asked(database, Phrase(("talks", "on", "trade"))) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "again " * 20_000 + "end",
        " ".join(f"w{number}" for number in range(30_000)),
        "𐌰" * 60 + " " + " ".join("𐌱" * 60 + str(number) for number in range(20_000)),
        "大豆" * 30_000,
    ],
    ids=["one word", "many words", "long words", "pairs"],
)
def test_what_is_too_long_is_indexed_as_far_as_goes_on_both(database: Database, text: str) -> None:
    (made,) = put(database, [text])
    assert len(made.words) <= MOST_WORDS
    assert all(
        times <= MOST_REPEATS or word == BREAK for word, times in Counter(made.words).items()
    )
    assert asked(database, Phrase((made.words[2],))) == [1]


def test_a_prefix_finds_no_marks(database: Database) -> None:
    put(database, ["nothing of interest"])
    assert asked(database, Phrase(("prim",), open_end=True)) == []
    assert asked(database, Phrase(("inter",), open_end=True)) == [1]


# Hits are told in passes that go further and further back: all of them in one, some far back, few
# and many, so few that all stories are asked, and none at all.
@pytest.mark.parametrize("often", [1, 5, 40, 110, 1_000])
@pytest.mark.parametrize("hours_apart", [0, 1, 40, 2_000])
def test_the_newest_come_first_however_far_back(
    database: Database, monkeypatch: pytest.MonkeyPatch, often: int, hours_apart: int
) -> None:
    monkeypatch.setattr(postgresql_fts, "LEAST_SPAN", 20)
    monkeypatch.setattr(postgresql_fts, "SPAN_A_HIT", 1)
    monkeypatch.setattr(postgresql_fts, "MOST_SPAN", 100)
    places = random.Random(8).sample(range(300), 300)
    documents = [
        document(
            number,
            NOW - timedelta(hours=hours_apart * place),
            MARKS,
            (),
            "soy" if place % often == often - 1 else "hogs",
        )
        for number, place in enumerate(places, start=1)
    ]
    with database.writing() as session:
        session.add_all(Story(id=made.story_id, first_seen_at=made.at) for made in documents)
        session.flush()
        index.put(session, [made.story_id for made in documents], documents)
    ordered = sorted(documents, key=lambda made: (made.at, made.story_id), reverse=True)
    expected = [made.story_id for made in ordered if "soy" in made.words]
    for limit in (1, 3, 20, 150, ALL):
        assert asked(database, Phrase(("soy",)), limit=limit) == expected[:limit]


@pytest.mark.parametrize(
    ("found", "days"),
    [
        pytest.param(16, 4, id="nearly enough: four times as far at the least"),
        pytest.param(2, 15, id="a tenth: ten times as far, and half as far again"),
        pytest.param(1, 30, id="all but none"),
        pytest.param(0, None, id="none: to all"),
    ],
)
def test_the_next_look_goes_as_far_as_the_hits_make_likely(found: int, days: int | None) -> None:
    oldest = NOW - timedelta(days=365)
    expected = oldest if days is None else NOW - timedelta(days=days)
    first = NOW - timedelta(days=1)
    assert postgresql_fts.earlier(first, NOW, oldest, found, limit=20) == expected


def test_a_look_never_goes_beyond_the_oldest_nor_stands_still() -> None:
    oldest = NOW - timedelta(days=2)
    first = NOW - timedelta(days=1)
    assert postgresql_fts.earlier(first, NOW, oldest, 19, limit=20) == oldest
    assert postgresql_fts.earlier(NOW, NOW, oldest, 19, limit=20) == NOW - timedelta(hours=4)
    ancient = datetime(1, 1, 2, tzinfo=UTC)
    assert (
        postgresql_fts.earlier(NOW - timedelta(days=300_000), NOW, ancient, 2, limit=20) == ancient
    )


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((1970, 1, 1, 0), (1970, 1, 1, 23), [0]),
        ((1969, 12, 31, 23), (1970, 1, 2, 0), [-1, 0, 1]),
        ((2026, 1, 1, 0), (2026, 2, 20, 0), [-(2026 * 12 + 1), -(2026 * 12 + 2)]),
        ((2025, 12, 1, 0), (2026, 1, 31, 0), [-(2025 * 12 + 12), -(2026 * 12 + 1)]),
        ((1, 1, 1, 0), (2026, 1, 1, 0), None),
    ],
)
def test_days_are_named_one_by_one_or_else_by_their_months(
    first: tuple[int, int, int, int], last: tuple[int, int, int, int], expected: list[int] | None
) -> None:
    between = datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC)
    assert postgresql_fts.numbered(*between) == expected


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_words_and_days_are_read_from_one_index(database: Database) -> None:
    put(database, ["soybeans"])
    values = {"query": "'soybeans'", "since": NOW, "until": NOW, "limit": 1, "days": [1]}
    with database.reading() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        compiled = postgresql_fts._OF_DAYS.compile(session.get_bind())
        rows = session.connection().exec_driver_sql(f"EXPLAIN {compiled}", values)
        plan = [line for (line,) in rows]
    condition = next(line for line in plan if "Index Cond" in line)
    assert "words @@" in condition
    assert "&& '{1}'" in condition
