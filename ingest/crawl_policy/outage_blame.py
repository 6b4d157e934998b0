"""Whose fault it is that a host could not be reached: theirs, or that of our own network.

When our network fails, everything fails at once, and nobody is to be blamed for it: no feed's
failures grow, no page loses an attempt. One host alone cannot tell the two apart; the others can.
A pure decision: `store.crawl.outages` knows the facts and writes down what is decided.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# So many hosts that answered before do not all fail between two answers of others, but for a
# network of ours: two may be one publisher's.
MANY = 3
# A host that nobody else's answer accuses, because nobody else is asked, is believed to be down by
# then: also the feeds of a small service, polled every half hour, have been asked.
DOUBT = timedelta(minutes=15)
# No connection came about, so asking again costs nobody anything; and when our network is back,
# all that waited comes as soon as this. After some hours a little later, since each try is a row.
AGAIN = timedelta(minutes=1)
SHARE_OF_OUTAGE = 1 / 12
LONGEST_AGAIN = timedelta(minutes=5)
# Either way, so that those that failed together do not come back together.
JITTER = 0.25


class Blame(StrEnum):
    """Whose fault it is. What is not theirs is not counted, and tried again soon."""

    THEIRS = "theirs"
    OURS = "ours"
    OPEN = "open"  # it will show when others are asked


@dataclass(frozen=True, slots=True)
class Unreached:
    """What is known when no connection to a host came about (no address, no route, no answer).

    `since` is when that happened first since it last answered, `last_reached` when anybody last
    answered, `hosts` how many, this one included, have begun to fail since then.
    """

    now: datetime
    since: datetime
    last_reached: datetime | None
    hosts: int


def blame(facts: Unreached) -> Blame:
    """Decide from what became of the others.

    The first failure is never theirs yet: that others answered before it says nothing of now.
    """
    if facts.last_reached is not None and facts.last_reached > facts.since:
        return Blame.THEIRS
    if facts.hosts >= MANY:
        return Blame.OURS
    return Blame.THEIRS if facts.now - facts.since >= DOUBT else Blame.OPEN


def again_after(facts: Unreached, jitter: float) -> timedelta:
    """How long to wait until the next try, where it is not theirs; `jitter` in [0, 1)."""
    wait = min(max((facts.now - facts.since) * SHARE_OF_OUTAGE, AGAIN), LONGEST_AGAIN)
    return wait * (1 - JITTER + 2 * JITTER * jitter)
