"""A gigabyte in a kilobyte costs no more memory than a page."""

import subprocess
import sys
from pathlib import Path

from tests.site import Answer, Site, answers

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
CHILD = """
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


def outcomes_and_rise(urls: list[str]) -> tuple[list[str], int]:
    """What fetching these one after the other led to, and the rise of memory in megabytes over
    what it was after the first, a quiet page."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, *urls],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *outcomes, rise = child.stdout.splitlines()
    return outcomes, int(rise)


def test_the_brotli_bomb_is_as_small_as_they_come() -> None:
    assert len(answers.bomb_body("br")) < 2_000


def test_twelve_bombs_are_too_large_and_cost_little_memory(site: Site) -> None:
    for name, bomb in BOMBS.items():
        site.serve(f"/{name}", bomb)
    site.page("/", "<p>quiet</p>")
    outcomes, rise = outcomes_and_rise([site.url("/"), *(site.url(f"/{name}") for name in BOMBS)])
    assert outcomes == ["too large"] * len(BOMBS)
    assert rise <= MOST_MEGABYTES


def test_the_measurement_sees_what_a_large_body_costs(site: Site) -> None:
    site.page("/", "<p>quiet</p>")
    site.page("/large", bytes(9_900_000))
    outcomes, rise = outcomes_and_rise([site.url("/"), site.url("/large")])
    assert outcomes == ["9900000"]
    assert 9 <= rise <= MOST_MEGABYTES
