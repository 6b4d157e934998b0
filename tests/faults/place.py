"""Where a fault is tried: on which database, at which scale, and for how long."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.database import migrate
from store.database.connection import Database
from tests.faults.service import Running
from tests.support.postgres import PostgresServer, drop_database, fresh_database

POSTGRESQL = "postgresql"
SQLITE = "sqlite"


@dataclass(frozen=True, slots=True)
class Place:
    """`scale` 1 is what the figures are asked for at; a tenth of it does for a look.

    `pages` are those of the kills, one for each hundred of them; `minutes` is how long a soak
    lasts. `server` is the PostgreSQL of this run, if it is on one.
    """

    system: str
    scale: float
    pages: int
    minutes: float
    server: PostgresServer | None = None

    def of(self, number: int, *, least: int = 1) -> int:
        """So many, at this scale."""
        return max(round(number * self.scale), least)

    @contextmanager
    def database_url(self) -> Iterator[str]:
        """A new database without a schema."""
        if self.server is not None:
            url = fresh_database(self.server.url)
            yield url
            drop_database(self.server.url, url)
            return
        with tempfile.TemporaryDirectory(prefix="transpacific-faults-") as folder:
            yield f"sqlite:///{Path(folder) / 'transpacific.db'}"

    @contextmanager
    def database(self) -> Iterator[Database]:
        """A new database with the schema."""
        with self.database_url() as url:
            database = Database(url)
            migrate.ensure(database)
            yield database
            database.dispose()

    @contextmanager
    def running(self, **options: Any) -> Iterator[Running]:
        """A service at work over a new database; `options` are `Running`'s."""
        with (
            self.database_url() as url,
            tempfile.TemporaryDirectory(prefix="transpacific-faults-") as folder,
            Running(Path(folder), url, **options) as run,
        ):
            yield run
