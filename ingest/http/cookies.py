"""Cookies within one chain of redirects, and nowhere else.

Some sites set a cookie, redirect to the same page, and show it to those alone who send the cookie
back. What was set on the way of one request is sent on that way (RFC 6265, sections 5.3 and 5.4)
and forgotten with it: no two requests are ever known to be of one reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from ingest.http.target import Target

# RFC 6265, section 6.1, asks clients for as much; a chain of redirects needs one or two.
MOST_COOKIES = 50
MAX_LENGTH = 4_096


@dataclass(frozen=True, slots=True)
class _Cookie:
    name: str
    value: str
    host: str
    with_subdomains: bool
    path: str
    secure: bool

    def is_for(self, target: Target) -> bool:
        path = target.path.partition("?")[0]
        within = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        host = target.host == self.host or (
            self.with_subdomains and target.host.endswith(f".{self.host}")
        )
        return host and within and (target.scheme == "https" or not self.secure)


class Cookies:
    """The cookies of one chain of redirects."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], _Cookie] = {}

    def take(self, fields: Sequence[str], target: Target) -> bool:
        """Keep what the Set-Cookie `fields` of an answer from `target` say; whether it changes
        what is sent from now on."""
        before = dict(self._kept)
        for field in fields:
            self._take(field, target)
        return self._kept != before

    def field(self, target: Target) -> str | None:
        """The Cookie field of a request, None where there is nothing to send."""
        mine = [cookie for cookie in self._kept.values() if cookie.is_for(target)]
        # Longer paths first (RFC 6265, section 5.4).
        mine.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in mine) or None

    def _take(self, field: str, target: Target) -> None:
        cookie, is_over = _read(field, target)
        if cookie is None:
            return
        key = (cookie.name, cookie.host, cookie.path)
        if is_over:
            self._kept.pop(key, None)
        elif key in self._kept or len(self._kept) < MOST_COOKIES:
            self._kept[key] = cookie


def _read(field: str, target: Target) -> tuple[_Cookie | None, bool]:
    """The cookie of a Set-Cookie field, None where it is refused, and whether it is over by now."""
    pair, *attributes = field.split(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name or len(field) > MAX_LENGTH or not _is_sendable(name + value):
        return None, False
    told: dict[str, str] = {}
    for attribute in attributes:
        key, _, given = attribute.partition("=")
        told[key.strip().lower()] = given.strip()
    domain = told.get("domain", "").lower().lstrip(".")
    if domain and not _may_speak_for(target.host, domain):
        return None, False
    path = told.get("path", "")
    if not path.startswith("/"):
        path = target.path.partition("?")[0].rpartition("/")[0] or "/"
    age = told.get("max-age", "")
    is_over = age == "0" or (age.startswith("-") and age[1:].isdigit())
    secure = "secure" in told
    return _Cookie(name, value, domain or target.host, bool(domain), path, secure), is_over


def _may_speak_for(host: str, domain: str) -> bool:
    """Whether a host may set cookies for a domain: its own, or one above it that is no suffix."""
    if host == domain:
        return True
    try:
        ip_address(host)
    except ValueError:
        return "." in domain and host.endswith(f".{domain}")
    return False


def _is_sendable(text: str) -> bool:
    return text.isprintable() and text.isascii()
