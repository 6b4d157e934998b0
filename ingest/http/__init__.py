"""Asking the web. The only code of the house that opens outbound sockets.

    Fetcher.get ── fetcher.py      the hops of one GET, under one deadline
        ├── target.py              a URL taken apart; what is no plain http(s) URL is refused
        ├── redirects.py           what a redirect means (pure)
        ├── cookies.py             kept within one chain of redirects
        ├── exchange.py            one request and its answer: caps, bodies, errors
        │     ├── framing.py       whether an answer has one end only (pure)
    │     ├── idle.py          connections kept for the next request
        │     ├── connection.py    dials vetted addresses only; TLS always verified
        │     │     ├── resolving.py   names to addresses, within the deadline
        │     │     ├── guard.py       which addresses may be dialled (pure)
        │     │     └── budget.py      sockets that spend from a budget of time and bytes
        │     └── decoding.py      gzip, deflate, br, zstd, a block at a time (pure)
        └── robots.py              RFC 9309, remembered per origin
    errors.py                      what can go wrong, and whether asking again can help
    messages.py                    Limits, Validators, Response
    identity.py                    who we say we are

`Fetcher(private_hosts=…)` takes the CIDRs that may be reached beside the public internet; none
by default.
"""

from ingest.http.errors import (
    DeadlineExceeded,
    FetchError,
    HostBusy,
    RedirectRefused,
    Refused,
    RulesWithheld,
    TooLarge,
    Unreachable,
)
from ingest.http.fetcher import Fetcher
from ingest.http.identity import sender, user_agent
from ingest.http.messages import (
    FEED_LIMITS,
    PAGE_LIMITS,
    Lease,
    Limits,
    Response,
    Validators,
    always,
)
from ingest.http.resolving import Resolver, system_resolver

__all__ = [
    "FEED_LIMITS",
    "PAGE_LIMITS",
    "DeadlineExceeded",
    "FetchError",
    "Fetcher",
    "HostBusy",
    "Lease",
    "Limits",
    "RedirectRefused",
    "Refused",
    "Resolver",
    "Response",
    "RulesWithheld",
    "TooLarge",
    "Unreachable",
    "Validators",
    "always",
    "sender",
    "system_resolver",
    "user_agent",
]
