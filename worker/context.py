"""What every step of the work needs: settings, database, fetcher, tagger."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from threading import Event
from typing import Protocol

from ingest.http import Fetcher, sender, user_agent
from ingest.relations.tagger import Tagger, load_tagger
from store.database import migrate
from store.database.connection import Database
from store.stories.boilerplate import Boilerplate
from worker.settings import Settings


class Nudges(Protocol):
    """Ways to say "there is work". A nudge may be lost or doubled without harm."""

    def fetch_host(self, host: str) -> None:
        """Feeds or pages of this host are due."""

    def process_articles(self, article_ids: Sequence[int]) -> None:
        """The bytes of these articles are there."""


@dataclass
class Context:
    """The tools of one process. Once `stopping` is set, long steps end after what is in hand."""

    settings: Settings
    stopping: Event = field(default_factory=Event)
    boilerplate: Boilerplate = field(default_factory=Boilerplate)

    @cached_property
    def database(self) -> Database:
        """The database, its schema made or checked. Raises `DatabaseError`."""
        if not self.settings.database_url:
            prepare_home(self.settings.home)
        database = Database(self.settings.database)
        migrate.ensure(database)
        return database

    @cached_property
    def fetcher(self) -> Fetcher:
        """The one way out to the web."""
        return Fetcher(
            user_agent=user_agent(self.settings.contact),
            sender=sender(self.settings.contact),
            private_hosts=self.settings.private_hosts,
        )

    @cached_property
    def tagger(self) -> Tagger:
        """The tagger, with the operator's own lexicon over ours. Raises `LexiconError`."""
        return load_tagger(self.settings.lexicon)

    def close(self) -> None:
        """Close the connections."""
        if "fetcher" in self.__dict__:
            self.fetcher.close()
        if "database" in self.__dict__:
            self.database.dispose()


def prepare_home(home: Path) -> None:
    """Make the service's own directory, readable by its user alone."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)


def process_name(pid: int | None = None) -> str:
    """Names this process, or another one here, among all workers, as the holder of a lease."""
    return f"{_place()}:{pid or os.getpid()}"


def was_here_and_ended(name: str) -> bool:
    """Whether a process of this name was on this machine (in this container) and is no more.

    Our own name counts as another's: a process asks for it before it holds anything.
    """
    place, _, process = name.rpartition(":")
    if place != _place() or not process.isdecimal():
        return False
    if int(process) == os.getpid():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # another account's, and alive
    return False


@cache
def _place() -> str:
    """Where the numbers of processes mean what they mean to us: containers count for themselves."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
        # Outside of containers that is the same on all machines; this is not.
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:  # no Linux
        namespace, boot = 0, ""
    return f"{os.uname().nodename}:{namespace}{boot}"
