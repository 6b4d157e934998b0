"""What goes into a fetch and what comes out of it, as plain values."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

MEGABYTE = 1_000_000

# A stalled server counts as one request in flight, and asking again before giving up would make
# it two. So there is no shorter timeout for a first byte: this one bounds everything. Thirty
# seconds is what crawlers commonly wait for a slow origin.
DEADLINE_SECONDS = 30.0
# The longest feeds in use (podcast archives, full-text feeds of years) stay below this.
FEED_BYTES = 10 * MEGABYTE
# 14 MB of nested tags cost a parser 37 s and 939 MB; articles are below 2 MB.
PAGE_BYTES = 5 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """What one `get` may cost, its redirects included.

    `wire_bytes` bounds a body as sent (compressed), `unpacked_bytes` as handed over,
    `deadline` is in seconds.
    """

    wire_bytes: int
    unpacked_bytes: int
    deadline: float


FEED_LIMITS = Limits(FEED_BYTES, FEED_BYTES, DEADLINE_SECONDS)
PAGE_LIMITS = Limits(PAGE_BYTES, PAGE_BYTES, DEADLINE_SECONDS)


@dataclass(frozen=True, slots=True)
class Validators:
    """What the last answer said of its version (RFC 9110, section 8.8), given back as it was."""

    etag: str | None = None
    last_modified: str | None = None


NONE_YET = Validators()


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, of whatever status.

    `url` is what was asked for, `final_url` what answered. `headers` have lower-case names and
    cleaned one-line values; repeated fields are joined with ", ". `body` is unpacked; it is empty
    for 304, and for an error status (not 2xx) whose body could not be read within the limits.
    `permanent_url` is where the resource has moved for good: the end of the unbroken run of
    301/308 that the redirects began with, when what answered is there (2xx or 304). A step from
    https down to http ends that run. `wire_bytes` counts the final body as sent, `elapsed` is in
    seconds. `conditional` tells whether validators were sent: a 304 is an answer to those alone.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    content_type: str | None
    permanent_url: str | None
    wire_bytes: int
    elapsed: float
    conditional: bool = True

    @property
    def validators(self) -> Validators:
        """What a later conditional request for the same address sends back (RFC 9110, 13.1)."""
        return Validators(self.headers.get("etag"), self.headers.get("last-modified"))


Lease = Callable[[str], AbstractContextManager[None]]
"""Gives the right to ask a host for as long as the context lasts; may raise HostBusy."""


def always(_host: str) -> AbstractContextManager[None]:
    """The lease of a caller who shares no hosts with anybody."""
    return nullcontext()
