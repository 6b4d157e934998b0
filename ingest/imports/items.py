"""What an import brings: articles to be, with their pages or without, and what could not be used.

Whatever is read (a list of URLs, an archive, a folder of pages), it comes as these.
"""

from dataclasses import dataclass
from datetime import datetime

from ingest.dates import Dated

# Characters of an address that an error message shows.
SHOWN = 200


class Damaged(Exception):
    """The rest of what is imported cannot be read; what came before stands. Never mends itself."""


@dataclass(frozen=True, slots=True)
class NamedSource:
    """What an import says of an article's source. `country` is ISO 3166 alpha-2 or "INT"."""

    name: str
    country: str | None = None
    kind: str = "newspaper"


@dataclass(frozen=True, slots=True)
class ArrivedPage:
    """The bytes of a page (unpacked), the address that answered with them, and when."""

    body: bytes
    url: str
    content_type: str | None
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """An article to be. `url` is canonical; `where` names its place in what is imported."""

    where: str
    url: str
    title: str = ""
    published: Dated | None = None
    source: NamedSource | None = None
    page: ArrivedPage | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """What should have been an article and is none, and why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What was never meant to be one, as archives are full of: only counted, by `reason`."""

    reason: str


Found = Arrival | Unusable | PassedOver
