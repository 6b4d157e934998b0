"""A permanent redirect is believed once it has held."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ingest.crawl_policy.redirect_trust import HELD, POLLS, Move, next_move

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)
NEW, OTHER = "https://new.example/feed.xml", "https://other.example/feed.xml"
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("known", "moved_to", "expected"),
    [
        (None, None, None),
        (None, NEW, Move(NEW, NOW, 1)),
        (Move(NEW, NOW - HOUR, 3), NEW, Move(NEW, NOW - HOUR, 4)),
        # another target begins anew, none ends it
        (Move(NEW, NOW - HOUR, 3), OTHER, Move(OTHER, NOW, 1)),
        (Move(NEW, NOW - HOUR, 3), None, None),
    ],
)
def test_what_is_known_of_a_move_after_a_poll(
    known: Move | None, moved_to: str | None, expected: Move | None
) -> None:
    assert next_move(known, moved_to, NOW) == expected


@pytest.mark.parametrize(
    ("polls", "held", "believed"),
    [
        (POLLS, HELD, True),
        (POLLS - 1, HELD * 9, False),
        (POLLS * 99, HELD - timedelta(seconds=1), False),
    ],
)
def test_a_move_is_believed_after_several_polls_and_a_day(
    polls: int, held: timedelta, believed: bool
) -> None:
    assert Move(NEW, NOW - held, polls).is_believed(NOW) is believed


@pytest.mark.parametrize(
    ("every", "answers", "believed_at"),
    [
        # polled every hour: the day is what counts; every twelve hours: the polls
        (HOUR, [NEW] * 30, 24 * HOUR),
        (12 * HOUR, [NEW] * 9, 48 * HOUR),
        # one poll without the redirect begins it all again
        (HOUR, [NEW] * 20 + [None] + [NEW] * 30, 45 * HOUR),
        (HOUR, [NEW, OTHER] * 40, None),
    ],
)
def test_how_long_the_old_address_is_asked(
    every: timedelta, answers: Sequence[str | None], believed_at: timedelta | None
) -> None:
    move, found = None, None
    for number, moved_to in enumerate(answers):
        now = NOW + every * number
        move = next_move(move, moved_to, now)
        if move is not None and move.is_believed(now) and found is None:
            found = now - NOW
    assert found == believed_at
