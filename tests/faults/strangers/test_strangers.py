"""Strangers' bytes, a little of each: `make faults` runs all of them, at the asked figures."""

from collections.abc import Callable

import pytest

from ingest.http import Limits
from store.database.connection import Database
from tests.faults.rows import Row
from tests.faults.strangers import (
    addresses,
    charsets,
    costly,
    dates,
    drips,
    feeds,
    output,
    pages,
    secrets,
    stored,
    urls,
    walls,
)
from tests.faults.strangers.index import ONCE, STORED
from tests.faults.strangers.pages import hostile_pages, lost_silently
from tests.faults.strangers.payloads import FORMULAS, PAYLOADS
from tests.store.building import document

LITTLE: dict[str, Callable[[], Row]] = {
    "redirects": addresses.redirects,
    "rebinding": addresses.rebinding,
    "drips": lambda: drips.drips(Limits(1_000_000, 1_000_000, 0.5)),
    "hostile-pages": lambda: pages.pages(every=9),
    "charsets": lambda: charsets.charsets(14),
    "mutated-feeds": lambda: feeds.feeds(40),
    "dates": lambda: dates.dates(40),
    "walls": lambda: walls.caught(frames=1),
    "good-pages": lambda: walls.flagged(frames=1),
    "pairs": urls.urls,
    "payloads": lambda: output.payloads(every=40),
    "formulas": output.formulas,
    "secrets": lambda: secrets.secrets(whole=False),
}


@pytest.mark.parametrize("name", LITTLE)
def test_the_figure_holds(name: str) -> None:
    row = LITTLE[name]()
    assert row.times > 0
    assert row.ok, row


@pytest.mark.parametrize(
    "measure",
    [
        lambda database: stored.strings(database, 500),
        stored.long_urls,
        lambda database: stored.churn(database, 12),
    ],
    ids=STORED.keys(),
)
def test_the_figure_holds_where_it_is_stored(
    measure: Callable[[Database], Row], database: Database
) -> None:
    row = measure(database)
    assert row.ok, row


def test_there_are_as_many_as_the_figures_ask_for() -> None:
    assert len(addresses.SPELLINGS) >= 80
    assert len(list(hostile_pages())) >= 200
    assert len(set(PAYLOADS)) >= 150
    assert len(set(FORMULAS)) >= 30
    assert LITTLE.keys() <= ONCE.keys()


def test_an_article_of_which_half_is_missing_counts_as_lost_silently() -> None:
    page = next(hostile_pages())
    half = document("\n".join(page.paragraphs[:10]))
    assert lost_silently(page, half)
    assert not lost_silently(page, document("\n".join(page.paragraphs)))


def test_a_small_one_of_each_kind_of_costly_input_is_read() -> None:
    for kind, made in (("page", costly.PAGES), ("feed", costly.FEEDS)):
        seconds, _ = costly._measure(kind, next(iter(made)), 10_000)
        assert seconds < costly.MOST_SECONDS
