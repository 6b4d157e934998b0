"""The rows of "Bytes from strangers" and "What goes out", for the table of `make faults`."""

from collections.abc import Callable, Mapping

from tests.faults.place import Place
from tests.faults.rows import Row
from tests.faults.strangers import (
    addresses,
    bombs,
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

# They take no part in a database: once is enough.
ONCE: Mapping[str, Callable[[Place], Row]] = {
    "spellings": lambda _: addresses.spellings(),
    "redirects": lambda _: addresses.redirects(),
    "rebinding": lambda _: addresses.rebinding(),
    "bombs": lambda _: bombs.bombs(),
    "drips": lambda _: drips.drips(),
    "costly-pages": lambda _: costly.costly_pages(),
    "costly-feeds": lambda _: costly.costly_feeds(),
    "hostile-pages": lambda _: pages.pages(),
    "charsets": lambda place: charsets.charsets(place.of(300, least=7)),
    "mutated-feeds": lambda place: feeds.feeds(place.of(5_000)),
    "dates": lambda place: dates.dates(place.of(500)),
    "walls": lambda _: walls.caught(),
    "good-pages": lambda _: walls.flagged(),
    "pairs": lambda _: urls.urls(),
    "payloads": lambda _: output.payloads(),
    "formulas": lambda _: output.formulas(),
    "secrets": lambda _: secrets.secrets(),
}


def _strings(place: Place) -> Row:
    with place.database() as database:
        return stored.strings(database, place.of(100_000, least=1_000))


def _long_urls(place: Place) -> Row:
    with place.database() as database:
        return stored.long_urls(database)


def _churn(place: Place) -> Row:
    with place.database() as database:
        return stored.churn(database, place.of(60, least=12))


STORED: Mapping[str, Callable[[Place], Row]] = {
    "strings": _strings,
    "long-urls": _long_urls,
    "churn": _churn,
}
