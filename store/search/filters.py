"""What an analyst writes as filters of a question: names and times, read and checked."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingest.feeds.subscription import KINDS
from ingest.relations.codebook import TOPICS, Stance


class FilterError(ValueError):
    """A filter that says nothing that can be asked; the message says how it is written."""


RELEVANCE = {
    "primary": ("primary",),
    "secondary": ("secondary",),
    "none": ("none",),
    "relevant": ("primary", "secondary"),
    "all": ("primary", "secondary", "none"),
}


def topics(names: Sequence[str]) -> tuple[str, ...]:
    """These topics. Raises `FilterError` for a name that is none of the codebook's."""
    for name in names:
        if name not in TOPICS:
            raise FilterError(f"there is no topic {name!r}; the topics are {', '.join(TOPICS)}")
    return tuple(dict.fromkeys(names))


def kind(name: str | None) -> str | None:
    """This kind of outlet. Raises `FilterError` for one that there is not."""
    return _one_of("kind of outlet", name, KINDS)


def country(code: str | None) -> str | None:
    """The code of a country. Raises `FilterError` for what is none."""
    if code and not re.fullmatch("[A-Za-z]{2}", code):
        raise FilterError(f"--country is a code of two letters, as in US, CN, HK; it is {code!r}")
    return code.upper() if code else None


def stance(name: str | None) -> str | None:
    """This stance. Raises `FilterError` for one that there is not."""
    return _one_of("stance", name, tuple(Stance))


def _one_of(what: str, name: str | None, names: Sequence[str]) -> str | None:
    if name is not None and name not in names:
        raise FilterError(f"there is no {what} {name!r}; there are {', '.join(names)}")
    return name


def since(value: str | None) -> datetime | None:
    """The first moment asked for: of a date, its midnight in UTC. Raises `FilterError`."""
    return None if value is None else _moment(value, "--since")[0]


def until(value: str | None) -> datetime | None:
    """The moment just after the last one asked for: a date counts whole. Raises `FilterError`."""
    if value is None:
        return None
    at, whole_day = _moment(value, "--until")
    try:
        return at + timedelta(days=1) if whole_day else at
    except OverflowError:
        return at


def as_of(value: str | None) -> datetime | None:
    """The last moment that is known of: of a date, its day's end in UTC. Raises `FilterError`."""
    if value is None:
        return None
    at, whole_day = _moment(value, "--as-of")
    try:
        return at + timedelta(days=1) - timedelta.resolution if whole_day else at
    except OverflowError:
        return at


def _moment(value: str, option: str) -> tuple[datetime, bool]:
    """The time, and whether it is that of a whole day."""
    whole_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
    try:
        at = datetime.fromisoformat(value)
        if not whole_day and at.tzinfo is None:
            raise ValueError("no zone")
        return (at.replace(tzinfo=UTC) if whole_day else at.astimezone(UTC)), whole_day
    except (ValueError, OverflowError):
        raise FilterError(
            f"{option} is a date (2026-10-03) or a time with its zone (2026-10-03T08:05:00Z), "
            f"not {value!r}"
        ) from None
