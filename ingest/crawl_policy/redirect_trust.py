"""When a feed's permanent redirect is believed: once it has held for a while.

301 and 308 say "for good", and are often said by mistake: by a login wall, a broken deployment, a
network that wants to be paid first. So the old address is asked, and the redirect followed, until
it has held for several polls and for a day; then the new address is asked directly.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

# A feed that is polled every two minutes meets a mistake hundreds of times before it is mended, and
# one that is polled daily would take weeks by count: so both, several polls and a day.
POLLS = 5
HELD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Move:
    """Where a feed's polls are being sent for good: since when, and for how many in a row."""

    to: str
    since: datetime
    polls: int

    def is_believed(self, now: datetime) -> bool:
        """Whether the old address need not be asked any more."""
        return self.polls >= POLLS and now - self.since >= HELD


def next_move(known: Move | None, moved_to: str | None, now: datetime) -> Move | None:
    """What is known after a poll that brought the feed, by way of a permanent redirect or not.

    `moved_to` is where a permanent redirect led. Another target begins anew, none ends it. (A poll
    that failed tells nothing of this and is not asked about.)
    """
    if moved_to is None:
        return None
    if known is None or known.to != moved_to:
        return Move(moved_to, now, 1)
    return Move(moved_to, known.since, known.polls + 1)
