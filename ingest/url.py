"""URLs: the canonical form that identifies an article, and the parts that the house asks for.

The form is careful to be too fine rather than too coarse: two URLs that a server may answer
differently stay two (path case, a trailing slash, www., http and https, every parameter that can
carry meaning). What is dropped changes no answer: the fragment, unless it is a route of a site made
by scripts, the scheme's own port, and parameters that are known to be there for tracking.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urljoin

# Servers cut request lines off between 8 KB (nginx, Apache) and 16 KB (IIS); beyond is no article.
MAX_LENGTH = 16_384

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that name the campaign, the click or the reader, and never the document. Everything
# here was made up for that one purpose and is too odd a word to mean anything else. Words that mean
# something somewhere (sid, id, from, ref, source, mod, partner) are not here.
_TRACKING_PREFIXES = (
    "utm_",  # Google Analytics, and everyone after it
    "mtm_",  # Matomo
    "hsa_",  # HubSpot advertising
    "at_custom",  # Piano / AT Internet (the BBC's feeds)
)
_TRACKING_NAMES = frozenset(
    {
        # click identifiers of advertisers and social networks
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "twclid",
        "ttclid",
        "li_fat_id",
        "igshid",
        "__twitter_impression",
        # newsletters: Mailchimp, HubSpot, Marketo
        "mc_cid",
        "mc_eid",
        "_hsenc",
        "_hsmi",
        "hsctatracking",
        "mkt_tok",
        # analytics: Google's cross-domain linker, Piwik, Webtrends, Piano, Adobe, Openstat
        "_ga",
        "_gl",
        "pk_campaign",
        "pk_kwd",
        "wt.mc_id",
        "wt_mc",
        "at_medium",
        "at_campaign",
        "s_cid",
        "_openstat",
        # newsrooms' own campaign codes, seen on their feeds' links
        "cmpid",
        "ftag",
        "traffic_source",
    }
)

_SCHEME = re.compile(r"(https?)://", re.IGNORECASE)
# What browsers handed to feed readers, and people copy from pages.
_FEED_SCHEME = re.compile(r"feed:(?://)?(?:(?=https?://)|(?<=//)|(?=[\w-]+\.))", re.IGNORECASE)
_PORT = re.compile(r":([0-9]*)$")
_ROUTE = re.compile(r"!?/[^/]|![^/]")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
# What RFC 3986 allows nowhere in a URL, besides what is not ASCII.
_UNSAFE = re.compile(r'[^\x21-\x7e]|["<>\\^`{|}]')
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
    return replace(parts, query=_without_tracking(parts.query), fragment=_route(parts.fragment)).url


def with_fragment(url: str, fragment: str) -> str:
    """The canonical URL of something within the page at `url`. Raises UrlError."""
    parts = _split(canonical(url))
    return replace(parts, fragment=_encoded(_trimmed(fragment))).url


def fragment(url: str) -> str | None:
    """The fragment of a URL as it is spelled, None where it has none. Raises UrlError."""
    return _split(url).fragment or None


def spellings(url: str) -> tuple[str, ...]:
    """The URLs under which an article may be known that is asked for as `url`, best first.

    Those that share a page, or have none, have a fragment (`with_fragment`). Raises UrlError.
    """
    within = fragment(url)
    return (canonical(url),) if within is None else (with_fragment(url, within), canonical(url))


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


def _route(fragment: str | None) -> str | None:
    """The fragment, if it is a page of a site made by scripts: #/news/1, #!news.

    Any other is a place within the page.
    """
    if fragment is None or not _ROUTE.match(fragment):
        return None
    path, mark, query = fragment.partition("?")
    kept = _without_tracking(query if mark else None)
    return path if kept is None else f"{path}?{kept}"


def _without_tracking(query: str | None) -> str | None:
    if query is None:
        return None
    parameters = query.split("&")
    kept = [parameter for parameter in parameters if not _is_tracking(parameter)]
    if len(kept) == len(parameters):
        return query
    return "&".join(kept) or None


def _is_tracking(parameter: str) -> bool:
    # "amp;" is left of an & that was escaped once too often.
    name = parameter.partition("=")[0].lower().removeprefix("amp;")
    return name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)
