"""What a look for copies costs with few and with very many fingerprints stored, and their size.

Texts and keys are generated: some fourteen hundred a day, so that a million are two years of a
large wire. All stand for invented printings, a thousand real ones of which are looked for; some
keys are formulas that many texts carry, as far as the store lets them.
"""

import random
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from ingest.duplicates.decide import WINDOW, Printing
from ingest.duplicates.fingerprint import Fingerprint, fingerprint
from store.database import maintenance
from store.database.connection import Database
from store.stories import assignment, near_duplicates
from store.stories.boilerplate import Boilerplate
from store.stories.near_duplicates import CROWD, TextToPlace
from store.tables import Article, Revision
from tests.store.building import NOW, add_feed, discover, discovery, document, process
from tests.support import printings

PER_DAY = 1_400
# Printings that are stored whole, as copies of which new ones are brought.
REAL = 300
WORDS = 700
LOOKUPS = 500
WARM_UP = 30
COPIES = 0.3
FORMULAS = 50
FORMULAIC = 0.05
KEYS = 29  # SAMPLES, a title, and a dozen sentences
# Texts whose keys are inserted in order: random ones, one by one, take ten times as long, and leave
# the same half-full pages. Some 150 MB of memory.
RUN = 25_000
BATCH = 100_000
_NUMBERS = struct.Struct(f"<{KEYS}q")
# What holds the texts in a SQLite file: the table and its indexes.
_SQLITE_TEXTS = "'story_texts', 'sqlite_autoindex_story_texts_1', 'ix_story_texts_story_id'"
_LAST_DAY = (NOW - datetime(1970, 1, 1, tzinfo=NOW.tzinfo)).days


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of looks, and bytes on disk, with so many fingerprints stored."""

    stored: int
    filling: float  # seconds
    lookup_p50: float
    lookup_p95: float
    lookup_p99: float
    lookup_cpu_p95: float  # of this process alone: a measure on a busy machine
    store_p95: float
    compared: float  # candidates, in the mean
    keys_bytes: float  # an article
    texts_bytes: float

    def row(self) -> dict[str, object]:
        """As it is printed."""
        return {
            "stored": f"{self.stored:,}",
            "filled in": f"{self.filling:.0f} s",
            "look p50": f"{self.lookup_p50:.2f} ms",
            "p95": f"{self.lookup_p95:.2f} ms",
            "p99": f"{self.lookup_p99:.2f} ms",
            "CPU p95": f"{self.lookup_cpu_p95:.2f} ms",
            "store p95": f"{self.store_p95:.2f} ms",
            "compared": f"{self.compared:.1f}",
            "keys": f"{self.keys_bytes:.0f} B",
            "texts": f"{self.texts_bytes:.0f} B",
        }


def measure(database: Database, sizes: list[int]) -> Iterator[Cost]:
    """Fill a database with the schema and no rows up to each of these sizes, and look there."""
    real = _store_real(database)
    stored = len(real)
    for size in sizes:
        began = time.monotonic()
        _fill(database, stored, size)
        filling = time.monotonic() - began
        stored = size
        yield _check(database, size, filling)


def _store_real(database: Database) -> list[int]:
    """Printings that are stored by the service itself, so that they can be loaded and compared."""
    feed = add_feed(database)
    found = [discovery(n, from_feed=True, content="") for n in range(REAL)]
    discover(database, feed, *found)
    with database.reading() as session:
        ids = [article_id or 0 for article_id in session.exec(select(Article.id))]
    for number, article_id in enumerate(sorted(ids)):
        made = document(printings.text(number, WORDS), title=printings.title(number))
        process(database, article_id, made)
    return ids


def _fill(database: Database, stored: int, size: int) -> None:
    """Add generated fingerprints until there are `size`: older and older ones, from today on."""
    with database.reading() as session:
        revisions = list(session.exec(select(Revision.id)))
    chance = random.Random(stored)
    formulas = _formulas()
    recent = {key: deque[int]() for key in formulas}

    def texts() -> Iterator[tuple[Any, ...]]:
        for number in range(stored + 1, size + 1):
            day = _LAST_DAY - number // PER_DAY
            seen = datetime.fromtimestamp(day * 86_400, NOW.tzinfo).isoformat(" ", "microseconds")
            content = chance.randbytes(32)
            if database.is_sqlite:
                seen = seen.removesuffix("+00:00")
            else:
                content = f"\\\\x{content.hex()}"
            yield number, content, 1, revisions[number % REAL], seen, "3"

    def keys() -> Iterator[tuple[int, int, int]]:
        for start in range(stored + 1, size + 1, RUN):
            numbers = range(start, min(start + RUN, size + 1))
            yield from sorted(row for number in numbers for row in keys_of(number))

    def keys_of(number: int) -> Iterator[tuple[int, int, int]]:
        day = _LAST_DAY - number // PER_DAY
        keys = list(_NUMBERS.unpack(chance.randbytes(_NUMBERS.size)))
        if chance.random() < FORMULAIC:
            keys[:2] = [key for key in chance.sample(formulas, 2) if _has_room(recent[key], day)]
        return ((key, day, number) for key in keys)

    columns = "id text_hash story_id revision_id seen_at algorithm_version"
    _copy(database, "story_texts", columns, texts)
    _copy(database, "story_keys", "key day text_id", keys)
    if not database.is_sqlite:
        maintenance.vacuum(database)  # as autovacuum would; a SQLite file is left as it grew


def _formulas() -> list[int]:
    chance = random.Random("formulas")
    return [chance.getrandbits(64) - 2**63 for _ in range(FORMULAS)]


def _has_room(days: deque[int], day: int) -> bool:
    """Whether the store would take this key once more, and then that it did."""
    while days and days[0] > day + WINDOW.days:
        days.popleft()
    if len(days) >= CROWD:
        return False
    days.append(day)
    return True


def _copy(
    database: Database, table: str, columns: str, rows: Callable[[], Iterator[tuple[Any, ...]]]
) -> None:
    names, marks = ", ".join(columns.split()), ", ".join("?" * len(columns.split()))
    source = rows()
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        while batch := list(islice(source, BATCH)):
            if database.is_sqlite:
                cursor.execute("BEGIN IMMEDIATE")
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)
                cursor.execute("COMMIT")
            else:
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    copy.write("".join("\t".join(map(str, row)) + "\n" for row in batch))
                connection.commit()
    finally:
        connection.close()


def _check(database: Database, size: int, filling: float) -> Cost:
    chance = random.Random(size)
    checks, stores, spent, compared = list[float](), list[float](), list[float](), 0
    boilerplate = Boilerplate()
    for number in range(WARM_UP + LOOKUPS):
        to_place = _to_place(chance, size + number, boilerplate)
        with database.reading() as session:
            session.execute(text("SELECT 1"))
            began, busy = time.perf_counter(), time.thread_time()
            known = assignment.is_known(session, to_place)
            found = near_duplicates.find(session, to_place, story_id=None)
            checks.append(1000 * (time.perf_counter() - began))
            spent.append(1000 * (time.thread_time() - busy))
        assert not known
        compared += len(to_place.verdicts)
        with database.writing() as session:
            session.execute(text("SELECT 1"))
            began = time.perf_counter()
            near_duplicates.store(session, 10_000_000 + number, found.keys, to_place.day)
            stores.append(1000 * (time.perf_counter() - began))
            session.rollback()
    checks, stores, spent = (sorted(each[WARM_UP:]) for each in (checks, stores, spent))
    keys_bytes, texts_bytes = _sizes(database)
    return Cost(
        stored=size,
        filling=filling,
        lookup_p50=checks[LOOKUPS // 2],
        lookup_p95=checks[LOOKUPS * 95 // 100],
        lookup_p99=checks[LOOKUPS * 99 // 100],
        lookup_cpu_p95=spent[LOOKUPS * 95 // 100],
        store_p95=stores[LOOKUPS * 95 // 100],
        compared=compared / (WARM_UP + LOOKUPS),
        keys_bytes=keys_bytes / size,
        texts_bytes=texts_bytes / size,
    )


def _to_place(chance: random.Random, number: int, boilerplate: Boilerplate) -> TextToPlace:
    """A new text: fresh, or a near copy of a real one; some with formulas in it."""
    if chance.random() < COPIES:
        of = chance.randrange(REAL)
        title = printings.title(of)
        printed = printings.edited(printings.extended(printings.text(of, WORDS)), number)
    else:
        title, printed = printings.title(REAL + number), printings.text(REAL + number, WORDS)
    found = fingerprint(title, printed)
    if chance.random() < FORMULAIC:
        keys = (*chance.sample(_formulas(), 2), *found.keys[2:])
        found = Fingerprint(found.text_hash, keys)
    printing = Printing(title, printed, NOW, "An outlet")
    return TextToPlace(found, printing, NOW + timedelta(hours=1), boilerplate)


def _sizes(database: Database) -> tuple[int, int]:
    """Bytes of the keys and of the texts, with their indexes."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            pages = "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN ({})".format
            keys = connection.exec_driver_sql(pages("'story_keys'")).scalar_one()
            texts = connection.exec_driver_sql(pages(_SQLITE_TEXTS)).scalar_one()
        else:
            size = "SELECT pg_total_relation_size('{}')".format
            keys = connection.exec_driver_sql(size("story_keys")).scalar_one()
            texts = connection.exec_driver_sql(size("story_texts")).scalar_one()
    return int(keys), int(texts)
