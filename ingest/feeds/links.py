"""The links of feeds, as publishers' software spells them, to absolute http(s) URLs.

Beside `ingest.url.resolve`, which takes a link at its word: here a word that stands for no link is
none, references that were escaped once too often are undone, and an address that lost or doubled
its scheme is the one that was meant.
"""

import html
import re
from urllib.parse import urlsplit

from ingest.url import resolve

# What templates print where they have no link.
_NONE = re.compile(
    r"(?:n\.?\s*/?\s*a\.?|none|null|nil|nan|undefined|unknown|false|true|tbd|empty|link|url|\(none\)|"
    r"(?:https?:?/{0,2}|about:blank)?[#.\-–—?_*/\\]*)",
    re.IGNORECASE,
)
# A link holds these for one reason only. At most twice: "&amp;#038;".
_REFERENCE = re.compile(r"&(?:#0*[0-9]{1,5}|#[xX]0*[0-9a-fA-F]{1,4}|amp|quot|apos|lt|gt);")
_TIMES_ESCAPED = 2
# The scheme of http(s) as it is misspelled: http//host, https:/host, http:host, https;//host,
# ttps://host, htttp://host, https:\\host, and written twice.
_SCHEME = re.compile(
    r"(?:h+t+p|ttp|hhtp|htp)(?P<s>s?)(?:[:;]\s*[/\\]+|[:;](?=[\w\-]+\.)|[/\\]{2,}:?[/\\]*)",
    re.IGNORECASE,
)
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?:|[\w\-]+\.)", re.IGNORECASE)
_WWW = re.compile(r"www\d?\.[\w\-]+\.[\w\-.]+(?=[/?#:]|$)", re.IGNORECASE)
# One address behind another without anything between: https://a.examplehttps://a.example/x
_GLUED = re.compile(r"https?://[\w\-.:]*?(?=https?://)", re.IGNORECASE)


def entry_link(base: str, link: str) -> str | None:
    """The absolute URL that a feed's `link` means, where relative ones are relative to `base`.

    None where it means none.
    """
    link = unescaped(link).strip()
    if not means_a_link(link):
        return None
    return resolve(base, mended(link, base))


def means_a_link(link: str) -> bool:
    """Whether a field that should hold a link holds more than a word for "none"."""
    return _NONE.fullmatch(link.strip()) is None or link.strip() == "/"


def unescaped(link: str) -> str:
    """The link without character references, as in `?a=1&#038;b=2`."""
    for _ in range(_TIMES_ESCAPED):
        link = _REFERENCE.sub(lambda found: html.unescape(found[0]), link)
    return link


def mended(link: str, base: str) -> str:
    """The link with the scheme that it is meant to have; a relative link is left as it is."""
    link = _FEED_SCHEME.sub("", link, count=1) if _FEED_SCHEME.match(link) else link
    schemes = 0
    secure = urlsplit(base).scheme == "https"
    while (found := _SCHEME.match(link)) is not None and schemes < _TIMES_ESCAPED + 1:
        secure, link, schemes = bool(found["s"]), link[found.end() :], schemes + 1
    if schemes:
        link = link.replace("\\", "/") if "/" not in link else link
        whole = f"{'https' if secure else 'http'}://{link.lstrip(':/')}"
        return _without_prefix(whole)
    if link.startswith("://"):
        return ("https" if secure else "http") + link
    if _WWW.match(link) or _begins_with_host(link, base):
        return f"{'https' if secure else 'http'}://{link}"
    return link


def _without_prefix(url: str) -> str:
    """The last of several addresses that were put together to one."""
    while glued := _GLUED.match(url):
        url = url[glued.end() :]
    parts = urlsplit(url)
    inner = f"{parts.scheme}://{parts.netloc}/"
    # An address of the same site within its own front page: no archive of itself.
    return url[len(inner) :] if url[len(inner) :].startswith(inner) else url


def _begins_with_host(link: str, base: str) -> bool:
    """Whether a link without a scheme begins with the very host of its feed's site."""
    host = urlsplit(base).hostname or ""
    first = re.split(r"[/?#:]", link, maxsplit=1)[0].lower()
    return bool(host) and "." in host and first.removeprefix("www.") == host.removeprefix("www.")
