"""Pages and feeds that are cheap to send and dear to read, each in a child that can be killed."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.rows import Row, row
from tests.support import machine

# Seconds of a quiet machine's core that one of them may take.
MOST_SECONDS = 20.0
# More than a page may weigh where it is fetched: what an archive that is imported may hold.
PAGE_BYTES = 14_000_000
FEED_BYTES = 10_000_000

_WORDS = "<p>" + "The envoy said that both governments had settled the dates of a visit. " * 5
_RSS = '<rss version="2.0"><channel><title>t</title>'

PAGES: Mapping[str, Callable[[int], str]] = {
    "open tags": lambda n: "<div>" * (n // 5),
    "closed tags": lambda n: "<div>" * (n // 11) + "x" + "</div>" * (n // 11),
    "formatting": lambda n: "<b>" * (n // 3),
    "formatting in paragraphs": lambda n: "<a><b><i><p>" * (n // 12),
    "tables": lambda n: "<table><tr><td>" * (n // 15),
    "lists": lambda n: "<ul><li>" * (n // 8),
    "text around it": lambda n: f"{_WORDS}{'<div>' * (n // 5)}{_WORDS}",
    "many shallow ones": lambda n: ("<div>" * 50 + "x" + "</div>" * 50) * (n // 551),
    "many spans": lambda n: "<p>" + "<span>a</span> " * (n // 16),
    "quotations": lambda n: "<blockquote>" * (n // 12),
    "attributes": lambda n: "<p " + "".join(f"a{i}=1 " for i in range(n // 10)) + ">x",
}
FEEDS: Mapping[str, Callable[[int], str]] = {
    "open elements": lambda n: f"{_RSS}<item>{'<a>' * (n // 3)}",
    "open items": lambda n: _RSS + "<item>" * (n // 6),
    "escaped tags": lambda n: f"{_RSS}<item><description>{'&lt;div&gt;' * (n // 11)}",
    "broken items": lambda n: _RSS + "<item><title>a</b></item>" * (n // 25),
    "attributes": lambda n: f"{_RSS}<item {' '.join(f'a{i}=1' for i in range(n // 9))}>",
    "ampersands": lambda n: f"{_RSS}<item><title>{'&' * n}",
    "angles": lambda n: "<rss " + "<" * n,
    "entities": lambda n: (
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">'
        f'<!ENTITY c "&b;&b;&b;&b;">]>{_RSS}<item><title>{"&c;" * (n // 30)}</title></item>'
    ),
    "JSON arrays": lambda n: '{"version":"https://jsonfeed.org/version/1.1","items":' + "[" * n,
    "JSON objects": lambda n: '{"a":' * (n // 5),
}

_CHILD = """
import resource, sys
from tests.support.machine import cpu_seconds
from tests.faults.strangers.costly import FEEDS, PAGES
kind, name, size = sys.argv[1:]
if kind == "page":
    from ingest.pages.extract import extract_page
    markup = "<html><body>" + PAGES[name](int(size))
    body = markup.encode()
    took = cpu_seconds(lambda: extract_page(body, url="http://outlet.example/a.html"))
else:
    from ingest.feeds.parse import FeedError, parse_feed
    body = FEEDS[name](int(size)).encode()
    def read():
        try:
            parse_feed(body, content_type=None, url="http://outlet.example/feed.xml")
        except FeedError:
            pass
    took = cpu_seconds(read)
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000)
"""


def costly_pages(size: int = PAGE_BYTES) -> Row:
    return _row("page", PAGES, size)


def costly_feeds(size: int = FEED_BYTES) -> Row:
    return _row("feed", FEEDS, size)


def _row(kind: str, made: Mapping[str, object], size: int) -> Row:
    took = {name: _measure(kind, name, size) for name in made}
    slowest = max(took, key=lambda name: took[name][0])
    killed = [name for name, (seconds, _) in took.items() if seconds >= MOST_SECONDS]
    memory = max(megabytes for _, megabytes in took.values())
    return row(
        f"{kind}s of {size / 1_000_000:g} MB that are dear to read",
        times=len(made),
        items=len(made),
        lost=len(killed),
        recovery=took[slowest][0],
        asked=f"<= {MOST_SECONDS:g} s",
        measured=f"{took[slowest][0]:.1f} s ({slowest}), at most {memory} MB, {len(killed)} killed",
        ok=not killed,
    )


def _measure(kind: str, name: str, size: int) -> tuple[float, int]:
    """Seconds and megabytes; a child that goes on for longer is killed."""
    command = [sys.executable, "-c", _CHILD, kind, name, str(size)]
    root = Path(__file__).parents[3]
    try:
        longest = machine.scaled(2 * MOST_SECONDS)
        done = subprocess.run(command, cwd=root, capture_output=True, timeout=longest, check=True)
    except subprocess.TimeoutExpired:
        return 2 * MOST_SECONDS, 0
    seconds, megabytes = done.stdout.split()
    return float(seconds), int(megabytes)
