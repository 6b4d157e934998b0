"""What can go wrong in a fetch, and whether asking again can help.

    FetchError                  retry
    ├── Refused                 never   we do not ask this: scheme, spelling, private address
    │   └── RedirectRefused     never   a redirect that leads nowhere: loop, too many, odd target
    ├── TooLarge                never   more bytes than the caller allows, as sent or unpacked
    ├── Unreachable             later   no usable answer: DNS, connect, TLS, reset, garbage
    │   └── RulesWithheld       later   robots.txt answered 429 or 5xx: nothing may be asked for now
    ├── DeadlineExceeded        later   the exchange took longer than it may
    └── HostBusy                later   the host has been given to somebody else, says `lease`

A status is never an error here: 404 and 500 are answers, and the caller judges them.
"""

from typing import ClassVar


class FetchError(Exception):
    """Base of everything that `Fetcher` raises. `retry` tells "later" (True) from "never".

    `unreached` is the host to which no connection came about (no address, no route, no answer to
    the dialling); None where the web was reached, and the fault is on the other side.
    """

    retry: ClassVar[bool] = True

    def __init__(self, message: str, *, unreached: str | None = None) -> None:
        super().__init__(message)
        self.unreached = unreached


class Refused(FetchError):
    """We do not make this request, today or tomorrow, unless a setting changes."""

    retry = False


class RedirectRefused(Refused):
    """A redirect loop, too many redirects, or a target that is not plain http(s)."""


class TooLarge(FetchError):
    """The answer is larger than the limits of this request."""

    retry = False


class Unreachable(FetchError):
    """There was no usable answer this time."""


class RulesWithheld(Unreachable):
    """robots.txt could not be had from a site that answers (RFC 9309, section 2.3.1.4).

    `host` is whose it is, `status` and `retry_after` (the field as it came) are what was answered.
    """

    def __init__(self, host: str, status: int, retry_after: str | None) -> None:
        super().__init__(f"robots.txt answered {status}; until it can be read nothing is asked")
        self.host = host
        self.status = status
        self.retry_after = retry_after


class DeadlineExceeded(FetchError):
    """The whole exchange, redirects included, did not end in time."""


class HostBusy(FetchError):
    """The host of a redirect is being asked by somebody else, or wants to be left alone.

    `seconds`: before so many have passed it is of no use to come back.
    """

    def __init__(self, message: str, *, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds
