"""Values as every format of ours has them: times by RFC 3339, JSON that is always UTF-8."""

import json
from datetime import UTC, datetime
from typing import Any

from ingest.text.sanitise import escape_json


def rfc3339(at: datetime) -> str:
    """An aware time as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(value: Any) -> bytes:
    """One line of JSON in UTF-8, without its line end; times as RFC 3339.

    A lone surrogate, which UTF-8 has no bytes for, is written as its escape.
    """
    try:
        return escape_json(json.dumps(value, ensure_ascii=False, default=_plain)).encode()
    except UnicodeEncodeError:
        return json.dumps(value, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
