"""URLs: the canonical form that identifies an article, and the parts that the house asks for.

The form is careful to be too fine rather than too coarse: two URLs that a server may answer
differently stay two (path case, a trailing slash, www., http and https, every parameter that can
carry meaning); what RFC 3986 says is equal (`%7E` and `~`, `%e4` and `%E4`) is one. What is dropped
changes no answer: the fragment, unless it is a route of a site made by scripts, the scheme's own
port, and parameters that are known to be there for tracking (`ingest.tracking`).
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urljoin

from ingest import tracking

# Servers cut request lines off between 8 KB (nginx, Apache) and 16 KB (IIS); beyond is no article.
MAX_LENGTH = 16_384

_DEFAULT_PORTS = {"http": 80, "https": 443}

# The version of the form, beside that of `ingest.tracking`: before 2, escapes were left alone.
_FIRST_VERSION = 1

_SCHEME = re.compile(r"(https?)://", re.IGNORECASE)
# What browsers handed to feed readers, and people copy from pages.
_FEED_SCHEME = re.compile(r"feed:(?://)?(?:(?=https?://)|(?<=//)|(?=[\w-]+\.))", re.IGNORECASE)
_PORT = re.compile(r":([0-9]*)$")
_ROUTE = re.compile(r"!?/[^/]|![^/]")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
# What RFC 3986 allows nowhere in a URL, besides what is not ASCII.
_UNSAFE = re.compile(r'[^\x21-\x7e]|["<>\\^`{|}]')
# Not behind a percent sign that is no escape: what is put there would become one with it.
_ESCAPE = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Browsers drop these wherever they stand (WHATWG URL): links in feeds are wrapped over lines.
_LINE_BREAKS = str.maketrans("", "", "\t\r\n")
_EDGES = "".join(map(chr, range(0x21)))


class UrlError(ValueError):
    """The text is not an http(s) URL with a host that we would ask."""


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    host: str  # ASCII, lower-case, without the root's dot; an IPv6 address in brackets
    port: int | None  # None where it is the scheme's own
    path: str
    query: str | None
    fragment: str | None

    @property
    def origin(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def url(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return _within_limit(f"{self.origin}{self.path}{query}{fragment}")


def canonical(url: str) -> str:
    """The form under which an article is known: idempotent, and never wider than one document.

    Raises UrlError for anything but http(s) with a host, for credentials in the URL, and for URLs
    longer than `MAX_LENGTH`.
    """
    parts = _split(url)
    query = _without_tracking(parts.query, parts.host)
    route = _route(parts.fragment, parts.host)
    return replace(
        parts,
        path=_usual_escapes(parts.path),
        query=None if query is None else _usual_escapes(query),
        fragment=None if route is None else _usual_escapes(route),
    ).url


def former(url: str) -> str:
    """The canonical form as it was at first; articles may be stored under it. Raises UrlError."""
    parts = _split(url)
    query = _without_tracking(parts.query, parts.host, version=_FIRST_VERSION)
    return replace(parts, query=query, fragment=None).url


def with_fragment(url: str, fragment: str) -> str:
    """The canonical URL of something within the page at `url`. Raises UrlError."""
    parts = _split(canonical(url))
    return replace(parts, fragment=_encoded(_trimmed(fragment))).url


def fragment(url: str) -> str | None:
    """The fragment of a URL as it is spelled, None where it has none. Raises UrlError."""
    return _split(url).fragment or None


def spellings(url: str) -> tuple[str, ...]:
    """The URLs under which an article may be known that is asked for as `url`, best first.

    Those that share a page, or have none, have a fragment (`with_fragment`); those that were stored
    long ago have the `former` spelling. Raises UrlError.
    """
    within = fragment(url)
    own = [] if within is None else [with_fragment(url, within)]
    return tuple(dict.fromkeys([*own, canonical(url), former(url)]))


def is_same_page(one: str, other: str) -> bool:
    """Whether two URLs differ at most in scheme, query and trailing slashes. Raises UrlError.

    Their texts have to show whether they are one document.
    """
    first, second = _split(one), _split(other)
    return (
        (first.host, first.port) == (second.host, second.port)
        and first.path.rstrip("/") == second.path.rstrip("/")
        and first.fragment == second.fragment
    )


def host(url: str) -> str:
    """The lower-case host name without port, IPv6 without brackets. Raises UrlError."""
    return _split(url).host.strip("[]")


def origin(url: str) -> str:
    """scheme://host[:port], the port only where it is not the scheme's own. Raises UrlError."""
    return _split(url).origin


def without_feed_scheme(url: str) -> str:
    """The http(s) URL that a link to a feed reader means: feed://host/x, feed:https://host/x.

    Any other is left as it is.
    """
    found = _FEED_SCHEME.match(url)
    if found is None:
        return url
    rest = url[found.end() :]
    return rest if _SCHEME.match(rest) else f"http://{rest}"


def resolve(base: str, link: str) -> str | None:
    """The absolute http(s) URL that `link` means in a document at `base`; None if it means none.

    Nothing is dropped from it but blanks at its ends, line breaks inside and the host's last dot.
    An empty link means none: to RFC 3986 it is the document itself, but here it is a field that was
    left blank.
    """
    try:
        link = _trimmed(link)
        if not link:
            return None
        link = without_feed_scheme(link)
        joined = link if _SCHEME.match(link) else urljoin(base, link)
        return _split(joined).url
    except ValueError:  # UrlError is one, and so is what urljoin raises at a broken host
        return None


# One page's address is looked at by several of those who read it.
@lru_cache(maxsize=1_024)
def _split(url: str) -> _Parts:
    url = without_feed_scheme(_trimmed(url))
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise UrlError("not an http:// or https:// URL")
    rest, hash_, fragment = url[scheme.end() :].partition("#")
    rest, mark, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    name = scheme[1].lower()
    host_name, port = _authority(authority)
    return _Parts(
        scheme=name,
        host=host_name,
        port=None if port == _DEFAULT_PORTS[name] else port,
        path="/" + _encoded(path) if slash else "/",
        query=_encoded(query) if mark else None,
        fragment=_encoded(fragment) if hash_ else None,
    )


def _trimmed(url: str) -> str:
    return _within_limit(url).strip(_EDGES).translate(_LINE_BREAKS)


def _within_limit(url: str) -> str:
    if len(url) > MAX_LENGTH:
        raise UrlError(f"longer than {MAX_LENGTH} characters")
    return url


def _authority(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise UrlError("carries a user name or password")
    found = _PORT.search(authority)
    if found is None:
        return _host(authority), None
    port = int(found[1][:6] or 0) if len(found[1].lstrip("0")) <= 5 else 0
    if found[1] and not 0 < port < 65_536:
        raise UrlError("the port is not between 1 and 65535")
    return _host(authority[: found.start()]), port or None


def _host(name: str) -> str:
    if not name:
        raise UrlError("has no host")
    if name.startswith("["):
        return _ipv6(name)
    ascii_name = name.lower() if name.isascii() else _to_ascii(name)
    # The root's dot: `news.example.` is the same host written out (RFC 1034, 3.1).
    ascii_name = ascii_name.removesuffix(".")
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlError("the host is not a valid name")
    return ascii_name


def _ipv6(name: str) -> str:
    try:
        # A zone (fe80::1%eth0) is a name of this machine's and no part of a public URL.
        if not name.endswith("]") or "%" in name:
            raise UrlError("the host is not a valid address")
        return f"[{IPv6Address(name[1:-1]).compressed}]"
    except AddressValueError:
        raise UrlError("the host is not a valid address") from None


def _to_ascii(name: str) -> str:
    """An international name in punycode, label by label.

    Not Python's `idna` codec: it is IDNA 2003 and would merge faß.de with fass.de.
    """
    if len(name) > 253:
        raise UrlError("the host is not a valid name")
    if _SURROGATE.search(name):
        raise UrlError("holds half a character (a lone surrogate)")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    # The ideographic full stop separates labels too (UTS 46).
    labels = folded.replace("。", ".").split(".")
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in labels
    )


def _encoded(part: str) -> str:
    if _SURROGATE.search(part):
        raise UrlError("holds half a character (a lone surrogate)")
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), part)


def _route(fragment: str | None, host_name: str) -> str | None:
    """The fragment, if it is a page of a site made by scripts: #/news/1, #!news.

    Any other is a place within the page.
    """
    if fragment is None or not _ROUTE.match(fragment):
        return None
    path, mark, query = fragment.partition("?")
    kept = _without_tracking(query if mark else None, host_name)
    return path if kept is None else f"{path}?{kept}"


def _usual_escapes(part: str) -> str:
    """Escapes as RFC 3986, section 6.2.2, has them: in upper case, of reserved characters only."""
    return _ESCAPE.sub(_usual_escape, part)


def _usual_escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()


def _without_tracking(
    query: str | None, host_name: str, *, version: int = tracking.VERSION
) -> str | None:
    if query is None:
        return None
    parameters = query.split("&")
    kept = [each for each in parameters if not _is_tracking(each, host_name, version)]
    if len(kept) == len(parameters):
        return query
    return "&".join(kept) or None


def _is_tracking(parameter: str, host_name: str, version: int) -> bool:
    # "amp;" is left of an & that was escaped once too often.
    name = parameter.partition("=")[0].lower().removeprefix("amp;")
    return tracking.is_tracking(_usual_escapes(name), host_name, version=version)
