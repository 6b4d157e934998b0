"""What a check-up has found, and the secrets that no finding may show."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from worker.settings import Settings

State = Literal["ok", "warn", "fail"]
# Variables that programs we use take passwords from.
SECRET_VARIABLES = ("PGPASSWORD", "REDISCLI_AUTH")
# Parts of URLs' queries that are secrets.
SECRET_PARAMETERS = ("password", "passwd", "sslpassword")
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` says what to do, where something is to be done."""

    name: str
    state: State
    what: str
    mend: str = ""


def ok(name: str, what: str) -> Finding:
    """All is well."""
    return Finding(name, "ok", what)


def warn(name: str, what: str, mend: str) -> Finding:
    """It works, and somebody should see to it."""
    return Finding(name, "warn", what, mend)


def fail(name: str, what: str, mend: str) -> Finding:
    """The service cannot work so."""
    return Finding(name, "fail", what, mend)


def without_secrets(found: Iterable[Finding], settings: Settings | None) -> list[Finding]:
    """The findings, and no password in them, whichever library's message has brought it."""
    secrets = sorted(_secrets(settings), key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, HIDDEN)
        return text

    return [replace(each, what=clean(each.what), mend=clean(each.mend)) for each in found]


def _secrets(settings: Settings | None) -> set[str]:
    """Passwords as they are set, and as they are spelled in URLs."""
    found = {os.environ.get(name, "") for name in SECRET_VARIABLES}
    for url in (settings.database_url, settings.redis_url) if settings else ():
        for secret in _in_url(url):
            found |= {secret, unquote(secret), quote(secret, safe="")}
    return found - {""}


def _in_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        yield parts.password or ""
        for name, value in parse_qsl(parts.query):
            if name.lower() in SECRET_PARAMETERS:
                yield value
    except ValueError:  # a URL that is none: its check says so
        yield url
