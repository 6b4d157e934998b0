"""What an analyst writes on the command line, as a question to the store."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from admin.console import moment, note
from admin.errors import Misuse
from ingest.feedspec import KINDS
from ingest.relations.lexicon_file import TOPICS
from ingest.relations.tagging import Stance

RELEVANCE = {
    "primary": ("primary",),
    "secondary": ("secondary",),
    "none": ("none",),
    "relevant": ("primary", "secondary"),
    "all": ("primary", "secondary", "none"),
}


def topics(names: Sequence[str]) -> tuple[str, ...]:
    """These topics. Raises `Misuse` for a name that is none of the codebook's."""
    for name in names:
        if name not in TOPICS:
            raise Misuse(f"there is no topic {name!r}; the topics are {', '.join(TOPICS)}")
    return tuple(dict.fromkeys(names))


def kind(name: str | None) -> str | None:
    """This kind of outlet. Raises `Misuse` for one that there is not."""
    return _one_of("kind of outlet", name, KINDS)


def country(code: str | None) -> str | None:
    """The code of a country. Raises `Misuse` for what is none."""
    if code and not re.fullmatch("[A-Za-z]{2}", code):
        raise Misuse(f"--country is a code of two letters, as in US, CN, HK; it is {code!r}")
    return code.upper() if code else None


def stance(name: str | None) -> str | None:
    """This stance. Raises `Misuse` for one that there is not."""
    return _one_of("stance", name, tuple(Stance))


def _one_of(what: str, name: str | None, names: Sequence[str]) -> str | None:
    if name is not None and name not in names:
        raise Misuse(f"there is no {what} {name!r}; there are {', '.join(names)}")
    return name


def since(value: str | None) -> datetime | None:
    """The first moment asked for: of a date, its midnight in UTC. Raises `Misuse`."""
    return None if value is None else _moment(value, "--since")[0]


def until(value: str | None) -> datetime | None:
    """The moment just after the last one asked for: a date counts whole. Raises `Misuse`."""
    if value is None:
        return None
    at, whole_day = _moment(value, "--until")
    try:
        return at + timedelta(days=1) if whole_day else at
    except OverflowError:
        return at


def as_of(value: str | None) -> datetime | None:
    """The last moment that is known of: of a date, the end of its day in UTC. Raises `Misuse`."""
    if value is None:
        return None
    at, whole_day = _moment(value, "--as-of")
    try:
        known = at + timedelta(days=1) - timedelta.resolution if whole_day else at
    except OverflowError:
        known = at
    now = datetime.now(UTC)
    if known > now:
        note(f"that is not over yet: what was known by {moment(now)} is told, and more will come")
    return known


def _moment(value: str, option: str) -> tuple[datetime, bool]:
    """The time, and whether it is that of a whole day."""
    whole_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
    try:
        at = datetime.fromisoformat(value)
        if not whole_day and at.tzinfo is None:
            raise ValueError("no zone")
        return (at.replace(tzinfo=UTC) if whole_day else at.astimezone(UTC)), whole_day
    except (ValueError, OverflowError):
        raise Misuse(
            f"{option} is a date (2026-10-03) or a time with its zone (2026-10-03T08:05:00Z), "
            f"not {value!r}"
        ) from None
