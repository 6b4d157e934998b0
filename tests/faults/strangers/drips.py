"""Servers that answer so slowly that a timeout for each read never strikes."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from ingest.http import PAGE_LIMITS, DeadlineExceeded, Fetcher, Limits
from tests.faults.rows import Row, row
from tests.site import LOOPBACK, Answer, Site, answers
from tests.support import machine

# Seconds of a quiet machine that a fetch may take over its deadline.
SLACK = 5.0

SLOW: dict[str, Answer] = {
    "stall": answers.stall(),
    "body stall": answers.body_stall(),
    "header drip": answers.header_drip(),
    "body drip": answers.body_drip(),
    "interim answers": answers.drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunk drip": answers.drip(b"1\r\na\r\n", head={"Transfer-Encoding": "chunked"}),
    "chunk size drip": answers.drip(b"0", head={"Transfer-Encoding": "chunked"}),
    "gzip drip": answers.drip(b"\x1f\x8b" * 5, head={"Content-Length": "99999"}),
}


def drips(limits: Limits = PAGE_LIMITS) -> Row:
    """All of them at once, under the limits that pages are fetched with."""
    with (
        Site() as site,
        Fetcher(user_agent="test", private_hosts=LOOPBACK) as fetcher,
        ThreadPoolExecutor(len(SLOW)) as pool,
    ):

        def fetch(number: int) -> float | None:
            began = time.monotonic()
            with suppress(DeadlineExceeded):
                fetcher.get(site.url(f"/{number}"), limits=limits, accept="*/*")
                return None  # it was not slow at all
            return time.monotonic() - began

        for number, answer in enumerate(SLOW.values()):
            site.serve(f"/{number}", answer)
        with machine.stopwatch() as all_of_it:
            took = list(pool.map(fetch, range(len(SLOW))))
    longest = max(seconds for seconds in took if seconds is not None)
    most = limits.deadline + SLACK * all_of_it.slowness
    return row(
        "answers that drip",
        times=len(SLOW),
        asked=f"ends <= {most:.0f} s",
        measured=f"longest {longest:.1f} s",
        recovery=longest,
        ok=None not in took and longest <= most,
    )
