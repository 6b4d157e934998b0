"""What an analyst writes on the command line, as a question to the store."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from admin.errors import Misuse
from ingest.relations.lexicon_file import TOPICS

RELEVANCE = {
    "primary": ("primary",),
    "secondary": ("secondary",),
    "none": ("none",),
    "relevant": ("primary", "secondary"),
    "all": ("primary", "secondary", "none"),
}

# A phrase in any of the quotation marks that keyboards and languages have, else a word. A mark that
# is never closed holds the rest.
_PART = re.compile(r'"([^"]*)"?|[“”„]([^”“]*)[”“]?|「([^」]*)」?|([^\s"“”„「]+)')


def words(query: str) -> tuple[str, ...]:
    """The words and quoted phrases of a query, each once, white space folded."""
    found = (next(filter(None, part.groups()), "") for part in _PART.finditer(query))
    folded = (" ".join(part.split()) for part in found)
    return tuple(dict.fromkeys(part for part in folded if part))


def topics(names: Sequence[str]) -> tuple[str, ...]:
    """These topics. Raises `Misuse` for a name that is none of the codebook's."""
    for name in names:
        if name not in TOPICS:
            raise Misuse(f"there is no topic {name!r}; the topics are {', '.join(TOPICS)}")
    return tuple(dict.fromkeys(names))


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
