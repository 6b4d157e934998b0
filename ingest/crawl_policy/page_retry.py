"""When a failed step of an article is tried again, and when it is given up."""

from datetime import timedelta

from ingest.crawl_policy.feed_schedule import LONGEST_RETRY_AFTER

# A page is asked for this often before it is quarantined: with the waits below that is about an
# hour.
FETCH_ATTEMPTS = 6
# A page that ends the process which reads it is read at most this often: each time kills one.
PROCESS_ATTEMPTS = 4
FIRST_WAIT = timedelta(seconds=10)
WAIT_FACTOR = 4
LONGEST_WAIT = timedelta(hours=6)


def next_attempt(
    attempts: int, *, retry_after: timedelta | None = None, jitter: float
) -> timedelta:
    """The wait after the `attempts`-th failure (from 1): 10 s, 40 s, 160 s … with ±10 % jitter.

    `jitter` is in [0, 1). What the server asked for by Retry-After is not undercut, up to
    `LONGEST_RETRY_AFTER`.
    """
    exponent = min(max(attempts, 1) - 1, 12)
    grown: timedelta = min(FIRST_WAIT * WAIT_FACTOR**exponent, LONGEST_WAIT)
    wait = grown * (0.9 + 0.2 * jitter)
    return max(wait, min(retry_after or timedelta(0), LONGEST_RETRY_AFTER))
