"""What a redirect means: stop here, or go there."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ingest.http.errors import RedirectRefused
from ingest.url import resolve

# RFC 9110, section 15.4, dropped the limit of five of older texts; browsers stop at 20. The
# longest honest chains (http -> https -> www -> language -> slash) have five.
MAX_REDIRECTS = 10

_PERMANENT = frozenset({301, 308})
# 300 leaves the choice to a reader, 304 is an answer, 305 and 306 are out of use.
_REDIRECTS = _PERMANENT | {302, 303, 307}


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect to follow. `permanent`: the resource has moved to `url` for good."""

    url: str
    permanent: bool


def is_redirect(status: int) -> bool:
    return status in _REDIRECTS


def next_hop(
    status: int,
    location: str | None,
    *,
    visited: Sequence[str],
    most: int = MAX_REDIRECTS,
    anew: bool = False,
) -> Hop | None:
    """The redirect to follow from the last of `visited`, or None when the answer stands.

    `location` is the field as `http.client` gives it: bytes read as Latin-1. A redirect status
    without a Location stands as the answer that it is. Going down from https to http is followed,
    since nothing secret is sent and some outlets still do it, but is never permanent: else one
    forged answer would take the protection of TLS away for ever.

    `anew`: what will be sent from now on differs (a cookie was set), so that an address that was
    visited may answer otherwise.

    Raises RedirectRefused for a loop, for more than `most` redirects, and for a target that is not
    http(s) or carries a user name; whether its address may be dialled shows when it is dialled.
    """
    if not is_redirect(status) or not location:
        return None
    here = visited[-1]
    url = resolve(here, _as_sent(location))
    if url is None:
        raise RedirectRefused("redirected to something that is not a plain http(s) URL")
    url = url.partition("#")[0]
    if url in visited and not anew:
        raise RedirectRefused("the redirects run in a circle")
    if len(visited) > most:
        raise RedirectRefused(f"more than {most} redirects")
    downgrade = here.startswith("https:") and url.startswith("http:")
    return Hop(url, permanent=status in _PERMANENT and not downgrade)


def _as_sent(location: str) -> str:
    """Undo the reading as Latin-1: text if it is UTF-8, else its bytes percent-encoded."""
    raw = location.encode("latin-1", "replace")
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        ascii_characters = "".join(map(chr, range(0x21, 0x7F)))
        return quote(raw.strip(), safe=ascii_characters)
