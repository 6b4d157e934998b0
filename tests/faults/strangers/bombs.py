"""A gigabyte in a kilobyte: twelve of them, and what they cost a process that fetches them."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.faults.rows import Row, row
from tests.site import Answer, Site, answers
from tests.support.waiting import run

# The figure that the service promises, for all of the bombs one after the other.
MOST_MEGABYTES = 64

BOMBS: dict[str, Answer] = {
    "gzip": answers.bomb("gzip"),
    "deflate": answers.bomb("deflate"),
    "br": answers.bomb("br"),
    "zstd": answers.bomb("zstd"),
    "gzip-gzip": answers.bomb("gzip, gzip"),
    "gzip-br": answers.bomb("gzip, br"),
    "br-zstd": answers.bomb("br, zstd"),
    "zstd-gzip": answers.bomb("zstd, gzip"),
    "deflate-br-zstd": answers.bomb("deflate, br, zstd"),
    "five": answers.bomb("gzip, gzip, gzip, gzip, gzip"),
    "chunked-br": answers.chunked([answers.bomb_body("br")], coding="br"),
    "plain": answers.endless(b"a" * 65_536, head=b"HTTP/1.1 200 OK\r\n\r\n"),
}

# A process of its own, so that nothing of the tests counts; it looks at itself every millisecond.
_CHILD = """
import sys, threading
import psutil
from ingest.http import FEED_LIMITS, Fetcher, TooLarge

def rss():
    return psutil.Process().memory_info().rss / 1_000_000

def watch():
    global peak
    while not done.wait(0.001):
        peak = max(peak, rss())

done = threading.Event()
with Fetcher(user_agent="test", private_hosts=["127.0.0.0/8"]) as fetcher:
    fetcher.get(sys.argv[1], limits=FEED_LIMITS, accept="*/*")
    before = peak = rss()
    watcher = threading.Thread(target=watch)
    watcher.start()
    for url in sys.argv[2:]:
        try:
            body = fetcher.get(url, limits=FEED_LIMITS, accept="*/*").body
        except TooLarge:
            print("too large")
        else:
            print(len(body))
    done.set()
    watcher.join()
print(round(peak - before))
"""


def outcomes_and_rise(urls: Sequence[str]) -> tuple[list[str], int]:
    """What fetching these one after the other led to, and the rise of memory in megabytes over
    what it was after the first, a quiet page."""
    root = Path(__file__).parents[3]
    child = run([sys.executable, "-c", _CHILD, *urls], cwd=root, text=True)
    assert child.returncode == 0, child.stderr
    *outcomes, rise = child.stdout.splitlines()
    return outcomes, int(rise)


def bombs() -> Row:
    with Site() as site:
        site.page("/", "<p>quiet</p>")
        for name, bomb in BOMBS.items():
            site.serve(f"/{name}", bomb)
        outcomes, rise = outcomes_and_rise(
            [site.url("/"), *(site.url(f"/{name}") for name in BOMBS)]
        )
    refused = outcomes.count("too large")
    return row(
        "decompression bombs of 1 GB",
        times=len(BOMBS),
        asked=f"memory rises by <= {MOST_MEGABYTES} MB",
        measured=f"{rise} MB, {refused} refused",
        ok=rise <= MOST_MEGABYTES and refused == len(BOMBS),
    )
