"""What we say of a feed before anything of it has been read: its address, its outlet, its side.

The shipped catalogue, an imported list and an exported one all speak in `FeedSpec`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from ingest.text.sanitise import clean_line
from ingest.url import UrlError, canonical, without_feed_scheme

KINDS = ("wire", "newspaper", "broadcaster", "magazine", "think-tank", "government")

# Characters of an outlet's name, which is indexed: of at most 4 bytes each, they are well within
# the 2,704 bytes of PostgreSQL's largest index row.
MAX_NAME = 300

# ISO 3166-1 alpha-2, and INT for outlets of no one country (UN News).
_COUNTRY = re.compile(r"[A-Z]{2}|INT")
# The primary subtag of BCP 47.
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class CatalogueError(ValueError):
    """A list of feeds cannot be used; the message tells its writer where and why."""


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One feed as its catalogue entry describes it.

    `source` is the outlet's name (at most `MAX_NAME` characters), `country` the outlet's (ISO 3166
    alpha-2 or "INT"), `language` a primary language subtag ("en", "zh"), `kind` one of `KINDS`.
    """

    url: str
    title: str = ""
    source: str = ""
    home_url: str | None = None
    country: str | None = None
    language: str | None = None
    kind: str = "newspaper"
    state_media: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line of a list that cannot be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class FeedList:
    """The feeds of a list, and what of it cannot be used; `lines` are those of `specs`."""

    specs: tuple[FeedSpec, ...]
    refused: tuple[Refusal, ...] = ()
    lines: tuple[int, ...] = ()


_FIELDS = tuple(field.name for field in fields(FeedSpec))


def feed_spec(values: Mapping[str, object]) -> FeedSpec:
    """The checked `FeedSpec` of these values, by field name; CatalogueError says which is wrong."""
    for name in values:
        if name not in _FIELDS:
            raise CatalogueError(f"unknown key {name!r}; the keys are {', '.join(_FIELDS)}")
    state_media = values.get("state_media", False)
    if not isinstance(state_media, bool):
        raise CatalogueError("state_media is true or false")
    home_url = _text(values, "home_url")
    spec = FeedSpec(
        url=_checked_url("url", _text(values, "url")),
        title=_text(values, "title"),
        source=_text(values, "source"),
        home_url=_checked_url("home_url", home_url) if home_url else None,
        country=_text(values, "country") or None,
        language=_text(values, "language") or None,
        kind=_text(values, "kind") or "newspaper",
        state_media=state_media,
    )
    if len(spec.source) > MAX_NAME:
        raise CatalogueError(
            f"source is a name of {len(spec.source):,} characters; it may have {MAX_NAME}"
        )
    if spec.country is not None and not _COUNTRY.fullmatch(spec.country):
        raise CatalogueError(
            f'country {spec.country!r} is not two capital letters (ISO 3166) or "INT"'
        )
    if spec.language is not None and not _LANGUAGE.fullmatch(spec.language):
        raise CatalogueError(f'language {spec.language!r} is not a primary subtag such as "en"')
    if spec.kind not in KINDS:
        raise CatalogueError(f"kind {spec.kind!r} is none of {', '.join(KINDS)}")
    return spec


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CatalogueError(f"{name} is not a text")
    return clean_line(value)


def _checked_url(name: str, url: str) -> str:
    if not url:
        raise CatalogueError(f"{name} is missing")
    if " " in url:
        raise CatalogueError(f"{name} {url[:200]!r} holds a space")
    try:
        canonical(url)
    except UrlError as error:
        raise CatalogueError(f"{name} {url[:200]!r}: {error}") from None
    return without_feed_scheme(url)
