"""A URL taken apart into what is dialled and what is asked for."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from ingest.http.errors import Refused
from ingest.url import UrlError, origin, resolve

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    `url` is the URL as it is asked for: normalised in spelling, every parameter kept, without its
    fragment. `host` is ASCII and lower-case, an IPv6 literal without brackets; `path` is what
    stands in the request line, query included.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port


def parse_target(url: str) -> Target:
    """Take `url` apart. Raises Refused for what cannot or should not be asked.

    A user name in a URL is refused: credentials would be stored and logged with it, and
    `http://news.example@203.0.113.9/` is a disguise more often than a login.
    """
    try:
        base = origin(url)
    except UrlError as error:
        raise Refused(f"the URL is not fetched: {error}") from error
    absolute = resolve(base, url)
    if absolute is None:
        raise Refused("the URL is not fetched: too long when escaped")
    absolute = absolute.partition("#")[0]
    parts = urlsplit(absolute)
    return Target(
        url=absolute,
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or _DEFAULT_PORTS[parts.scheme],
        path=absolute[len(base) :],
    )
