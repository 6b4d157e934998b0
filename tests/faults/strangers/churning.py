"""A publisher whose items keep their identity while everything that tells it changes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

# What a feed holds, and what is new in it with each poll: it rolls on, and never over unseen.
_HELD, _NEW = 60, 12

_TRACKING = ("utm_source", "fbclid", "gclid", "at_medium", "mc_cid", "CMPID", "utm_campaign")


@dataclass(frozen=True, slots=True)
class Printed:
    """One item as one edition of the feed has it."""

    title: str
    link: str
    guid: str | None


class Publisher:
    """Call `advance`, then take `feed` and `constant_feed`; `first_urls` is the truth.

    `feed` changes links, GUIDs and titles under its items, and brings old ones back;
    `constant_feed` gives everything it prints the same GUID.
    """

    def __init__(self) -> None:
        self._rng = random.Random(13)
        self._round = 0

    def advance(self) -> None:
        self._round += 1

    def feed(self) -> bytes:
        newest = self._round * _NEW
        numbers = list(range(max(0, newest - _HELD), newest))
        # Old items are printed again: purged by the publisher, and back after a while.
        numbers += [number for number in range(newest - _HELD) if number % 97 == self._round % 97]
        return _rss([self._printed(number) for number in numbers])

    def constant_feed(self) -> bytes:
        newest = self._round * 3
        return _rss([_constant(number) for number in range(max(0, newest - 15), newest)])

    def first_urls(self) -> set[str]:
        """Under which URL each item must be stored, once."""
        return {_first_url(number) for number in range(self._round * _NEW)} | {
            _constant(number).link for number in range(self._round * 3)
        }

    def _printed(self, number: int) -> Printed:
        url, title, guid = _first_url(number), f"Story {number} of the day", f"guid-{number}"
        age = self._round - number // _NEW  # polls since it was first printed, from 1
        tracked = f"{self._rng.choice(_TRACKING)}={self._rng.randrange(10**6)}"
        joined = "&" if "?" in url else "?"
        match number % 11:
            case 1:
                return Printed(title, f"{url}{joined}{tracked}", guid)
            case 2:
                return Printed(title, f"{url}#{self._rng.randrange(10**6)}", guid)
            case 3:  # a new GUID with every edition
                return Printed(title, url, f"{guid}-{self._round}")
            case 4:  # the GUID is the link, as it is tracked
                return Printed(title, f"{url}{joined}{tracked}", f"{url}{joined}{tracked}")
            case 5 if age > 2:  # a new slug
                return Printed(title, url.replace("/story", f"/a-better-slug-{age // 2}"), guid)
            case 6 if age > 2:
                return Printed(f"{title}, corrected", url, guid)
            case 7:
                host = url.replace("http://outlet1.example/", "HTTP://Outlet1.Example:80/")
                return Printed(title, host, guid)
            case 8:
                return Printed(title, f"{url}{joined}{tracked}", None)
            case 9:  # one title for many, as of a daily briefing
                return Printed("Morning briefing", url, guid)
            case 10 if age > 1:  # the slug, and what is tracked on it
                return Printed(title, f"{url}-{age // 3}{joined}{tracked}", guid)
        return Printed(title, url, guid)


def _first_url(number: int) -> str:
    if number % 11 == 0:  # a number in the query alone tells them apart
        return f"http://outlet1.example/read?id={number}"
    if number % 11 == 10:
        return f"http://outlet1.example/Story/{number}"
    return f"http://outlet1.example/story/{number}"


def _constant(number: int) -> Printed:
    title = "Morning briefing" if number % 4 == 0 else f"Item {number}"
    return Printed(title, f"http://outlet2.example/{number}", "the-only-guid")


def _rss(items: Sequence[Printed]) -> bytes:
    printed = "".join(
        f"<item><title>{escape(item.title)}</title><link>{escape(item.link)}</link>"
        + (f'<guid isPermaLink="false">{escape(item.guid)}</guid>' if item.guid else "")
        + "</item>"
        for item in items
    )
    return f'<rss version="2.0"><channel><title>O</title>{printed}</channel></rss>'.encode()
